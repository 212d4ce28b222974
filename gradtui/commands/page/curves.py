"""Scalars over all steps of a run, however many: of every stretch its smallest and largest value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gradtui.core.layout import BoolArray, FloatArray, IntArray

POINTS = 2000
"""Of a curve, at most."""
NAN, INF, MINUS_INF = "nan", "inf", "-inf"
NO_STEP = np.iinfo(np.int64).max


class Lost(NamedTuple):
    """A value that is not finite."""

    step: int
    word: str
    skipped: bool
    """Whether a loss scaler has thrown the step away, as it does while it finds its scale."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One quantity. `steps` rise; `values` are finite."""

    name: str
    steps: list[int]
    values: list[float]
    lost: tuple[Lost, ...] = ()
    """Of every stretch the first value that is not finite."""
    dashed: bool = False


class Thinning:
    """Takes in the values of a quantity as they come, and keeps of each of `count` stretches of equal
    length the smallest, the largest and the first that is not finite."""

    def __init__(self, last: int, count: int = POINTS // 2) -> None:
        """`last`: the last step there is."""
        self._last = max(last, 0)
        self._width = self._last // count + 1
        stretches = self._last // self._width + 1
        self._low = np.full(stretches, np.inf)
        self._high = np.full(stretches, -np.inf)
        self._low_at = np.full(stretches, -1, np.int64)
        self._high_at = np.full(stretches, -1, np.int64)
        self._lost = np.full((2, stretches), NO_STEP, np.int64)
        self._words = np.zeros((2, stretches))

    def add(
        self, steps: IntArray, values: FloatArray, known: BoolArray, skipped: BoolArray
    ) -> None:
        """[n] each, steps rising. `known` says where a value that is not finite is one, and not missing;
        `skipped` where the step was thrown away."""
        inside = (steps >= 0) & (steps <= self._last)
        finite = inside & np.isfinite(values)
        self._add_finite(steps[finite], values[finite])
        odd = inside & known & ~np.isfinite(values)
        for row, chosen in enumerate((odd & ~skipped, odd & skipped)):
            at, first = np.unique(steps[chosen] // self._width, return_index=True)
            fresh = self._lost[row, at] == NO_STEP
            self._lost[row, at[fresh]] = steps[chosen][first[fresh]]
            self._words[row, at[fresh]] = values[chosen][first[fresh]]

    def add_measured(self, steps: IntArray, values: FloatArray) -> None:
        """[n] values every one of which is one, whatever it is."""
        every = np.ones(len(steps), np.bool_)
        self.add(steps, values, every, ~every)

    def _add_finite(self, steps: IntArray, values: FloatArray) -> None:
        if not len(steps):
            return
        stretch = steps // self._width
        order = np.lexsort((values, stretch))
        at, first = np.unique(stretch[order], return_index=True)
        last = np.append(first[1:], len(order)) - 1
        for pick, best, where, better in (
            (order[first], self._low, self._low_at, np.less),
            (order[last], self._high, self._high_at, np.greater_equal),
        ):
            closer = better(values[pick], best[at])
            best[at[closer]] = values[pick][closer]
            where[at[closer]] = steps[pick][closer]

    def curve(self, name: str, *, dashed: bool = False) -> Curve:
        """What has come so far."""
        there = self._low_at >= 0
        steps = np.concatenate([self._low_at[there], self._high_at[there]])
        values = np.concatenate([self._low[there], self._high[there]])
        steps, first = np.unique(steps, return_index=True)
        return Curve(name, steps.tolist(), values[first].tolist(), self._lost_values(), dashed)

    def _lost_values(self) -> tuple[Lost, ...]:
        """Of a stretch one of each kind."""
        out = []
        for row, skipped in enumerate((False, True)):
            for at in np.flatnonzero(self._lost[row] != NO_STEP).tolist():
                step, value = int(self._lost[row, at]), float(self._words[row, at])
                out.append(Lost(step, word(value), skipped))
        return tuple(sorted(out))


def word(value: float) -> str:
    """ "nan", "inf" or "-inf"."""
    return NAN if value != value else INF if value > 0 else MINUS_INF


QUANTITIES = ("loss", "norm", "clipped", "lr")
MOST_OPTIMIZERS = 4
"""That have curves of their own."""


class Chunk(NamedTuple):
    """[n] of some steps, in rising order."""

    steps: IntArray
    optimizer: IntArray
    values: Mapping[str, FloatArray]
    """By QUANTITIES; NaN where unknown."""
    broken: Mapping[str, BoolArray]
    """Where a value that is not finite is not merely unknown."""
    skipped: BoolArray


class RunCurves:
    """Loss, norms before and after clipping, and learning rate; apart for each optimizer where several
    take turns."""

    def __init__(self, last: int, optimizers: int) -> None:
        """`last`: the last step there is."""
        self._optimizers = max(optimizers, 1)
        self._count = min(self._optimizers, MOST_OPTIMIZERS)
        stretches = POINTS // 2 // self._count
        self._thinned = {
            name: [Thinning(last, stretches) for _ in range(self._count)] for name in QUANTITIES
        }
        self._cut = False

    def add(self, chunk: Chunk) -> None:
        cut = chunk.values["clipped"] < chunk.values["norm"] * (1 - 1e-6)
        self._cut = self._cut or bool(cut.any())
        whose = np.clip(chunk.optimizer, 0, self._count - 1)
        for number in range(self._count):
            own = whose == number
            for name in QUANTITIES:
                self._thinned[name][number].add(
                    chunk.steps[own],
                    chunk.values[name][own],
                    chunk.broken[name][own],
                    chunk.skipped[own],
                )

    def curves(self, chart: str) -> tuple[Curve, ...]:
        """Of "loss", "norm" or "lr"; those without any value are left out."""
        names = ("norm", "clipped") if chart == "norm" and self._cut else (chart,)
        titles = {"norm": "before clipping" if self._cut else "total norm"}
        titles |= {"clipped": "after clipping", "loss": "loss", "lr": "learning rate"}
        out = []
        for number in range(self._count):
            of = f", optimizer {number}" if self._count > 1 else ""
            if number + 1 == self._count < self._optimizers:
                of = f", optimizers from {number} on"
            out += [
                self._thinned[name][number].curve(titles[name] + of, dashed=name == "clipped")
                for name in names
            ]
        return tuple(curve for curve in out if curve.steps or curve.lost)
