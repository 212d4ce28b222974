"""A quantity of several runs over one another, each in its own colour and with its own glyph. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gradtui.app.render.axis import CLOSE, labelled, robust_limits, step_axis
from gradtui.app.render.chart_title import NAME
from gradtui.app.render.curve import MARGIN, not_logged, with_labels
from gradtui.app.render.curve_drawing import Grid, on_axis
from gradtui.app.render.line import Line, Piece, width
from gradtui.app.render.overlaid_run import OverlaidRun
from gradtui.app.render.overlay_frame import Aligned, OverlayFrame
from gradtui.app.render.quantities import (
    NAMES,
    NORM,
    SHRINKING,
    Curve,
    metric_curve,
    quantity,
)
from gradtui.app.render.text import fit, safe, to_ascii
from gradtui.app.render.trace import Trace, trace
from gradtui.app.render.x_axis import times, used_cells
from gradtui.app.render.x_scale import XScale
from gradtui.app.view import LOSS, Choice, View
from gradtui.core.metric_pairs import has_word, validation_loss

APART = 14
"""Cells from one sign of a curve to the next, at least."""
LEAST, MORE = 6, 36
"""Lines of a chart that is worth its place, and of all together from which on there is a third."""


class Drawn(NamedTuple):
    """A canvas with all curves, and whether any was there."""

    grid: Grid
    any: bool


def choice_name(choice: Choice, ascii_only: bool) -> str:
    """What a quantity is called."""
    name = NAMES[choice.kind] if choice.kind in NAMES else fit(safe(choice.name), NAME)
    return to_ascii(name) if ascii_only else name


def curve_of(view: View, choice: Choice) -> Curve | None:
    """That of one run; None where it has none. A metric is the one of just that name, so that no training
    loss lies over another run's validation loss."""
    if choice.kind == "metric":
        return metric_curve(view.metrics, choice.name)
    if view.facts is None or not len(view.facts) or not_logged(view, choice):
        return None
    found = quantity(view, choice).main
    return found if len(found.steps) and not np.isnan(found.values).all() else None


def choices_of(runs: Sequence[OverlaidRun], frame: OverlayFrame, lines: int) -> tuple[Choice, ...]:
    """What is drawn on so many lines, from the top."""
    if frame.panel == "norm":
        return (NORM,)
    if frame.panel == "first" or lines < 2 * LEAST or frame.choice == NORM:
        return (frame.choice,)
    third = [
        Choice("metric", name)
        for run in runs
        if run.view is not None and (name := validation_loss(run.view.metrics))
    ]
    other = [choice for choice in third if choice != frame.choice]
    more = other if frame.choice == LOSS else [LOSS]
    return (frame.choice, NORM, *more[: lines >= MORE])


def known_choices(runs: Sequence[OverlaidRun]) -> tuple[tuple[Choice, Curve], ...]:
    """All that can be chosen, and the curve of the first run that has it: what was measured, then metrics in
    the order in which they came."""
    out: dict[Choice, Curve] = {}
    views = [run.view for run in runs if run.view is not None and run.begun]
    logged = [Choice("metric", name) for view in views for name in view.metrics]
    for choice in (LOSS, NORM, Choice("rate"), *logged):
        for view in views:
            found = curve_of(view, choice)
            if found is not None and choice not in out:
                out[choice] = found
    return tuple(out.items())


def canvas(
    shown: Sequence[Aligned],
    scales: Sequence[XScale],
    choice: Choice,
    frame: OverlayFrame,
    lines: int,
    *,
    ascii_only: bool,
    colours: bool = True,
) -> Drawn:
    """All curves drawn over the ranges of all, that of the chosen run last. Without `colours` a range could
    not be told from a line, and the chosen run alone has one."""
    traces: list[tuple[OverlaidRun, Trace]] = []
    for one, scale in zip(shown, scales, strict=True):
        curve = curve_of(one.view, choice)
        if curve is not None:
            traces.append((one.run, trace(curve, scale, frame.median)))
    values = [drawn.values for _, drawn in traces]
    suits = choice.kind != "metric" or has_word(choice.name, SHRINKING)
    log = frame.log_scale and suits and not any(bool((part < 0).any()) for part in values)
    every = np.concatenate(values) if values else np.empty(0)
    every = on_axis(every[every > 0], log=True) if log else every
    cells = scales[0].cells
    grid = Grid(
        cells,
        lines,
        robust_limits(every, log=log, least=CLOSE),
        log=log,
        ascii_only=ascii_only,
        braille=any(one.view.braille for one in shown),
    )
    # The chosen one over the others; signs over all lines.
    traces.sort(key=lambda each: each[0].place == frame.chosen)
    for run, drawn in traces:
        if colours or run.place == frame.chosen:
            grid.draw_range(drawn, run.range_meaning)
    for run, drawn in traces:
        grid.draw_line(drawn, run.sign.meaning)
    each = max(APART, 2 * len(traces))
    for nth, (run, drawn) in enumerate(traces):
        sign = run.sign.char(ascii_only)
        grid.sign(drawn, sign, run.sign.meaning, first=2 * nth + 1, each=each)
    for run, drawn in traces:  # over all signs, so that the one before a NaN is its own run's
        sign = run.sign.char(ascii_only)
        grid.mark_where_broken(drawn.series, sign, run.sign.meaning, run.place)
    return Drawn(grid, bool(traces))


def chart_lines(
    drawn: Drawn,
    shown: Sequence[Aligned],
    axis: XScale,
    choice: Choice,
    frame: OverlayFrame,
    cells: int,
    *,
    labels: bool,
    ascii_only: bool,
) -> list[Line]:
    """Title, canvas, and where `labels` the axis below it."""
    grid = drawn.grid
    at = None if frame.cursor is None else cell_of(axis, frame.cursor)
    if at is not None:
        grid.rule(at, ":" if ascii_only else "│", "strong", "cursor")
    out = [_title(grid, shown, choice, cells, ascii_only), *with_labels(grid)]
    if labels:
        corner, ground = ("+", "-") if ascii_only else ("└", "─")
        out.append(((" " * (MARGIN - 1) + corner + _axis(axis, frame, ground), "quiet"),))
    return out


def _title(
    grid: Grid, shown: Sequence[Aligned], choice: Choice, cells: int, ascii_only: bool
) -> Line:
    out: list[Piece] = [(f" {choice_name(choice, ascii_only)} ", "title")]
    out.append((" log" if grid.log else " linear", "quiet"))
    without = [one.run for one in shown if curve_of(one.view, choice) is None]
    if without:
        out.append(("   not in", "quiet"))
    for run in without:
        sign = run.sign
        name = to_ascii(run.name) if ascii_only else run.name
        more = [(f" {sign.char(ascii_only)}", sign.meaning), (f" {safe(name)}", "quiet")]
        if width((*out, *more)) > cells:
            break
        out += more
    return tuple(out)


def _axis(scale: XScale, frame: OverlayFrame, ground: str) -> str:
    if frame.alignment == "step":
        return step_axis(int(scale.low), scale.last, used_cells(scale), scale.cells, ground)
    return labelled(times(scale), scale.cells, ground)


def cell_of(scale: XScale, x: float) -> int | None:
    """The cell of a place; None where that is not seen."""
    cell = int(scale.place_of(x))
    return cell if 0 <= cell < scale.cells else None
