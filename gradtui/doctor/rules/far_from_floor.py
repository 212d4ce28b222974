"""Losses that have come to rest far from where they could be: what they came down by was learned by a part of
the net."""

import numpy as np

from gradtui.doctor import thresholds as T
from gradtui.doctor.reading import Reading


def rests_far_up(reading: Reading, left: float) -> bool:
    """Whether more than `left` of guessing (or of the start) is still there after hundreds of steps, and the
    last third of the run is hardly better than the one before. False where losses do not tell."""
    if reading.blind or reading.start_unknown or reading.signed or reading.critic or reading.game:
        return False
    if reading.seen < T.AT_REST_STEPS or not reading.loss > left * reading.reference_loss:
        return False
    losses = reading.losses[np.isfinite(reading.losses)]
    _, before, now = np.array_split(losses, 3)
    return bool(np.median(now) >= T.AT_REST * np.median(before))
