"""How many steps a run will take, as its loops have it, and how many of them an epoch has."""

import sys
from collections.abc import Callable
from typing import NamedTuple

from gradtui.instrument.exception_guard import ExceptionGuard
from gradtui.instrument.frame_variables import variables
from gradtui.instrument.loss_capture import LossCapture
from gradtui.instrument.training_loops import KnownLoops, Plan, plan
from gradtui.nan_trace.source_lines import program_frames

LOOKS = frozenset((1, 2, 4, 16, 64, 256, 1024))
"""Records at which it is looked: what a turn of a loop has in steps is known better later."""
ALIKE = 1.5
"""How many times as many steps as before a turn may seem to have."""
MOST = 200
"""Lines of code whose loops are kept."""
NEWS = 0.01
"""Part by which an estimate has to differ to be told again."""


class PlannedSteps(NamedTuple):
    """0 where that is not known."""

    steps: int = 0
    """Of all optimizers, those before included."""
    epoch: float = 0.0
    """Steps of one turn of all loops but the innermost."""


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
        self.found = UNKNOWN

    def forget(self) -> None:
        self._first, self.found, self._records = None, UNKNOWN, 0

    def look(self) -> None:
        self._records += 1
        if self._records not in LOOKS:
            return
        with self._guard("the loops around a step"):
            if len(self._known) > MOST:
                self._known.clear()
            seen = plan(program_frames(sys._getframe(1)), variables, self._known)
            found = UNKNOWN if seen is None else self._estimated(seen)
            if abs(found.steps - self.found.steps) > NEWS * self.found.steps:
                self.found = found
                self._news()

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
        self._rate = rate if steps > self._first[0] else 0.0  # else it is a guess
        left = max(seen.turns - over, 0) * rate
        return PlannedSteps(steps + round(left), seen.of_epoch * rate)

    def _position(self, seen: Plan, taken: int, first: Plan) -> tuple[float, float]:
        """Steps of a turn of the innermost loop, and how many turns are over, `taken` steps after the first
        look. A turn is taken for one backward pass until more is known."""
        usual = 1 / max(self._losses.count, 1)
        if seen.over is not None and first.over is not None:
            since = seen.over - first.over
            rate = taken / since if since > 0 and taken > 0 else usual
            return rate, max(seen.over + 1 - max(1 / rate, 1), 0)  # those of this step are not over
        counted = first.begun + taken / usual
        if seen.begun <= counted < seen.begun + seen.loops[-1].length:
            return usual, counted
        since = seen.begun - first.begun
        return (taken / since if since > 0 and taken > 0 else usual), seen.begun
