"""`gradtui.watch()`: record the gradients of a training program that is ours to change."""

import atexit
import multiprocessing.process
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from math import inf
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import torch
from torch import nn
from torch.optim import Optimizer

from gradtui.core.event import Event, Started
from gradtui.core.launcher import launched, restarts
from gradtui.core.snapshot import Snapshot
from gradtui.instrument.lost_loss import frames_of
from gradtui.instrument.watcher import OVERHEAD, Watcher
from gradtui.patching.own_errors import suppress_own
from gradtui.runstore.files.disk import append_line
from gradtui.runstore.files.run_folders import make_private, new_run, runs_home
from gradtui.runstore.format.metric_rows import MetricQueue
from gradtui.runstore.format.scalar_rows import ScalarRows
from gradtui.runstore.writer.control_file import ControlInbox
from gradtui.runstore.writer.ports import Sink
from gradtui.runstore.writer.run_writer import RunWriter

WRITING = 1e-4
"""Seconds that writing a record is taken to need where a thread cannot be asked what it used."""

LOG = "watch.log"
"""In the run directory: what went wrong on our side, a line each."""


class RunSink:
    """A `Sink` that makes its run directory at the first step, so that what never steps leaves
    nothing behind."""

    def __init__(
        self,
        directory: Callable[[], Path],
        began: Callable[[], None],
        inbox: ControlInbox,
        metrics: MetricQueue,
    ) -> None:
        self.directory, self.inbox, self.metrics = directory, inbox, metrics
        self.place = place
        """Rank and number of processes."""
        self._began = began
        self._writer: RunWriter | None = None
        self._clock: int | None = None
        self._put = 0

    def put(self, snapshot: Snapshot) -> None:
        if self._writer is not None:
            self._writer.put(snapshot)
            self._put += 1

    def follow(self, steps: ScalarRows) -> None:
        if self._writer is not None:
            self._writer.follow(steps)

    def tell(self, event: Event) -> None:
        if self._writer is not None:
            self._writer.tell(event)
        elif isinstance(event, Started):
            rank, world = self.place()
            self._writer = RunWriter(
                self.directory(),
                event.layout,
                event.info,
                rank=rank,
                world_size=world,
                restart=restarts(os.environ),
                command=command(),
                optimizers=event.info.optimizer.split(", "),
                versions={"torch": str(torch.__version__)},
                inbox=self.inbox,
                metrics=self.metrics,
            )
            self._clock = _clock_of(self._writer.thread)
            self._began()

    def spent(self) -> float:
        """Seconds of processor time that writing has taken so far. Training pays for it, because
        the writer's thread holds the interpreter meanwhile."""
        if self._clock is not None:
            with suppress(OSError):
                return time.clock_gettime(self._clock)
        return WRITING * self._put

    def again(self) -> "RunSink":
        """The same for a forked child."""
        return RunSink(self.directory, self._began, self.inbox, self.metrics)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


class Failure(NamedTuple):
    """What a program has died of."""

    message: str
    """In a line."""
    trace: str
    """Its traceback as text."""
    traceback: TracebackType | None


class Watch:
    """What `watch` returns: closing it ends the record; leaving a `with` block closes it."""

    def __init__(
        self,
        directory: Callable[[], Path],
        *,
        model: nn.Module | None = None,
        optimizer: Optimizer | None = None,
        overhead: float | str | None = OVERHEAD,
        autopsy: bool = True,
        catch_nan: bool = False,
        title: str = "",
        look: bool = True,
        failure: Callable[[], Failure | None] = lambda: None,
        attached: bool = False,
    ) -> None:
        """`failure`, asked when it is closed, says what the program has died of. With `attached` nothing is
        watched before the watcher is told to begin."""
        self._directory, self._failure = directory, failure
        share = checked_share(overhead)
        wishes = {"autopsy": (autopsy, True), "catch_nan": (catch_nan, False)}
        odd = {name: wish for name, wish in wishes.items() if not isinstance(wish[0], bool)}
        inbox, metrics = ControlInbox(), MetricQueue()
        self._sink = RunSink(directory, self._began, inbox, metrics)
        self._watcher = Watcher(
            self._sink,
            models=() if model is None else (model,),
            optimizer=optimizer,
            overhead=OVERHEAD if share is None else share,
            autopsy=True if "autopsy" in odd else autopsy,
            catch_nan="catch_nan" not in odd and catch_nan,
            title=title or program(),
            log=self._log,
            renew=self._renew,
            frame=sys._getframe(2) if look else None,
            inbox=inbox,
            metrics=metrics,
            attached=attached,
        )
        if share is None:
            self._complain(f"overhead {overhead!r:.40} is ignored: {OVERHEAD:g} is used instead")
        for name, (value, otherwise) in odd.items():
            self._complain(f"{name} {value!r:.40} is ignored: {otherwise} is used instead")

    @property
    def directory(self) -> Path:
        """Where the run is recorded."""
        return self._directory()

    def failed(self, message: str, trace: str, traceback: TracebackType | None = None) -> None:
        """Say that training ended with an error, with its traceback as text. In the frames of `traceback` a
        loss is looked for that is not finite, and of which no backward pass was taken."""
        self._watcher.failed(message, trace, frames_of(traceback))

    def close(self) -> None:
        """Write what is left and take every hook off."""
        with suppress(Exception):
            failed, self._failure = self._failure(), lambda: None
            if failed is not None:
                self.failed(*failed)
        self._watcher.close()
        self._sink.close()
        atexit.unregister(self.close)

    def __enter__(self) -> "Watch":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _renew(self, sink: Sink) -> Sink:
        self._sink = self._sink.again()
        return self._sink

    def _began(self) -> None:
        atexit.register(self.close)
        if multiprocessing.process.parent_process() is not None:
            # A forked worker leaves by os._exit, past every atexit.
            from multiprocessing.util import Finalize

            Finalize(None, self.close, exitpriority=100)

    def _complain(self, line: str) -> None:
        with suppress_own:
            self._log(line)

    def _log(self, line: str) -> None:
        directory = self._directory()
        make_private(directory)
        append_line(
            directory / LOG, f"{time.strftime('%Y-%m-%d %H:%M:%S')} pid {os.getpid()}: {line}"
        )


