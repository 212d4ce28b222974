"""A line of the screen before it has colours: pieces of text, each with what it means."""

from collections.abc import Iterable

from rich.cells import cell_len, set_cell_size

Piece = tuple[str, str]
"""(text, meaning). A meaning is a name of `MEANINGS`, or "" for plain text; "a on b" takes the
foreground of a and the background of b."""
Line = tuple[Piece, ...]

MEANINGS: tuple[str, ...] = (
    "healthy",
    "warn",
    "critical",
    "vanish",
    "explode",
    "nonfinite",
    "dead",
    "quiet",
    "strong",
    "title",
    "accent",
    "band",
    "reference",
    "cursor",
    "alarm",
    "heat-0",
    "heat-1",
    "heat-2",
    "heat-3",
    "heat-4",
    "heat-5",
    "heat-6",
    "heat-7",
    "heat-8",
    "run-0",
    "run-1",
    "run-2",
    "run-3",
    "run-4",
    "run-5",
    "run-6",
    "run-7",
    "range-0",
    "range-1",
    "range-2",
    "range-3",
    "range-4",
    "range-5",
    "range-6",
    "range-7",
)


def plain(line: Line) -> str:
    """The text of a line."""
    return "".join(text for text, _ in line)


def width(line: Line) -> int:
    """Cells that a line takes."""
    return sum(cell_len(text) for text, _ in line)


def merged(pieces: Iterable[Piece]) -> Line:
    """Neighbours of one meaning joined, empty pieces gone: fewer colour changes on the wire."""
    out: list[Piece] = []
    for text, meaning in pieces:
        if not text:
            continue
        if out and out[-1][1] == meaning:
            out[-1] = (out[-1][0] + text, meaning)
        else:
            out.append((text, meaning))
    return tuple(out)


_RIDES = frozenset({"", "healthy", "vanish", "explode", "quiet", "dead", "accent", "critical"})
"""Meanings that leave no mark on a space: neither a ground nor an underline in any theme."""


def thrifty(pieces: Iterable[Piece]) -> Line:
    """`merged`, and spaces take their neighbour's meaning where nobody can tell: a change of colour
    costs some 35 bytes."""
    out: list[Piece] = []
    for text, meaning in merged(pieces):
        before = out[-1] if out else None
        if before is None or not (meaning in _RIDES and before[1] in _RIDES):
            out.append((text, meaning))
        elif text.isspace():
            out[-1] = (before[0] + text, before[1])
        elif before[0].isspace() or before[1] == meaning:
            out[-1] = (before[0] + text, meaning)
        else:
            out.append((text, meaning))
    return tuple(out)


def sized(line: Line, cells: int) -> Line:
    """Cut or padded with spaces to exactly `cells`."""
    out: list[Piece] = []
    left = cells
    for text, meaning in line:
        if left <= 0:
            break
        used = cell_len(text)
        if used > left:
            text, used = set_cell_size(text, left), left
        out.append((text, meaning))
        left -= used
    if left > 0:
        out.append((" " * left, ""))
    return merged(out)


def right(line: Line, tail: Line, cells: int) -> Line:
    """`line` at the left and `tail` at the right end of `cells`; the tail is cut last."""
    room = max(cells - width(tail), 0)
    return sized((*sized(line, room), *tail), cells)
