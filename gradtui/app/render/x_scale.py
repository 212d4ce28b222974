"""Where a step stands along a chart: at its number, or at the time at which it was taken."""

from dataclasses import dataclass
from math import floor
from typing import Literal, NamedTuple

import numpy as np

from gradtui.app.render.history import exact_stride, stride_for
from gradtui.app.view import OVER, View
from gradtui.core.event import RunInfo
from gradtui.core.facts import Facts
from gradtui.core.layout import FloatArray, IntArray

Unit = Literal["step", "time", "epoch"]
UNITS: tuple[Unit, ...] = ("step", "time", "epoch")
LEAST_EPOCH = 1e-3
"""Steps of an epoch that are believed."""
LONGEST = 1e10
"""Seconds of a run that are believed."""


class Extent(NamedTuple):
    """The first and the last step of what there is to be drawn."""

    first: int
    last: int


class Clock(NamedTuple):
    """When steps were taken: [n] steps, and seconds from the first one on, which never fall."""

    steps: IntArray
    seconds: FloatArray
    began: float
    """Seconds since 1970 of the first one."""

    def at(self, step: FloatArray | float) -> FloatArray:
        """Seconds of steps, between two known ones in proportion."""
        return np.asarray(np.interp(step, self.steps, self.seconds), np.float64)

    def step(self, seconds: float) -> float:
        """The step that was under way then."""
        return float(np.interp(seconds, self.seconds, self.steps))


def extent_of(view: View) -> Extent:
    """Of all curves of a run together, so that those of several charts stand below one another."""
    facts = view.facts
    assert facts is not None
    first, last = int(facts.steps[0]), int(facts.steps[-1])
    for steps in (facts.scalars.steps, *(metric.step for metric in view.metrics.values())):
        if len(steps):
            first, last = min(first, int(steps[0])), max(last, int(steps[-1]))
    return Extent(max(first, 0), max(last, 0))


def clock_of(facts: Facts) -> Clock | None:
    """None where the times of steps are not known, or are all the same."""
    scalars = facts.scalars
    known = np.isfinite(scalars.time)
    steps, time = scalars.steps[known], scalars.time[known]
    if len(steps) < 2:
        return None
    with np.errstate(over="ignore"):  # a damaged file has any times
        seconds = np.maximum.accumulate(time) - time[0]
    known_end = 0 < seconds[-1] < LONGEST
    return Clock(steps, seconds, float(time[0])) if known_end else None


def epoch_steps(info: RunInfo | None, total: int) -> float:
    """Steps of an epoch of a run that means to take `total`; 0 where there are none, or the run was begun in
    the middle of one."""
    if info is None or info.attached is not None or not LEAST_EPOCH <= info.epoch_steps <= total:
        return 0.0
    return info.epoch_steps


def epoch_words(info: RunInfo | None, done: int, total: int) -> str:
    """ "3/90" after `done` steps; "" where there are none."""
    each = epoch_steps(info, total)
    if not each or done < 1:
        return ""
    last = max(round(total / each), 1)
    # The small part is what an estimate may be off by.
    return f"{min(int((done - 1) / each + 1e-6) + 1, last):,}/{last:,}"


def units_of(view: View) -> tuple[Unit, ...]:
    """What is known of a run that the steps can be drawn by."""
    known = {"step"}
    if view.facts is not None and len(view.facts) and clock_of(view.facts) is not None:
        known.add("time")
    if epoch_steps(view.info, view.info.steps if view.info is not None else 0):
        known.add("epoch")
    return tuple(unit for unit in UNITS if unit in known)


