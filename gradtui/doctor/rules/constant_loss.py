"""A loss that stays the same to the last digits while steps are taken along its gradient."""

import numpy as np

from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.robust_statistics import median
from gradtui.doctor.words import norm


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
    if len(effects) < T.ACTIVATION_WINDOW or not median(effects) > T.CONSTANT_EFFECT * level:
        return None
    held = np.abs(reading.facts.loss - median(losses)) <= T.CONSTANT * level
    return Finding(
        "miswired",
        Severity.CRITICAL,
        reading.since(np.asarray(held | reading.facts.skipped)),
        f"the loss has been {norm(float(losses[-1]))} at each of the last {len(losses)} steps, to within "
        f"{norm(differ)}; by its gradient each of them should change it by up to {norm(median(effects))}",
        "the loss compares two things that are always equal, as a model with a reference that is the model "
        "itself and not a copy: what a step changes, it changes in both",
        choices.CONSTANT_LOSS,
        tuple(int(r) for r in reading.rows),
        reading.names(reading.rows),
    )
