"""How several runs are laid over one another, and which part of them is seen. Pure: every key makes another
frame."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np

from gradtui.app.render.chart_frame import MEDIANS, PANELS, Panel, following
from gradtui.app.render.history import exact_stride, stride_for
from gradtui.app.render.overlaid_run import OverlaidRun
from gradtui.app.render.x_scale import Clock, XScale, clock_of, column_seconds, extent_of
from gradtui.app.view import LOSS, OVER, Choice, View
from gradtui.core.layout import IntArray

Alignment = Literal["step", "time", "clock"]
ALIGNMENTS: tuple[Alignment, ...] = ("step", "time", "clock")
ALIGNED: dict[Alignment, str] = {
    "step": "by steps",
    "time": "by time since each one's first step",
    "clock": "by the clock, from the first run's first step on",
}
LEAST_STEPS, LEAST_SECONDS = 8.0, 1e-3
"""What is seen at the closest."""


class Span(NamedTuple):
    """From the left edge to the right one, in steps or seconds."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class OverlayFrame:
    """`chosen` and `compared` are places of runs; of the chosen one the range is drawn, and its layers are
    shown beside those of the compared one. `window` None: all of the runs."""

    chosen: int = 0
    compared: int | None = None
    """None: the first other one."""
    hidden: frozenset[int] = frozenset()
    choice: Choice = LOSS
    alignment: Alignment = "step"
    median: int = 0
    panel: Panel = "both"
    log_scale: bool = True
    window: Span | None = None
    cursor: float | None = None
    """Where the values are read, in the unit of the alignment; None: at the end of each run."""


class Aligned(NamedTuple):
    """A run that can be drawn as they are aligned."""

    run: OverlaidRun
    view: View
    clock: Clock | None
    """None: by steps."""

    @property
    def span(self) -> Span:
        """From its first to its last step."""
        first, last = extent_of(self.view)
        return Span(self.x(first), self.x(last))

    def x(self, step: float) -> float:
        return float(step) if self.clock is None else float(self.clock.at(float(step)))

    def step(self, x: float) -> int:
        """The newest step that is not after `x`."""
        if self.clock is None:
            return int(np.floor(x + 1e-9))
        return int(np.floor(self.clock.step(x) + 1e-6))


def aligned(runs: Sequence[OverlaidRun], frame: OverlayFrame) -> list[Aligned]:
    """Those that are shown, that have begun, and of which the time is known where it counts."""
    begun = [
        (run, run.view)
        for run in runs
        if run.view is not None and run.begun and run.place not in frame.hidden
    ]
    if frame.alignment == "step":
        return [Aligned(run, view, None) for run, view in begun]
    clocks = [(run, view, clock_of(view.facts)) for run, view in begun if view.facts is not None]
    known = [(run, view, clock) for run, view, clock in clocks if clock is not None]
    if frame.alignment == "time":
        return [Aligned(run, view, clock) for run, view, clock in known]
    first = min((clock.began for _, _, clock in known), default=0.0)
    return [
        Aligned(run, view, clock._replace(seconds=clock.seconds + (clock.began - first)))
        for run, view, clock in known
    ]


def span_of(shown: Sequence[Aligned]) -> Span:
    """Of all of them together."""
    spans = [one.span for one in shown]
    return Span(min(span.low for span in spans), max(span.high for span in spans))


def scales(shown: Sequence[Aligned], frame: OverlayFrame, cells: int) -> list[XScale]:
    """One for each, in which what is aligned has the same column."""
    low, high, width, columns, used = _columns(shown, frame, cells)
    out = []
    for one in shown:
        first, last = extent_of(one.view)
        if frame.window is not None:
            first, last = max(first, _after(one, frame.window.low)), min(last, one.step(high))
        part = frame.window is not None
        out.append(XScale(low, width, columns, cells, used, first, last, one.clock, part))
    return out


def axis_scale(shown: Sequence[Aligned], frame: OverlayFrame, cells: int) -> XScale:
    """That of the axis below them all."""
    low, high, width, columns, used = _columns(shown, frame, cells)
    if frame.alignment == "step":
        return XScale(low, width, columns, cells, used, int(low), int(high))
    # From its first "step" to its second all that is seen passes.
    clock = Clock(np.array([0, 1]), np.array([low, high]), 0.0)
    return XScale(low, width, columns, cells, used, 0, 1, clock)


