"""What can be tried in a scenario, by number key."""

from collections.abc import Iterator

from gradtui.app.render.line import Line
from gradtui.app.render.text import safe, to_ascii, verdict_words, wrap
from gradtui.app.view import View
from gradtui.core.symptom import CONVERGED, HEALTHY


def remedies_lines(view: View, width: int) -> tuple[Line, ...]:
    """One remedy after the other, with what it is expected to do; nothing where there are none."""
    return tuple(line for line, _ in _lines(view, width))


def remedy_at(view: View, width: int, y: int) -> int | None:
    """The remedy that line `y` of `remedies_lines` is about."""
    lines = list(_lines(view, width))
    return lines[y][1] if 0 <= y < len(lines) else None


def _lines(view: View, width: int) -> Iterator[tuple[Line, int | None]]:
    for line, remedy in _parts(view, max(width, 8)):
        if view.ascii_only:
            line = tuple((to_ascii(text), meaning) for text, meaning in line)
        yield line, remedy


def _parts(view: View, width: int) -> Iterator[tuple[Line, int | None]]:
    if view.scenario is None or not view.scenario.remedies:
        return
    yield ((" Remedies", "title"), ("  number key: on or off", "quiet")), None
    for index, remedy in enumerate(view.scenario.remedies):
        on = index in view.remedies
        key = str(index + 1) if index < 9 else " "
        meaning = "strong" if on else ""
        box = "[x]" if on else "[ ]"
        arrow = "->" if view.ascii_only else "→"
        expect = f"{arrow} {safe(verdict_words(remedy.expect))}"
        look = "healthy" if remedy.expect in (HEALTHY, CONVERGED) else "warn"
        title = to_ascii(remedy.title) if view.ascii_only else remedy.title
        lines = wrap(title, width - 9) or [""]
        for i, line in enumerate(lines[:-1]):
            yield ((_lead(i, key, box), "accent"), (line, meaning)), index
        last = ((_lead(len(lines) - 1, key, box), "accent"), (lines[-1], meaning))
        if 7 + len(lines[-1]) + 2 + len(expect) <= width:
            yield (*last, ("  " + expect, look)), index
        else:
            yield last, index
            yield ((" " * 7, ""), (expect, look)), index
        if on:
            for line in wrap(remedy.note, width - 9):
                yield ((" " * 7 + line, "quiet"),), index


def _lead(line: int, key: str, box: str) -> str:
    return f" {key} {box} " if line == 0 else " " * 7
