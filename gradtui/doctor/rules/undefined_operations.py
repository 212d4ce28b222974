"""What the autopsy of a NaN or infinity says of its cause: undefined, overflowed, or not known."""

from gradtui.core.autopsy import Autopsy
from gradtui.core.snapshot import NonFinite

AT_POLES = frozenset(
    ("log", "log2", "log10", "log1p", "rsqrt", "reciprocal", "div", "atanh", "lgamma", "digamma")
)
"""Infinite at one value, and not because that is large."""
UNDEFINED = AT_POLES | frozenset(
    (
        *("sqrt", "acos", "asin", "acosh", "erfinv", "softmax", "safesoftmax", "logsoftmax"),
        *("logsumexp", "maskedfill", "nllloss", "nllloss2d", "ctcloss", "std", "var"),
    )
)
"""Without a result for some values; of large ones they have a finite one."""
NO_LARGER = 80.0
"""Of numbers up to that even exp has a finite result."""
BETWEEN = "gave finite numbers"
"""How the autopsy says that the step, run once more, was sound."""


def undefined(found: Autopsy | None) -> bool:
    """An operation that has no result for what it was given, whatever the size of weights is."""
    if found is None or not found.known or found.phase != "forward":
        return False
    word = operation(found)
    if found.inputs is not None and found.inputs.nonfinite:
        return word in UNDEFINED
    infinite = "infinity" in found.words
    if word in UNDEFINED:
        return not infinite or word in AT_POLES or word == "ctcloss"
    small = found.inputs is not None and found.inputs.high < NO_LARGER
    return small and not infinite and "NaN" in found.words


def operation(found: Autopsy) -> str:
    """In small letters and without underscores."""
    return found.operation.replace("_", "").lower()


def in_loss(seen: NonFinite, found: Autopsy | None) -> bool:
    """No module has to do with it: the loss function has."""
    if found is not None:
        return found.tensor == "loss" and not found.module
    return seen.tensor == "loss" and not seen.module


def between(seen: NonFinite) -> bool:
    """Gradients are finite where the backward pass is run once more: what wrote to them came later."""
    found = seen.autopsy
    told = found is not None and not found.reproduced and BETWEEN in found.words
    return seen.phase == "backward" and told


def forward_cause(seen: NonFinite, found: Autopsy | None) -> str:
    """One sentence, which names what is known."""
    if in_loss(seen, found):
        where = "the loss function"
    elif found is not None and found.module:
        where = f"{found.module} ({found.kind})" if found.kind else found.module
    else:
        where = seen.module
    if found is not None and found.operation:
        what = "has no finite result for what it was given"
        at = f" in {where}" if where else ""
        if not undefined(found):
            what = "overflowed, or is not defined for what it was given"
        return f"{found.operation}{at} {what}"
    if undefined(found):
        return f"an operation in {where} is not defined for what it was given"
    if not where:
        return "something in the forward pass overflowed or is undefined; what it was is not known"
    return f"something in {where} overflowed or is undefined; which operation it was is not known"


BETWEEN_CAUSE = (
    "run once more, backward gives finite gradients: what came between backward() and step() has most "
    "likely made them NaN or infinite, such as code of your own that edits gradients"
)
