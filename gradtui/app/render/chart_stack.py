"""The charts in full size, one below the other over the same steps, with a cursor through all of them."""

from dataclasses import replace

import numpy as np

from gradtui.app.render.chart_frame import ChartFrame
from gradtui.app.render.curve import MARGIN, Canvases, Look, curve_lines
from gradtui.app.render.line import Line, Piece, sized, width
from gradtui.app.render.number import count
from gradtui.app.render.quantities import NORM, Curve, quantity
from gradtui.app.render.readout import readout_line
from gradtui.app.render.series import points_in
from gradtui.app.render.text import to_ascii
from gradtui.app.render.x_scale import (
    UNITS,
    Extent,
    Unit,
    XScale,
    extent_of,
    units_of,
    x_scale,
)
from gradtui.app.view import OVER, Choice, View
from gradtui.core.layout import IntArray
from gradtui.core.logged import NOTHING, ordinal
from gradtui.core.stretch import Stretch

LEAST = 6
"""Lines of a chart that is worth its place."""
NAMES: dict[Unit, str] = {"step": "steps", "time": "time", "epoch": "epochs"}


def whole_view(view: View) -> View:
    """The run with all that is known of it, whatever step is looked at."""
    if view.whole is None:
        return view
    return replace(view, facts=view.whole, metrics=view.whole_metrics)


def begun(view: View) -> bool:
    """Whether there is anything to be drawn."""
    whole = whole_view(view).facts
    return whole is not None and len(whole) > 0


def shown_step(view: View) -> int:
    """The step that the rest of the screen shows, of a run that has begun."""
    last = extent_of(whole_view(view)).last
    if view.facts is None or not len(view.facts) or not (view.scrubbing or view.mode == "replay"):
        return last
    return min(int(view.facts.steps[-1]), last)


def scale_of(view: View, frame: ChartFrame, cells: int) -> XScale:
    """How the steps lie on `cells` cells of a widget, the margin of the charts among them."""
    whole = whole_view(view)
    by_time = frame.unit == "time" and "time" in units_of(whole)
    # What has been recorded grows no more, however far it has been played.
    grown = replace(whole, state=OVER[0]) if view.mode == "replay" else whole
    seen = frame.seen(extent_of(whole))
    return x_scale(grown, max(cells - MARGIN, 1), seen=seen, by_time=by_time)


def choices_of(view: View, frame: ChartFrame, lines: int) -> tuple[Choice, ...]:
    """What is drawn, from the top: two charts where there is room for them."""
    logged = view.info.logged if view.info is not None else None
    norms = logged is None or logged.gradients != NOTHING
    if frame.panel == "norm" and norms:
        return (NORM,)
    return (
        (view.choice, NORM)
        if frame.panel == "both" and norms and lines >= 2 * LEAST
        else (view.choice,)
    )


def all_kept(view: View, frame: ChartFrame) -> bool:
    """Whether there are no other steps between those that are drawn."""
    whole = replace(whole_view(view), stretch=None)
    seen = frame.seen(extent_of(whole))
    return all(
        steps_apart(quantity(whole, choice).main, seen) <= 1 for choice in (view.choice, NORM)
    )


def steps_of(view: View, frame: ChartFrame, lines: int) -> IntArray:
    """[n] the steps of which a value is drawn, in rising order."""
    whole = whole_view(view)
    curves = [
        curve for choice in choices_of(view, frame, lines) for curve in _curves(whole, choice)
    ]
    return np.unique(np.concatenate([curve.steps for curve in curves]))


def _curves(view: View, choice: Choice) -> list[Curve]:
    one = quantity(view, choice)
    return [curve for curve in (one.main, one.validation) if curve is not None]


def cursor_step(view: View, frame: ChartFrame) -> int:
    """The step that the cursor stands at, of a run that has begun."""
    return shown_step(view) if frame.cursor is None else frame.cursor


def stack_lines(
    view: View,
    frame: ChartFrame,
    cells: int,
    lines: int,
    known: Canvases | None = None,
    near: Stretch | None = None,
) -> tuple[Line, ...]:
    """The cursor's values, the charts, and what is seen of them: exactly `lines` where there is room.
    `known` is of the same view; `near` are all steps just before the cursor, so that its values do not
    hang on the window."""
    if not begun(view):
        return (((" nothing yet", "quiet"),),)
    if cells < MARGIN + 4 or lines < LEAST:
        return (((" too small", "quiet"),),)
    whole, shown = whole_view(view), shown_step(view)
    cursor = cursor_step(view, frame)
    read = whole if near is None else replace(whole, stretch=near)
    units = units_of(whole)
    look = Look(
        scale_of(view, frame, cells),
        frame.unit if frame.unit in units else "step",
        frame.median,
        cursor,
        shown,
        close=True,
        read=read,
    )
    choices = choices_of(view, frame, lines)
    out: list[Line] = [readout_line(read, cursor, view.choice, cells)]
    heights = chart_heights(len(choices), lines - 2)
    for nth, (choice, height) in enumerate(zip(choices, heights, strict=True), 1):
        last = nth == len(choices)
        out += curve_lines(whole, choice, cells, height, look._replace(labels=last), known)
    out.append(_status(whole, frame, look, choices, cells))
    return tuple(out)


def chart_heights(charts: int, lines: int) -> list[int]:
    """Lines of each of several charts, from the top; the last has one more, for the axis of them all."""
    out = []
    for left in range(charts, 0, -1):
        out.append(lines if left == 1 else (lines - 1) // left)
        lines -= out[-1]
    return out


def _status(
    view: View, frame: ChartFrame, look: Look, choices: tuple[Choice, ...], cells: int
) -> Line:
    """Which steps are seen and how, and whether there are others between those that are kept."""
    assert look.scale is not None
    known = units_of(view)
    seen = frame.seen(extent_of(view))
    out: list[Piece] = []
    if seen is None:
        out.append((" all of the run", ""))
    else:
        out.append((f" steps {count(seen.first)} to {count(seen.last)}", ""))
        newest = frame.follows and seen.last == extent_of(view).last
        if newest and view.state not in OVER and view.mode != "replay":
            out.append((", with the run", ""))
    out.append((f"   by {NAMES[look.unit]}", ""))
    if missing := [NAMES[unit] for unit in UNITS if unit not in known]:
        words = " and ".join(missing).replace("time and", "times and")
        words = "times" if words == "time" else words
        out.append((f" ({words} are not known)", "quiet"))
    main = [quantity(view, choice).main for choice in choices]
    if frame.median:
        out.append((f"   median of {frame.median} steps", ""))
        if all(points_in(curve.steps, frame.median) < 3 for curve in main):
            out.append((", fewer than are between two points", "warn"))
    for curve in main:
        gap = steps_apart(curve, seen)
        if gap > 1:
            out.append((f"   {curve.name} of every {ordinal(gap)} step", "quiet"))
    kept: list[Piece] = []
    for piece in out:
        if width((*kept, piece)) > cells:
            break
        kept.append(piece)
    if view.ascii_only:
        kept = [(to_ascii(text), meaning) for text, meaning in kept]
    return sized(tuple(kept), cells)


def steps_apart(curve: Curve, seen: Extent | None) -> int:
    """Steps from one point to the next, in the middle of what is seen."""
    steps = curve.steps
    if seen is not None:
        begin, end = np.searchsorted(steps, (seen.first, seen.last)).tolist()
        steps = steps[max(begin - 1, 0) : end + 1]
    return round(float(np.median(np.diff(steps)))) if len(steps) > 1 else 1
