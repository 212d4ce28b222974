"""What is said of an operation that a NaN came of, in words of its own."""

from gradtui.core.autopsy import Autopsy
from gradtui.doctor.rules.undefined_operations import operation

EXPONENTIALS = ("exp", "expm1", "exp2", "sinh", "cosh")
LOGS = ("log", "log2", "log10", "log1p")
ROOTS = ("sqrt", "rsqrt")
DIVISIONS = ("div", "reciprocal")
ARCS = ("acos", "asin", "atanh", "acosh", "erfinv")
MASKED = ("softmax", "safesoftmax", "logsoftmax", "logsumexp")
LABELLED = ("nllloss", "nllloss2d")
SPREADS = ("std", "var")
VALUES = {"linalgsvd": "singular values", "linalgeigh": "eigenvalues"}
LARGE = (
    *("mm", "addmm", "bmm", "baddbmm", "matmul", "mv", "dot", "linear", "convolution"),
    *("mseloss", "sum", "cumsum", "prod", "cumprod", "mul", "add", "sub"),
)
"""Of finite numbers they make an infinity only where these are large."""
COUNTED = (*LABELLED, *SPREADS)
"""Where these give an infinity numbers were large, and not too few."""
NOUGHT = "0 times that is NaN"
LIKELY = "most likely"
"""How the autopsy says that it could be something else."""
HIDDEN = "left out behind it"
"""How the autopsy says that what was not finite is not used."""
MOSTLY = (
    (EXPONENTIALS, "overflowed: what it was given is too large for it"),
    (("log1p",), "was given -1 or less, where it has no finite result"),
    (LOGS, "was given what is not above 0, where it has no finite result"),
    (ROOTS, "was given what is below 0, where there is no root"),
    (DIVISIONS, "divides by zero"),
    (ARCS, "was given what lies outside its range"),
    (MASKED, "is taken over a row that a mask leaves nothing of"),
    (LABELLED, "is a mean over no label at all: every one is ignored, or has weight 0"),
    (SPREADS, "is of a single value, and is divided by one less than there are"),
)
BACK = (
    (("log1p",), "has no finite slope at -1"),
    (LOGS, "has no finite slope at 0"),
    ((*ROOTS, "pow", "hypot", "linalgvectornorm"), "has an infinite slope at 0"),
    (DIVISIONS, "has no finite slope where it divides by zero"),
    (ARCS, "has an infinite slope at the ends of its range"),
    (EXPONENTIALS, "overflowed in values that are not used, and 0 times infinity is NaN"),
    (MASKED, "has no slope over a row that a mask leaves nothing of"),
)


def headline(found: Autopsy, where: str) -> str:
    """ "exp in the flow's coupling overflowed: ..."; "" where there are no words for that operation."""
    word, at = operation(found), f" in {where}" if where else ""
    if not word:
        return ""
    name = f"{found.operation}{at}"
    if found.phase == "backward":
        told = _backward(found, word, name)
        return f"{LIKELY} {told}" if told and LIKELY in found.words else told
    if word == "ctcloss":
        return f"{name} has no way to fit the labels in: its input is shorter than they need"
    if word == "mean" and "no values" in found.words:
        return f"{name} is taken of no values at all"
    if word == "maskedfill":
        return f"a mask{at} hides what the loss is made of"
    if word == "pow" and "infinity" not in found.words:
        return f"{name} has no finite result for what it was given: a root of a number below 0, or 1 / 0"
    if word in DIVISIONS and found.argument is not None and not found.argument.odd:
        return f"{name} overflowed: what it divides by is too small"
    if word in LARGE or word == "pow" or (word in COUNTED and "infinity" in found.words):
        return _large(found, word, name)
    return next((f"{name} {text}" for words, text in MOSTLY if word in words), "")


def _large(found: Autopsy, word: str, name: str) -> str:
    if word == "mul" and NOUGHT in found.words:
        return f"{name} multiplies 0 with infinity"
    infinite = "infinity" in found.words
    return f"{name} overflowed: the numbers that it was given are too large" if infinite else ""


def _backward(found: Autopsy, word: str, name: str) -> str:
    if HIDDEN in found.words:
        what = "the targets hold" if found.tensor == "targets" else f"{name} is given"
        kind = "NaN" if "given NaN" in found.words else "infinity"
        return (
            f"{what} {kind} that is left out only behind {found.operation}: on the way back 0 times "
            f"{kind} is NaN"
        )
    if word in VALUES:
        return f"{name} has no slope where two {VALUES[word]} are equal"
    if own_function(found):
        return f"the backward of {name}, a function of the program's own, has no finite result here"
    return next((f"the backward of {name} {text}" for words, text in BACK if word in words), "")


def own_function(found: Autopsy) -> bool:
    """Whether it is an autograd function of the program: torch's operations are not called like classes."""
    return found.operation[:1].isupper() and bool(found.source)
