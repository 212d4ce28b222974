"""Whether the cure cures, in a line or two."""

from collections.abc import Iterator
from math import isnan

from gradtui.app.render.glyph import SEVERITY
from gradtui.app.render.line import Line
from gradtui.app.render.number import count
from gradtui.app.render.text import wrap
from gradtui.app.view import OVER, Judgement, View
from gradtui.core.symptom import Severity
from gradtui.doctor.remedy_effect import CURED, WORSE

ALIKE = (0.8, 1.25)
"""Times of a step, as multiples, that nobody can tell apart on a machine that does other things."""


def judged_lines(judgement: Judgement, view: View, width: int) -> Iterator[Line]:
    """ "cured so far: accuracy 0.11 → 0.97; a step takes 1.6 times as long"."""
    treatment = judgement.treatment
    if treatment is None:
        text = f"too early to judge: {judgement.steps} of {judgement.enough} steps"
        if judgement.short:
            text = (
                f"cannot be judged: the untreated run ended after {judgement.steps} steps of the "
            )
            text += f"{judgement.enough} that it takes"
        for line in wrap(text, width - 4):
            yield ((f"   {line}", "quiet"),)
        return
    severity = {CURED: Severity.OK, WORSE: Severity.CRITICAL}.get(treatment.word, Severity.WARNING)
    sign = SEVERITY[severity]
    over = view.state in OVER and not view.scrubbing
    so_far = "" if over or judgement.short else " so far"
    head = f"{treatment.word}{so_far}:"
    rest = treatment.reason
    if judgement.short:
        rest += f", in the {count(judgement.steps)} steps that both took"
    rest += pace(treatment.cost)
    first, *more = wrap(f"{head} {rest}", width - 4)
    yield (
        (f" {sign.char(view.ascii_only)} {first[: len(head)]}", sign.meaning),
        (first[len(head) :], "strong"),
    )
    for line in more:
        yield ((f"   {line}", "strong"),)


def pace(cost: float) -> str:
    """What a step costs, NaN: not known."""
    if isnan(cost):
        return ""
    if ALIKE[0] <= cost <= ALIKE[1]:
        return "; a step takes as long"
    if cost > 1:
        return (
            f"; a step takes {cost:.0f} times as long"
            if cost >= 10
            else (f"; a step takes {cost:.1f} times as long")
        )
    return f"; a step takes {100 * cost:.0f}% of the time"
