"""What is done in a process that was attached to: recording begins, and ends when that is asked.

A thread of its own does it, and changes the program from its main thread, at a safe point.
"""

import os
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from gradtui.core.control import Detach
from gradtui.inject.attached_watch import AttachedWatch
from gradtui.inject.safe_points import SafePoint
from gradtui.patching.enclosure import enclosed
from gradtui.patching.own_errors import suppress_own
from gradtui.runstore.format.attach_json import (
    DETACHED,
    NAME,
    RECORDING,
    REFUSED,
    AttachAnswer,
    write_answer,
)
from gradtui.runstore.writer.control_file import ControlReader

OLDEST_TORCH = (2, 6)
LOOK = 0.25
"""Seconds between two looks at what is asked."""
SOON, LATE = 20.0, 60.0
"""Seconds within which hooks are put on, and after which it is tried anew to take them off."""
REASON = "detached"


class Attachment:
    """`begin` and `serve` are called in a thread of ours."""

    def __init__(self, directory: Path, **wishes: Any) -> None:
        self.directory, self._wishes = directory, wishes
        self.pid = os.getpid()
        self.watch: AttachedWatch | None = None
        self._stood = 0.0
        self._before = -1
        self._control = ControlReader(directory, after=time.time())

    @property
    def alive(self) -> bool:
        return self.watch is not None and not self.watch.closed and self.pid == os.getpid()

    def begin(self, deadline: float) -> bool:
        """Whether recording has begun; the answer is written either way."""
        why = self._hindered()
        if not why:
            self.watch = AttachedWatch(lambda: self.directory, **self._wishes)
            point = SafePoint(self._put_on)
            reached = point.reach(min(SOON, deadline - time.time()))
            if not reached:
                why = "it has not come between two steps in time"
            elif isinstance(point.error, InterruptedError):  # before anything was put on
                why = str(point.error)
            elif point.error is not None:
                why = f"hooks could not be put on ({type(point.error).__name__}: {point.error})"
                SafePoint(self._take_off).reach(SOON, anywhere=True)
        self._answer(REFUSED if why else RECORDING, why)
        return not why

    def _hindered(self) -> str:
        """Whoever has asked for it takes the directory away when it is no longer wanted."""
        asked = (self.directory / NAME).is_file()
        return obstacle(self) if asked else "it is no longer asked for"

    def serve(self) -> None:
        """Until somebody asks to detach, or the recording ends with the program."""
        while self.alive:
            time.sleep(LOOK)
            if any(isinstance(asked, Detach) for asked in self._control.poll()):
                self.end()
                return

    def end(self) -> None:
        """Take every hook off, and write what is left."""
        while not SafePoint(self._take_off).reach(LATE, anywhere=True):
            pass
        if self.watch is not None:
            self.watch.finish()
        self._answer(DETACHED)

    def _put_on(self) -> None:
        began = time.perf_counter()
        why = self._hindered()
        if self.watch is None or why:
            raise InterruptedError(why)
        self._before = self.watch.begin()
        self._stood = time.perf_counter() - began

    def _take_off(self) -> None:
        began = time.perf_counter()
        if self.watch is not None:
            self.watch.take_off(REASON)
        self._stood = time.perf_counter() - began

    def _answer(self, state: str, why: str = "") -> None:
        answer = AttachAnswer(state, self.pid, why, self._stood, self._before)
        with suppress(OSError):
            write_answer(self.directory, answer)


_current: Attachment | None = None
_beginning: list[Attachment] = []
"""Those that are about to, the first that has come first."""


def begin(directory: str, deadline: float, **wishes: Any) -> None:
    """Record this process into `directory` from now on, until it ends or somebody detaches."""
    global _current
    attachment = Attachment(Path(directory), **wishes)
    _beginning.append(attachment)
    try:
        if attachment.begin(deadline):
            _current = attachment
    finally:
        _beginning.remove(attachment)
    if _current is attachment:
        with suppress_own:  # nothing of ours is ever printed
            attachment.serve()


def is_recording() -> bool:
    """Whether this process is recorded by somebody who has attached to it."""
    return _current is not None and _current.alive


def obstacle(asking: Attachment | None = None) -> str:
    """Why this process cannot be recorded, in words; "" where it can. Of several that are `asking` at once
    the first is let."""
    found = re.match(r"(\d+)\.(\d+)", str(torch.__version__))
    if found is None or (int(found[1]), int(found[2])) < OLDEST_TORCH:
        least = ".".join(map(str, OLDEST_TORCH))
        return f"it runs torch {torch.__version__!s:.20}, and gradtui needs {least} or later"
    if _current is not None and _current.alive:
        return f"it is recorded already, into {_current.directory}"
    if _beginning and _beginning[0] is not asking:
        return "somebody else is attaching to it just now"
    if enclosed():
        return "it records itself already, by gradtui.watch or a callback"
    return ""
