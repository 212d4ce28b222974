"""A regression that has learned the mean of its targets and no more, in the time that it has had."""

import math

import numpy as np

from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.gradient_agreement import agreement, in_common
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.rules.not_learning import ruled_out, unrelated
from gradtui.doctor.rules.small_updates import stopped_by_schedule, too_small_steps

UNRELATED = (
    "gradients flow, and yet nothing is learned but the mean: the targets have nothing to do with the "
    "inputs (drawn or shuffled anew, of another example), or the inputs do not tell of them any more "
    "(cast, scaled, cut off)"
)
NOT_APART = (
    "what belongs together is no nearer than what does not: positives and negatives are handed over the "
    "wrong way round or drawn by wrong labels, only the hardest are asked for, or outputs have become one"
)


def no_more_than_mean(reading: Reading) -> Finding | None:
    """After many steps, long enough to have gone anywhere, the loss is what the mean of the targets costs,
    and comes down no more.

    Targets with less than a fiftieth that can be foretold look the same.
    """
    mean = reading.facts.info.mean_loss
    if not mean or reading.critic or reading.blind or reading.signed or reading.half:
        return None
    if reading.seen < T.AGREED_BY_STEPS or not _stands(reading):
        return None
    level, error = _late(reading)
    common = agreement(reading)
    apart = reading.has_margin
    if (reading.seen < T.AT_THE_MEAN_STEPS or apart) and not common.none:
        return None  # of the hardest triplets the loss stays there while others are learned
    if common.early > T.AGREED_ONCE and not apart:
        return None  # something was learned, and there may be no more
    low, high = T.THE_VERY_MEAN
    low = T.MEAN_AND_NONE if common.none else low
    if not low * mean < level < high * mean or error > T.LEVEL_KNOWN * level:
        return None
    if reading.warming_up or not reading.largest_ratio * reading.seen > T.WENT_FAR:
        return None
    if stopped_by_schedule(reading) is not None or too_small_steps(reading) is not None:
        return None  # which say more
    return Finding(
        unrelated(reading),
        Severity.WARNING,
        int(reading.facts.steps[0]),
        f"after {reading.seen:,} steps the loss is {level:.3g}; {reading.mean_words}, which looks at no "
        f"input, costs {mean:.3g}; {in_common(common) if common.none else ruled_out(reading)}",
        NOT_APART if apart else UNRELATED,
        choices.NOT_APART if apart else choices.PLATEAU,
    )


def _late(reading: Reading) -> tuple[float, float]:
    """Mean loss of the second half, and its standard error."""
    late = reading.losses[len(reading.losses) // 2 :]
    late = late[np.isfinite(late)]
    return float(late.mean()), float(late.std()) / math.sqrt(max(len(late), 1))


def _stands(reading: Reading) -> bool:
    """Whether the last third of the losses is no lower than the one before."""
    losses = reading.losses[np.isfinite(reading.losses)]
    if len(losses) < 3 * T.WINDOW:
        return False
    _, before, now = np.array_split(losses, 3)
    return not Reading.lower(before, now, T.SLOW_FALL)
