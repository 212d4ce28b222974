"""What had been learned is lost again: a step, or a learning rate, that was too large came late."""

import math
from typing import NamedTuple

import numpy as np

from gradtui.core.snapshot import Grad
from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.robust_statistics import median
from gradtui.doctor.rules.explosion_causes import STEPS
from gradtui.doctor.words import norm


def thrown_back(reading: Reading) -> Finding | None:
    """The loss was well down, and is back where it began, or worse, since steps that were too long.

    A loss that rises without them rises because the task has changed.
    """
    at = fell_back(reading)
    if at is None:
        return None
    back, best, now, begun = at
    rates = reading.rates
    if rates[back] > T.LR_RAISED * rates[back - 1]:
        return None  # both at once: another task with a schedule of its own
    raised = _raised(reading, back)
    if not raised and not _moved(reading, back):
        return None
    step = int(reading.used_scalars.steps[back])
    rows = reading.largest_rows(reading.used[reading.measured_near[back]])
    return Finding(
        "exploding_gradient",
        Severity.CRITICAL,
        step,
        f"the loss was {norm(best)} before step {step:,} and has been {norm(now)} since, no better than "
        f"at first ({norm(begun)})",
        f"{raised}: {STEPS.cause}" if raised else STEPS.cause,
        STEPS.remedies,
        rows,
        reading.names(list(rows)),
    )


class LossRegression(NamedTuple):
    """`back`: index into `used_scalars` from which on the loss is up again."""

    back: int
    best: float
    now: float
    begun: float


def fell_back(reading: Reading) -> LossRegression | None:
    """Where a loss that was well down came back to where it began, for good."""
    if reading.critic or reading.signed or reading.learned:
        return None
    losses = reading.losses
    begun = reading.reference_loss
    down = losses < T.WAS_DOWN * begun
    if len(losses) < 3 * T.WINDOW or not np.isfinite(losses).all() or not down.any():
        return None
    back = int(np.flatnonzero(down)[-1]) + 1
    # On its way down from there it is given some time.
    patience = T.BACK_DOWN if reading.falling else T.WINDOW
    if len(losses) - back < patience or not down[max(back - T.WINDOW, 0) : back].mean() > 0.5:
        return None
    if not _known_before(reading, back):
        return None  # the loss of another net, which was trained first
    best, now = median(losses[max(back - T.WINDOW, 0) : back]), median(losses[back:])
    return None if now < T.LEARNED_LOSS * begun else LossRegression(back, best, now, begun)


def _known_before(reading: Reading, back: int) -> bool:
    """Whether any tensor is known to have had a gradient before."""
    facts = reading.facts
    before = facts.steps < reading.used_scalars.steps[back]
    return not before.any() or not bool(np.isnan(facts.grads[before, :, Grad.NONFINITE]).all())


def _raised(reading: Reading, back: int) -> str:
    """In words, where the learning rate has gone up by then by more than a warm-up or a cycle that
    does no harm would take it; else ""."""
    rates = reading.rates
    before = rates[max(back - T.WINDOW, 0) : back]
    if not len(before) or not np.isfinite(before).all():
        return ""
    # What comes with the first high loss, and not before it, did not bring it about.
    low, high = float(before.min()), float(before.max())
    after = rates[back : back + T.WINDOW]
    if high > T.LR_RAISED * low and np.isfinite(after).all():
        high = max(high, float(after.max(initial=high)))
    if not high > T.LR_RAISED * low > 0:
        return ""
    return f"the learning rate went from {low:.3g} to {high:.3g}"


def _moved(reading: Reading, back: int) -> bool:
    """Whether any layer has changed by a good part of itself since shortly before."""
    first = int(reading.used_scalars.steps[max(back - T.WINDOW, 0)])
    since = reading.used[reading.facts.steps[reading.used] >= first]
    taken = since[reading.facts.has_weights[since]]
    ratios = reading.facts.update_ratios(taken)[:, reading.rows] if len(taken) else np.zeros((0, 1))
    known = ratios[~np.isnan(ratios)]
    return bool(len(known)) and not math.isnan(known.max()) and float(known.max()) > T.MOVED
