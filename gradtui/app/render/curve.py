"""Loss or total gradient norm over the steps, with its own axes around plotext's canvas."""

import numpy as np

from gradtui.app.render.axis import robust_limits, step_axis, tick_labels
from gradtui.app.render.canvas import polyline
from gradtui.app.render.history import exact_stride, same_step, spread, stride_for
from gradtui.app.render.line import Line, Piece, merged
from gradtui.app.render.number import number, reading
from gradtui.app.render.series import Series, thin
from gradtui.app.render.stage import stage_words
from gradtui.app.view import OVER, View
from gradtui.core.facts import Facts
from gradtui.core.layout import BoolArray, FloatArray, IntArray
from gradtui.core.logged import NO_NORMS, NOTHING

MARGIN = 8
"""Cells left of the canvas: labels and the axis."""

"""States of a run that grows no more."""

TITLES = {"loss": "loss", "norm": "total norm"}


def values_of(facts: Facts, kind: str) -> FloatArray:
    return facts.loss if kind == "loss" else facts.total_norm


def points_of(facts: Facts, kind: str) -> tuple[IntArray, FloatArray]:
    """Steps and values: the loss is known of every step, measured or not; where several optimizers
    have losses of their own it is shown as of the measured steps. Of a log only steps that have one."""
    scalars = facts.scalars
    if kind == "loss" and facts.info.logged is not None:
        there = loss_logged(facts)
        return scalars.steps[there], scalars.loss[there]
    if kind == "loss" and not scalars.optimizer.any():
        return scalars.steps, scalars.loss
    return facts.steps, values_of(facts, kind)


def loss_logged(facts: Facts) -> BoolArray:
    """[steps of the scalars] where a log has a loss: a number, or a NaN from the first that it has on."""
    scalars, seen = facts.scalars, facts.first_nonfinite
    there = ~np.isnan(scalars.loss)
    if seen is not None and seen.phase == "forward":
        there |= scalars.steps >= seen.step
    return np.asarray(there)


def curve_lines(view: View, kind: str, width: int, height: int) -> tuple[Line, ...]:
    """Title, canvas with y labels, x axis: exactly `height` lines of a run that has begun."""
    facts = view.facts
    title = TITLES.get(kind, kind)
    if facts is None or not len(facts) or width < MARGIN + 4 or height < 3:
        return (((f" {title}: nothing yet", "quiet"),),)
    logged = view.info.logged if view.info is not None else None
    if logged is not None and (logged.gradients == NOTHING if kind == "norm" else not logged.loss):
        words = NO_NORMS if kind == "norm" else "no loss in this log"
        return (((f" {title}: {words}", "quiet"),),)
    cells, lines = width - MARGIN, height - 2
    steps, values = points_of(facts, kind)
    if not len(steps):
        return (((f" {title}: nothing yet", "quiet"),),)
    first, last = int(steps[0]), max(int(facts.steps[-1]), int(steps[-1]))
    over = view.state in OVER
    stride = (exact_stride if over else stride_for)(last - first + 1, cells)
    if logged is not None:  # no column without a point
        stride = max(stride, logged.every)
    # A run that is over fills the width.
    used = (last - first) // stride + 1 if over else cells
    main = thin(steps, values, first, stride, used)
    other = None
    if view.reference is not None:
        ghost = view.reference.facts
        other = thin(*points_of(ghost, kind), first, stride, used)
    log = view.log_scale and not _any_negative(main, other)
    seen = [s for s in (main, other) if s is not None]
    limits = robust_limits(np.concatenate([_scaled(s, log) for s in seen]), log=log)
    grid: list[list[Piece]] = [[(" ", "")] * cells for _ in range(lines)]
    if other is not None:
        _draw(grid, other, limits, log, "reference", view.ascii_only)
    _draw(grid, main, limits, log, "accent", view.ascii_only)
    _mark_broken(grid, main, view.ascii_only)
    labels = tick_labels(*limits, lines, log=log)
    bar = "|" if view.ascii_only else "│"
    tick = "+" if view.ascii_only else "┤"
    out = [_fitted(_title(view, kind, log), MARGIN + cells)]
    for i, row in enumerate(grid):
        edge = tick if i in labels else bar
        out.append(merged(((f"{labels.get(i, ''):>{MARGIN - 1}}{edge}", "quiet"), *row)))
    out.append(
        _x_axis(
            first, last, cells if over else ((last - first) // stride + 1), cells, view.ascii_only
        )
    )
    return tuple(out)


def _any_negative(*series: Series | None) -> bool:
    return any(s is not None and bool((s.low < 0).any()) for s in series)


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
    ascii_only: bool,
) -> None:
    """The mean of each column as a line, over the range from minimum to maximum."""
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
        _paint(grid, twice, both.reshape(-1), limits, "quiet", ascii_only)
    _paint(grid, x, mean, limits, meaning, ascii_only)
    up, down = ("^", "v") if ascii_only else ("▲", "▼")
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
    ascii_only: bool,
) -> None:
    cells, lines = len(grid[0]), len(grid)
    drawn = polyline(
        x,
        y,
        x_limits=(0.0, float(cells)),
        y_limits=limits,
        width=cells,
        height=lines,
        ascii_only=ascii_only,
    )
    for line, text in zip(grid, drawn, strict=True):
        for i, char in enumerate(text):
            if char != " ":
                line[i] = (char, meaning)


def _mark_broken(grid: list[list[Piece]], series: Series, ascii_only: bool) -> None:
    """A vertical line and a word where a stretch of NaN or infinity begins, hatching along it."""
    wall, hatch = ("|", "!") if ascii_only else ("╎", "╱")
    cells = len(grid[0])
    begins = []
    broken = series.broken[spread(len(series.broken), cells)]
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


def _title(view: View, kind: str, log: bool) -> Line:
    assert view.facts is not None
    show = reading if kind == "loss" else number
    now = float(points_of(view.facts, kind)[1][-1])
    scale = "log" if log else "linear, has negative values" if view.log_scale else "linear"
    finite = abs(now) < float("inf")
    out: list[Piece] = [
        (f" {TITLES.get(kind, kind)} ", "title"),
        (show(now), "strong" if finite else "nonfinite"),
        (f"  {scale}", "quiet"),
    ]
    if kind == "norm" and stage_words(view):
        out.append((f"  {stage_words(view)}", "quiet"))
    if view.reference is not None:
        ghost = view.reference.facts
        at = same_step(ghost, int(view.facts.steps[-1]))
        if at is not None:
            mark = "*" if view.ascii_only else "◆"
            out.append((f"  {mark} sick {show(float(values_of(ghost, kind)[at]))}", "reference"))
    return tuple(out)


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
