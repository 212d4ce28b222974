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
        "what the loss is made of is multiplied by 0 for each example: an empty mask, or no reward at all, "
        "as where the sign of a policy's loss is wrong"
        if reading.signed
        else "what the loss is made of is multiplied by 0 for each example, or is the same whatever is "
        "answered: an empty mask, a clamp, labels that are all ignored",
        choices.NOTHING_TO_GO_BY if reading.signed else choices.OUTPUT_CANNOT_CHANGE,
    )


def _nothing(reading: Reading) -> BoolArray:
    """[used] whether all gradients that were measured are exactly 0."""
    norms = reading.facts.grads[reading.used][..., Grad.NORM]
    known = ~np.isnan(norms)
    return np.asarray(known.any(axis=1) & ~((norms != 0) & known).any(axis=1))


def _solved(reading: Reading) -> bool:
    """A loss of nothing at all leaves no gradient either, unless it may be below zero."""
    if reading.signed:
        return False
    return reading.loss <= T.CONVERGED_LOSS * min(reading.reference_loss, reading.start_loss)
