"""Which part of a run the full-size charts show, and how. Pure: every key makes another frame."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import numpy as np

from gradtui.app.render.x_scale import Extent, Unit, XScale
from gradtui.core.layout import IntArray

LEAST = 8
"""Steps that are seen at the closest."""
MEDIANS = (0, 10, 100)
"""Steps over which a running median is drawn; 0: none."""
BEFORE_CURSOR = 256
"""Steps before the cursor in which a value is looked for that is measured now and then."""
TEN = 10
"""Cells that the cursor goes with shift."""
Panel = Literal["both", "first", "norm"]
PANELS: tuple[Panel, ...] = ("both", "first", "norm")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class ChartFrame:
    """`window` are the steps from the left edge to the right one; None: all of the run."""

    window: Extent | None = None
    follows: bool = False
    """The window ends at the newest step, and goes with it."""
    cursor: int | None = None
    """The step that the cursor stands at; None: that which the rest of the screen shows."""
    unit: Unit = "step"
    median: int = 0
    panel: Panel = "both"

    def seen(self, whole: Extent) -> Extent | None:
        """The window as it is now; None for all of the run. It goes with the newest step no further than
        the cursor stays in it."""
        if self.window is None:
            return None
        first, last = self.window
        by = whole.last - last
        if by > 0:
            by = (
                0
                if not self.follows
                else by
                if self.cursor is None
                else min(by, self.cursor - first)
            )
        return Extent(max(first + by, whole.first), max(last + by, whole.first))

    def for_another_run(self) -> "ChartFrame":
        """What holds for any run: how it is drawn, not which part."""
        return ChartFrame(unit=self.unit, median=self.median, panel=self.panel)


def zoomed(
    frame: ChartFrame, whole: Extent, scale: XScale, step: float, factor: float
) -> ChartFrame:
    """See `factor` times as much, where `step` stays in its place; all of the run where that is no more."""
    seen = frame.seen(whole) or whole
    x = scale.of(np.array([seen.first, seen.last]))
    at = float(scale.of(np.array([step]))[0])
    low, high = (at + (float(edge) - at) * factor for edge in x)
    ends = (low, high) if scale.clock is None else (scale.clock.step(low), scale.clock.step(high))
    first, last = round(ends[0]), round(ends[1])
    if factor > 1:  # however near the edges of what there is, it is more
        first, last = min(first, seen.first - 1), max(last, seen.last + 1)
    short = LEAST - (last - first + 1)
    if short > 0:
        first, last = first - short // 2, last + short - short // 2
    return _within(frame, whole, first, last)


def panned(frame: ChartFrame, whole: Extent, by: int) -> ChartFrame:
    """See what lies `by` steps further on, as far as there is anything."""
    seen = frame.seen(whole)
    if seen is None:
        return frame
    by = min(max(by, whole.first - seen.first), whole.last - seen.last)
    return _within(frame, whole, seen.first + by, seen.last + by)


def _within(frame: ChartFrame, whole: Extent, first: int, last: int) -> ChartFrame:
    """The steps from `first` to `last`, moved into what there is."""
    if last - first >= whole.last - whole.first:
        return replace(frame, window=None, follows=False)
    by = max(whole.first - first, 0) or min(whole.last - last, 0)
    window = Extent(first + by, last + by)
    return replace(frame, window=window, follows=window.last >= whole.last)


def with_cursor(frame: ChartFrame, whole: Extent, step: int) -> ChartFrame:
    """The cursor at a step; the window goes along where that lies outside."""
    step = min(max(step, whole.first), whole.last)
    out, seen = replace(frame, cursor=step), frame.seen(whole)
    if seen is None or seen.first <= step <= seen.last:
        return out
    by = step - seen.first if step < seen.first else step - seen.last
    return panned(out, whole, by)


def known_step(steps: IntArray, step: int, by: int) -> int:
    """The step of which a value is known `by` places after `step`, before it where negative; the outermost
    one beyond. `steps` [n] rise."""
    side: Literal["left", "right"] = "right" if by > 0 else "left"
    at = int(np.searchsorted(steps, step, side=side)) + (by - 1 if by > 0 else by)
    return int(steps[min(max(at, 0), len(steps) - 1)])


def nearest_step(steps: IntArray, step: float) -> int:
    """The step of which a value is known that is nearest to `step`."""
    at = int(np.searchsorted(steps, step))
    near = steps[max(at - 1, 0) : at + 1]
    return int(near[np.argmin(np.abs(near - step))])


def next_unit(frame: ChartFrame, known: tuple[Unit, ...]) -> ChartFrame:
    """By the next of what is known."""
    at = known.index(frame.unit) if frame.unit in known else -1
    return replace(frame, unit=known[(at + 1) % len(known)])


def next_median(frame: ChartFrame) -> ChartFrame:
    """Over more steps, then none again."""
    return replace(frame, median=following(MEDIANS, frame.median))


def next_panel(frame: ChartFrame, by: int) -> ChartFrame:
    """Both charts, or one of them on all lines."""
    return replace(frame, panel=following(PANELS, frame.panel, by))


def following(values: Sequence[V], value: V, by: int = 1) -> V:
    """The one that stands `by` places after `value`; after the last comes the first."""
    return values[(values.index(value) + by) % len(values)]
