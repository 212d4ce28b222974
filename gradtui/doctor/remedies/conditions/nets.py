"""By what the net is made of."""

from gradtui.doctor.remedies.advice import ADVICE
from gradtui.doctor.remedies.code.fragments import layers
from gradtui.doctor.remedies.code.learning_rate import above_custom
from gradtui.doctor.remedies.code.program_seen import EARLY, ProgramSeen
from gradtui.doctor.remedies.code.recurrent import LONG, PLAIN
from gradtui.doctor.remedies.code.recurrent_stacks import SHALLOW, recurrent_stacks
from gradtui.doctor.steep_activations import STEEP as STEEP_WORDS
from gradtui.doctor.thresholds import DEEP_STACK

Told = tuple[str, ...]

FADING = tuple(
    ADVICE[f"vanishing_{key}"] for key in ("depth", "weights", "convolutions", "uniform")
)
STEEP, SKIPS, _ = ADVICE["vanishing_depth"]
INIT = ADVICE["vanishing_weights"][0]
TANH = ADVICE["vanishing_stack"][0]
ORTHOGONAL, GATES, _ = ADVICE["vanishing_time"]
OPEN, FEWER, NORMED_OUTPUTS = ADVICE["vanishing_recurrent"]
SMALLER_WEIGHTS = ADVICE["saturated"][0]
BRANCH_SIZE = ADVICE["vanishing_transformer"][2]
LOWER_AND_WARM = ADVICE["vanishing_transformer"][1]
NORMALISING = (
    SKIPS,
    ADVICE["vanishing_uniform"][1],
    ADVICE["exploding_init"][1],
    ADVICE["driven"][1],
)
FAR_ABOVE = 3.0
"""Times the customary learning rate that speak for one that is too large."""


def recurrent(seen: ProgramSeen, told: Told) -> Told:
    """Gates, fewer layers and norms in place of activations that are no modules of such a net."""
    start = told == ADVICE["plateau_init"]
    stacks = recurrent_stacks(seen) if told in FADING or start else []
    others = [row for row in layers(seen) if row is not seen.all_rows[-1]]
    if not stacks or sum(stack.layers for stack in stacks) < len(others):
        return told
    kinds = {stack.kind for stack in stacks}
    first: Told = (OPEN,) if kinds.intersection(LONG) else (ORTHOGONAL,)
    first += (GATES,) if kinds.intersection(PLAIN) else ()
    fewer = (FEWER,) if any(stack.layers > SHALLOW for stack in stacks) else ()
    return (*first, *fewer, NORMED_OUTPUTS, *(told[-1:] if start else ()))


def transformer(seen: ProgramSeen, told: Told) -> Told:
    """Where what fades is kept alive by what branches add to."""
    if not seen.attention or told not in FADING[:3]:
        return told
    suited = ADVICE["vanishing_transformer"]
    if above_custom(seen) > FAR_ABOVE:
        suited = (LOWER_AND_WARM, *suited)
    return suited if seen.facts.info.residual else without(suited, BRANCH_SIZE)


def stack(seen: ProgramSeen, told: Told) -> Told:
    """Other weights where activations are steep already; in a deep stack of others tanh."""
    if STEEP not in told:
        return told
    deep = len(seen.all_rows) > DEEP_STACK and not seen.sequences
    words = set(seen.words)
    if not words or not words <= STEEP_WORDS or words == {"tanh"}:
        return swapped(told, STEEP, TANH) if deep else told
    convolves = any(row.kind.startswith("Conv") for row in seen.all_rows)
    if convolves or not deep:
        return swapped(told, STEEP, INIT)
    return (INIT, SKIPS, TANH)


def normed(seen: ProgramSeen, told: Told) -> Told:
    """Of norms that are there only their mode can be wrong: what blows up from the start has not
    been normalised by the batch. Of a recurrent net it is outputs that can be normalised."""
    if len(seen.all_rows) < 2:
        return without(told, *NORMALISING)
    if recurrent_stacks(seen) and not layers(seen)[:-1]:
        told = swapped(told, SMALLER_WEIGHTS, ORTHOGONAL)
        return tuple(NORMED_OUTPUTS if one in NORMALISING else one for one in told)
    kinds = [row.kind for row in seen.facts.layout.rows if "Norm" in row.kind]
    hidden = len(layers(seen)) - 1
    if seen.attention or 2 * len(kinds) < hidden or not kinds:
        return told
    if not set(told).intersection(NORMALISING):
        return told
    left = without(told, *NORMALISING)
    at_once = seen.finding.symptom == "exploding_gradient" and seen.finding.first_step < EARLY
    batch = any("BatchNorm" in kind for kind in kinds)
    return (*ADVICE["eval_mode"], *left) if batch and at_once else left


def dead_from_start(seen: ProgramSeen, told: Told) -> Told:
    """Before any step: first weights and biases as well."""
    early = seen.finding.first_step < EARLY
    return (
        ADVICE["dead_start"] if told == ADVICE["dead_relu"] and early and seen.from_start else told
    )


def without(told: Told, *gone: str) -> Told:
    return tuple(one for one in told if one not in gone)


def swapped(told: Told, old: str, new: str) -> Told:
    return tuple(new if one == old else one for one in told)
