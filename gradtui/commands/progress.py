"""How far a command has come: a plain line now and then, for where there is no screen and a line of
ours cannot fall into one of the command's."""

import time
from collections.abc import Callable
from math import isnan
from pathlib import Path

from gradtui.core.errors import GradtuiError

FIRST, LONGEST = 5.0, 60.0
"""Seconds before the first line, and between two of them in the long run."""


class Progress:
    """A `glance` of `waited` that says a line ever more seldom, and only where there is news."""

    def __init__(
        self,
        directory: Path,
        say: Callable[[str], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._directory, self._say, self._clock = directory, say, clock
        self._pause, self._due = FIRST, clock() + FIRST
        self._before = (-1, 0.0)
        self._seen = False

    def __call__(self) -> bool:
        now = self._clock()
        if now >= self._due:
            self._pause = min(2 * self._pause, LONGEST)
            self._due = now + self._pause
            line = self._line()
            if line:
                self._say(line)
        return True

    def _line(self) -> str:
        from gradtui.runstore.format.records import NONFINITE
        from gradtui.runstore.ranks.process_status import read_ranks

        try:
            record = read_ranks(self._directory)[0].steps.last()
        except GradtuiError:
            return ""
        if not len(record) or int(record["step"][0]) == self._before[0]:
            return ""
        step, moment = int(record["step"][0]), float(record["time"][0])
        line, loss = f"step {step:,}", float(record["loss"][0])
        self._seen |= not isnan(loss) or bool(record["flags"][0] & NONFINITE)
        if self._seen:  # before, it was not seen rather than not a number
            line += f", loss {loss:.4g}"
        steps, seconds = step - self._before[0], moment - self._before[1]
        if self._before[1] and seconds > 0:
            line += f", {steps / seconds:.3g} steps/s"
        self._before = (step, moment)
        return line


def steps_taken(directory: Path) -> int:
    """Steps on disk so far, over all optimizers; 0 before there is a run."""
    from gradtui.runstore.ranks.process_status import read_ranks

    try:
        return max(rank.last_step for rank in read_ranks(directory)) + 1
    except GradtuiError:
        return 0
