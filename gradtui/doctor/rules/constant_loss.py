"""A loss that stays the same to the last digits while steps are taken along its gradient."""

import numpy as np

from gradtui.core.layout import IntArray
from gradtui.core.snapshot import Weight
from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.robust_statistics import median
from gradtui.doctor.words import norm

EQUAL_THINGS = (
    "the loss compares two things that are always equal, as a model with a reference that is the model "
    "itself and not a copy: what a step changes, it changes in both",
    choices.CONSTANT_LOSS,
)
FUTILE_SEARCH = (
    "no step changes any weight: the line search finds no lower loss along the gradients that it is given, "
    "which then are not those of this loss: of a closure that does not clear them they add up",
    choices.NEVER_ZEROED,
)
"""Cause and remedies."""


def constant_loss(reading: Reading) -> Finding | None:
    """Each step should change the loss by a good part of itself, to first order, and none has changed it.

    What is divided by itself without its history is 1 by intent, and so is a whole number with several
    such terms.
    """
    losses = reading.losses[-T.CONSTANT_STEPS :]
    if len(losses) < T.CONSTANT_STEPS or not np.isfinite(losses).all() or reading.half:
        return None
    if reading.facts.info.wiring or reading.game or reading.converged:
        return None  # which says more
    level = abs(median(losses))
    differ = float(losses.max() - losses.min())
    if not level > 0 or differ > T.CONSTANT * level or abs(level - round(level)) < T.CONSTANT:
        return None
    other = np.abs(reading.losses - median(losses)) > T.CONSTANT * level
    since = reading.used_scalars.steps[int(np.flatnonzero(other)[-1]) + 1 if other.any() else 0]
    late = reading.used[reading.facts.steps[reading.used] >= since]
    if not len(late) or not (reading.total[late] > 0).mean() > 0.5:
        return None  # without a gradient no step does anything
    effects = reading.effects(reading.used[-T.CONSTANT_STEPS :])
    effects = effects[effects > 0]
    futile = _search_found_nothing(reading, late)
    if futile:
        but = (
            f"gradients of {norm(median(reading.total[late]))} are there, and no weight has changed"
        )
    elif len(effects) >= T.ACTIVATION_WINDOW and median(effects) > T.CONSTANT_EFFECT * level:
        but = f"by its gradient each of them should change it by up to {norm(median(effects))}"
    else:
        return None
    held = np.abs(reading.facts.loss - median(losses)) <= T.CONSTANT * level
    return Finding(
        "miswired",
        Severity.CRITICAL,
        reading.since(np.asarray(held | reading.facts.skipped)),
        f"the loss has been {norm(float(losses[-1]))} at each of the last {len(losses)} steps, to within "
        f"{norm(differ)}; {but}",
        *(FUTILE_SEARCH if futile else EQUAL_THINGS),
        tuple(int(r) for r in reading.rows),
        reading.names(reading.rows),
    )


def _search_found_nothing(reading: Reading, late: IntArray) -> bool:
    """Whether an optimizer that searches for a lower loss has left all weights where they were, although
    the gradients that it is given are steep: at an optimum they are not."""
    if not reading.facts.info.optimizer.lower().startswith("lbfgs"):
        return False
    if not reading.slope > T.STEEP_SLOPE * abs(reading.level):
        return False
    updates = reading.facts.weights[late][..., Weight.UPDATE]
    known = updates[np.isfinite(updates)]
    return bool(len(known)) and not known.any()
