"""A loss that climbs without a break, by what the steps do."""

import numpy as np

from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.robust_statistics import median
from gradtui.doctor.rules.exploding import exploding
from gradtui.doctor.rules.explosion_causes import STEPS
from gradtui.doctor.words import norm


def climbing(reading: Reading) -> Finding | None:
    """Part after part of the run the loss is higher, gradients grow with it, and it is the steps that
    account for the rise: what they can do to the loss is of its size.

    A task that gets harder, or a penalty that is brought in by degrees, raises the loss by little beside
    that. A step against the slope raises it by all of that.
    """
    if reading.critic or reading.signed or reading.blind or reading.seen < T.CLIMBING_STEPS:
        return None
    losses = reading.losses
    if not np.isfinite(losses).all() or len(losses) < T.CLIMBING_STEPS:
        return None
    parts = np.array([median(part) for part in np.array_split(losses, T.CLIMBING_PARTS)])
    rise = median(losses[-T.CLIMBING_FEW :]) - median(losses[: T.CLIMBING_FEW])
    rises = np.diff(parts)
    if not (rises > 0).all() or not parts[-1] > T.CLIMBED_LITTLE * reading.begun:
        return None
    if rises[-1] < T.CLIMBS_ON * rises.mean():
        return None  # it has jumped once, and noise alone makes the rest look like a climb
    norms = reading.total
    first, now = median(norms[reading.early]), median(norms[reading.now])
    done = rise / reading.reach if reading.reach > 0 else float("nan")
    uphill = done > T.UPHILL and now > T.CLIMBED_LITTLE * first
    far = parts[-1] > T.CLIMBED_FAR * reading.begun and now > T.CLIMBED_STEEPER * first
    if not uphill and not (far and done > T.OVERSHOT):
        return None
    if done > T.BEYOND_SLOPE:
        return None  # more than steps can do
    if uphill:
        cause, remedies = (
            "each step raises the loss by about as much as it should lower it by: the sign of the loss, "
            "of the gradient or of the update is wrong (maximize=True, a minus)",
            choices.UPHILL,
        )
    elif exploding(reading) is not None:
        return None  # which says where it began
    else:
        cause, remedies = STEPS.cause, STEPS.remedies
    rows = reading.largest_rows(reading.used[-1])
    return Finding(
        "exploding_gradient",
        Severity.CRITICAL,
        int(reading.facts.steps[0]),
        f"the loss has climbed all along, from {norm(float(losses[0]))} to {norm(reading.loss)}, and the "
        f"gradient norm from {norm(first)} to {norm(now)}; to first order steps can account for "
        f"{norm(reading.reach)}",
        cause,
        remedies,
        rows,
        reading.names(list(rows)),
    )
