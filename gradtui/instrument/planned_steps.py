"""How many steps a run will take, as its loops have it or the schedule of its learning rate, and how many of
them an epoch has."""

import sys
from collections.abc import Callable
from typing import NamedTuple

from gradtui.instrument.exception_guard import ExceptionGuard
from gradtui.instrument.frame_variables import variables
from gradtui.instrument.loss_capture import LossCapture
from gradtui.instrument.lr_schedules import ScheduleClock
from gradtui.instrument.training_loops import KnownLoops, Plan, plan
from gradtui.nan_trace.source_lines import program_frames

LOOKS = frozenset((1, 2, 4, 16, 64, 256, 1024))
"""Records at which it is looked: what a turn of a loop has in steps is known better later."""
ALIKE = 1.5
"""How many times as many steps as before a turn may seem to have."""
SEVERAL = 1.5
"""Steps of a turn from which on it takes more than one."""
MOST = 200
"""Lines of code whose loops are kept."""
LEAST_EPOCH = 10
"""Steps between two of a schedule from which on these are taken for epochs."""
MOST_TOLD = 32
"""Times that a schedule's estimate is told anew."""
NEWS = 0.01
"""Part by which an estimate has to differ to be told again."""


class PlannedSteps(NamedTuple):
    """0 where that is not known."""

    steps: int = 0
    """Of all optimizers, those before included."""
    epoch: float = 0.0
    """Steps of one turn of all loops but the innermost."""
    by_schedule: bool = False
    """Whether it is the schedule that says so, and not a loop."""


UNKNOWN = PlannedSteps()


class StepPlanner:
    """`look` before a step that is recorded; `found` is what is known by then, and `news` is called when it
    is another."""

    def __init__(
        self, guard: ExceptionGuard, losses: LossCapture, news: Callable[[], None]
    ) -> None:
        self._guard, self._losses, self._news = guard, losses, news
        self._records = 0
        self._first: tuple[int, Plan] | None = None
        """Steps before, and the loops, at the first look at these loops."""
        self._rate = 0.0
        """Steps of a turn, at the last look."""
        self._known: KnownLoops = {}
        self._schedule, self._told = ScheduleClock(), 0
        self.found = UNKNOWN

    def forget(self) -> None:
        self._first, self.found, self._records = None, UNKNOWN, 0
        self._schedule, self._told = ScheduleClock(), 0

    def look(self) -> None:
        self._records += 1
        if self._records in LOOKS:
            with self._guard("the loops around a step"):
                if len(self._known) > MOST:
                    self._known.clear()
                frames = program_frames(sys._getframe(1))
                seen = plan(frames, variables, self._known)
                if seen is None:
                    self._schedule.search(frames, variables)
                self._tell(self._scheduled() if seen is None else self._estimated(seen))
        elif self._schedule.follows and (self.found.by_schedule or not self.found.steps):
            with self._guard("the schedule of a learning rate"):
                found = self._scheduled()
                if found is UNKNOWN or self._told < MOST_TOLD:
                    self._tell(found)

    def _tell(self, found: PlannedSteps) -> None:
        if abs(found.steps - self.found.steps) > NEWS * self.found.steps:
            self.found = found
            self._told += found.by_schedule
            self._news()

    def _scheduled(self) -> PlannedSteps:
        found = self._schedule.look(self._guard.meter.steps)
        if found is None:
            return UNKNOWN
        return PlannedSteps(found.steps, found.each if found.each >= LEAST_EPOCH else 0.0, True)

    def _estimated(self, seen: Plan) -> PlannedSteps:
        steps = self._guard.meter.steps
        lengths = [loop.length for loop in seen.loops]
        if self._first is None or [loop.length for loop in self._first[1].loops] != lengths:
            self._first = steps, seen
            self._rate = 0.0
        rate, over = self._position(seen, steps - self._first[0], self._first[1])
        if self._rate and not self._rate / ALIKE < rate < ALIKE * self._rate:
            # Another loop of the same lengths: a second stage, or the function called again.
            self._first = steps, seen
            rate, over = self._position(seen, 0, seen)
        self._rate = rate if _turns_since(seen, self._first[1]) > 0 else 0.0  # else it is a guess
        total = steps + round(max(seen.turns - over, 0) * rate)
        return PlannedSteps(self._whole(total, seen, rate), seen.of_epoch * rate)

    def _whole(self, total: int, seen: Plan, rate: float) -> int:
        """Where a turn takes several steps it is not known which of them this one is: all turns are taken to
        have as many."""
        if self._first is None or rate < SEVERAL or self._first[1].over is None:
            return total
        before, first = self._first
        whole = before + round((seen.turns - (first.over or 0)) * round(rate))
        return whole if abs(whole - total) < rate else total

    def _position(self, seen: Plan, taken: int, first: Plan) -> tuple[float, float]:
        """Steps of a turn of the innermost loop, and how many turns are over, `taken` steps after the first
        look. A turn is taken for one backward pass until more is known."""
        usual = 1 / max(self._losses.count, 1)
        since = _turns_since(seen, first)
        if seen.over is not None and first.over is not None:
            rate = _rate(taken, since) if since > 0 and taken > 0 else usual
            return rate, max(seen.over + 1 - max(1 / rate, 1), 0)  # those of this step are not over
        counted = first.begun + taken / usual
        if seen.begun <= counted < seen.begun + seen.loops[-1].length:
            return usual, counted
        return (taken / since if since > 0 and taken > 0 else usual), seen.begun


def _turns_since(seen: Plan, first: Plan) -> int:
    """Turns of the innermost loop that have gone by, as far as is known."""
    if seen.over is not None and first.over is not None:
        return seen.over - first.over
    return seen.begun - first.begun


def _rate(taken: int, since: int) -> float:
    """Steps of a turn, of which `since` are over and another may be under way: a whole number where that
    is one of several."""
    rate = taken / since
    whole = taken // (since + 1) + 1
    return float(whole) if SEVERAL <= whole <= rate else rate
