"""One quantity over the steps, thinned to columns that keep minimum and maximum."""

from typing import NamedTuple

import numpy as np

from gradtui.app.render.history import stride_for
from gradtui.core.layout import BoolArray, FloatArray, IntArray


class Series(NamedTuple):
    """[columns] smallest, largest and mean finite value (NaN where there is none), and whether any
    value of the column was not finite. Column i covers the steps from first + i * stride."""

    low: FloatArray
    high: FloatArray
    mean: FloatArray
    broken: BoolArray
    first: int
    stride: int


def thin(steps: IntArray, values: FloatArray, first: int, stride: int, columns: int) -> Series:
    """Three numbers a column; steps before `first` or beyond the last column are left out."""
    low = np.full(columns, np.inf)
    high = np.full(columns, -np.inf)
    broken = np.zeros(columns, dtype=np.bool_)
    column = (steps - first) // stride
    inside = (column >= 0) & (column < columns)
    column, values = column[inside], values[inside]
    finite = np.isfinite(values)
    np.minimum.at(low, column[finite], values[finite])
    np.maximum.at(high, column[finite], values[finite])
    broken[column[~finite]] = True
    total = np.zeros(columns)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        np.add.at(total, column[finite], values[finite])
        mean = total / np.bincount(column[finite], minlength=columns)
    empty = low > high
    low, high = np.where(empty, np.nan, low), np.where(empty, np.nan, high)
    return Series(low, high, np.clip(mean, low, high), broken, first, stride)


def held(series: Series) -> Series:
    """The same where a stretch without values is as the one before it: broken, from a value that is not
    finite to the next one that is."""
    there = series.broken | np.isfinite(series.mean)
    if there.all() or not series.broken.any():
        return series
    at = np.maximum.accumulate(np.where(there, np.arange(len(there)), 0))
    last = int(np.flatnonzero(there)[-1])
    broken = series.broken[at] & (np.arange(len(there)) <= last)
    return series._replace(broken=broken)


def latest(
    steps: IntArray, values: FloatArray, measured: BoolArray, columns: int
) -> tuple[FloatArray, float]:
    """[at most columns] the newest measured value of each stretch, and the newest of all.

    For quantities that are measured now and then: a stretch without any repeats the one before.
    """
    steps, values = steps[measured], values[measured]
    if not len(steps) or columns < 1:
        return np.empty(0), float("nan")
    first = int(steps[0])
    stride = stride_for(int(steps[-1]) - first + 1, columns)
    bins = (int(steps[-1]) - first) // stride + 1
    ends = np.searchsorted(steps, first + stride * np.arange(1, bins + 1)) - 1
    out: FloatArray = values[np.maximum(ends, 0)]
    return out, float(values[-1])
