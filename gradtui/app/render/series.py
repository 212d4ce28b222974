"""One quantity over the steps, thinned to columns that keep minimum and maximum."""

from typing import NamedTuple

import numpy as np

from gradtui.app.render.history import stride_for
from gradtui.core.layout import BoolArray, FloatArray, IntArray


class Series(NamedTuple):
    """[columns] smallest, largest and mean finite value (NaN where there is none), and whether any
    value of the column was not finite. `crowded`: a column has more than one value."""

    low: FloatArray
    high: FloatArray
    mean: FloatArray
    broken: BoolArray
    crowded: bool


def thin(
    x: FloatArray | IntArray, values: FloatArray, first: float, width: float, columns: int
) -> Series:
    """Three numbers a column; column i takes what is at first + i * width and less than one `width` on.
    What is before the first or behind the last one is left out."""
    low = np.full(columns, np.inf)
    high = np.full(columns, -np.inf)
    broken = np.zeros(columns, dtype=np.bool_)
    column = np.floor((x - first) / width + 1e-9)
    inside = (column >= 0) & (column < columns)
    column, values = column[inside].astype(np.int64), values[inside]
    finite = np.isfinite(values)
    np.minimum.at(low, column[finite], values[finite])
    np.maximum.at(high, column[finite], values[finite])
    broken[column[~finite]] = True
    total = np.zeros(columns)
    count = np.bincount(column[finite], minlength=columns)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        np.add.at(total, column[finite], values[finite])
        mean = total / count
    empty = low > high
    low, high = np.where(empty, np.nan, low), np.where(empty, np.nan, high)
    return Series(low, high, np.clip(mean, low, high), broken, bool((count > 1).any()))


def held(series: Series, *, before: bool = False) -> Series:
    """The same where a stretch without values is as the one before it: broken, from a value that is not
    finite to the next one that is. `before`: the value before the first column was not finite."""
    there = series.broken | np.isfinite(series.mean)
    if before and len(there) and not there[0]:
        there[0] = series.broken[0] = True
    if there.all() or not series.broken.any():
        return series
    at = np.maximum.accumulate(np.where(there, np.arange(len(there)), 0))
    last = int(np.flatnonzero(there)[-1])
    broken = series.broken[at] & (np.arange(len(there)) <= last)
    return series._replace(broken=broken)


def running_median(steps: IntArray, values: FloatArray, window: int) -> FloatArray:
    """[n] the median of the values around each within about `window` steps; of a series that has fewer
    points, of as many points as lie in so many steps in the middle. What is not finite is left out, and
    stays what it is in its own place."""
    count = points_in(steps, window)
    if count < 3:
        return values
    half = count // 2
    finite = np.isfinite(values)
    padded = np.pad(np.where(finite, values, np.nan), half, constant_values=np.nan)
    around = np.sort(np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1), axis=1)
    known = (~np.isnan(around)).sum(axis=1)  # NaN is sorted to the end
    row = np.arange(len(values))
    lower, upper = (around[row, at] for at in (np.maximum(known - 1, 0) // 2, known // 2))
    out: FloatArray = np.where(finite, lower / 2 + upper / 2, values)
    return out


def points_in(steps: IntArray, window: int) -> int:
    """How many points of a series lie in `window` steps: by the median distance of two."""
    if len(steps) < 2 or window < 2:
        return 1
    return max(round(window / max(float(np.median(np.diff(steps))), 1.0)), 1)


def latest(
    steps: IntArray, values: FloatArray, measured: BoolArray, columns: int
) -> tuple[FloatArray, float]:
    """[at most columns] the newest measured value of each stretch of all `steps`, and the newest of all.

    For quantities that are measured now and then: a stretch without any repeats the one before, and those
    before the first have the first. So quantities of the same steps stand below one another.
    """
    if not measured.any() or columns < 1:
        return np.empty(0), float("nan")
    first, last = int(steps[0]), int(steps[-1])
    stride = stride_for(last - first + 1, columns)
    bins = (last - first) // stride + 1
    steps, values = steps[measured], values[measured]
    ends = np.searchsorted(steps, first + stride * np.arange(1, bins + 1)) - 1
    out: FloatArray = values[np.maximum(ends, 0)]
    return out, float(values[-1])
