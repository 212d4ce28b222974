"""Classifiers whose answers stay far worse than guessing, whatever the loss falls from or to."""

import math

import numpy as np

from gradtui.core.layout import FloatArray
from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.robust_statistics import median
from gradtui.doctor.rules.explosion_causes import FIRST_WEIGHTS, STEPS
from gradtui.doctor.rules.step_size import oscillating_loss
from gradtui.doctor.rules.units import PINNED
from gradtui.doctor.words import norm


def worse_than_guessing(reading: Reading) -> Finding | None:
    """For long the loss has been several times that of guessing, at the best of times too."""
    if reading.critic or math.isnan(reading.chance) or reading.seen < T.PATIENCE:
        return None
    losses = reading.losses
    recent = losses[-3 * T.WINDOW :]
    if len(recent) < 3 * T.WINDOW or not np.isfinite(recent).all():
        return None
    best = float(np.quantile(recent, 0.1))
    if reading.loss < T.FAR_ABOVE * reading.chance or best < T.OVERCONFIDENT * reading.chance:
        return None
    if reading.half_life < T.FAR_HALF:
        return None  # soon out of it
    first = float(losses[0])
    at_start = first > T.FAR_ABOVE * reading.chance
    if not at_start and not reading.largest_ratio > T.MOVED:
        return None  # the task has changed
    if oscillating_loss(reading) is not None:
        return None  # which says more
    symptom, (remedies, cause) = "exploding_gradient", STEPS
    if at_start and _bounded_units(reading, first):
        symptom, remedies, cause = "saturated", choices.SATURATED, PINNED
    elif at_start:
        remedies, cause = FIRST_WEIGHTS
    elif _thrown_about(reading, recent):
        symptom = "oscillating_loss"
    above = reading.facts.loss > T.OVERCONFIDENT * reading.chance
    rows = reading.largest_rows(reading.used[-1])
    return Finding(
        symptom,
        Severity.CRITICAL,
        reading.since(above | reading.facts.skipped),
        f"after {reading.seen:,} steps the loss is {norm(reading.loss)} (first {norm(first)}), "
        f"{reading.loss / reading.chance:.0f} times that of guessing, {reading.chance:.3g}",
        cause,
        remedies,
        rows,
        reading.names(list(rows)),
    )


def _thrown_about(reading: Reading, recent: FloatArray) -> bool:
    """Whether it is the loss that jumps, while gradients are of a usual size and what they were."""
    low, middle, high = np.quantile(recent, (0.1, 0.5, 0.9))
    if high - low < T.THROWN_ABOUT * middle:
        return False
    norms = reading.total[reading.used]
    now = median(norms[-T.WINDOW :])
    return now < T.BAND_HIGH and now < T.SPIKE_NORM * median(norms[: T.WINDOW])


def _bounded_units(reading: Reading, first: float) -> bool:
    """Whether weights would have made far more of the first signal than came out at the end: what
    they make of it is cut off by units with flat ends."""
    hidden = reading.gains[:-1]
    known = hidden[hidden > 0]
    wide = known / np.sqrt(2)
    if not len(known) or not (known > T.GAIN_SATURATING).any():
        return False
    return float(np.log(wide).sum()) > math.log(first) or bool(np.isnan(hidden).any())
