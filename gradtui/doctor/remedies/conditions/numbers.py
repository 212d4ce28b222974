"""By the size of what goes in, and by what the losses are."""

import math

from gradtui.doctor.remedies.advice import ADVICE
from gradtui.doctor.remedies.code.adversarial_nets import wasserstein
from gradtui.doctor.remedies.code.inputs import LARGE, input_size, integer_inputs
from gradtui.doctor.remedies.code.program_seen import ProgramSeen

Told = tuple[str, ...]

(SCALE,) = ADVICE["large_inputs"]
DRIVEN_BY_INPUTS = ("exploding_gradient", "oscillating_loss", "dead_relu", "saturated")
"""Symptoms that inputs bring about by being large."""


def inputs(seen: ProgramSeen, told: Told) -> Told:
    """First where they are seen to be large; last where that is not known; else not at all."""
    if seen.finding.symptom not in DRIVEN_BY_INPUTS or "critic" in seen.facts.info.task:
        return told
    size, left = input_size(seen), tuple(one for one in told if one != SCALE)
    if size > LARGE:
        return (SCALE, *left)
    unknown = math.isnan(size) and not integer_inputs(seen)
    return (*left, SCALE) if SCALE in told and unknown else left


def games(seen: ProgramSeen, told: Told) -> Told:
    """Of a Wasserstein loss no logarithm can be taken: what holds the critic down is to be changed."""
    return (
        ADVICE["vanishing_critic"][:2] if told == ADVICE["starved"] and wasserstein(seen) else told
    )
