"""Two nets that play against each other, and one has won."""

import numpy as np

from gradtui.core.snapshot import Grad, Weight
from gradtui.doctor.optimizer_series import streams
from gradtui.doctor.program_seen import ProgramSeen
from gradtui.doctor.remedies.code.fragments import block
from gradtui.doctor.remedies.code.prescription import DATA, LOSS, OPTIMIZER
from gradtui.doctor.remedy import CodeLines, Remedy

SOME = 0.05
"""Share of steps that is no accident."""
ALIKE, CLIPPED = 0.01, 0.4
"""Share of a limit by which largest weights may differ, and of a net's tensors that must be at it."""


def wasserstein(seen: ProgramSeen) -> bool:
    """Weights are clipped, or a side's losses are now above zero, now below."""
    facts = seen.facts
    if "critic" in facts.info.task or clipped_weights(seen):
        return True
    for stream in streams(facts):
        losses = stream.facts.loss[np.isfinite(stream.facts.loss)]
        if len(losses) and min(float((losses < 0).mean()), float((losses > 0).mean())) > SOME:
            return True
    return False


def clipped_weights(seen: ProgramSeen) -> bool:
    """Many tensors of a net end where the least of them does; those that a step has just taken beyond
    will be cut off."""
    for stream in streams(seen.facts):
        at = stream.facts.weights_at[-1:]
        if not len(at):
            continue
        owned = ~np.isnan(stream.facts.grads[at[0], :, Grad.NONFINITE])
        tops = stream.facts.weights[at[0], owned, Weight.ABS_MAX]
        tops = tops[np.isfinite(tops) & (tops > 0)]
        if len(tops) > 2 and float(np.mean(tops < (1 + ALIKE) * tops.min())) > CLIPPED:
            return True
    return False


def doubt(seen: ProgramSeen) -> CodeLines | None:
    """From log(1 - D) to -log D, of which the first alone is flat where D is near 0; None where
    losses are not logarithms of probabilities, as those of a Wasserstein critic are not."""
    if wasserstein(seen):
        return None
    code = block("""
        if loss < 0:  # the generator's mean of log(1 - D(fake)): flat where D is sure
            loss = -torch.log(-torch.expm1(loss))  # -log D(fake) in its place
        # a loss made of binary_cross_entropy(D(fake), ones) has this form already
    """)
    return CodeLines(LOSS, code, "gradients of the losing side back within the band")


def slower_other(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        for group in optimizer.param_groups:  # optimizer: that of the side that wins
            group["lr"] /= 4
    """)
    return CodeLines(OPTIMIZER, code, "both losses moving, neither for good")


def noisy_other(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        inputs = inputs + 0.1 * torch.randn_like(inputs)  # what it gets to judge, true and made
    """)
    return CodeLines(DATA, code, "a winning side whose loss no longer goes to nothing")


def real_label(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        targets = 1 - targets  # of the generator's loss alone: the label that real samples have
    """)
    return CodeLines(DATA, code, "losses of two sides that pull against each other")


REAL_LABEL = Remedy(
    id="real_label",
    text=("in the generator's loss give its samples the label that real ones have"),
    code=real_label,
    source=("Goodfellow et al., 2014, arXiv:1406.2661"),
)
NON_SATURATING_LOSS = Remedy(
    id="non_saturating_loss",
    text=(
        "have this net maximise log D of what it makes, in place of minimising log(1 - D) (the "
        "non-saturating loss), or use a Wasserstein loss with a gradient penalty"
    ),
    code=doubt,
    source=("Goodfellow et al., 2014, arXiv:1406.2661; Gulrajani et al., 2017, arXiv:1704.00028"),
)
SLOWER_OTHER_SIDE = Remedy(
    id="slower_other_side",
    text=("give the other net a smaller learning rate or fewer steps"),
    code=slower_other,
    source=("Heusel et al., 2017, arXiv:1706.08500"),
)
NOISY_OTHER_SIDE = Remedy(
    id="noisy_other_side",
    text=("smooth the labels of the other net, or add noise to its inputs"),
    code=noisy_other,
    source=("Salimans et al., 2016, arXiv:1606.03498; Arjovsky and Bottou, 2017, arXiv:1701.04862"),
)