def _columns(
    shown: Sequence[Aligned], frame: OverlayFrame, cells: int
) -> tuple[float, float, float, int, float]:
    """Where the first column begins, where the last thing stands, the width of a column, how many there are,
    and the cells that are used."""
    whole = span_of(shown)
    low, high = frame.window or whole
    fine = 2 if any(one.view.braille for one in shown) else 1
    most = max(cells * fine, 2)
    grows = frame.window is None and any(one.view.state not in OVER for one in shown)
    if frame.alignment == "step":
        count = int(high) - int(low) + 1
        if grows:
            width = float(stride_for(count, most))
        else:
            width = 1.0 if count <= most else float(exact_stride(count, most - 1))
        low = float(int(low) - int(low) % int(width)) if frame.window is not None else low
        columns = most if grows else int((high - low) // width) + 1
    else:
        width = column_seconds(high - low, most, grows=grows)
        columns = most
    used = ((high - low) / width + 1) / fine if grows else float(cells)
    return low, high, width, columns, used


def _after(one: Aligned, x: float) -> int:
    """The first step that is not before `x`."""
    step = one.step(x)
    return step if one.x(step) >= x - 1e-9 else step + 1


# What keys do


def chosen_run(runs: Sequence[OverlaidRun], frame: OverlayFrame) -> OverlaidRun:
    return runs[min(frame.chosen, len(runs) - 1)]


def compared_run(runs: Sequence[OverlaidRun], frame: OverlayFrame) -> OverlaidRun | None:
    """The run that stands beside the layers of the chosen one; None where there is no other."""
    others = [run for run in runs if run.place != frame.chosen and not run.trouble]
    wanted = [run for run in others if run.place == frame.compared]
    return next(iter((*wanted, *others)), None)


def with_chosen(frame: OverlayFrame, runs: Sequence[OverlaidRun], place: int) -> OverlayFrame:
    """Another one is chosen; one that was hidden is shown again."""
    place = place % len(runs)
    return replace(frame, chosen=place, hidden=frame.hidden - {place})


def with_hidden(frame: OverlayFrame, runs: Sequence[OverlaidRun]) -> OverlayFrame:
    """The chosen one hidden or shown; the last that is shown stays."""
    hidden = frame.hidden ^ {frame.chosen}
    left = [run for run in runs if run.place not in hidden]
    return replace(frame, hidden=hidden) if left else frame


def realigned(frame: OverlayFrame, runs: Sequence[OverlaidRun]) -> OverlayFrame:
    """By the next of what is known of two runs or more, the cursor at the same step of the chosen one; all of
    the runs are seen."""
    before = aligned(runs, frame)
    for further in range(1, len(ALIGNMENTS) + 1):
        wanted = following(ALIGNMENTS, frame.alignment, further)
        out = replace(frame, alignment=wanted, window=None, cursor=None)
        after = aligned(runs, out)
        if wanted == "step" or len(after) >= 2:
            break
    held = [one for one in before if one.run.place == frame.chosen]
    same = [one for one in after if one.run.place == frame.chosen]
    if frame.cursor is not None and held and same:
        out = replace(out, cursor=same[0].x(held[0].step(frame.cursor)))
    return out


def zoomed(frame: OverlayFrame, shown: Sequence[Aligned], x: float, factor: float) -> OverlayFrame:
    """See `factor` times as much, where `x` stays in its place."""
    whole = span_of(shown)
    low, high = frame.window or whole
    least = LEAST_STEPS if frame.alignment == "step" else LEAST_SECONDS
    factor = max(factor, least / max(high - low, 1e-300)) if factor < 1 else factor
    return _within(frame, whole, x - (x - low) * factor, x + (high - x) * factor)


def panned(frame: OverlayFrame, shown: Sequence[Aligned], by: float) -> OverlayFrame:
    """See what lies further on, by a share of what is seen, as far as there is anything."""
    if frame.window is None:
        return frame
    low, high = frame.window
    far = by * (high - low)
    return _within(frame, span_of(shown), low + far, high + far)


def _within(frame: OverlayFrame, whole: Span, low: float, high: float) -> OverlayFrame:
    if not high - low < whole.high - whole.low:
        return replace(frame, window=None)
    by = max(whole.low - low, 0.0) or min(whole.high - high, 0.0)
    low, high = low + by, high + by
    if frame.alignment == "step":
        low, high = float(round(low)), float(round(high))
    return replace(frame, window=Span(low, high))


def with_cursor(frame: OverlayFrame, shown: Sequence[Aligned], x: float) -> OverlayFrame:
    """The cursor at a place; the window goes along where that lies outside."""
    whole = span_of(shown)
    x = min(max(x, whole.low), whole.high)
    out = replace(frame, cursor=x)
    if frame.window is None or frame.window.low <= x <= frame.window.high:
        return out
    low, high = frame.window
    by = x - low if x < low else x - high
    return _within(out, whole, low + by, high + by)


def next_point(steps: IntArray, one: Aligned, x: float, by: int) -> float:
    """The place of the next of its points after `x`, or before it; `steps` [n] rise."""
    if not len(steps):
        return x
    exact = np.asarray(steps, np.float64)
    places = exact if one.clock is None else one.clock.at(exact)
    slack = 1e-9 * max(abs(x), 1.0)
    after = int(np.searchsorted(places, x + slack, side="right"))
    before = int(np.searchsorted(places, x - slack, side="left")) - 1
    return float(places[min(max(after if by > 0 else before, 0), len(places) - 1)])


def next_median(frame: OverlayFrame) -> OverlayFrame:
    """Over more steps, then none again."""
    return replace(frame, median=following(MEDIANS, frame.median))


def next_panel(frame: OverlayFrame, by: int) -> OverlayFrame:
    """All charts, or one of them on all lines."""
    return replace(frame, panel=following(PANELS, frame.panel, by))
