"""A run's norms thinned to the columns of a screen, spikes kept."""

from typing import NamedTuple

import numpy as np

from gradtui.app.render.scale import BAND
from gradtui.core.facts import Facts
from gradtui.core.layout import FloatArray, IntArray, Layout

CENTRE = sum(BAND) / 2
"""A column shows the value farthest from here, so that neither spike nor dip is thinned away."""


class Thinned(NamedTuple):
    """`logs` [columns, rows] log10 of the norm: zero is -inf, infinity inf, NaN is NaN.

    Column i covers the steps from first + i * stride."""

    logs: FloatArray
    first: int
    stride: int


EMPTY = Thinned(np.empty((0, 0)), 0, 1)


def stride_for(steps: int, columns: int) -> int:
    """The smallest of 1, 2, 3, 4, 6, 8, 12, ... steps a column that fits."""
    size = 1
    while True:
        for stride in (size, 3 * size // 2) if size > 1 else (1,):
            if stride * columns >= steps:
                return stride
        size *= 2


def exact_stride(steps: int, columns: int) -> int:
    """The smallest number of steps a column that fits: for runs that grow no more."""
    return max(-(-steps // max(columns, 1)), 1)


def spread(columns: int, cells: int) -> IntArray:
    """[cells] the column that each cell shows where fewer columns fill all cells."""
    return np.arange(cells) * columns // max(cells, 1)


def farthest(norms: FloatArray) -> FloatArray:
    """[steps, rows] norms -> [rows] log10 of the one farthest from the middle of the band.

    NaN wins over everything, infinity over every number.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.log10(norms.min(axis=0))
        high = np.log10(norms.max(axis=0))
    pick: FloatArray = np.where((CENTRE - low > high - CENTRE) & (high < np.inf), low, high)
    return np.where(np.isnan(low), np.nan, pick)


class Columns:
    """Columns are aligned to steps, not to the end of the run: a finished one never changes, so it
    is computed once and the screen repaints nothing but the newest."""

    def __init__(self) -> None:
        self._of: tuple[object, object] | None = None
        self._stride = 0
        self._done: list[FloatArray] = []

    def thin(self, facts: Facts, columns: int, *, exact: bool = False) -> Thinned:
        """All of `facts` in at most `columns` columns; `exact` fills as many as can be."""
        if not len(facts) or columns < 1:
            return EMPTY
        steps = facts.steps
        first, last = int(steps[0]), int(steps[-1])
        stride = (exact_stride if exact else stride_for)(last - first + 1, columns)
        if stride != self._stride:
            self._done, self._stride = [], stride
        # Both objects come with a run's start: other ones mean another run.
        of = (facts.layout, facts.info)
        if self._of is None or not all(a is b for a, b in zip(of, self._of, strict=True)):
            self._done = []
        self._of = of
        bins = (last - first) // stride + 1
        edges = np.searchsorted(steps, first + stride * np.arange(bins + 1))
        out = self._done[: bins - 1]
        for i in range(len(out), bins):
            part = slice(int(edges[i]), int(edges[i + 1]))
            norms = facts.row_norms[part]
            taken = ~facts.skipped[part]
            if taken.any() and not taken.all():
                norms = norms[taken]
            out.append(farthest(norms) if len(norms) else out[-1])
        if len(out) - 1 > len(self._done):
            self._done = out[:-1]
        return Thinned(np.stack(out), first, stride)


def by_row(norms: FloatArray, row_of: IntArray, rows: int) -> FloatArray:
    """[tensors] norms -> [rows], root of the sum of squares; a row without tensors is NaN."""
    top = np.full(rows, -np.inf)
    with np.errstate(invalid="ignore"):
        np.maximum.at(top, row_of, norms)
    usable = np.isfinite(top) & (top > 0)
    scale = np.where(usable, top, 1.0)
    total = np.zeros(rows)
    with np.errstate(invalid="ignore", over="ignore"):
        np.add.at(total, row_of, np.square(norms / scale[row_of]))
        out = np.where(usable, top * np.sqrt(total), top)
    return np.where(np.isneginf(top), np.nan, out)


def latest_at(facts: Facts, column: FloatArray) -> int | None:
    """Index of the newest kept step at which a [n, items] column was measured, None if never."""
    for back in range(len(facts) - 1, max(len(facts) - 1025, -1), -1):
        if not np.isnan(column[back]).all():
            return back
    return None


def same_step(facts: Facts, step: int) -> int | None:
    """Index of the newest kept step not after `step`, None if the run had not begun."""
    at = int(np.searchsorted(facts.steps, step, side="right")) - 1
    return at if at >= 0 else None


def parameters_of(layout: Layout, row: int) -> list[int]:
    """Indices of a row's tensors."""
    return list(layout.tensors_of[row])
