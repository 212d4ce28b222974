"""A loss that has no lowest value, and runs after it."""

import numpy as np

from gradtui.core.snapshot import Weight
from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.robust_statistics import median
from gradtui.doctor.rules.explosion_causes import BOTTOMLESS, far_below_zero
from gradtui.doctor.words import norm


def unbounded(reading: Reading) -> Finding | None:
    """The loss falls below zero faster and faster, and gradients and weights grow with it.

    Log densities and weighed log likelihoods go below zero too: they slow down on their way, and
    their weights do not run away.
    """
    if reading.critic or not reading.signed or reading.seen < T.UNBOUNDED_STEPS:
        return None
    losses = reading.losses
    if not np.isfinite(losses).all() or not far_below_zero(reading):
        return None
    parts = [median(part) for part in np.array_split(losses, T.UNBOUNDED_PARTS)]
    drops = -np.diff(parts)
    if not (drops > 0).all() or not drops[-1] > np.max(drops[:-1]):
        return None
    first, now = median(reading.total[reading.early[:5]]), median(reading.total[reading.now])
    if not now > T.UNBOUNDED_GRADIENT * first or not _grown(reading):
        return None
    told = reading.facts.info.task == "classification"
    rows = reading.largest_rows(reading.used[-1])
    return Finding(
        "exploding_gradient",
        Severity.CRITICAL,
        reading.since(reading.facts.loss < min(0.0, float(losses[0]))),
        f"the loss went from {norm(float(losses[0]))} to {norm(reading.loss)}, faster and faster, and "
        f"the gradient norm from {norm(first)} to {norm(now)}",
        BOTTOMLESS.cause + (" (cross-entropy is never below 0)" if told else ""),
        BOTTOMLESS.remedies,
        rows,
        reading.names(list(rows)),
    )


def runaway_critic(reading: Reading) -> Finding | None:
    """One side of a game whose loss goes far beyond what it was on either side of zero, and whose
    gradient grows with it: scores that nothing bounds.

    The losses of a critic that is held (by a weight clip, a gradient penalty) stay near 1.
    """
    if not reading.game or reading.blind or reading.seen < T.UNBOUNDED_STEPS:
        return None
    losses = np.abs(reading.losses)
    if not reading.signed or not np.isfinite(losses).all():
        return None
    first, now = median(losses[: T.WINDOW // 4]), median(losses[-T.WINDOW :])
    limit = T.UNBOUNDED * max(first, 1.0)
    norms = reading.total[reading.used]
    steep, was = median(norms[-T.WINDOW :]), median(norms[: T.WINDOW // 4])
    if not now > limit or not steep > T.RUNAWAY_GRADIENT * was:
        return None
    rows = reading.largest_rows(reading.used[-1])
    return Finding(
        "exploding_gradient",
        Severity.CRITICAL,
        reading.since(np.abs(reading.facts.loss) > max(first, 1.0) * T.LOSS_GROWTH),
        f"one side's loss went from {norm(float(reading.losses[0]))} to {norm(reading.loss)}, and its "
        f"gradient norm from {norm(was)} to {norm(steep)}",
        "nothing bounds the critic: its scores grow without end, as those of a Wasserstein critic do "
        "that has no weight clip and no gradient penalty",
        choices.EXPLODING_CRITIC,
        rows,
        reading.names(list(rows)),
    )


def _grown(reading: Reading) -> bool:
    """Whether most weights are several times what they were."""
    at, judged = reading.facts.weights_at, reading.facts.layout.judged
    if not len(at):
        return False
    first, last = reading.facts.weights[at[[0, -1]]][:, judged, Weight.NORM]
    known = (first > 0) & np.isfinite(last)
    return bool(known.any()) and median(last[known] / first[known]) > T.UNBOUNDED_WEIGHTS
