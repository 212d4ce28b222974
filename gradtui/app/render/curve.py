"""A quantity over the steps, with its own axes around plotext's canvas."""

import numpy as np

from gradtui.app.render.axis import robust_limits, step_axis, tick_labels
from gradtui.app.render.canvas import polyline
from gradtui.app.render.history import exact_stride, spread, stride_for
from gradtui.app.render.line import Line, Piece, merged
from gradtui.app.render.number import number, reading
from gradtui.app.render.quantities import NAMES, NORM, Curve, Quantity, quantity
from gradtui.app.render.series import Series, held, thin
from gradtui.app.render.stage import stage_words
from gradtui.app.render.text import fit, safe, to_ascii
from gradtui.app.view import OVER, Choice, View
from gradtui.core.layout import BoolArray, FloatArray
from gradtui.core.logged import NO_NORMS, NOTHING

MARGIN = 8
"""Cells left of the canvas: labels and the axis."""
APART = 6
"""Cells between two marks of a curve, at least."""
NAME = 24
"""Cells of a metric's name in the title."""


def curve_lines(view: View, choice: Choice, width: int, height: int) -> tuple[Line, ...]:
    """Title, canvas with y labels, x axis: exactly `height` lines of a run that has begun."""
    facts = view.facts
    if facts is None or not len(facts) or width < MARGIN + 4 or height < 3:
        return (((f" {title_of(view, choice)}: nothing yet", "quiet"),),)
    if words := _not_logged(view, choice):
        return (((f" {title_of(view, choice)}: {words}", "quiet"),),)
    cells, lines = width - MARGIN, height - 2
    shown = quantity(view, choice)
    if not len(shown.main.steps):
        return (((f" {title_of(view, choice)}: nothing yet", "quiet"),),)
    every = facts.scalars.steps
    first = min(int(shown.main.steps[0]), int(every[0]))
    drawn = [one for one in (shown.main, shown.validation) if one is not None]
    last = max(int(facts.steps[-1]), int(every[-1]), *(int(one.steps[-1]) for one in drawn))
    over = view.state in OVER
    fine = 2 if view.braille else 1  # columns of a cell
    stride = (exact_stride if over else stride_for)(last - first + 1, cells * fine)
    if facts.info.logged is not None:  # no column without a point
        stride = max(stride, facts.info.logged.every)
    # A run that is over fills the width.
    used = (last - first) // stride + 1 if over else cells * fine
    main, validation, twin = (
        None if one is None else held(thin(one.steps, one.values, first, stride, used))
        for one in (shown.main, shown.validation, shown.twin)
    )
    assert main is not None
    seen = [s for s in (main, validation, twin) if s is not None]
    log = view.log_scale and shown.logarithmic and not _any_negative(*seen)
    limits = robust_limits(np.concatenate([_scaled(s, log) for s in seen]), log=log)
    grid: list[list[Piece]] = [[(" ", "")] * cells for _ in range(lines)]
    if twin is not None:
        _draw(grid, twin, limits, log, "reference", view)
    _draw(grid, main, limits, log, "accent", view)
    if validation is not None:
        _draw(grid, validation, limits, log, "reference", view, marked=True)
    for one in (validation, main):
        if one is not None:
            _mark_broken(grid, one, view.ascii_only)
    labels = tick_labels(*limits, lines, log=log)
    bar = "|" if view.ascii_only else "│"
    tick = "+" if view.ascii_only else "┤"
    out = [_fitted(_title(view, shown, log, MARGIN + cells), MARGIN + cells)]
    for i, row in enumerate(grid):
        edge = tick if i in labels else bar
        out.append(merged(((f"{labels.get(i, ''):>{MARGIN - 1}}{edge}", "quiet"), *row)))
    columns = cells if over else ((last - first) // stride + 1) / fine
    out.append(_x_axis(first, last, columns, cells, view.ascii_only))
    return tuple(out)


def _not_logged(view: View, choice: Choice) -> str:
    """What the log of another tool has not; "" where it has it, and of a recorded run."""
    logged = view.info.logged if view.info is not None else None
    if logged is None:
        return ""
    if choice.kind == "norm" and logged.gradients == NOTHING:
        return NO_NORMS
    return "no loss in this log" if choice.kind == "loss" and not logged.loss else ""


def title_of(view: View, choice: Choice) -> str:
    """What a chart is called."""
    if view.facts is not None and len(view.facts):
        name = safe(quantity(view, choice).main.name)
        return to_ascii(name) if view.ascii_only else name
    return NAMES[choice.kind] if choice.kind in NAMES else safe(choice.name)


def _any_negative(*series: Series) -> bool:
    return any(bool((s.low < 0).any()) for s in series)


def _scaled(series: Series, log: bool) -> FloatArray:
    """All finite values in the units of the axis; zeros have no log and are left out."""
    both = np.concatenate([series.low, series.high])
    both = both[np.isfinite(both)]
    out: FloatArray = np.log10(both[both > 0]) if log else both
    return out


def _draw(
    grid: list[list[Piece]],
    series: Series,
    limits: tuple[float, float],
    log: bool,
    meaning: str,
    view: View,
    *,
    marked: bool = False,
) -> None:
    """The mean of each column as a line, over the range from minimum to maximum; some points are marks as
    well, where that is wanted."""
    low, high, mean = (_on_axis(part, log) for part in series[:3])
    cells = len(grid[0])
    # Fewer columns than cells are those of a run that is over: from edge to edge.
    apart = (cells - 1) / max(len(mean) - 1, 1)
    x: FloatArray = np.arange(len(mean), dtype=np.float64) * apart + 0.5
    if series.stride > 1 and meaning == "accent":
        # Down and up in turn, so that the line between two columns does not cross them twice.
        both = np.stack([low, high], axis=1)
        both[1::2] = both[1::2, ::-1]
        twice: FloatArray = np.repeat(x, 2)
        _paint(grid, twice, both.reshape(-1), limits, "quiet", view)
    _paint(grid, x, mean, limits, meaning, view)
    if marked:
        there = np.flatnonzero(np.isfinite(mean))
        there = there[:: max(-(-APART * len(there) // cells), 1)]
        _mark_points(grid, x[there], mean[there], limits, _mark(view.ascii_only), meaning)
    up, down = ("^", "v") if view.ascii_only else ("▲", "▼")
    for i in x[high > limits[1] + 1e-9].astype(int).tolist():
        grid[0][i] = (up, "explode")
    for i in x[low < limits[0] - 1e-9].astype(int).tolist():
        grid[-1][i] = (down, "vanish")


def _on_axis(values: FloatArray, log: bool) -> FloatArray:
    """log10 on a log axis, zero far below every limit."""
    if not log:
        return values
    with np.errstate(divide="ignore"):
        out: FloatArray = np.maximum(np.log10(values), -400.0)
    return out


def _paint(
    grid: list[list[Piece]],
    x: FloatArray,
    y: FloatArray,
    limits: tuple[float, float],
    meaning: str,
    view: View,
) -> None:
    cells, lines = len(grid[0]), len(grid)
    drawn = polyline(
        x,
        y,
        x_limits=(0.0, float(cells)),
        y_limits=limits,
        width=cells,
        height=lines,
        ascii_only=view.ascii_only,
        braille=view.braille,
    )
    for line, text in zip(grid, drawn, strict=True):
        for i, char in enumerate(text):
            if char != " ":
                line[i] = (char, meaning)


def _mark_points(
    grid: list[list[Piece]],
    x: FloatArray,
    y: FloatArray,
    limits: tuple[float, float],
    mark: str,
    meaning: str,
) -> None:
    low, high = limits
    place = (high / 2 - np.clip(y, low, high) / 2) / (high / 2 - low / 2) * (len(grid) - 1)
    for column, row in zip(
        x.astype(int).tolist(), np.rint(place).astype(int).tolist(), strict=True
    ):
        grid[row][min(column, len(grid[0]) - 1)] = (mark, meaning)


def _mark_broken(grid: list[list[Piece]], series: Series, ascii_only: bool) -> None:
    """A vertical line and a word where a stretch of NaN or infinity begins, hatching along it."""
    wall, hatch = ("|", "!") if ascii_only else ("╎", "╱")
    cells = len(grid[0])
    begins = []
    broken = _by_cell(series.broken, cells)
    for i in np.flatnonzero(broken).tolist():
        if i > 0 and broken[i - 1]:
            grid[-1][i] = (hatch, "nonfinite")
            continue
        begins.append(i)
        for line in grid:
            line[i] = (wall, "nonfinite")
    word, free = "NaN/inf", 0
    for i in begins:
        start = i + 1 if i + 1 + len(word) <= cells else i - len(word)
        if start >= free:
            grid[0][start : start + len(word)] = [(char, "nonfinite") for char in word]
            free = start + len(word)


def _by_cell(broken: BoolArray, cells: int) -> BoolArray:
    """[columns] -> [cells]: of several columns in a cell any."""
    if len(broken) <= cells:
        return np.asarray(broken[spread(len(broken), cells)])
    out = np.zeros(cells, np.bool_)
    apart = (cells - 1) / (len(broken) - 1)  # as they are drawn
    out[(np.flatnonzero(broken) * apart + 0.5).astype(np.int64)] = True
    return out


def _title(view: View, shown: Quantity, log: bool, room: int) -> Line:
    assert view.facts is not None
    now = float(shown.main.values[-1])
    linear = view.log_scale and shown.logarithmic
    scale = "log" if log else "linear, has negative values" if linear else "linear"
    name = _short(shown.main, view)
    out: list[Piece] = [(f" {name} ", "title"), (_said(shown, now), _meaning(now, "strong"))]
    if shown.validation is not None:
        then = float(shown.validation.values[-1])
        mark, other = _mark(view.ascii_only), _short(shown.validation, view)
        said, meaning = _said(shown, then), _meaning(then, "reference")
        words = f"  {mark} {other} {said}"
        used = sum(len(text) for text, _ in out)
        out.append((words if used + len(words) <= room else f"  {mark} {said}", meaning))
    out.append((f"  {scale}", "quiet"))
    if shown.choice == NORM and stage_words(view):
        out.append((f"  {stage_words(view)}", "quiet"))
    if shown.twin is not None and len(shown.twin.steps):
        at = np.searchsorted(shown.twin.steps, int(view.facts.steps[-1]), side="right") - 1
        if at >= 0:
            sick = _said(shown, float(shown.twin.values[at]))
            out.append((f"  {_mark(view.ascii_only)} sick {sick}", "reference"))
    return tuple(out)


def _said(shown: Quantity, value: float) -> str:
    return number(value) if shown.choice == NORM else reading(value)


def _short(curve: Curve, view: View) -> str:
    name = fit(safe(curve.name), NAME)
    return to_ascii(name) if view.ascii_only else name


def _meaning(value: float, otherwise: str) -> str:
    return otherwise if abs(value) < float("inf") else "nonfinite"


def _mark(ascii_only: bool) -> str:
    return "*" if ascii_only else "◆"


def _fitted(title: Line, width: int) -> Line:
    """Without the pieces that there is no room for, last ones first: half a number misleads."""
    name, now, *rest = title
    kept = [name, now] if len(name[0]) + len(now[0]) <= width else [now]
    room = width - sum(len(text) for text, _ in kept)
    for piece in rest:
        room -= len(piece[0])
        if room < 0:
            break
        kept.append(piece)
    return tuple(kept)


def _x_axis(first: int, last: int, used: float, cells: int, ascii_only: bool) -> Line:
    corner = "+" if ascii_only else "└"
    axis = step_axis(first, last, used, cells, "-" if ascii_only else "─")
    return ((" " * (MARGIN - 1) + corner + axis, "quiet"),)
