"""The lines of the list of runs: a head that is pinned, and one line a run. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from gradtui.app.render.line import Line, Piece, merged, right, sized, thrifty, width
from gradtui.app.render.number import count
from gradtui.app.render.run_cells import MARK, file_size, spelt, state_cell, trouble_text
from gradtui.app.render.run_columns import EDGE, GAP, Column, Fitted
from gradtui.app.render.text import fit, safe
from gradtui.app.run_row import RunRow

HEAD = 2
"""Lines above the rows."""
UP, DOWN = ("▲", "^"), ("▼", "v")


@dataclass(frozen=True, slots=True)
class Totals:
    """Of all runs: how many, how many go on, how many have not been judged yet, bytes on disk."""

    count: int = 0
    running: int = 0
    left: int = 0
    size: int = 0


def totals(rows: Sequence[RunRow]) -> Totals:
    return Totals(
        len(rows),
        sum(row.running for row in rows),
        sum(not row.judged and row.judgement is None for row in rows),
        sum(max(row.size, 0) for row in rows),
    )


def place_line(
    home: str, of: Totals, shown: int, marked: int, cells: int, ascii_only: bool
) -> Line:
    """Where the runs are, how many, how much they take, and how far judging them has come."""
    facts = [f"{count(of.count)} run{'s' * (of.count != 1)}"]
    facts += [f"{count(shown)} shown"] * (shown != of.count)
    facts += [f"{count(of.running)} running"] * bool(of.running)
    facts += [file_size(of.size)] * bool(of.count)
    tail: list[Piece] = [(f"{count(marked)} marked", "accent"), (" · ", "quiet")] * bool(marked)
    if of.left:
        tail += [(f"{count(of.count - of.left)} of {count(of.count)} judged · ", "quiet")]
    tail += [(" · ".join(facts), "")]
    room = max(cells - sum(len(text) for text, _ in tail) - 9, 0)
    where: list[Piece] = [(" runs", "title")]
    if room >= 12:
        where += [(" in ", "quiet"), (fit(safe(home), room - 3), "")]
    line = right(tuple(where), (*tail, (" ", "")), cells)
    return tuple((spelt(text, ascii_only), meaning) for text, meaning in line)


def titles_line(columns: Fitted, sort: str, reverse: bool, cells: int, ascii_only: bool) -> Line:
    """The titles; an arrow at the one that it is sorted by, down where that is the usual way."""
    out: list[Piece] = [(" " * EDGE, "")]
    arrow = (UP if reverse else DOWN)[ascii_only]
    for column, wide in columns.columns:
        chosen = column.name == sort
        title = f"{column.title} {arrow}" if chosen else column.title
        padded = title.rjust(wide) if column.right else title.ljust(wide)
        out += [(padded, "title" if chosen else "quiet"), (" " * GAP, "")]
    return sized(tuple(out), cells)


def row_line(
    row: RunRow, columns: Fitted, now: float, cells: int, *, marked: bool, ascii_only: bool
) -> Line:
    """One run in `cells` cells. What cannot be read says why in place of what it would have told."""
    mark = MARK.char(ascii_only) if marked else " "
    out: list[Piece] = [(f" {mark} ", MARK.meaning)]
    for column, wide in columns.columns:
        if row.unreadable and column.name == "state":
            left = max(cells - width(tuple(out)) - 1, 0)
            said = (*state_cell(row, ascii_only), (f": {trouble_text(row)}", "quiet"))
            out += _within(said, left, ascii_only)
            break
        out += _cell(columns, column, row, wide, now, ascii_only)
        out.append((" " * GAP, ""))
    return sized(thrifty(out), cells)


def _cell(
    columns: Fitted, column: Column, row: RunRow, wide: int, now: float, ascii_only: bool
) -> Line:
    line = columns.cell_of(column)(row, now, ascii_only)
    if column.name == "name":
        text = spelt(safe(row.name), ascii_only) if columns.full else line[0][0]
        line = ((spelt(fit(text, wide), ascii_only), line[0][1]),)
    elif column.least:
        return _within(line, wide, ascii_only)
    space = (" " * max(wide - width(line), 0), "")
    return (space, *line) if column.right else sized((*line, space), wide)


def _within(line: Line, cells: int, ascii_only: bool) -> Line:
    """Cut at the end, and it is seen that it was."""
    line = tuple((spelt(text, ascii_only), meaning) for text, meaning in line)
    if width(line) <= cells:
        return sized(line, cells)
    return merged((*sized(line, max(cells - 1, 0)), (spelt("…", ascii_only), "quiet")))


def empty_lines(home: str, text: str, cells: int, ascii_only: bool) -> tuple[Line, ...]:
    """In place of rows: what to do where there are none."""
    if text:
        said: tuple[Line, ...] = ((("   no run has these words; esc clears the filter", "quiet"),),)
    else:
        said = (
            ((f"   no runs in {safe(home)} yet", "strong"),),
            (),
            (("   gradtui run python train.py", "accent"), ("   records one", "quiet")),
        )
    lines = ((), *said)
    return tuple(
        tuple((spelt(text, ascii_only), m) for text, m in sized(line, cells)) for line in lines
    )
