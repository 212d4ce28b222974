"""What the doctor says of one layer."""

from collections.abc import Iterator

from gradtui.app.layer_groups import row_of
from gradtui.app.render.glyph import SEVERITY
from gradtui.app.render.line import Line
from gradtui.app.render.number import count
from gradtui.app.render.text import safe, verdict_words, wrap
from gradtui.app.view import View
from gradtui.core.layout import Layout
from gradtui.core.snapshot import NonFinite
from gradtui.core.symptom import Severity
from gradtui.doctor.finding import Finding


def layer_findings(view: View, layout: Layout, row: int, width: int) -> Iterator[Line]:
    """Headline and evidence of each finding that names the row, and the first NaN where it was in it;
    nothing where neither is so."""
    born = view.facts.first_nonfinite if view.facts is not None else None
    if born is not None and _born_in(born, layout) == row:
        yield from _birth(born, view, width)
    for finding in view.diagnosis.findings:
        if row in finding.rows:
            yield from _finding(finding, view, width)


def _finding(finding: Finding, view: View, width: int) -> Iterator[Line]:
    sign = SEVERITY[finding.severity]
    others = len(set(finding.rows)) - 1
    among = f", here and in {count(others)} more" if others else ""
    yield (
        (f" {sign.char(view.ascii_only)} ", sign.meaning),
        (verdict_words(finding.symptom).capitalize(), sign.meaning),
        (f"  since step {count(finding.first_step)}{among}", "quiet"),
    )
    yield from _indented(finding.evidence, "", width)
    yield from _indented(f"why {finding.cause}" if finding.cause else "", "quiet", width)


def _birth(born: NonFinite, view: View, width: int) -> Iterator[Line]:
    sign = SEVERITY[Severity.CRITICAL]
    tensor = f", {safe(born.tensor)}" if born.tensor else ""
    head = f"The first NaN or infinity: step {count(born.step)}, {safe(born.phase)}{tensor}"
    for place, line in enumerate(wrap(head, width - 4)):
        mark = "  " if place else f"{sign.char(view.ascii_only)} "
        yield ((f" {mark}{line}", sign.meaning),)
    found = born.autopsy
    if found is None or not found.known:
        return
    yield from _indented(found.words, "", width)
    made = f" by {safe(found.operation)}" if found.operation else ""
    if found.source and found.source not in found.words:
        yield from _indented(f"made{made} at {safe(found.source)}", "strong", width)


def _born_in(born: NonFinite, layout: Layout) -> int | None:
    """The row to look at: of the module in whose code it was made, as far as the record says so."""
    module = born.autopsy.module if born.autopsy is not None else ""
    return row_of(layout, module or born.module)


def _indented(text: str, meaning: str, width: int) -> Iterator[Line]:
    for line in wrap(text, width - 4):
        yield ((f"   {line}", meaning),)
