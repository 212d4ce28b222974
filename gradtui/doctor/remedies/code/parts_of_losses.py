"""Parts of loss functions that have nothing to count, or too little."""

from gradtui.doctor.program_seen import ProgramSeen
from gradtui.doctor.remedies.code.fragments import block
from gradtui.doctor.remedies.code.prescription import OPERATION
from gradtui.doctor.remedy import CodeLines, Remedy


def longer_input(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def fitting_ctc_loss(log_probs, labels, frames, lengths, blank=0):  # [t, n, c]
            # a sample of which the labels do not fit counts as 0: better leave it out of the data
            return torch.nn.functional.ctc_loss(
                log_probs, labels, frames, lengths, blank=blank, zero_infinity=True
            )
    """)
    return CodeLines(OPERATION, code, "a finite loss; count the samples whose labels do not fit")


def counted_labels(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def cross_entropy_of_labelled(scores, labels, ignored=-100):
            count = (labels != ignored).sum().clamp_min(1)  # a batch may have none
            whole = torch.nn.functional.cross_entropy(
                scores, labels, ignore_index=ignored, reduction="sum"
            )
            return whole / count
    """)
    return CodeLines(OPERATION, code, "a loss of 0 where nothing is labelled, the rest as before")


def mean_of_nothing(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def mean_of(values):  # in place of values.mean()
            return values.sum() / max(values.numel(), 1)
    """)
    return CodeLines(OPERATION, code, "a loss of 0 where nothing was selected, the rest as before")


def spread_of_one(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def deviation(values, dim=0, eps=1e-8):  # in place of values.std(dim)
            return (values.var(dim, correction=0) + eps).sqrt()
    """)
    return CodeLines(OPERATION, code, "a number for a single value as well; or drop_last=True")


def values_apart(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def apart(matrix, eps=1e-4):  # before svd or eigh: no two values are the same any more
            size = min(matrix.shape[-2:])
            noise = torch.zeros_like(matrix)
            noise.diagonal(dim1=-2, dim2=-1).copy_(torch.linspace(0, 1, size))
            return matrix + eps * matrix.detach().abs().amax().clamp_min(1) * noise
    """)
    return CodeLines(
        OPERATION, code, "finite gradients; or use the values alone, which have a slope everywhere"
    )


def left_out_before(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def error_of_known(outputs, targets):  # in place of a mask behind the loss
            known = torch.isfinite(targets)
            return torch.nn.functional.mse_loss(outputs[known], targets[known])  # or your own loss
    """)
    return CodeLines(
        OPERATION, code, "the same loss, and gradients that are finite: what is missing has none"
    )


LONGER_INPUT = Remedy(
    id="longer_input",
    text=("make the input of CTC longer or the labels fewer, or leave such samples out"),
    code=longer_input,
)
COUNTED_LABELS = Remedy(
    id="counted_labels",
    text=("divide by the number of labels that count, and by no less than 1"),
    code=counted_labels,
)
MEAN_OF_NOTHING = Remedy(
    id="mean_of_nothing",
    text=("take no mean where nothing was selected"),
    code=mean_of_nothing,
)
SPREAD_OF_ONE = Remedy(
    id="spread_of_one",
    text=(
        "take the standard deviation of more than one value, or without the correction of its divisor"
    ),
    code=spread_of_one,
)
VALUES_APART = Remedy(
    id="values_apart",
    text=("keep singular values or eigenvalues apart, or use them without their vectors"),
    code=values_apart,
)
LEFT_OUT_BEFORE = Remedy(
    id="left_out_before",
    text=("leave missing values out before the loss is computed, not behind it"),
    code=left_out_before,
)
