"""What the callbacks share: a watch that begins and ends with a framework's training."""

import functools
import logging
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

from torch import nn

from gradtui.instrument.watcher import OVERHEAD
from gradtui.monitor import Watch, command, watch
from gradtui.patching.own_errors import SuppressOwn
from gradtui.runstore.files.run_folders import run_name, runs_home

LOG = logging.getLogger("gradtui")

Share = Callable[[str], str]
"""Called in every process at once: gives all of them what the first one says."""


P = ParamSpec("P")


def harmless(
    method: "Callable[Concatenate[Recording, P], None]",
) -> "Callable[Concatenate[Recording, P], None]":
    """An error of ours is one line in the log; training never hears of it."""

    @functools.wraps(method)
    def instead(self: "Recording", /, *args: P.args, **kwargs: P.kwargs) -> None:
        with SuppressOwn(_told):
            method(self, *args, **kwargs)

    return instead


def _told(error: Exception) -> None:
    LOG.warning("not recorded any more: %s: %s", type(error).__name__, error)


class Recording:
    """At most one watch at a time; each `begin` makes another run."""

    def __init__(
        self,
        name: str | None,
        directory: Path | str | None,
        overhead: float | str | None,
        autopsy: bool = True,
        catch_nan: bool = False,
    ) -> None:
        self._name, self._overhead = name, overhead
        self._autopsy, self._catch_nan = autopsy, catch_nan
        self._given = None if directory is None else Path(directory)
        self._watch: Watch | None = None
        self.directory: Path | None = None
        """Where the newest run is; None before the first."""

    def __getstate__(self) -> dict[str, Any]:
        """A watch belongs to its process."""
        return vars(self) | {"_watch": None}

    @harmless
    def begin(self, model: nn.Module, rank: int = 0, share: Share = str) -> None:
        """Watch from now on. `share` where several processes train: their run is one directory."""
        self.end()
        if watched_from_outside():
            LOG.info("this process is recorded by gradtui run already")
            return
        place = self._given
        if place is None:
            word = share(self._new_place() if rank == 0 else "")
            if not word:
                return
            place = Path(word)
        self._watch = watch(
            model,
            name=self._name,
            directory=place,
            overhead=self._overhead,
            autopsy=self._autopsy,
            catch_nan=self._catch_nan,
        )
        self.directory = place

    @harmless
    def failed(self, error: BaseException) -> None:
        """Training has raised: it has failed, unless somebody wanted it to end."""
        if self._watch is not None and isinstance(error, Exception):
            trace = "".join(traceback.format_exception(error))
            self._watch.failed(f"{type(error).__name__}: {error}", trace, error.__traceback__)
        self.end()

    @harmless
    def end(self) -> None:
        """Nothing more comes. Twice does no harm."""
        ended, self._watch = self._watch, None
        if ended is not None:
            ended.close()

    def _new_place(self) -> str:
        """The first process's choice; "" where there is none. Others wait for it, so it is always
        made."""
        with SuppressOwn(lambda error: LOG.warning("not recorded: %s", error)):
            words = [self._name] if self._name else command()
            return str(runs_home() / run_name(words, time.time()))
        return ""


class RecordingCallback:
    """What callbacks of all frameworks are given, and tell."""

    def __init__(
        self,
        name: str | None = None,
        *,
        directory: Path | str | None = None,
        overhead: float | str | None = OVERHEAD,
        autopsy: bool = True,
        catch_nan: bool = False,
    ) -> None:
        super().__init__()
        self._recording = Recording(name, directory, overhead, autopsy, catch_nan)
        self._made()

    def _made(self) -> None:
        """What a framework needs to have done before its training begins."""

    @property
    def directory(self) -> Path | None:
        """Where the newest run is recorded; None before the first."""
        return self._recording.directory


def watched_from_outside() -> bool:
    """Whether `gradtui run` has been here before, or somebody has attached to this process."""
    attachment = sys.modules.get("gradtui.inject.attachment")
    attached = attachment is not None and attachment.is_recording()
    return attached or "gradtui.inject.start" in sys.modules
