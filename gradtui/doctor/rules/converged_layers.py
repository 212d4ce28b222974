"""Gradients that have come to nothing because there is nothing left to do."""

import numpy as np

from gradtui.core.snapshot import Weight
from gradtui.doctor import thresholds as T
from gradtui.doctor.reading import Reading
from gradtui.doctor.robust_statistics import median


def at_rest(reading: Reading) -> bool:
    """Whether the loss has come down to where it is, and the gradient with it, with weights as large as
    ever: an optimum whose floor is not known, as of a whole set in each step."""
    facts, at = reading.facts, reading.facts.weights_at
    if not len(at) or np.isnan(reading.loss):
        return False
    if reading.above_the_mean and reading.largest_ratio > T.MOVED:
        return False  # steps have taken it there
    first = reading.typical(reading.rows, reading.used[:1])
    sizes = facts.weights[at[[0, -1]]][:, facts.layout.judged, Weight.NORM]
    kept = median(sizes[1] / sizes[0]) > T.WAS_DOWN
    fell = reading.loss < T.LEARNED_LOSS_LITTLE * reading.begun
    return bool(kept and fell and (first > T.HOPELESS_RATIO).all())
