"""A curve as it lies on a chart: thinned to its columns, with what leads in and out of them."""

from typing import NamedTuple

import numpy as np

from gradtui.app.render.quantities import Curve, Stretches
from gradtui.app.render.series import Series, held, running_median, thin
from gradtui.app.render.x_scale import XScale
from gradtui.core.layout import FloatArray

Point = tuple[float, float]
"""(cells from the left edge, value)"""


class Trace(NamedTuple):
    """What is drawn of a curve."""

    series: Series
    line: FloatArray
    """[columns] the mean of each column, or of the running median there."""
    smooth: bool
    before: Point | None
    """The nearest value before the first column and behind the last one, where these are finite: the line
    comes from the one and goes to the other."""
    after: Point | None

    @property
    def values(self) -> FloatArray:
        """All finite ones that the axis has to hold."""
        both = np.concatenate([self.series.low, self.series.high])
        both = np.asarray(both[np.isfinite(both)], np.float64)
        if len(both):
            return both
        return np.array([point[1] for point in (self.before, self.after) if point is not None])


def trace(curve: Curve, scale: XScale, median: int = 0) -> Trace:
    """`median`: steps over which a running median is the line, 0 for none."""
    x = scale.of(curve.steps)
    begin, end = np.searchsorted(x, (scale.low, scale.low + scale.columns * scale.width)).tolist()
    if scale.part:
        begin = int(np.searchsorted(curve.steps, scale.first))
        end = max(begin, int(np.searchsorted(curve.steps, scale.last, side="right")))
    inside = slice(begin, end)
    columns = (scale.low, scale.width, scale.columns)
    broken = begin > 0 and not np.isfinite(curve.values[begin - 1])
    series = thin(x[inside], curve.values[inside], *columns)
    if curve.between is not None:
        series = widened(series, curve.between, scale)
    series = held(series, before=broken)
    line, smooth = series.mean, False
    if median:
        near = slice(max(begin - median, 0), end + median)
        raw = curve.values[near]
        even = running_median(curve.steps[near], raw, median)
        smooth = even is not raw
        line = thin(x[near], even, *columns).mean
    at = [begin - 1 if begin else None, end if end < len(x) else None]
    before, after = (
        None
        if i is None or not np.isfinite(curve.values[i])
        else (float((x[i] - scale.low) / scale.width * scale.apart + 0.5), float(curve.values[i]))
        for i in at
    )
    return Trace(series, line, smooth, before, after)


def widened(series: Series, more: Stretches, scale: XScale) -> Series:
    """With the extremes of the steps between the points; a stretch that is wider than a column is in all
    columns that it reaches into."""
    begin, end = (
        np.floor((scale.of(steps) - scale.low) / scale.width + 1e-9).astype(np.int64)
        for steps in (more.first, more.first + more.stride - 1)
    )
    seen = (end >= 0) & (begin < scale.columns)
    if scale.part:
        seen &= (more.first + more.stride > scale.first) & (more.first <= scale.last)
    there = np.flatnonzero(seen)
    begin, end = np.maximum(begin[there], 0), np.minimum(end[there], scale.columns - 1)
    count = end - begin + 1
    of = np.repeat(there, count)
    at = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(begin, count)
    low, high, broken = series.low.copy(), series.high.copy(), series.broken.copy()
    np.fmin.at(low, at, more.range.low[of])
    np.fmax.at(high, at, more.range.high[of])
    np.logical_or.at(broken, at, more.range.broken[of])
    return series._replace(low=low, high=high, broken=broken, crowded=True)
