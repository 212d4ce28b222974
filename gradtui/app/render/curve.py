"""A quantity over the steps, with its own axes around plotext's canvas."""

from typing import NamedTuple

import numpy as np

from gradtui.app.render.axis import CLOSE, NARROW, robust_limits, tick_labels
from gradtui.app.render.chart_title import chart_title, title_of
from gradtui.app.render.curve_drawing import Grid, on_axis
from gradtui.app.render.line import Line, merged
from gradtui.app.render.number import reading
from gradtui.app.render.quantities import NORM, Quantity, quantity
from gradtui.app.render.trace import Trace, trace
from gradtui.app.render.x_axis import x_axis
from gradtui.app.render.x_scale import Unit, XScale, x_scale
from gradtui.app.view import LOSS, Choice, View
from gradtui.core.layout import FloatArray
from gradtui.core.logged import NO_NORMS, NOTHING

MARGIN = 8
"""Cells left of the canvas: labels and the axis."""
ROOM_FOR_LEVEL = 6
"""Lines of a canvas that has room for the line of guessing."""


class Look(NamedTuple):
    """How a chart is looked at. Without a scale: all of the run, by its steps."""

    scale: XScale | None = None
    unit: Unit = "step"
    median: int = 0
    """Steps over which a running median is drawn; 0: none."""
    cursor: int | None = None
    """The step that a line stands at, whose values the title has."""
    shown_step: int | None = None
    """The step that the rest of the screen shows, where that is another one than the newest."""
    close: bool = False
    """The axis of the values fits them as closely as round numbers allow."""
    read: View | None = None
    """The same run with all steps just before the cursor, whose values are read there."""
    labels: bool = True
    """Whether the axis of the steps is drawn: of charts below one another the lowest has it."""


PLAIN = Look()
Canvases = dict[object, tuple[Grid, str]]
"""What was drawn last of the same view, by what it hangs on: a cursor that moves needs nothing anew."""


def curve_lines(
    view: View,
    choice: Choice,
    width: int,
    height: int,
    look: Look = PLAIN,
    known: Canvases | None = None,
) -> tuple[Line, ...]:
    """Title, canvas with y labels, x axis: exactly `height` lines of a run that has begun. `known` is of
    the same view."""
    facts = view.facts
    if facts is None or not len(facts) or width < MARGIN + 4 or height < 3:
        return (((f" {title_of(view, choice)}: nothing yet", "quiet"),),)
    if words := not_logged(view, choice):
        return (((f" {title_of(view, choice)}: {words}", "quiet"),),)
    shown = quantity(view, choice)
    if not len(shown.main.steps):
        return (((f" {title_of(view, choice)}: nothing yet", "quiet"),),)
    cells, lines = width - MARGIN, height - 1 - look.labels
    scale = look.scale if look.scale is not None else x_scale(view, cells)
    hangs_on = (choice, scale.placement, lines, look.median, look.close)
    found = known.get(hangs_on) if known is not None else None
    grid, level = found or _canvas(view, shown, scale, lines, look)
    if known is not None:
        known[hangs_on] = grid, level
        grid = grid.copy()
    _rules(grid, scale, look, view.ascii_only)
    read = view if look.read is None else look.read
    values = shown if look.read is None else quantity(read, choice)
    title = chart_title(read, values, width, log=grid.log, step=look.cursor, guess=level)
    out = [title, *with_labels(grid)]
    if look.labels:
        corner = "+" if view.ascii_only else "└"
        axis = x_axis(scale, look.unit, view, "-" if view.ascii_only else "─")
        out.append(((" " * (MARGIN - 1) + corner + axis, "quiet"),))
    return tuple(out)


def _canvas(view: View, shown: Quantity, scale: XScale, lines: int, look: Look) -> tuple[Grid, str]:
    """All curves drawn, and in words the loss of guessing where its line is out of sight."""
    main, validation, twin = (
        None if one is None else trace(one, scale, look.median)
        for one in (shown.main, shown.validation, shown.twin)
    )
    assert main is not None
    seen = [one for one in (main, validation, twin) if one is not None]
    log = view.log_scale and shown.logarithmic and not _any_negative(*seen)
    values = np.concatenate([_scaled(one, log) for one in seen])
    limits = robust_limits(values, log=log, least=CLOSE if look.close else NARROW)
    grid = Grid(
        scale.cells, lines, limits, log=log, ascii_only=view.ascii_only, braille=view.braille
    )
    guess = view.guess if shown.choice == LOSS and lines >= ROOM_FOR_LEVEL else None
    level = grid.level(guess.loss) if guess is not None else None
    if twin is not None:
        grid.draw(twin, "reference")
    grid.draw(main, "accent")
    if validation is not None:
        grid.draw(validation, "reference", marked=True)
    for one in (validation, main):
        if one is not None:
            grid.mark_broken(one.series)
    if guess is None:
        return grid, ""
    words = f"{guess.words} {reading(guess.loss)}"
    return grid, "" if level is not None and grid.name_level(level, words) else words


def _rules(grid: Grid, scale: XScale, look: Look, ascii_only: bool) -> None:
    """The cursor, and the step that the rest of the screen shows."""
    at = None if look.cursor is None else scale.cell(look.cursor)
    if at is not None:
        grid.rule(at, ":" if ascii_only else "│", "strong", "cursor")
    other = None if look.shown_step is None else scale.cell(look.shown_step)
    if other is not None and other != at:
        grid.rule(other, "." if ascii_only else "┊", "strong")


def with_labels(grid: Grid) -> list[Line]:
    """The lines of a canvas behind labels of its values and their axis, MARGIN cells wide."""
    labels = tick_labels(*grid.limits, len(grid.rows), log=grid.log)
    bar, tick = ("|", "+") if grid.ascii_only else ("│", "┤")
    return [
        merged(
            ((f"{labels.get(i, ''):>{MARGIN - 1}}{tick if i in labels else bar}", "quiet"), *row)
        )
        for i, row in enumerate(grid.rows)
    ]


def not_logged(view: View, choice: Choice) -> str:
    """What the log of another tool has not; "" where it has it, and of a recorded run."""
    logged = view.info.logged if view.info is not None else None
    if logged is None:
        return ""
    if choice == NORM and logged.gradients == NOTHING:
        return NO_NORMS
    return "no loss in this log" if choice.kind == "loss" and not logged.loss else ""


def _any_negative(*traces: Trace) -> bool:
    return any(bool((one.values < 0).any()) for one in traces)


def _scaled(one: Trace, log: bool) -> FloatArray:
    """All finite values in the units of the axis; zeros have no log and are left out."""
    values = one.values
    return on_axis(values[values > 0], log=True) if log else values
