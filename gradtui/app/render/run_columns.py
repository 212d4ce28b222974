"""Which columns of the list of runs there is room for, and how wide they are. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from gradtui.app.render.line import Line, width
from gradtui.app.render.run_cells import (
    command_text,
    duration_text,
    file_size,
    loss_text,
    note_text,
    short_name,
    spelt,
    state_cell,
    steps_text,
    verdict_cell,
    when,
)
from gradtui.app.render.text import safe
from gradtui.app.run_row import RunRow

GAP = 2
"""Cells between two columns."""
EDGE = 3
"""Cells at the left: the mark, with a space on either side."""
ARROW = 2
"""Cells behind a title, for the way that it is sorted by."""


Cell = Callable[[RunRow, float, bool], Line]
"""A run, the time, and whether only ASCII can be drawn."""


@dataclass(frozen=True, slots=True)
class Column:
    """`name` is what it is sorted by. Of `weight` 0 it is always there; of several the one with the
    lowest weight goes first where room is short. `least`: a column of text that may be cut to so
    many cells; 0 where it may not be."""

    name: str
    title: str
    weight: int
    cell: Cell
    right: bool = False
    least: int = 0


def _plain(text: Callable[[RunRow], str], meaning: str = "") -> Cell:
    return lambda row, now, ascii_only: ((spelt(text(row), ascii_only), meaning),)


def _loss(row: RunRow, now: float, ascii_only: bool) -> Line:
    told = row.judgement
    text = loss_text(told.final_loss if told is not None else None)
    return ((text, "nonfinite" if text in ("NaN", "inf", "-inf") else ""),)


def _best(row: RunRow) -> str:
    return loss_text(row.judgement.best_loss if row.judgement is not None else None)


COLUMNS: tuple[Column, ...] = (
    Column("name", "name", 0, _plain(lambda row: short_name(row.name), "strong")),
    Column("when", "when", 80, lambda row, now, _: ((when(row.started, now), "quiet"),)),
    Column("duration", "duration", 40, lambda row, now, _: ((duration_text(row, now), ""),), True),
    Column("state", "state", 70, lambda row, now, plain: state_cell(row, plain)),
    Column("steps", "steps", 50, _plain(steps_text), True),
    Column("loss", "loss", 60, _loss, True),
    Column("best", "best", 45, _plain(_best), True),
    Column("verdict", "verdict", 90, lambda row, now, plain: verdict_cell(row, plain)),
    Column("size", "size", 35, _plain(lambda row: file_size(row.size)), True),
    Column("note", "note", 30, _plain(note_text), least=12),
    Column("command", "command", 20, _plain(command_text, "quiet"), least=16),
)
NAMED = {column.name: column for column in COLUMNS}
LEAST_NAME = 12
"""Cells that a name may be cut to; it is cut in the middle."""

Natural = dict[str, int]
"""Column -> cells that all of its cells and its title fit in, 0 where it has nothing to say."""
Fitted = tuple[tuple[Column, int], ...]
"""Columns from left to right, each with its cells."""


class NaturalWidths:
    """What every column would take. A row is measured once: a thousand of them take 50 ms."""

    def __init__(self) -> None:
        self._measured: dict[str, tuple[RunRow, tuple[int, ...]]] = {}

    def of(self, rows: Sequence[RunRow], now: float) -> Natural:
        if len(self._measured) > 2 * len(rows) + 100:
            self._measured.clear()
        cells = [self._cells(row, now) for row in rows]
        widest = dict(zip((*NAMED, FULL), map(max, zip(*cells, strict=True)), strict=True))
        for column in COLUMNS:
            at_least = len(column.title) + ARROW if widest.get(column.name) else 0
            if not column.least:
                at_least = len(column.title) + ARROW
            widest[column.name] = max(widest.get(column.name, 0), at_least)
        widest["when"] = max(widest["when"], WHEN)
        return {FULL: 0} | widest

    def _cells(self, row: RunRow, now: float) -> tuple[int, ...]:
        known = self._measured.get(row.name)
        if known is None or known[0] is not row:
            cells = [width(column.cell(row, now, False)) for column in COLUMNS]
            known = row, (*cells, cell_len(safe(row.name)))
            self._measured[row.name] = known
        return known[1]


WHEN = len("21 Nov 14:03")
"""The widest time: what is young grows older."""
FULL = "full name"
"""Among natural widths, that of names with the time in them."""


def fitted(natural: Natural, cells: int) -> Fitted:
    """The columns that fit in `cells`: those that matter most first, each with all that it has to say
    where there is room. What is left goes to the names, the notes and the commands."""
    least = {c.name: min(natural[c.name], c.least or natural[c.name]) for c in COLUMNS}
    room = cells - EDGE - 1
    name = min(natural["name"], max(room, LEAST_NAME))
    chosen, room = {"name": name}, room - name
    for column in sorted(COLUMNS, key=lambda c: -c.weight):
        if not column.weight or not natural[column.name]:
            continue
        need = least[column.name] + GAP
        if need <= room:
            chosen[column.name] = least[column.name]
            room -= need
        elif not column.least:
            break  # a less telling one must not stand where this one is missing
    for grown in ("note", "command"):
        if grown in chosen:
            more = max(min(natural[grown] - chosen[grown], room), 0)
            chosen[grown] += more
            room -= more
    if natural[FULL] - chosen["name"] <= room:
        chosen["name"] = max(natural[FULL], chosen["name"])
    return tuple((column, chosen[column.name]) for column in COLUMNS if column.name in chosen)


def column_at(columns: Sequence[tuple[Column, int]], x: int) -> Column | None:
    """The column at a cell of the line; None at the mark and behind the last."""
    left = EDGE
    for column, cells in columns:
        if left - 1 <= x < left + cells + 1:
            return column
        left += cells + GAP
    return None