def watch(
    model: nn.Module | None = None,
    optimizer: Optimizer | None = None,
    *,
    name: str | None = None,
    directory: Path | str | None = None,
    overhead: float | str | None = OVERHEAD,
    autopsy: bool = True,
    catch_nan: bool = False,
) -> Watch:
    """Record every optimizer step of this process from now on in a run directory.

    `model` is where names are looked for first; with `optimizer` that one alone is recorded.
    `directory` is the run's own, by default a new one among the others, called after `name`.
    `overhead` is the share of the program's own time that may be spent on it, all told: hooks,
    measuring, the thread that writes, in processor time. The first half second of that is free, so
    that a short run is recorded in full; after it the dearer statistics come more rarely, then norms;
    number, time, loss and learning rate of every step are recorded in any case. "off" or None records
    every step in full, at any price. A value that is neither that nor a number above 0 is ignored.
    Where a value is first not finite the step's models are called once more, with what that changes
    put back as far as can be (docs/nan-rerun.md); with `autopsy` False nothing of the program is ever
    called by us. With `catch_nan` the norms of every step are taken before its update, and waited for
    where they are on another device, whatever that costs, until a NaN is found: it is traced in the step
    that it is born in. What the program logs with `gradtui.log`, TensorBoard's writers, wandb, mlflow,
    Lightning, the Trainer or accelerate is recorded beside it. Training is never changed and never fails
    on our account: what goes wrong is a line in watch.log.

        watch = gradtui.watch(model)
        ...
        watch.close()
    """
    chosen: list[Path] = [] if directory is None else [Path(directory)]

    def where() -> Path:
        if not chosen:
            chosen.append(new_run(runs_home(), [name] if name else command()))
        return chosen[0]

    return Watch(
        where,
        model=model,
        optimizer=optimizer,
        overhead=overhead,
        autopsy=autopsy,
        catch_nan=catch_nan,
        title=name or "",
    )


def checked_share(overhead: float | str | None) -> float | None:
    """A share of time above 0, from a number or its text, infinity for "off" and for None; None where
    it is no such thing."""
    if overhead is None or overhead == "off":
        return inf
    try:
        share = float(overhead)
    except (TypeError, ValueError):
        return None
    return share if share > 0 else None


def _clock_of(thread: int) -> int | None:
    """The processor clock of a thread, where the system has such clocks."""
    ask = getattr(time, "pthread_getcpuclockid", None)
    return None if ask is None else int(ask(thread))


def place() -> tuple[int, int]:
    """Rank and number of processes: as torch.distributed has it, else as the launcher says, else
    the how-manieth worker of its parent this is."""
    distributed = sys.modules.get("torch.distributed")
    if distributed is not None and distributed.is_available() and distributed.is_initialized():
        return int(distributed.get_rank()), int(distributed.get_world_size())
    told = launched(os.environ)
    if told is not None:
        return told.rank, told.world_size
    number = getattr(multiprocessing.process.current_process(), "_identity", ())
    return (number[0] - 1 if number else 0), 1


def command() -> list[str]:
    """The command line of this process, as it was typed."""
    return list(getattr(sys, "orig_argv", sys.argv))


def program() -> str:
    """What this process runs, in a word."""
    return Path(sys.argv[0]).name if getattr(sys, "argv", None) and sys.argv[0] else "python"
