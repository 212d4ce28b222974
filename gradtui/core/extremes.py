"""The smallest and the largest loss and norm of every stretch of a run: single spikes of a run that is too
long to be kept step by step."""

from dataclasses import dataclass

import numpy as np

from gradtui.core.layout import BoolArray, FloatArray, IntArray

STRETCHES = 4096
"""At most; of a longer run a stretch is two steps long, four, and so on."""
WAITING = 512
"""Single steps that are taken in together."""


@dataclass(frozen=True, slots=True, eq=False)
class Range:
    """[n] smallest and largest finite value of each stretch (NaN where there is none), and whether any
    was not finite."""

    low: FloatArray
    high: FloatArray
    broken: BoolArray

    def take(self, upto: int) -> "Range":
        """The first stretches."""
        return Range(self.low[:upto], self.high[:upto], self.broken[:upto])


@dataclass(frozen=True, slots=True, eq=False)
class Extremes:
    """Of n stretches in rising order, `stride` steps each; [n] their first steps. `loss` is that of the first
    optimizer, as others have losses of their own; `norm` is of the steps whose gradients were measured."""

    stride: int
    first: IntArray
    loss: Range
    norm: Range

    def __len__(self) -> int:
        return len(self.first)

    def until(self, step: int) -> "Extremes":
        """The stretches that are over at `step`."""
        upto = int(np.searchsorted(self.first, step - self.stride + 1, side="right"))
        return Extremes(self.stride, self.first[:upto], self.loss.take(upto), self.norm.take(upto))


class FollowedExtremes:
    """Takes in steps in rising order, in bounded memory."""

    def __init__(self) -> None:
        self.stride = 1
        self._base: int | None = None
        """Stretches before the first that is kept."""
        self._low, self._high = (np.full((2, STRETCHES), np.nan) for _ in range(2))
        self._broken = np.zeros((2, STRETCHES), np.bool_)
        self._waiting: list[tuple[int, float, float, bool]] = []
        self._view: Extremes | None = None
        """What was told last, until more has come."""

    def add(
        self,
        steps: IntArray,
        loss: FloatArray,
        norm: FloatArray,
        measured: BoolArray,
        optimizer: IntArray,
    ) -> None:
        """[n] steps; NaN is no norm where it was not `measured`."""
        self._flush()
        self._add(steps, loss, norm, measured, optimizer == 0)

    def add_losses(self, steps: IntArray, loss: FloatArray, optimizer: IntArray) -> None:
        """[n] steps of which no more is known."""
        none = np.full(len(steps), np.nan)
        self.add(steps, loss, none, np.zeros(len(steps), np.bool_), optimizer)

    def add_step(self, step: int, loss: float, norm: float, optimizer: int = 0) -> None:
        """One that was measured."""
        self._waiting.append((step, loss, norm, optimizer == 0))
        if len(self._waiting) >= WAITING:
            self._flush()

    def merge(self, other: Extremes) -> None:
        """Those of some steps that others have gone through."""
        self._flush()
        self._view = None
        if not len(other):
            return
        while self.stride < other.stride:
            self._coarsen()
        at = self._places(other.first)
        for kind, part in enumerate((other.loss, other.norm)):
            np.fmin.at(self._low[kind], at, part.low)
            np.fmax.at(self._high[kind], at, part.high)
            np.logical_or.at(self._broken[kind], at, part.broken)

    def view(self) -> Extremes | None:
        """So far; None while a stretch is a single step."""
        self._flush()
        if self._view is None and self._base is not None and self.stride > 1:
            self._view = self._made(self._base)
        return self._view

    def _made(self, base: int) -> Extremes:
        there = np.flatnonzero((~np.isnan(self._low) | self._broken).any(axis=0))
        first = (there + base) * self.stride
        loss, norm = (
            Range(self._low[k, there], self._high[k, there], self._broken[k, there])
            for k in range(2)
        )
        return Extremes(self.stride, first, loss, norm)

    def _flush(self) -> None:
        if self._waiting:
            steps, loss, norm, first = zip(*self._waiting, strict=True)
            self._waiting.clear()
            every = np.ones(len(steps), np.bool_)
            numbers = np.array(steps, np.int64), np.array(loss), np.array(norm)
            self._add(*numbers, every, np.array(first, np.bool_))

    def _add(
        self,
        steps: IntArray,
        loss: FloatArray,
        norm: FloatArray,
        measured: BoolArray,
        first: BoolArray,
    ) -> None:
        """`first`: the steps of the first optimizer."""
        if not len(steps):
            return
        self._view = None
        at = self._places(steps)
        for kind, (values, known) in enumerate(((loss, first), (norm, measured))):
            finite = np.isfinite(values) & known
            np.fmin.at(self._low[kind], at[finite], values[finite])
            np.fmax.at(self._high[kind], at[finite], values[finite])
            self._broken[kind, at[~np.isfinite(values) & known]] = True

    def _places(self, steps: IntArray) -> IntArray:
        """[n] where the stretches of steps are kept, with room made for them."""
        if self._base is None:
            self._base = int(steps[0]) // self.stride
        while int(steps[-1]) // self.stride - self._base >= STRETCHES:
            self._coarsen()
        # What is out of order in a damaged file counts for the first stretch, or the last.
        return np.clip(steps // self.stride - self._base, 0, STRETCHES - 1)

    def _coarsen(self) -> None:
        """Two stretches to one."""
        self.stride *= 2
        if self._base is None:
            return
        base = self._base // 2
        to = (np.arange(STRETCHES) + self._base) // 2 - base
        low, high = (np.full((2, STRETCHES), np.nan) for _ in range(2))
        broken = np.zeros((2, STRETCHES), np.bool_)
        for kind in range(2):
            np.fmin.at(low[kind], to, self._low[kind])
            np.fmax.at(high[kind], to, self._high[kind])
            np.logical_or.at(broken[kind], to, self._broken[kind])
        self._low, self._high, self._broken, self._base = low, high, broken, base
