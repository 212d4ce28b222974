"""Swings of a loss that are as long as the memory of the optimizer.

Momentum m counts the gradients of 1 / (1 - m) steps. Far from the lowest point that is a start; near it
each swing goes on for as long as what is remembered says so (Sutskever et al., 2013, section 3).
"""

import numpy as np

from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.robust_statistics import median, spread
from gradtui.doctor.words import norm

SETTINGS = ("momentum", "beta1")


def betas_swapped(reading: Reading) -> Finding | None:
    """Adam's betas in the wrong order, and a loss that is far up, or has been thrown far up."""
    told = dict(reading.facts.info.settings)
    mean, squares = told.get("beta1", 0.0), told.get("beta2", 1.0)
    if not squares < mean or not T.LONGER_MEMORY <= mean < 1 or reading.seen < T.SUSTAINED_STEPS:
        return None
    if reading.critic or reading.signed or reading.blind:
        return None
    losses = reading.losses[np.isfinite(reading.losses)]
    most = float(losses.max(initial=0.0))
    far = reading.level > T.MISWIRED_LEARNED * reading.reference_loss
    if not far and not most > T.LOSS_GROWTH * reading.reference_loss > 0:
        return None
    return Finding(
        "oscillating_loss",
        Severity.WARNING,
        int(reading.facts.steps[0]),
        f"betas ({mean:g}, {squares:g}); the loss is {norm(reading.loss)}, at most {norm(most)} (first "
        f"{norm(reading.start_loss)})",
        f"the betas are in the wrong order: a mean of {1 / (1 - mean):,.0f} gradients is divided by the size "
        f"of the last {1 / (1 - squares):,.0f}, so that steps are long where gradients have become small",
        choices.BETAS_SWAPPED,
    )


def long_memory(reading: Reading) -> Finding | None:
    """A memory of a hundred steps and more, and a loss that has gone up between two parts of the run, by more
    than the noise of its batches, has come no further down since, and is far from solved."""
    told = dict(reading.facts.info.settings)
    memory = max((told.get(key, 0.0) for key in SETTINGS), default=0.0)
    if not T.LONGER_MEMORY <= memory < 1 or reading.seen < T.PLATEAU_STEPS:
        return None
    if reading.critic or reading.signed or reading.blind or reading.converged:
        return None
    losses = reading.losses
    if not np.isfinite(losses).all() or len(losses) < T.SWING_PARTS * T.WINDOW:
        return None
    parts = np.array_split(losses, T.SWING_PARTS)
    long = memory >= T.LONG_MEMORY
    # Where the loss has to be far up, single spikes are no reason to say so.
    levels = np.array([part.mean() if long else median(part) for part in parts])
    errors = np.array([part.std() if long else spread(part) for part in parts])
    errors /= np.sqrt([len(part) for part in parts])
    high = int(np.argmax(levels - np.minimum.accumulate(levels)))
    low = int(np.argmin(levels[: high + 1]))
    best, peak, now = float(levels[low]), float(levels[high]), float(levels[-1])
    noise = T.FALLING_Z * float(np.hypot(errors[low], errors[high]))
    further = now < (1 - T.SWUNG) * best
    if not long and not now > T.FAR_UP * best:
        return None
    if not peak - best > max(T.SWUNG * best, noise) or further:
        return None
    if peak < T.MISWIRED_LEARNED * reading.reference_loss:
        return None
    steps = reading.used_scalars.steps
    since = int(steps[sum(len(part) for part in parts[: low + 1]) - 1])
    return Finding(
        "oscillating_loss",
        Severity.WARNING,
        since,
        f"the loss was {norm(best)} up to step {since:,}, then {norm(peak)} again, and is {norm(now)} (first "
        f"{norm(reading.start_loss)})",
        f"a gradient counts for some {1 / (1 - memory):,.0f} steps, of {reading.seen:,} that were taken: "
        "what the loss comes down by it goes up by again, until old gradients are forgotten",
        choices.LONG_MEMORY,
    )
