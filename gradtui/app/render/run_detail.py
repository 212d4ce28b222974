"""The chosen run in full: what the columns have no room for. Pure."""

import time
from math import isnan

from rich.cells import cell_len

from gradtui.app.render.line import Line, Piece, merged
from gradtui.app.render.number import count, duration
from gradtui.app.render.run_cells import (
    command_text,
    file_size,
    loss_text,
    note_text,
    spelt,
    trouble_text,
    verdict_cell,
)
from gradtui.app.render.text import fit, safe
from gradtui.app.run_row import Judgement, RunRow

LABEL = 9
"""Cells of the word before a line, the space behind it included."""


def detail_lines(
    row: RunRow | None, now: float, cells: int, height: int, ascii_only: bool
) -> tuple[Line, ...]:
    """At most `height` lines. The verdict and how it ended come before command, note and path."""
    if row is None:
        return ()
    parts = [
        ("verdict", _verdict(row, ascii_only)),
        ("run", _course(row, now)),
        ("command", ((command_text(row), ""),)),
        ("note", ((note_text(row), ""),)),
        ("path", ((safe(str(row.path)), "quiet"),)),
    ]
    wanted = [(word, line) for word, line in parts if any(text for text, _ in line)]
    blocks = [_block(word, line, cells) for word, line in wanted]
    spare = height - len(blocks)
    out: list[Line] = []
    for block in blocks:
        taken = block[: 1 + max(spare, 0)]
        spare -= len(taken) - 1
        out += taken
        if len(taken) < len(block):
            out[-1] = (*out[-1], (" …", "quiet"))
    lines = out[: max(height, 0)]
    return tuple(tuple((spelt(t, ascii_only), m) for t, m in line) for line in lines)


def _block(word: str, line: Line, cells: int) -> list[Line]:
    """A line under its word, wrapped between words."""
    texts = _wrapped(line, max(cells - LABEL - 1, 10))
    first: Piece = (f"{word:<{LABEL}}", "quiet")
    return [(first if not number else (" " * LABEL, ""), *t) for number, t in enumerate(texts)]


def _wrapped(line: Line, cells: int) -> list[Line]:
    lines: list[list[Piece]] = [[]]
    left = cells
    for text, meaning in line:
        for word in text.split():
            word = fit(word, cells)
            if lines[-1] and cell_len(word) + 1 > left:
                lines.append([])
                left = cells
            space = " " if lines[-1] else ""
            lines[-1].append((space + word, meaning))
            left -= cell_len(space + word)
    return [merged(pieces) for pieces in lines]


def _verdict(row: RunRow, ascii_only: bool) -> Line:
    """The verdict in its colour, and behind it what it rests on."""
    if row.unreadable:
        return ((trouble_text(row), "critical"),)
    told = row.judgement
    cell = verdict_cell(row, ascii_only)
    if told is None or not told.verdict:
        return ((safe(told.trouble), "warn"),) if told is not None and told.trouble else cell
    words = "".join(text for text, _ in cell)
    more = _grounds(told)
    return ((words, cell[-1][1]), (more, "")) if more else ((words, cell[-1][1]),)


def _grounds(told: Judgement) -> str:
    since = f"since step {told.since:,}" if told.since >= 0 else ""
    return ": ".join(part for part in (since, safe(told.evidence)) if part)


def _course(row: RunRow, now: float) -> Line:
    """When it began, how long it took, its losses, and what went wrong at its end."""
    end = row.summary
    if end is None or row.unreadable:
        return (("", ""),)
    parts = []
    if not isnan(row.started):
        parts.append(f"{_moment(row.started)}, for {duration(row.seconds(now))}")
    parts.append(f"{count(end.steps)} step{'s' * (end.steps != 1)}")
    if end.ranks > 1:
        parts.append(f"{count(end.ranks)} processes")
    told = row.judgement
    if told is not None and told.final_loss is not None:
        best = ""
        if told.best_loss is not None:
            best = f" (best {loss_text(told.best_loss)} at step {told.best_step:,})"
        parts.append(f"loss {loss_text(told.final_loss)}{best}")
    if row.size >= 0:
        parts.append(file_size(row.size))
    wrong = [end.ending] if row.troubled else []
    wrong += [end.exception] if end.exception else []
    wrong += end.lost
    words = safe(", ".join(parts))
    return ((f"{words};", ""), (safe("; ".join(wrong)), "critical")) if wrong else ((words, ""),)


def _moment(seconds: float) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
    except (OverflowError, ValueError, OSError):
        return "-"
