"""The scalars of every step, measured or not: thinned evenly where there are many, without a gap."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gradtui.core.alternating_optimizers import on_lattice, round_length
from gradtui.core.layout import FloatArray, IntArray

POINTS = 4096
"""Steps of a series, at most: of a longer run every second one, every fourth, and so on."""
PERIOD_FROM = 512
"""Steps from which it is told how many optimizers take turns."""


@dataclass(frozen=True, slots=True, eq=False)
class ScalarSeries:
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

    def take(self, at: npt.NDArray[np.bool_] | IntArray | slice) -> "ScalarSeries":
        """Some of the steps."""
        return ScalarSeries(*(getattr(self, name)[at] for name in COLUMNS))

    def until(self, step: int) -> "ScalarSeries":
        """Up to `step`, that included."""
        return self.take(slice(0, int(np.searchsorted(self.steps, step, side="right"))))


COLUMNS = ("steps", "time", "loss", "lr", "optimizer", "skipped")


def nothing() -> ScalarSeries:
    count, number = np.empty(0, np.int64), np.empty(0)
    return ScalarSeries(count, number, number, number, count, np.empty(0, np.bool_))


def joined(one: ScalarSeries, other: ScalarSeries) -> ScalarSeries:
    """`one`, and what of `other` comes after it."""
    if len(one):
        other = other.take(other.steps > one.steps[-1])
    if not len(other):
        return one
    if not len(one):
        return other
    return ScalarSeries(*(np.concatenate([getattr(c, n) for c in (one, other)]) for n in COLUMNS))


class FollowedScalars:
    """Keeps the scalars of a run that goes on, in bounded memory; the newest step is always there."""

    def __init__(self) -> None:
        self.scalars = nothing()
        self.stride = self.period = 1
        self._newest = nothing()

    def add(self, fresh: ScalarSeries) -> None:
        """Steps in rising order; those that are known already are passed over."""
        whole = joined(self.scalars, fresh)
        if self.period == 1 and len(whole) and int(whole.optimizer.max()):
            first = whole.take(slice(0, PERIOD_FROM))
            self.period = round_length(first.steps, first.optimizer)
        kept = whole.take(self._stays(whole))
        while len(kept) > POINTS:
            self.stride *= 2
            kept = kept.take(self._stays(kept))
        self.scalars = kept
        if len(whole):
            self._newest = whole.take(slice(len(whole) - 1, None))

    def _stays(self, scalars: ScalarSeries) -> npt.NDArray[np.bool_]:
        return np.asarray(on_lattice(scalars.steps, self.period, self.stride))

    def view(self) -> ScalarSeries:
        """So far, with the newest step."""
        return joined(self.scalars, self._newest)
