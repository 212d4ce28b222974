"""Layer x time: the log of each norm as colour, or as height where there is no colour."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from rich.cells import cell_len, set_cell_size

from gradtui.app.render.axis import step_axis
from gradtui.app.render.glyph import ASCII_BLOCKS, BLOCKS, SIGNS
from gradtui.app.render.history import CENTRE, Columns, Thinned, spread
from gradtui.app.render.line import Line, Piece, merged
from gradtui.app.render.number import number
from gradtui.app.render.state import rows_without_gradient
from gradtui.app.render.text import fit, safe, to_ascii
from gradtui.app.render.x_axis import neighbours_cell
from gradtui.app.view import OVER, View
from gradtui.core.layout import FloatArray
from gradtui.core.logged import NO_NORMS

EDGES = (-12, -9, -6, -3, 0, 3, 6, 12)
"""Decades between the nine colours; the three in the middle are the healthy band."""

LEAST = 0.02
"""Share of the values that a scale of their own leaves out at either end."""
NARROWEST = 0.5
"""Decades of such a scale, at least: noise is not blown up."""
FOOT = 2
"""Lines below the map: the time axis and the legend."""


def heat_lines(
    view: View, width: int, height: int, columns: Columns, *, by_shape: bool = False
) -> Sequence[Line]:
    """At most `height` lines; `by_shape` draws levels as blocks of different height (no colour)."""
    layout, facts = view.layout, view.facts
    if layout is None or facts is None or not len(facts):
        return (((" no history yet", "quiet"),),)
    if not layout.rows:
        return (((f" {NO_NORMS}", "quiet"),),)
    if not view.order:
        return (((" no row matches the filter", "quiet"),),)
    names = [entry.label for entry in view.entries]
    names = names or [safe(layout.rows[row].name) for row in view.order]
    lead = min(max((cell_len(name) for name in names), default=1), max(width // 5, 3), 14)
    cells = max(width - lead - 3, 1)
    thinned = columns.thin(facts, cells, exact=view.state in OVER)
    groups = grouped(len(view.order), height)
    absent = frozenset(np.flatnonzero(rows_without_gradient(facts)).tolist())
    every = range(len(view.order))
    shown = _columns(view, thinned, every, cells, absent)
    look = _look(view, thinned.logs, by_shape)
    lines: list[Line] = []
    for start, stop in groups:
        chosen = start <= view.selected < stop
        name = fit(names[view.selected if chosen else start], lead)
        mark = (">" if view.ascii_only else "▌") if chosen else " "
        label = to_ascii(name) if view.ascii_only else name
        some = [at for at in range(start, stop) if not _is_heading(view, at)]
        lines.append(
            merged(
                (
                    (mark, "accent"),
                    (set_cell_size(label, lead) + " ", "strong" if chosen else "quiet"),
                    *_drawn(view, shown, some, every, look, absent),
                )
            )
        )
    lines.append(((" " * (lead + 2), ""), (_time_axis(view, thinned, cells), "quiet")))
    lines.append(((" " * (lead + 2), ""), *_legend(cells, look)))
    return lines


def beside_lines(
    view: View, width: int, visible: range, columns: Columns, *, by_shape: bool = False
) -> Sequence[Line]:
    """HEAD lines (the legend, and the steps) and one a row of `view.order`, for a map whose rows are those of
    the depth axis beside it; rows outside `visible` are left empty."""
    layout, facts = view.layout, view.facts
    if layout is None or facts is None or not len(facts):
        return ((), ((" no history yet", "quiet"),))
    cells = max(width, 1)
    thinned = columns.thin(facts, cells, exact=view.state in OVER)
    some = range(visible.start, min(visible.stop, len(view.order)))
    absent = frozenset(np.flatnonzero(rows_without_gradient(facts)).tolist())
    shown = _columns(view, thinned, some, cells, absent)
    look = _look(view, thinned.logs, by_shape)
    lines: list[Line] = [()] * len(view.order)
    for column, at in enumerate(some):
        if not _is_heading(view, at):
            lines[at] = merged(_drawn(view, shown, [column], some, look, absent))
    title = ("heat map  ", "quiet")
    legend = _legend(cells - len(title[0]), look)
    axis = _time_axis(view, thinned, cells)
    return ((title, *legend), ((axis, "quiet"),), *lines)


def _columns(
    view: View, thinned: Thinned, lines: range, cells: int, absent: frozenset[int]
) -> FloatArray:
    """[columns, lines] of what is drawn, of a group the worst of those that have a gradient: a run that grows
    no more fills the width."""
    shown: FloatArray = thinned.logs[:, list(view.order[lines.start : lines.stop])]
    for at, entry in enumerate(view.entries[lines.start : lines.stop]):
        if entry.group is not None and not entry.open:
            rows = [row for row in entry.group.rows if row not in absent] or list(entry.group.rows)
            shown[:, at] = worst(thinned.logs[:, rows])
    return shown[spread(len(shown), cells)] if view.state in OVER else shown


def _is_heading(view: View, at: int) -> bool:
    """Whether the lines below show what the line is about."""
    return bool(view.entries) and view.entries[at].open


def grouped(rows: int, height: int) -> list[tuple[int, int]]:
    """[start, stop) of the rows that share a line, so that all fit above the foot."""
    room = max(height - FOOT, 1)
    each = -(-rows // room)
    return [(start, min(start + each, rows)) for start in range(0, rows, each)] if rows else []


def row_at(y: int, rows: int, height: int) -> int | None:
    """The first row drawn on line `y`."""
    groups = grouped(rows, height)
    return groups[y][0] if 0 <= y < len(groups) else None


def worst(logs: FloatArray) -> FloatArray:
    """[columns, rows] -> [columns], of each the value farthest from the middle of the band."""
    if logs.shape[1] == 1:
        one: FloatArray = logs[:, 0]
        return one
    far = np.where(np.isnan(logs), np.inf, np.abs(logs - CENTRE))
    far = np.where(np.isposinf(logs), 1e9, np.where(np.isneginf(logs), 1e8, far))
    out: FloatArray = np.take_along_axis(logs, far.argmax(axis=1)[:, None], axis=1)[:, 0]
    return out


class Look(NamedTuple):
    """What a cell is drawn with: its colour says the decade; so does its height where there is no colour, or
    where it is among `span` (low, high), log10 of what the map itself has."""

    ascii_only: bool
    by_shape: bool
    span: tuple[float, float] | None

    def block(self, log: float, level: int) -> str:
        blocks = ASCII_BLOCKS if self.ascii_only else BLOCKS
        if self.span is not None:
            low, high = self.span
            return blocks[min(max(int((log - low) / (high - low) * len(blocks)), 0), 7)]
        return blocks[min(level, 7)] if self.ascii_only or self.by_shape else "█"


def _look(view: View, logs: FloatArray, by_shape: bool) -> Look:
    """Of heights of its own single spikes are no part: they are as tall as the tallest."""
    span = None
    finite = logs[np.isfinite(logs)] if view.own_scale else ()
    if len(finite):
        low, high = (float(value) for value in np.quantile(finite, (LEAST, 1 - LEAST)))
        short = max(NARROWEST - (high - low), 0.0)
        span = low - short / 2, high + short / 2
    return Look(view.ascii_only, by_shape, span)


def _cells(logs: FloatArray, look: Look) -> list[Piece]:
    levels = np.searchsorted(EDGES, logs, side="right").tolist()
    out: list[Piece] = []
    for log, level in zip(logs.tolist(), levels, strict=True):
        if log != log or log == float("inf"):
            out.append(("!", "alarm"))
        elif log == float("-inf"):
            out.append(("0", "heat-0"))
        else:
            out.append((look.block(log, level), f"heat-{level}"))
    return out


def _drawn(
    view: View,
    shown: FloatArray,
    some: Sequence[int],
    lines: range,
    look: Look,
    absent: frozenset[int],
) -> list[Piece]:
    """The worst of some of the columns of `shown`, which are those of `lines`; a layer that has no gradient
    is none of them, and is drawn as such where there is no other."""
    if not some:
        return []
    trained = [
        at for at in some if view.order[lines[at]] not in absent or np.isfinite(shown[:, at]).any()
    ]
    if not trained:
        return [(SIGNS["none"].char(view.ascii_only) * len(shown), "quiet")]
    return _cells(worst(shown[:, trained]), look)


def _time_axis(view: View, thinned: Thinned, cells: int) -> str:
    """Step numbers under their columns."""
    assert view.facts is not None
    used = cells if view.state in OVER else len(thinned.logs)
    last = int(view.facts.steps[-1])
    return step_axis(thinned.first, last, used, cells, " ", neighbours_cell(view))


def _legend(cells: int, look: Look) -> Line:
    if look.span is not None:
        return _own_legend(cells, look, look.span)
    blocks = [look.block(0.0, level) for level in range(9)]
    pieces: list[Piece] = [("1e-15 ", "quiet")]
    for level, block in enumerate(blocks):
        if level in (3, 6):
            pieces.append((f" 1e{EDGES[level - 1]} ", "quiet"))
        pieces.append((block * 2, f"heat-{level}"))
    pieces += [(" 1e15", "quiet"), ("  ", ""), ("!", "alarm"), (" NaN or inf", "quiet")]
    if sum(len(text) for text, _ in pieces) > cells:
        pieces = [("low ", "quiet")]
        pieces += [(block, f"heat-{i}") for i, block in enumerate(blocks)]
        pieces += [(" high ", "quiet"), ("!", "alarm"), (" NaN", "quiet")]
    return merged(pieces)


def _own_legend(cells: int, look: Look, span: tuple[float, float]) -> Line:
    pieces: list[Piece] = []
    for log in span:
        level = int(np.searchsorted(EDGES, log, side="right"))
        pieces.append((look.block(log, level), f"heat-{level}"))
        pieces.append((f" {number(10.0**log)}  ", "quiet"))
    more = (("!", "alarm"), (" NaN or inf  ", "quiet"), ("z: fixed scale", "quiet"))
    for piece in more:
        if sum(len(text) for text, _ in (*pieces, piece)) <= cells:
            pieces.append(piece)
    return merged(pieces)
