"""The scalars of every step, measured or not: thinned evenly where there are many, without a gap."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gradtui.core.layout import FloatArray, IntArray
from gradtui.core.turns import on_lattice, round_length

POINTS = 4096
"""Steps of a course, at most: of a longer run every second one, every fourth, and so on."""
PERIOD_FROM = 512
"""Steps from which it is told how many optimizers take turns."""


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """n steps in rising order; [n] each. `time` is seconds since 1970."""

    steps: IntArray
    time: FloatArray
    loss: FloatArray
    lr: FloatArray
    optimizer: IntArray
    skipped: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def taken(self) -> int:
        """Steps of all optimizers so far."""
        return int(self.steps[-1]) + 1 if len(self.steps) else 0

    def take(self, at: npt.NDArray[np.bool_] | IntArray | slice) -> "Course":
        """Some of the steps."""
        return Course(*(getattr(self, name)[at] for name in COLUMNS))

    def until(self, step: int) -> "Course":
        """Up to `step`, that included."""
        return self.take(slice(0, int(np.searchsorted(self.steps, step, side="right"))))


COLUMNS = ("steps", "time", "loss", "lr", "optimizer", "skipped")


def nothing() -> Course:
    count, number = np.empty(0, np.int64), np.empty(0)
    return Course(count, number, number, number, count, np.empty(0, np.bool_))


def joined(one: Course, other: Course) -> Course:
    """`one`, and what of `other` comes after it."""
    if len(one):
        other = other.take(other.steps > one.steps[-1])
    if not len(other):
        return one
    if not len(one):
        return other
    return Course(*(np.concatenate([getattr(c, n) for c in (one, other)]) for n in COLUMNS))


class Following:
    """Keeps the course of a run that goes on, in bounded memory; the newest step is always there."""

    def __init__(self) -> None:
        self.course = nothing()
        self.stride = self.period = 1
        self._newest = nothing()

    def add(self, fresh: Course) -> None:
        """Steps in rising order; those that are known already are passed over."""
        whole = joined(self.course, fresh)
        if self.period == 1 and len(whole) and int(whole.optimizer.max()):
            first = whole.take(slice(0, PERIOD_FROM))
            self.period = round_length(first.steps, first.optimizer)
        kept = whole.take(self._stays(whole))
        while len(kept) > POINTS:
            self.stride *= 2
            kept = kept.take(self._stays(kept))
        self.course = kept
        if len(whole):
            self._newest = whole.take(slice(len(whole) - 1, None))

    def _stays(self, course: Course) -> npt.NDArray[np.bool_]:
        return np.asarray(on_lattice(course.steps, self.period, self.stride))

    def view(self) -> Course:
        """So far, with the newest step."""
        return joined(self.course, self._newest)
