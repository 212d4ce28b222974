"""What a viewer asks of the lab's thread, applied between two steps and never inside one."""

import time
from queue import Empty, SimpleQueue

from gradtui.core.control import Control, Pause, Resume, SetPace, Start, StepOnce, Stop
from gradtui.core.event import Paused, Resumed
from gradtui.runstore.writer.mailbox import Mailbox


class TrainingControl:
    """Applies controls between two steps: pausing, pacing, ending, and what to train next."""

    def __init__(self, controls: "SimpleQueue[Control | None]", mailbox: Mailbox) -> None:
        self._controls = controls
        self._mailbox = mailbox
        self._next: Start | None = None
        self._paused = False
        self._stopping = False
        self._pace = 0.0
        self._due = 0.0
        self.closed = False

    def next_start(self) -> Start | None:
        """Wait for something to train; None when the lab is closed."""
        while self._next is None and not self.closed:
            self._apply(self._controls.get())
        start, self._next = self._next, None
        return start

    def superseded(self) -> bool:
        """True when a newer start, or the end, has been asked for meanwhile."""
        self._drain()
        return self.closed or self._next is not None

    def go_on(self, run: int, step: int) -> bool:
        """Asked before each step; returns when it may be taken (True) or the run is to end."""
        once = self._drain()
        if self._paused and not once:
            self._mailbox.tell(Paused(run, step))
        while not (self._ending() or once) and self._paused:
            once = self._apply(self._controls.get())
            if self._running():
                self._mailbox.tell(Resumed(run))
        if not self._ending() and not once:
            self._wait_for_pace()
        return not self._ending()

    def _running(self) -> bool:
        return not (self._paused or self._ending())

    def _ending(self) -> bool:
        return self.closed or self._next is not None or self._stopping

    def _drain(self) -> bool:
        once = False
        while True:
            try:
                once = self._apply(self._controls.get_nowait()) or once
            except Empty:
                return once

    def _wait_for_pace(self) -> None:
        """Hold back to `_pace` steps a second; a control that comes meanwhile is applied at once."""
        now = time.monotonic()
        while self._pace and not self._ending() and not self._paused and now < self._due:
            try:
                self._apply(self._controls.get(timeout=self._due - now))
            except Empty:
                break
            now = time.monotonic()
        self._due = max(self._due, now - 0.1) + 1 / self._pace if self._pace else 0.0

    def _apply(self, control: Control | None) -> bool:
        """Take note of one control; True for a single step."""
        match control:
            case None:
                self.closed = True
            case Start():
                self._next = control
                self._paused = False
                self._stopping = False
            case Stop():
                self._stopping = True
            case Pause():
                self._paused = True
            case Resume():
                self._paused = False
            case SetPace(steps_per_s):
                self._pace = steps_per_s
            case StepOnce():
                self._paused = True
                return True
        return False
