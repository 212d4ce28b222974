"""What was found, and what the cure changed."""

from collections.abc import Iterator

from gradtui.app.render.autopsy import autopsy_lines
from gradtui.app.render.compare import compare_lines
from gradtui.app.render.glyph import SEVERITY, UNKNOWN
from gradtui.app.render.line import Line
from gradtui.app.render.number import count
from gradtui.app.render.state import row_states
from gradtui.app.render.text import from_to, layers_phrase, safe, to_ascii, verdict_words, wrap
from gradtui.app.render.theory import theory_said
from gradtui.app.view import View
from gradtui.core.logged import LAYERS, NOTHING, TOTAL
from gradtui.core.symptom import SYMPTOMS
from gradtui.doctor.finding import Finding

BEYOND = ("vanish", "explode")
"""States of layers whose norm is outside of the band."""
LOGGED = {
    NOTHING: "",
    TOTAL: "The loss and the norm of all gradients together show nothing wrong. Layers are not in this log.",
    LAYERS: "The loss and the gradient norms of the logged layers show nothing wrong. Weights, updates and "
    "activations are not in this log.",
}
"""What a healthy log tells, by what it holds of gradients."""


def findings_lines(view: View, width: int) -> tuple[Line, ...]:
    """Comparison, findings, notes."""
    lines = _parts(view, max(width, 8))
    if not view.ascii_only:
        return tuple(lines)
    return tuple(tuple((to_ascii(text), meaning) for text, meaning in line) for line in lines)


def _parts(view: View, width: int) -> Iterator[Line]:
    diagnosis = view.diagnosis
    if view.reference is not None:
        yield from compare_lines(view, width)
        yield ()
    if diagnosis.step < 0:
        yield ((" nothing measured yet", "quiet"),)
    elif not diagnosis.findings:
        yield from _healthy(view, width)
    for place, finding in enumerate(diagnosis.findings):
        if place:
            yield ()
        yield from _finding(finding, view, width)
    if any(finding.remedies for finding in diagnosis.findings):
        yield (("   x ", "accent"), ("shows these remedies as code", "quiet"))
    for note in diagnosis.notes:
        yield ()
        yield from _paragraph("note  ", note, "quiet", width)
    said = theory_said(view)
    if said:
        yield ()
        yield from _paragraph("theory  ", said, "quiet", width)


def _healthy(view: View, width: int) -> Iterator[Line]:
    sign = SEVERITY[0] if view.diagnosis.decided else UNKNOWN
    word = verdict_words(view.diagnosis.verdict)
    yield ((f" {sign.char(view.ascii_only)} {word.capitalize()}", sign.meaning),)
    text = (
        "The loss is down and the gradients with it: nothing left to learn here."
        if word == "converged"
        else _within_the_band(view)
    )
    if view.info is not None and view.info.logged is not None:
        text = LOGGED[view.info.logged.gradients]
    if not view.diagnosis.decided:
        text = f"{safe(view.diagnosis.why).capitalize()}."
    for line in wrap(text, width - 4):
        yield (("   " + line, ""),)


def _within_the_band(view: View) -> str:
    """What is said of a net that learns: also where bars show that not all is as usual."""
    assert view.layout is not None
    states = row_states(view.facts, view.layout, view.diagnosis)
    beyond = sum(state in BEYOND for state in states)
    if not beyond:
        return "Every layer gets a gradient it can learn from."
    return (
        f"It learns, and no rule has found a fault; {beyond:,} of {len(states):,} layers have gradients "
        "outside of the healthy band, which alone is none."
    )


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
    named = from_to(finding.rows, finding.layers)
    where = f"{where}, {named}" if named and len(finding.rows) < total else where
    for line in wrap(where, width - 4):
        yield (("   " + line, "strong"),)
    yield from _paragraph("", finding.evidence or SYMPTOMS.get(finding.symptom, ""), "", width)
    yield from _paragraph("why   ", finding.cause, "", width)
    if finding.symptom == "nonfinite":
        yield from _autopsy(view, width)
    for remedy in finding.remedies:
        yield from _paragraph("try   ", remedy.text, "", width)


def _autopsy(view: View, width: int) -> Iterator[Line]:
    seen = view.facts.first_nonfinite if view.facts is not None else None
    if seen is not None and seen.autopsy is not None:
        yield from autopsy_lines(seen.autopsy, width)


def _paragraph(label: str, text: str, meaning: str, width: int) -> Iterator[Line]:
    for i, line in enumerate(wrap(text, width - 4 - len(label))):
        lead = label if i == 0 else " " * len(label)
        yield ("   " + lead, "quiet"), (line, meaning)
