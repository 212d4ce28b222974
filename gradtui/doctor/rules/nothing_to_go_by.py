"""Gradients that were there and are exactly zero since, in a net whose units cannot die: the loss does not
depend on its answers any more."""

import numpy as np

from gradtui.core.layout import BoolArray
from gradtui.core.snapshot import Grad
from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.rules.not_learning import SYMPTOM
from gradtui.doctor.words import norm


def nothing_to_go_by(reading: Reading) -> Finding | None:
    """Every gradient is exactly 0 since some step, the output's bias included, and the task is not solved."""
    facts = reading.facts
    if reading.half or reading.critic or reading.blind or reading.converged or _solved(reading):
        return None
    if reading.signed:
        return None  # of a policy whose actions are all worth the same it is so as well
    zero = _nothing(reading)
    if len(zero) < T.STILL_STEPS + 1 or not zero[-T.STILL_STEPS :].all() or zero.all():
        return None
    since = int(np.flatnonzero(~zero)[-1]) + 1
    before = reading.total[reading.used[:since]]
    return Finding(
        SYMPTOM,
        Severity.WARNING,
        int(facts.steps[reading.used[since]]),
        f"every gradient is exactly 0 at each of the last {int(zero[since:].sum())} measured steps, to the "
        f"last bias; the total norm was {norm(float(np.median(before)))} before, and the loss is "
        f"{norm(reading.loss)}",
        "what the loss is made of is multiplied by 0 for each example, or is the same whatever is "
        "answered: an empty mask, a clamp, labels that are all ignored, a part that has no gradient",
        choices.OUTPUT_CANNOT_CHANGE,
    )


def nothing_left(reading: Reading) -> str:
    """A clause where nearly all late gradients of a loss that may be below zero are exactly 0, and earlier
    ones were not; else "". All actions of a policy are worth the same then: it has learned its task, or gets
    nothing any more."""
    zero = _nothing(reading)
    late = zero[-T.WINDOW :]
    if not reading.signed or reading.critic or len(zero) < 2 * T.WINDOW:
        return ""
    if late.mean() < T.NOTHING_LATE or not zero[: T.WINDOW].mean() < T.NOTHING_FIRST:
        return ""
    return (
        f"every gradient is exactly 0 at {int(late.sum())} of the last {len(late)} measured steps: whatever "
        "was done was worth the same, which is so once all is learned, and where there is no reward at all "
        "(is the sign of a policy's loss right?)"
    )


def _nothing(reading: Reading) -> BoolArray:
    """[used] whether all gradients that were measured are exactly 0."""
    norms = reading.facts.grads[reading.used][..., Grad.NORM]
    known = ~np.isnan(norms)
    return np.asarray(known.any(axis=1) & ~((norms != 0) & known).any(axis=1))


def _solved(reading: Reading) -> bool:
    """A loss of nothing at all leaves no gradient either."""
    return reading.loss <= T.CONVERGED_LOSS * min(reading.reference_loss, reading.start_loss)
