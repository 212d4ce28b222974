"""What was found, what can be tried, and what the cure changed."""

from collections.abc import Iterator

from gradtui.core.symptom import SYMPTOMS
from gradtui.health.finding import Finding
from gradtui.tui.renderables.compare import compare_lines
from gradtui.tui.renderables.glyph import SEVERITY
from gradtui.tui.renderables.header import verdict_words
from gradtui.tui.renderables.line import Line
from gradtui.tui.renderables.number import count
from gradtui.tui.renderables.text import layers_phrase, safe, to_ascii, wrap
from gradtui.tui.view import View


def findings_lines(view: View, width: int) -> tuple[Line, ...]:
    """All of the panel: comparison, findings, notes, remedies."""
    return tuple(line for line, _ in _lines(view, width))


def remedy_at(view: View, width: int, y: int) -> int | None:
    """The remedy that line `y` is about."""
    for at, (_, remedy) in enumerate(_lines(view, width)):
        if at == y:
            return remedy
    return None


def _lines(view: View, width: int) -> Iterator[tuple[Line, int | None]]:
    for line, remedy in _parts(view, max(width, 8)):
        if view.ascii_only:
            line = tuple((to_ascii(text), meaning) for text, meaning in line)
        yield line, remedy


def _parts(view: View, width: int) -> Iterator[tuple[Line, int | None]]:
    diagnosis = view.diagnosis
    if view.reference is not None:
        for line in compare_lines(view, width):
            yield line, None
        yield (), None
    if diagnosis.step < 0:
        yield ((" nothing measured yet", "quiet"),), None
    elif not diagnosis.findings:
        yield from _healthy(view, width)
    for place, finding in enumerate(diagnosis.findings):
        if place:
            yield (), None
        for line in _finding(finding, view, width):
            yield line, None
    for note in diagnosis.notes:
        yield (), None
        for line in _paragraph("note  ", note, "quiet", width):
            yield line, None
    if view.scenario is not None and view.scenario.remedies:
        yield (), None
        yield ((" Remedies", "title"), ("  number key: on or off", "quiet")), None
        yield from _remedies(view, width)


def _healthy(view: View, width: int) -> Iterator[tuple[Line, int | None]]:
    mark = SEVERITY[0].char(view.ascii_only)
    word = verdict_words(view.diagnosis.verdict)
    yield ((f" {mark} {word.capitalize()}", "healthy"),), None
    text = (
        "The loss is down and the gradients with it: nothing left to learn here."
        if word == "converged"
        else "Every layer gets a gradient it can learn from."
    )
    for line in wrap(text, width - 4):
        yield (("   " + line, ""),), None


def _finding(finding: Finding, view: View, width: int) -> Iterator[Line]:
    sign = SEVERITY[finding.severity]
    name = verdict_words(finding.symptom).capitalize()
    since = f"  since step {count(finding.first_step)}"
    head = f" {sign.char(view.ascii_only)} {name}"
    if len(head) + len(since) <= width:
        yield (head, sign.meaning), (since, "quiet")
    else:
        yield ((head, sign.meaning),)
        yield ((f"  {since}", "quiet"),)
    total = len(view.layout.rows) if view.layout is not None else len(finding.rows)
    where = layers_phrase(finding.rows, finding.layers, total)
    for line in wrap(where, width - 4):
        yield (("   " + line, "strong"),)
    yield from _paragraph("", finding.evidence or SYMPTOMS.get(finding.symptom, ""), "", width)
    yield from _paragraph("why   ", finding.cause, "", width)
    for remedy in finding.remedies:
        yield from _paragraph("try   ", remedy, "", width)


def _paragraph(label: str, text: str, meaning: str, width: int) -> Iterator[Line]:
    for i, line in enumerate(wrap(text, width - 4 - len(label))):
        lead = label if i == 0 else " " * len(label)
        yield ("   " + lead, "quiet"), (line, meaning)


def _remedies(view: View, width: int) -> Iterator[tuple[Line, int | None]]:
    assert view.scenario is not None
    for index, remedy in enumerate(view.scenario.remedies):
        on = index in view.remedies
        key = str(index + 1) if index < 9 else " "
        meaning = "strong" if on else ""
        box = "[x]" if on else "[ ]"
        for i, line in enumerate(wrap(remedy.title, width - 9)):
            lead = f" {key} {box} " if i == 0 else " " * 7
            yield ((lead, "accent"), (line, meaning)), index
        expect = "→ " + safe(verdict_words(remedy.expect))
        yield ((" " * 7 + expect, "healthy" if remedy.expect == "healthy" else "warn"),), index
        if on:
            for line in wrap(remedy.note, width - 9):
                yield ((" " * 7 + line, "quiet"),), index
