"""Strings from files, made safe and fitted to the screen."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size

from gradtui.core.text import printable


def safe(text: str) -> str:
    """`printable`, and combining marks spelt out too: they pile up without end on one cell."""
    text = printable(text)
    if text.isascii():
        return text
    return "".join(_shown(c) if unicodedata.combining(c) else c for c in text)


def _shown(mark: str) -> str:
    return mark.encode("unicode_escape").decode("ascii")


def to_ascii(text: str) -> str:
    """Common typographic characters spelled in ASCII, all others as '?'."""
    if text.isascii():
        return text
    return text.translate(_SPELLED).encode("ascii", "replace").decode("ascii")


_SPELLED = str.maketrans(
    {
        "…": "~",
        "–": "-",
        "—": "-",
        "→": "->",
        "×": "x",
        "·": "-",
        "≥": ">=",
        "≤": "<=",
        "√": "sqrt ",
        "‖": "|",
        "“": '"',
        "”": '"',
        "‘": "'",
        "’": "'",
        "−": "-",
        "±": "+-",
        "²": "^2",
        "ℓ": "l",
        "σ": "sigma",
        "∞": "inf",
        "▸": ">",
    }
)


def cut(text: str, cells: int) -> str:
    """Cut at its end to `cells` cells, as sentences are."""
    if cell_len(text) <= cells:
        return text
    return f"{set_cell_size(text, max(cells - 1, 0)).rstrip()}…"[: max(cells, 0)]


def fit_name(name: str, cells: int) -> str:
    """A dotted name in `cells` cells: of its words, from the left, the first letters, as far as it takes;
    what is too long even so is cut in the middle. Two layers of one kind are told apart by what stays."""
    words = name.split(".")
    for at, word in enumerate(words[:-1]):
        if cell_len(".".join(words)) <= cells:
            break
        if not word.isdecimal():
            words[at] = word[:1]
    short = ".".join(words)
    return short if cell_len(short) <= cells else fit(name, cells)


def fit(text: str, cells: int) -> str:
    """Cut in the middle to `cells` cells: both ends of a parameter name tell something."""
    if cell_len(text) <= cells:
        return text
    if cells <= 1:
        return set_cell_size("…", max(cells, 0))
    tail = (cells - 1) // 2
    head = cells - 1 - tail
    front = set_cell_size(text, head)
    back = ""
    for char in reversed(text):
        if cell_len(char + back) > tail:
            break
        back = char + back
    return set_cell_size(f"{front}…{back}", cells)


def wrap(text: str, cells: int) -> list[str]:
    """Words filled into lines of at most `cells`; longer words are broken; blank lines are kept."""
    cells = max(cells, 1)
    lines: list[str] = []
    for paragraph in text.strip().split("\n\n"):
        if lines:
            lines.append("")
        line = ""
        for word in paragraph.split():
            word = safe(word)
            if line and cell_len(line) + 1 + cell_len(word) > cells:
                lines.append(line)
                line = ""
            line = f"{line} {word}" if line else word
            while cell_len(line) > cells:
                head = set_cell_size(line, cells)
                if cell_len(line[0]) > cells:  # a double-width character in one column
                    head, line = "?", "?" + line[1:]
                taken = len(head.rstrip(" ")) or 1
                lines.append(line[:taken])
                line = line[taken:]
        if line:
            lines.append(line)
    return lines


def spans(rows: Iterable[int]) -> list[tuple[int, int]]:
    """Sorted indices as inclusive ranges: 1 2 3 7 -> (1, 3), (7, 7)."""
    out: list[tuple[int, int]] = []
    for row in sorted(set(rows)):
        if out and row == out[-1][1] + 1:
            out[-1] = (out[-1][0], row)
        else:
            out.append((row, row))
    return out


def layers_phrase(
    rows: Sequence[int], names: Sequence[str], total: int, noun: str = "layer"
) -> str:
    """ "layers 1-14 of 20", counted from 1 at the input; one layer by name; "all 20 layers"."""
    count = len(set(rows))
    if count == 0:
        return "whole net"
    if count == 1 and names:
        return safe(names[0]) if names[0].startswith(noun) else f"{noun} {safe(names[0])}"
    if count == total:
        return f"all {total} {noun}s"
    parts = [f"{a + 1}" if a == b else f"{a + 1}-{b + 1}" for a, b in spans(rows)]
    if len(parts) > 4:
        parts = [*parts[:3], "…", parts[-1]]
    return f"{noun}s {', '.join(parts)} of {total}"


def from_to(rows: Sequence[int], names: Sequence[str], noun: str = "layer") -> str:
    """ "generator.0 to generator.4": what neighbouring rows are called, of the input's side first. Empty
    where they are apart, and where names say no more than numbers."""
    if len(names) < 2 or len(names) != len(rows) or names[0].startswith(noun):
        return ""
    return f"{safe(names[0])} to {safe(names[-1])}" if len(spans(rows)) == 1 else ""


def verdict_words(verdict: str) -> str:
    """ "vanishing_gradient" -> "vanishing gradient"."""
    known = {"nonfinite": "non-finite"}
    return known.get(verdict) or safe(verdict).replace("_", " ")


def natural(name: str) -> tuple[tuple[int, int | str], ...]:
    """A sorting key that puts "layer2" before "layer10"."""
    parts = (part for part in re.split(r"(\d+)", name.casefold()) if part)
    return tuple((0, int(part)) if part.isdecimal() else (1, part) for part in parts)
