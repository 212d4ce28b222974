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
    short: Cell | None = None
    """The same in fewer words, for narrow terminals."""


def _plain(text: Callable[[RunRow], str], meaning: str = "") -> Cell:
    return lambda row, now, ascii_only: ((spelt(text(row), ascii_only), meaning),)


def _loss(row: RunRow, now: float, ascii_only: bool) -> Line:
    told = row.judgement
    text = loss_text(told.final_loss if told is not None else None)
    return ((text, "nonfinite" if text in ("NaN", "inf", "-inf") else ""),)


def _state(row: RunRow, now: float, ascii_only: bool) -> Line:
    return state_cell(row, ascii_only)


def _short_state(row: RunRow, now: float, ascii_only: bool) -> Line:
    return state_cell(row, ascii_only, short=True)


def _verdict(row: RunRow, now: float, ascii_only: bool) -> Line:
    return verdict_cell(row, ascii_only)


def _short_verdict(row: RunRow, now: float, ascii_only: bool) -> Line:
    return verdict_cell(row, ascii_only, short=True)


def _best(row: RunRow) -> str:
    return loss_text(row.judgement.best_loss if row.judgement is not None else None)


COLUMNS: tuple[Column, ...] = (
    Column("name", "name", 0, _plain(lambda row: short_name(row.name), "strong")),
    Column("when", "when", 80, lambda row, now, _: ((when(row.started, now), "quiet"),)),
    Column("duration", "duration", 40, lambda row, now, _: ((duration_text(row, now), ""),), True),
    Column(
        "state",
        "state",
        70,
        _state,
        short=_short_state,
    ),
    Column("steps", "steps", 50, _plain(steps_text), True),
    Column("loss", "loss", 60, _loss, True),
    Column("best", "best", 45, _plain(_best), True),
    Column(
        "verdict",
        "verdict",
        90,
        _verdict,
        short=_short_verdict,
    ),
    Column("size", "size", 35, _plain(lambda row: file_size(row.size)), True),
    Column("note", "note", 52, _plain(note_text), least=12),
    Column("command", "command", 20, _plain(command_text, "quiet"), least=16),
)
NAMED = {column.name: column for column in COLUMNS}
LEAST_NAME, MOST_NAME = 12, 32
"""Cells that a name may be cut to where room is short, and where others want some; it is cut in the
middle."""

WHEN = len("21 Nov 14:03")
"""The widest time: what is young grows older."""
FULL = "full name"
"""Among natural widths, that of names with the time in them."""

UNREAD = {"duration": 8, "state": 9, "steps": 7, "loss": 6, "best": 6, "verdict": 20, "size": 7}
UNREAD |= {"command": 40}
"""What columns take at least while some of the runs have not been read: they must not jump."""

Natural = dict[str, int]
"""Column -> cells that all of its cells and its title fit in, 0 where it has nothing to say. With
SHORT before its name: in fewer words."""
SHORT = "short "


@dataclass(frozen=True, slots=True)
class Fitted:
    """Columns from left to right, each with its cells; `short` where they use fewer words, `full` where
    there is room for the time in every name."""

    columns: tuple[tuple[Column, int], ...] = ()
    short: bool = False
    full: bool = False

    def cell_of(self, column: Column) -> Cell:
        return column.short if self.short and column.short is not None else column.cell

    def at(self, x: int) -> Column | None:
        """The column at a cell of the line; None at the mark and behind the last."""
        left = EDGE
        for column, cells in self.columns:
            if left - 1 <= x < left + cells + 1:
                return column
            left += cells + GAP
        return None


class NaturalWidths:
    """What every column would take. A row is measured once: a thousand of them take 50 ms."""

    def __init__(self) -> None:
        self._measured: dict[str, tuple[RunRow, tuple[int, ...]]] = {}

    def of(self, rows: Sequence[RunRow], now: float) -> Natural:
        if len(self._measured) > 2 * len(rows) + 100:
            self._measured.clear()
        cells = [self._cells(row, now) for row in rows]
        names = (*NAMED, *(SHORT + name for name in NAMED), FULL)
        widest = dict.fromkeys(names, 0)
        widest |= dict(zip(names, map(max, zip(*cells, strict=True)), strict=True)) if cells else {}
        unread = UNREAD if any(row.summary is None for row in rows) else {}
        for column in COLUMNS:
            for name in (column.name, SHORT + column.name):
                widest[name] = max(widest[name], unread.get(column.name, 0))
                if widest[name] or not column.least:
                    widest[name] = max(widest[name], len(column.title) + ARROW)
        widest["when"] = widest[SHORT + "when"] = max(widest["when"], WHEN)
        return widest

    def _cells(self, row: RunRow, now: float) -> tuple[int, ...]:
        known = self._measured.get(row.name)
        if known is None or known[0] is not row:
            usual = [width(column.cell(row, now, False)) for column in COLUMNS]
            brief = [
                width(column.short(row, now, False)) if column.short else cells
                for column, cells in zip(COLUMNS, usual, strict=True)
            ]
            known = row, (*usual, *brief, cell_len(safe(row.name)))
            self._measured[row.name] = known
        return known[1]


SORTED = 85
"""Weight at least of the column that is sorted by: an order that nobody sees looks like none."""


def fitted(natural: Natural, cells: int, sort: str = "") -> Fitted:
    """The columns that fit in `cells`: those that matter most first, each with all that it has to say
    where there is room. What is left goes to the notes, the commands and the names."""
    usual, short = (_fitted(natural, cells, sort, short=short) for short in (False, True))
    more = {column.name for column, _ in short.columns} - {c.name for c, _ in usual.columns}
    return short if more - {"command"} else usual


def _fitted(natural: Natural, cells: int, sort: str, *, short: bool) -> Fitted:
    def weight(column: Column) -> int:
        return max(column.weight, SORTED) if column.name == sort else column.weight

    wanted = {name: natural[SHORT * short + name] for name in NAMED}
    room = cells - EDGE
    name = min(wanted["name"], max(room, LEAST_NAME), MOST_NAME)
    # A name and nothing else says little: the verdict may take some of it.
    lacking = min(wanted["verdict"] + GAP - (room - name), name - LEAST_NAME)
    if wanted["verdict"] + GAP <= room - name + max(lacking, 0):
        name -= max(lacking, 0)
    chosen, room = {"name": name}, room - name
    for column in sorted(COLUMNS, key=lambda c: -weight(c)):
        if not column.weight or not wanted[column.name]:
            continue
        least = min(wanted[column.name], column.least or wanted[column.name])
        if least + GAP <= room:
            chosen[column.name] = least
            room -= least + GAP
        elif not column.least:
            break  # a less telling one must not stand where this one is missing
    for grown in ("note", "command"):
        if grown in chosen:
            more = max(min(wanted[grown] - chosen[grown], room), 0)
            chosen[grown] += more
            room -= more
    full = natural[FULL] - chosen["name"] <= room
    if full:
        chosen["name"] = max(natural[FULL], chosen["name"])
    elif wanted["name"] > chosen["name"]:
        chosen["name"] = min(wanted["name"], chosen["name"] + room)
    return Fitted(tuple((c, chosen[c.name]) for c in COLUMNS if c.name in chosen), short, full)
