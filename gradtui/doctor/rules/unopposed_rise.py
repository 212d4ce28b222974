"""A loss that climbs while its gradient goes to nothing: what is lowered is something else."""

import numpy as np

from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.robust_statistics import median
from gradtui.doctor.rules.not_learning import SYMPTOM
from gradtui.doctor.words import norm


def unopposed_rise(reading: Reading) -> Finding | None:
    """Part after part of the run the loss is higher, and the gradient a small part of what it was, at a
    learning rate that is as high as ever: the weights settle where something else is lowest.

    A task that gets harder, or a penalty that is brought in, makes gradients grow with the loss.
    """
    if reading.critic or reading.signed or reading.blind or reading.in_the_middle:
        return None
    losses, rates = reading.losses, reading.rates
    few = min(reading.seen, len(losses)) < T.NO_BETTER_STEPS
    if few or not np.isfinite(losses).all():
        return None
    if np.isfinite(rates).any() and median(rates[-T.WINDOW :]) < T.LR_HIGH * float(
        np.nanmax(rates)
    ):
        return None
    parts = np.array([part.mean() for part in np.array_split(losses, T.CLIMBING_PARTS)])
    if not (np.diff(parts) > 0).all() or not parts[-1] > T.CLIMBED_LITTLE * reading.begun:
        return None
    first, now = median(reading.total[reading.early]), median(reading.total[reading.now])
    if not 0 < now < T.SETTLED * first:
        return None
    return Finding(
        SYMPTOM,
        Severity.WARNING,
        int(reading.facts.steps[0]),
        f"the loss has climbed all along, from {norm(float(losses[0]))} to {norm(reading.loss)}, while the "
        f"gradient norm went from {norm(first)} to {norm(now)}",
        "a part of the loss is cut off from the weights (detach(), .data, item(), a new tensor made of "
        "values): what is left of it is lowered, and the whole goes up",
        choices.PART_CUT_OFF,
    )
