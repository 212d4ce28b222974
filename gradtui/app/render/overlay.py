"""Several runs over one another: their table, charts below one another, and how they are seen. Pure."""

from collections.abc import Sequence

from gradtui.app.render.chart_stack import chart_heights, steps_apart
from gradtui.app.render.curve import MARGIN
from gradtui.app.render.line import Line, Piece, sized, width
from gradtui.app.render.number import count, seconds
from gradtui.app.render.overlaid_run import OverlaidRun
from gradtui.app.render.overlay_curves import (
    LEAST,
    Drawn,
    canvas,
    chart_lines,
    choices_of,
    curve_of,
)
from gradtui.app.render.overlay_frame import (
    ALIGNED,
    Aligned,
    OverlayFrame,
    aligned,
    axis_scale,
    chosen_run,
    compared_run,
    scales,
)
from gradtui.app.render.overlay_table import table_lines
from gradtui.app.render.text import safe, to_ascii
from gradtui.app.render.x_scale import Extent
from gradtui.app.view import Choice
from gradtui.core.logged import ordinal

Canvases = dict[object, Drawn]
"""What was drawn last of the same runs, by what it hangs on."""


def chart_room(runs: Sequence[OverlaidRun], lines: int) -> int:
    """Lines that the charts have, below the table and above the status."""
    return lines - len(runs) - 2


def overlay_lines(
    runs: Sequence[OverlaidRun],
    read: Sequence[OverlaidRun],
    frame: OverlayFrame,
    cells: int,
    lines: int,
    known: Canvases,
    *,
    ascii_only: bool,
    colours: bool = True,
) -> tuple[Line, ...]:
    """Exactly `lines` where there is room. `runs` is what is drawn and `read` what the table reads, which may
    have other steps of the same runs; `known` is of the same `runs`."""
    shown = aligned(runs, frame)
    room = chart_room(runs, lines)
    choices = choices_of(runs, frame, room)
    at_cursor = aligned(read, frame)
    out = table_lines(read, at_cursor, choices, frame, cells, ascii_only=ascii_only)
    if not shown:
        words = " nothing to draw yet" if frame.alignment == "step" else " no times are known"
        return (*out, (), ((words, "quiet"),))
    if room >= LEAST and cells >= MARGIN + 4:
        out += _charts(shown, choices, frame, cells, room, known, ascii_only, colours)
        out.append(_status(runs, shown, frame, cells, ascii_only))
    return tuple(out)


def _charts(
    shown: list[Aligned],
    choices: tuple[Choice, ...],
    frame: OverlayFrame,
    cells: int,
    room: int,
    known: Canvases,
    ascii_only: bool,
    colours: bool,
) -> list[Line]:
    out: list[Line] = []
    across = cells - MARGIN
    each, axis = scales(shown, frame, across), axis_scale(shown, frame, across)
    heights = chart_heights(len(choices), room)
    for nth, (choice, height) in enumerate(zip(choices, heights, strict=True), 1):
        last = nth == len(choices)
        high = height - 1 - last
        places = tuple(one.run.place for one in shown)
        seen = frame.window, frame.alignment, axis.placement
        hangs_on = (choice, places, seen, frame.chosen, frame.median, high, frame.log_scale)
        drawn = known.get(hangs_on)
        if drawn is None:
            drawn = known[hangs_on] = canvas(
                shown, each, choice, frame, high, ascii_only=ascii_only, colours=colours
            )
        drawn = drawn._replace(grid=drawn.grid.copy())
        out += chart_lines(
            drawn, shown, axis, choice, frame, cells, labels=last, ascii_only=ascii_only
        )
    return out


def _status(
    runs: Sequence[OverlaidRun],
    shown: Sequence[Aligned],
    frame: OverlayFrame,
    cells: int,
    ascii_only: bool,
) -> Line:
    """Which part is seen and how, and what `enter` shows."""
    out: list[list[Piece]] = []
    window = frame.window
    if window is None:
        out.append([(" all of the runs", "")])
    elif frame.alignment == "step":
        out.append([(f" steps {count(int(window.low))} to {count(int(window.high))}", "")])
    else:
        out.append([(f" {seconds(window.low)} to {seconds(window.high)}", "")])
    out.append([(f"   {ALIGNED[frame.alignment]}", "")])
    if frame.median:
        out.append([(f"   median of {frame.median} steps", "")])
    chosen, other = chosen_run(runs, frame), compared_run(runs, frame)
    view = chosen.view
    curve = curve_of(view, frame.choice) if view is not None and chosen.begun else None
    if curve is not None:
        one = [each for each in shown if each.run.place == chosen.place]
        seen = Extent(one[0].step(window.low), one[0].step(window.high)) if window and one else None
        gap = steps_apart(curve, seen)
        if gap > 1:
            out.append([(f"   {chosen.sign.char(ascii_only)} every {ordinal(gap)} step", "quiet")])
    if chosen.begun:
        more: list[Piece] = [("   enter: layers of ", "quiet"), _signed(chosen, ascii_only)]
        if other is not None and other.begun:
            more += [(" beside ", "quiet"), _signed(other, ascii_only)]
        out.append(more)
    kept: list[Piece] = []
    for pieces in out:
        if width((*kept, *pieces)) <= cells:
            kept += pieces
    return sized(tuple(kept), cells)


def _signed(run: OverlaidRun, ascii_only: bool) -> Piece:
    name = safe(run.name)
    return (
        f"{run.sign.char(ascii_only)} {to_ascii(name) if ascii_only else name}",
        run.sign.meaning,
    )
