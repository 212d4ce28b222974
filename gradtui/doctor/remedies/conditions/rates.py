"""By how far steps went, and what set their length."""

from gradtui.doctor.remedies.advice import ADVICE
from gradtui.doctor.remedies.code.learning_rate import FAINT_RATIO, SOUND_RATIO, above_custom
from gradtui.doctor.remedies.code.program_seen import ProgramSeen
from gradtui.doctor.thresholds import CLIPPED

Told = tuple[str, ...]

INPUTS_AND_LABELS, COMPARE = ADVICE["plateau"]
LARGER, SMALLER = ADVICE["plateau_short"][0], ADVICE["plateau_long"][0]
FLOAT32, RAISE = ADVICE["rounded_away"]
(USUAL,) = ADVICE["far_too_small_lr"]
FAR_BELOW = 1e-3
"""Share of the customary learning rate that is none."""


def clipped(seen: ProgramSeen, told: Told) -> Told:
    """What shortens steps is the clip, not the learning rate."""
    return ADVICE["clipping_crawls"] if RAISE in told and seen.clip_factor < CLIPPED else told


def too_small(seen: ProgramSeen, told: Told) -> Told:
    """Not ten times as much, but as much as anybody begins with."""
    far = above_custom(seen) < FAR_BELOW
    return tuple(USUAL if one == RAISE and far else one for one in told)


def sides(seen: ProgramSeen, told: Told) -> Told:
    """To which side of a learning rate the evidence points, if to any."""
    if COMPARE not in told:
        return told
    ratio, custom = seen.whole_ratio, above_custom(seen)
    if custom < FAR_BELOW:
        return (USUAL, INPUTS_AND_LABELS)
    if ratio < FAINT_RATIO and custom < 1:
        return ADVICE["plateau_short"]
    return ADVICE["plateau_long"] if ratio > SOUND_RATIO else told


def half(seen: ProgramSeen, told: Told) -> Told:
    """Weights in half precision that stay where they are: never shorter steps."""
    if seen.finding.symptom != "plateau" or not seen.pure_half or FLOAT32 in told:
        return told
    longer = [LARGER if one in (COMPARE, SMALLER) else one for one in told]
    return (FLOAT32, *longer)
