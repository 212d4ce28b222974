"""By how far steps went, and what set their length."""

from gradtui.doctor.program_seen import ProgramSeen
from gradtui.doctor.remedies import choices
from gradtui.doctor.remedies.choices import Choice
from gradtui.doctor.remedies.code.checks import INPUTS_WITH_LABELS
from gradtui.doctor.remedies.code.learning_rate import (
    COMPARE_LARGER_LR,
    COMPARE_LR,
    COMPARE_SMALLER_LR,
    FAINT_RATIO,
    RAISE_LR,
    SOUND_RATIO,
    USUAL_LR,
    above_custom,
)
from gradtui.doctor.remedies.code.limits import RAISE_CLIP
from gradtui.doctor.remedies.code.precision import FLOAT32_WEIGHTS
from gradtui.doctor.thresholds import CLIPPED

FAR_BELOW = 1e-3
"""Share of the customary learning rate that is none."""


def clipped(seen: ProgramSeen, chosen: Choice) -> Choice:
    """What shortens steps is the clip, not the learning rate."""
    if RAISE_LR not in chosen or not seen.clip_factor < CLIPPED:
        return chosen
    return tuple(RAISE_CLIP if one == RAISE_LR else one for one in chosen)


def too_small(seen: ProgramSeen, chosen: Choice) -> Choice:
    """Not ten times as much, but as much as anybody begins with."""
    far = above_custom(seen) < FAR_BELOW
    return tuple(USUAL_LR if one == RAISE_LR and far else one for one in chosen)


def sides(seen: ProgramSeen, chosen: Choice) -> Choice:
    """To which side of a learning rate the evidence points, if to any."""
    if COMPARE_LR not in chosen:
        return chosen
    ratio, custom = seen.whole_ratio, above_custom(seen)
    if custom < FAR_BELOW:
        return (USUAL_LR, INPUTS_WITH_LABELS)
    if ratio < FAINT_RATIO and custom < 1:
        return choices.PLATEAU_SHORT
    return choices.PLATEAU_LONG if ratio > SOUND_RATIO else chosen


def half(seen: ProgramSeen, chosen: Choice) -> Choice:
    """Weights in half precision that stay where they are: never shorter steps."""
    if seen.finding.symptom != "plateau" or not seen.pure_half or FLOAT32_WEIGHTS in chosen:
        return chosen
    either = (COMPARE_LR, COMPARE_SMALLER_LR)
    longer = [COMPARE_LARGER_LR if one in either else one for one in chosen]
    return (FLOAT32_WEIGHTS, *longer)
