"""What stands over the depth axis: whose width is whose, titles, the scale, what the marks mean."""

from math import isfinite
from typing import NamedTuple

from rich.cells import set_cell_size

from gradtui.app.render.change import BACK
from gradtui.app.render.chart_title import called
from gradtui.app.render.line import Line, Piece, merged, sized
from gradtui.app.render.line import width as width_of
from gradtui.app.render.scale import band_line, tick_line
from gradtui.app.render.theory import glyph
from gradtui.app.view import View

NUMBER = 7
LEAST = 26
"""Cells of bar and history together that names may not take."""


class Places(NamedTuple):
    """Widths in cells of the parts of a row; 0 = no room for it."""

    name: int
    bar: int
    spark: int
    ratio: int
    change: int = 0


def places(width: int, longest_name: int, *, groups: bool = False) -> Places:
    """Who gets how much: the bar and the name first, then history, then the update ratio. Names in groups
    stand further in, and those of their worst layers are in the place of history."""
    room = width - 3 - 1 - NUMBER  # cursor, glyph, space; number with its space
    share, most = (2 * room // 5, 36) if groups else (room // 3, 28)
    share = max(share, min(room // 2, room - 1 - LEAST))
    name = min(max(longest_name, 5), max(share, 4), most)
    room -= name + 1
    ratio = 9 if room >= 62 else 0
    change = 8 if room >= 70 else 0
    room -= ratio + change
    share, least = (2 * room // 5, 20) if groups else (room // 3, LEAST)
    history = min(share, 40) if room >= least else 0
    room -= history + 1
    return Places(name, max(room, 1), history, ratio, change)


def head_lines(
    view: View, at: Places, theory: bool, compared: list[float | None] | None
) -> tuple[Line, Line]:
    layout, info = view.layout, view.info
    times = layout is not None and len(layout.time_rows) == len(layout.rows)
    lead = 3 + at.name + 1
    closed = any(entry.group is not None and not entry.open for entry in view.entries)
    history = ("worst layer" if at.spark >= 11 else "worst") if closed else "history"
    norm = "|g|" if view.ascii_only else "‖g‖"
    top = (
        (set_cell_size(f"   {'time step' if times else 'layer'}", lead), "quiet"),
        *band_line(at.bar, info.precision if info else "", view.ascii_only),
        (f"{norm:>{NUMBER + 1}} ", "quiet"),
        (set_cell_size(history, at.spark), "quiet"),
        (f"{'change':>{at.change}}" if at.change else "", "quiet"),
        (f"{'update':>{at.ratio}}" if at.ratio else "", "quiet"),
    )
    shown, total = view.rows_matched, len(layout.rows) if layout else 0
    some = f"{shown} of {total}" if shown != total else ""
    if len(some) > at.name:
        some = f"{shown}/{total}"
    below = (
        (set_cell_size(f"   {some}", lead), "quiet"),
        *tick_line(at.bar, view.ascii_only),
        *sized(_legend(view, theory, compared, NUMBER + 2 + at.spark), NUMBER + 2 + at.spark),
        (f"{f'in {BACK}':>{at.change}}" if at.change else "", "quiet"),
        (f"{'/weight':>{at.ratio}}" if at.ratio else "", "quiet"),
    )
    return merged(top), merged(below)


def _legend(view: View, theory: bool, compared: list[float | None] | None, cells: int) -> Line:
    """What the marks on the bars are, as far as there is room: the compared run first, then theory.
    `compared` [rows]: its norms, which have a mark of their own where they are no numbers."""
    out: list[Piece] = []
    marks: list[Piece] = []
    if compared is not None:
        sound = any(norm is not None and isfinite(norm) for norm in compared)
        name = called(view, max(cells - 6, 4) if not sound else max(cells - 4, 4))
        good, bad = ("*", "!") if view.ascii_only else ("◆", "✗")
        marks.append((f"{good} {name}" if sound else f"{bad} {name}: NaN", "reference"))
    if theory:
        marks.append((f"{glyph(view.ascii_only)} theory", "quiet"))
    for mark in marks:
        if width_of((*out, ("  ", ""), mark)) <= cells:
            out += [("  ", ""), mark]
    return tuple(out)
