"""Remedies as code: each finding with its remedies, the chosen one with all its lines."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size

from gradtui.app.remedy_code import RemedyCode
from gradtui.app.render.glyph import SEVERITY
from gradtui.app.render.line import Line, Piece
from gradtui.app.render.number import count
from gradtui.app.render.text import layers_phrase, safe, to_ascii, verdict_words, wrap
from gradtui.doctor.remedies.code.prescription import Prescription, parts

Owned = tuple[Line, int | None]
"""A line, and the prescription that it belongs to."""
INDENT = "     "


def prescription_lines(
    what: RemedyCode, chosen: int, width: int, total: int, ascii_only: bool
) -> list[Owned]:
    """`chosen`: index into `what.all`; `total`: rows of the model."""
    out = _parts(what, chosen, max(width, 16), total, ascii_only)
    if not ascii_only:
        return list(out)
    return [(tuple((to_ascii(t), m) for t, m in line), owner) for line, owner in out]


def _parts(
    what: RemedyCode, chosen: int, width: int, total: int, ascii_only: bool
) -> Iterator[Owned]:
    if not what.items:
        for line in wrap(nothing(what), width - 2):
            yield ((f" {line}", ""),), None
    index = 0
    for place, (finding, several) in enumerate(what.items):
        if place:
            yield (), None
        sign = SEVERITY[finding.severity]
        name = verdict_words(finding.symptom).capitalize()
        where = layers_phrase(finding.rows, finding.layers, total)
        head: Line = ((f" {sign.char(ascii_only)} {name}", sign.meaning), (f"  {where}", "strong"))
        seen = f"  as seen up to step {count(what.diagnosis.step)}"
        if not place and sum(cell_len(text) for text, _ in head) + len(seen) <= width:
            head = (*head, (seen, "quiet"))
        yield head, None
        made = {one.remedy: one for one in several}
        for remedy in finding.remedies:
            one = made.get(remedy)
            if one is None:
                for line in wrap(f"{remedy.text} (no code)", width - 6):
                    yield ((f"   - {line}", "quiet"),), None
                continue
            yield from _one(one, index, index == chosen, width, ascii_only)
            index += 1


def nothing(what: RemedyCode) -> str:
    """Why there is nothing to show, in one sentence."""
    if what.diagnosis.step < 0:
        return "Nothing has been measured yet, so there is nothing to prescribe."
    if not what.diagnosis.decided:
        return f"Whether anything is wrong is not known: {safe(what.diagnosis.why)}."
    return "Nothing is wrong here, so there is nothing to prescribe."


def _one(
    one: Prescription, index: int, open_: bool, width: int, ascii_only: bool
) -> Iterator[Owned]:
    mark = (">" if ascii_only else "▌") if open_ else " "
    lead: Piece = (mark, "accent")
    for i, line in enumerate(wrap(one.remedy.text, width - 5)):
        number = f" {index + 1:>2} " if i == 0 else "    "
        yield (lead, (number, "accent"), (line, "strong" if open_ else "")), index
    if not open_:
        return
    for place, code in parts(one):
        look = "" if one.changes else " (only looks, changes nothing)"
        for line in wrap(f"{place}{look}:", width - 6):
            yield (lead, (f"    {line}", "quiet")), index
        yield (lead,), index
        for line in code.split("\n"):
            for piece in folded_code(safe(line), width - 1 - len(INDENT) - 1, ascii_only):
                yield (lead, (INDENT, ""), *piece), index
        yield (lead,), index
    for label, text in (("expect", one.expect), ("source", one.remedy.source)):
        for i, line in enumerate(wrap(text, width - 12) if text else ()):
            yield (lead, (f"    {label} " if i == 0 else " " * 11, "quiet"), (line, "")), index
    yield (), None


def folded_code(line: str, cells: int, ascii_only: bool) -> list[Line]:
    """A line of code with its comment set off, in as many lines as it needs; what goes on in the
    next one is marked, so that nobody takes it for a line of its own."""
    at = comment_at(line)
    pieces: Sequence[Piece] = ((line[:at], ""), (line[at:], "quiet"))
    out: list[Line] = []
    lead: list[Piece] = []
    more: Piece = ("  > " if ascii_only else "  ↪ ", "accent")
    room, now = max(cells, 8), list(lead)
    left = room
    for text, meaning in pieces:
        while text:
            part = text if cell_len(text) <= left else set_cell_size(text, left).rstrip(" ")
            part = part or text[:1]
            if part != text:
                cut = max((part.rfind(c) for c in " ,("), default=-1)
                if cut > len(part) // 2:
                    part = text[: cut + 1]
            now.append((part, meaning))
            left -= cell_len(part)
            text = text[len(part) :]
            if text:
                out.append(tuple(now))
                now, left, text = [more], room - 4, text.lstrip(" ")
    out.append(tuple(now))
    return out


def comment_at(line: str) -> int:
    """Where the comment of a line of Python begins; its length where it has none."""
    quote = ""
    skip = False
    for i, char in enumerate(line):
        if skip:
            skip = False
        elif quote:
            skip = char == "\\"
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char == "#":
            return i
    return len(line)