@dataclass(frozen=True, slots=True, eq=False)
class XScale:
    """`columns` columns, each `width` steps or seconds wide from `low` on, spread over `cells` cells from
    edge to edge."""

    low: float
    width: float
    columns: int
    cells: int
    used: float
    """Cells that the run takes so far."""
    first: int
    last: int
    """The steps that are seen."""
    clock: Clock | None = None
    """Where columns are times."""
    part: bool = False
    """A part of the run is seen: nothing is drawn of what lies beside it in the outermost columns."""

    @property
    def apart(self) -> float:
        """Cells between two columns."""
        return (self.cells - 1) / max(self.columns - 1, 1)

    @property
    def placement(self) -> tuple[object, ...]:
        """What says where each step of a run stands."""
        return self.low, self.width, self.columns, self.cells, self.clock is None

    def of(self, steps: IntArray) -> FloatArray:
        """[n] steps -> [n] in the unit of the columns."""
        if self.clock is None:
            return np.asarray(steps, np.float64)
        return self.clock.at(np.asarray(steps, np.float64))

    def place(self, step: float) -> float:
        """Cells from the left edge, also of what is not seen."""
        return self.place_of(step if self.clock is None else float(self.clock.at(step)))

    def place_of(self, x: float) -> float:
        """As `place`, of an `x` in the unit of the columns."""
        return floor((x - self.low) / self.width + 1e-9) * self.apart + 0.5

    def cell(self, step: float) -> int | None:
        """The cell of a step; None where that is not seen."""
        if not self.first <= step <= self.last:
            return None
        return min(max(int(self.place(step)), 0), self.cells - 1)

    def step(self, cell: float) -> float:
        """The step that is drawn at a cell, or would be beyond the edges."""
        x = self.x(cell)
        return x if self.clock is None else self.clock.step(x)

    def x(self, cell: float) -> float:
        """As `step`, in the unit of the columns."""
        return self.low + cell / (self.apart or 1.0) * self.width

    @property
    def per_cell(self) -> float:
        """Steps or seconds of a cell."""
        return self.width / (self.apart or 1.0)


def x_scale(
    view: View,
    cells: int,
    *,
    seen: Extent | None = None,
    by_time: bool = False,
) -> XScale:
    """Of a run that has begun. `seen` are the steps from the left edge to the right one; without, all of
    them, and while the run goes on room for those to come."""
    whole = extent_of(view)
    fine = 2 if view.braille else 1  # columns of a cell
    grows = seen is None and view.state not in OVER
    clock = clock_of(view.facts) if by_time and view.facts is not None else None
    if clock is not None:
        return _of_times(seen or whole, clock, cells, fine, grows=grows)
    if seen is not None:
        return _of_steps(seen, cells, fine)
    first, last = whole
    logged = view.info.logged if view.info is not None else None
    stride = (stride_for if grows else exact_stride)(last - first + 1, cells * fine)
    if logged is not None:  # no column without a point
        stride = max(stride, logged.every)
    taken = (last - first) // stride + 1
    columns = cells * fine if grows else taken
    used = taken / fine if grows else float(cells)
    return XScale(float(first), float(stride), columns, cells, used, first, last)


def _of_steps(seen: Extent, cells: int, fine: int) -> XScale:
    """Columns begin at multiples of their width, and their number hangs on that of the steps alone: so
    they stay what they are while the run goes on."""
    count = seen.last - seen.first + 1
    stride = 1 if count <= cells * fine else exact_stride(count, cells * fine - 1)
    first = seen.first - seen.first % stride
    columns = -(-count // stride) + (stride > 1)
    return XScale(float(first), float(stride), columns, cells, float(cells), *seen, part=True)


def _of_times(seen: Extent, clock: Clock, cells: int, fine: int, *, grows: bool) -> XScale:
    """Columns of equal times. The last step stands in the last column, of a run that goes on before it."""
    low, high = (float(clock.at(float(step))) for step in seen)
    columns = max(cells * fine, 2)
    width = column_seconds(high - low, columns, grows=grows)
    used = ((high - low) / width + 1) / fine if grows else float(cells)
    return XScale(low, width, columns, cells, used, *seen, clock, not grows)


def column_seconds(seconds: float, columns: int, *, grows: bool) -> float:
    """The width of a column where so many seconds lie on so many columns; `grows`: and go on."""
    if grows:  # a millisecond, two, three, four, six, ...: a width that stays for a while
        return stride_for(max(int(1e3 * seconds) + 1, 1), columns) / 1e3
    return max(seconds / (columns - 1), 1e-6)
