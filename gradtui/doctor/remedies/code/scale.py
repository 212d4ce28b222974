"""Units of measure: of the targets, of the inputs, of the loss."""

import math

from gradtui.doctor.program_seen import ProgramSeen
from gradtui.doctor.remedies.code.fragments import block
from gradtui.doctor.remedies.code.inputs import LARGE, input_size, integer_inputs
from gradtui.doctor.remedies.code.prescription import DATA, LOSS
from gradtui.doctor.remedy import CodeLines, Remedy

DRIVEN_BY_INPUTS = ("exploding_gradient", "oscillating_loss", "dead_relu", "saturated")
"""Symptoms that inputs bring about by being large."""


def inputs_to_blame(seen: ProgramSeen) -> bool:
    """Whether what is wrong is something that large inputs bring about."""
    return seen.finding.symptom in DRIVEN_BY_INPUTS and "critic" not in seen.facts.info.task


def large_inputs(seen: ProgramSeen) -> bool:
    """They are seen to be large."""
    return input_size(seen) > LARGE


def perhaps_large_inputs(seen: ProgramSeen) -> bool:
    """They are, or it is not known; always where a rule has other reasons for it."""
    unknown = math.isnan(input_size(seen)) and not integer_inputs(seen)
    return not inputs_to_blame(seen) or large_inputs(seen) or unknown or _first_pinned(seen)


def _first_pinned(seen: ProgramSeen) -> bool:
    """Of the first layer alone: where its slope is almost zero its gradients say nothing of its inputs."""
    first = seen.facts.layout.weight_rows[:1].tolist()
    return seen.finding.symptom == "saturated" and list(seen.finding.rows) == first


def scale_targets(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        center, spread = targets.mean(dim=0), targets.std(dim=0)
        targets = (targets - center) / spread.clamp_min(1e-12)
        # an answer in the old units is: answer * spread + center
    """)
    return CodeLines(DATA, code, "a loss that starts near 1 and gradient norms within the band")


def scale_inputs(seen: ProgramSeen) -> CodeLines | None:
    """Columns of a table each by itself, as one of them alone may be large; what a convolution takes
    as a whole. None for indices."""
    if integer_inputs(seen):
        return None
    convolves = bool(seen.all_rows) and seen.all_rows[0].kind.startswith("Conv")
    over = "tuple(range(inputs.dim()))"
    code = block(f"""
        over = {over if convolves else f"0 if inputs.dim() == 2 else {over}"}
        center, spread = inputs.mean(over), inputs.std(over)  # of the whole training set; keep the two
        inputs = (inputs - center) / torch.where(spread > 0, spread, 1)
    """)
    return CodeLines(DATA, code, "a first gradient within the band")


def mean_loss(seen: ProgramSeen) -> CodeLines:
    code = "loss = loss / targets.numel()  # where it is a sum: reduction='mean' does the same"
    expect = "gradient norms smaller by the size of the batch"
    if seen.adaptive:
        expect += f"; {seen.optimizer or 'the optimizer'} divides that out and steps as before"
    return CodeLines(LOSS, code, expect)


STANDARD_INPUTS = Remedy(
    id="standard_inputs",
    text=("bring the inputs to mean 0 and standard deviation 1"),
    code=scale_inputs,
    applies=perhaps_large_inputs,
    source=("LeCun et al., 1998, Efficient BackProp"),
)
STANDARD_TARGETS = Remedy(
    id="standard_targets",
    text=("divide the targets by their standard deviation"),
    code=scale_targets,
    source=("van Hasselt et al., 2016, arXiv:1602.07714"),
)
MEAN_LOSS = Remedy(
    id="mean_loss",
    text=("take the mean of the loss rather than its sum"),
    code=mean_loss,
    source=("Goyal et al., 2017, arXiv:1706.02677"),
)


def spread_of_scores(seen: ProgramSeen) -> CodeLines:
    """Cosines lie between -1 and 1: divided by 0.1 they are sure of something, by 1000 of nothing."""
    del seen
    code = block("""
        scores = model(inputs)  # or what goes into the loss, once it is divided
        print("standard deviation of the scores of an example:", scores.float().std(dim=-1).mean().item())
    """)
    return CodeLines(
        LOSS,
        code,
        "about 1; where it is far below, divide by less: a temperature of 0.1",
        changes=False,
    )


SPREAD_OF_SCORES = Remedy(
    id="spread_of_scores",
    text=("look at what scores and loss are divided by: a temperature is about 0.1, not 1000"),
    code=spread_of_scores,
    source=("Chen et al., 2020, arXiv:2002.05709"),
)
