"""By the size of what goes in, and by what the losses are."""

from gradtui.doctor.program_seen import ProgramSeen
from gradtui.doctor.remedies import choices
from gradtui.doctor.remedies.choices import Choice
from gradtui.doctor.remedies.code.adversarial_nets import wasserstein
from gradtui.doctor.remedies.code.scale import STANDARD_INPUTS, inputs_to_blame, large_inputs


def inputs(seen: ProgramSeen, chosen: Choice) -> Choice:
    """First where they are seen to be large, or a rule says so; else last, as that is not known."""
    if not inputs_to_blame(seen) or chosen[0] == STANDARD_INPUTS:
        return chosen
    others = tuple(one for one in chosen if one != STANDARD_INPUTS)
    if large_inputs(seen):
        return (STANDARD_INPUTS, *others)
    return (*others, STANDARD_INPUTS) if STANDARD_INPUTS in chosen else chosen


def games(seen: ProgramSeen, chosen: Choice) -> Choice:
    """Of a Wasserstein loss no logarithm can be taken: what holds the critic down is to be changed."""
    lost = chosen == choices.STARVED and wasserstein(seen)
    return choices.WASSERSTEIN_LOST if lost else chosen
