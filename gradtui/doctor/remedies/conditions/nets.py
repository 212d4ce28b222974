"""By what the net is made of."""

from gradtui.doctor.program_seen import EARLY, ProgramSeen
from gradtui.doctor.remedies import choices
from gradtui.doctor.remedies.choices import Choice
from gradtui.doctor.remedies.code.activations import ORTHOGONAL_TANH, STEEP_ACTIVATION
from gradtui.doctor.remedies.code.checks import INPUTS_WITH_LABELS
from gradtui.doctor.remedies.code.fragments import layers
from gradtui.doctor.remedies.code.learning_rate import LOWER_LR_AND_WARM_UP, above_custom
from gradtui.doctor.remedies.code.recurrent import GATES, LONG, ORTHOGONAL, PLAIN
from gradtui.doctor.remedies.code.recurrent_stacks import (
    FEWER_RECURRENT_LAYERS,
    NORMED_OUTPUTS,
    OPEN_GATES,
    SHALLOW,
    recurrent_stacks,
)
from gradtui.doctor.remedies.code.structure import NORMALISING, SKIPS_OR_NORMS, TRAINING_MODE
from gradtui.doctor.remedies.code.weights import FITTING_INIT, SMALLER_WEIGHTS
from gradtui.doctor.remedy import Remedy
from gradtui.doctor.steep_activations import STEEP
from gradtui.doctor.thresholds import DEEP_STACK

FADING_STACK = (
    choices.VANISHING_DEPTH,
    choices.VANISHING_WEIGHTS,
    choices.VANISHING_CONVOLUTIONS,
)
FADING = (*FADING_STACK, choices.VANISHING_UNIFORM)
FAR_ABOVE = 3.0
"""Times the customary learning rate that speak for one that is too large."""


def recurrent(seen: ProgramSeen, chosen: Choice) -> Choice:
    """Gates, fewer layers and norms in place of activations that are no modules of such a net."""
    start = chosen == choices.PLATEAU_INIT
    stacks = recurrent_stacks(seen) if chosen in FADING or start else []
    others = [row for row in layers(seen) if row is not seen.all_rows[-1]]
    if not stacks or sum(stack.layers for stack in stacks) < len(others):
        return chosen
    kinds = {stack.kind for stack in stacks}
    first: Choice = (OPEN_GATES,) if kinds.intersection(LONG) else (ORTHOGONAL,)
    first += (GATES,) if kinds.intersection(PLAIN) else ()
    fewer = (FEWER_RECURRENT_LAYERS,) if any(stack.layers > SHALLOW for stack in stacks) else ()
    return (*first, *fewer, NORMED_OUTPUTS, *((INPUTS_WITH_LABELS,) if start else ()))


def transformer(seen: ProgramSeen, chosen: Choice) -> Choice:
    """Where what fades is kept alive by what branches add to."""
    if not seen.attention or chosen not in FADING_STACK:
        return chosen
    if above_custom(seen) > FAR_ABOVE:
        return (LOWER_LR_AND_WARM_UP, *choices.VANISHING_TRANSFORMER)
    return choices.VANISHING_TRANSFORMER


def stack(seen: ProgramSeen, chosen: Choice) -> Choice:
    """Other weights where activations are steep already; in a deep stack of others tanh."""
    if STEEP_ACTIVATION not in chosen:
        return chosen
    deep = len(seen.all_rows) > DEEP_STACK and not seen.sequences
    words = set(seen.words)
    if not words or not words <= STEEP or words == {"tanh"}:
        return swapped(chosen, STEEP_ACTIVATION, ORTHOGONAL_TANH) if deep else chosen
    convolves = any(row.kind.startswith("Conv") for row in seen.all_rows)
    if convolves or not deep:
        return swapped(chosen, STEEP_ACTIVATION, FITTING_INIT)
    return (FITTING_INIT, SKIPS_OR_NORMS, ORTHOGONAL_TANH)


def normed(seen: ProgramSeen, chosen: Choice) -> Choice:
    """Of norms that are there only their mode can be wrong: what blows up from the start has not
    been normalised by the batch. Of a recurrent net it is outputs that can be normalised."""
    if recurrent_stacks(seen) and not layers(seen)[:-1]:
        chosen = swapped(chosen, SMALLER_WEIGHTS, ORTHOGONAL)
        return tuple(NORMED_OUTPUTS if one in NORMALISING else one for one in chosen)
    kinds = [row.kind for row in seen.facts.layout.rows if "Norm" in row.kind]
    hidden = len(layers(seen)) - 1
    if seen.attention or 2 * len(kinds) < hidden or not kinds:
        return chosen
    if not set(chosen).intersection(NORMALISING):
        return chosen
    left = tuple(one for one in chosen if one not in NORMALISING)
    at_once = seen.finding.symptom == "exploding_gradient" and seen.finding.first_step < EARLY
    batch = any("BatchNorm" in kind for kind in kinds)
    return (TRAINING_MODE, *left) if batch and at_once else left


def dead_from_start(seen: ProgramSeen, chosen: Choice) -> Choice:
    """Before any step: first weights and biases as well."""
    early = seen.finding.first_step < EARLY and seen.from_start
    return choices.DEAD_START if chosen == choices.DEAD_RELU and early else chosen


def swapped(chosen: Choice, old: Remedy, new: Remedy) -> Choice:
    return tuple(new if one == old else one for one in chosen)
