"""What viewers ask of a training program, done between two of its steps and never inside one."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable

from gradtui.core.control import Control, Detach, Pause, RecordAll, Resume, SetPace, StepOnce, Stop
from gradtui.core.event import Event, Paused, Resumed
from gradtui.core.launcher import launched
from gradtui.instrument.budget import Budget, Ledger
from gradtui.instrument.cost_meter import CostMeter
from gradtui.runstore.writer.control_file import ControlInbox

LOOK = 0.02
"""Seconds between two looks at what was asked, while training is held."""
LEASE = 30.0
"""Seconds that training is held after the last sign of a viewer: one that has died, or whose line is
cut, must not hold it for ever."""


class RunControl:
    """`between` is called after a step where `inbox.wanted` says that there is anything to do."""

    def __init__(
        self,
        inbox: ControlInbox,
        ledger: Ledger,
        meter: CostMeter,
        budgets: Callable[[], Iterable[Budget]],
        tell: Callable[[Event], None],
    ) -> None:
        self.inbox = inbox
        self._ledger, self._meter, self._budgets, self._tell = ledger, meter, budgets, tell
        self._share = ledger.share
        self._held = False
        self._let = 0
        """Steps that may still be taken before training is held."""
        self._pace = 0.0
        self._began = time.monotonic()
        """When the step that has just been taken could begin."""

    def between(self) -> None:
        """A step is over; returns when the next one may begin."""
        began, told = time.monotonic(), False
        while True:
            self._obey()
            if not self._holds():
                break
            if not told:
                told = True
                self._tell(Paused(0, self._meter.steps))
            time.sleep(LOOK)
        if self._pace > 0:
            self._hold_back()
        if told and not self._held:
            self._tell(Resumed(0))
        self._began = time.monotonic()
        self._ledger.stood_still(self._began - began)
        self.inbox.wanted = bool(self.inbox.controls) or self._held or self._pace > 0

    def _obey(self) -> None:
        """All that has been asked, in order."""
        alone = not _several_processes()
        while self.inbox.controls:
            control: Control = self.inbox.controls.popleft()
            match control:
                case Resume():
                    self._held = False
                case Detach():  # is seen to elsewhere: training must not be held meanwhile
                    self._held, self._pace = False, 0.0
                case Pause() if alone:
                    self._held, self._let = True, 0
                case StepOnce() if alone:
                    self._held, self._let = True, self._let + 1
                case SetPace(steps_per_s=pace) if alone:
                    self._pace = pace
                case RecordAll(on=on):
                    self._record_all(on)
                case Stop():
                    self._held = False
                    os.kill(os.getpid(), signal.SIGINT)
                case _:
                    pass

    def _holds(self) -> bool:
        if not self._held:
            return False
        if self._let:
            self._let -= 1
            return False
        self._held = time.monotonic() - self.inbox.sign < LEASE
        return self._held

    def _hold_back(self) -> None:
        """To so many steps a second; what is asked meanwhile is done at the next step."""
        left = self._began + 1 / self._pace - time.monotonic()
        while left > 0 and not self.inbox.controls:
            time.sleep(min(left, LOOK))
            left = self._began + 1 / self._pace - time.monotonic()

    def _record_all(self, on: bool) -> None:
        """Every step in full from now on, at any price; or within the share again."""
        self._ledger.share = float("inf") if on else self._share
        for budget in self._budgets():
            budget.begin_anew()


def _several_processes() -> bool:
    """Whether others wait for this one: held, it would have them run into their time limits."""
    distributed = sys.modules.get("torch.distributed")
    if distributed is not None and distributed.is_available() and distributed.is_initialized():
        return int(distributed.get_world_size()) > 1
    told = launched(os.environ)
    if told is not None:
        return told.world_size > 1
    return os.environ.get("WORLD_SIZE", "1") not in ("", "1")  # whichever of them this one is
