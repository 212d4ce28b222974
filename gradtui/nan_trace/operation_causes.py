"""What is told of an operation that was given finite numbers, and gave some that are not."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from gradtui.autograd.saved_tensors import plain, saved, word_of
from gradtui.nan_trace.known_values import GivenTensor
from gradtui.nan_trace.slopes import InfiniteSlope
from gradtui.nan_trace.value_ranges import look

LOGS = ("log", "log2", "log10")
ROOTS = ("sqrt", "rsqrt")
ARCS = ("acos", "asin", "atanh", "erfinv")

EITHER = {
    "sqrt": "negative numbers or NaN",
    "rsqrt": "negative numbers or NaN",
    "exp": "large numbers or infinity",
    "softmax": "a row of -inf, an infinity or NaN",
    "log_softmax": "a row of -inf, an infinity or NaN",
}
"""Of which it is not known which."""


def undefined(node: Any, given: list[GivenTensor], value: Tensor | None, at: Tensor | None) -> str:
    """ "log of 3 zeros among 640 values"."""
    word = word_of(node)
    first = given[0].value
    if value is None or at is None or at.shape != value.shape:
        return f"{word} gave a result that is not finite from finite numbers"
    if word == "div" and len(given) > 1 and given[1].value is not None:
        below = given[1].value.expand(value.shape)
        if zeros := int(((below == 0) & at).sum()):
            count = _count(zeros, "zero", "zeros", value.numel())
            return f"division by {count}"
    if first is not None and first.shape == value.shape:
        kinds = _kinds(word, first, at, plain(node, "exponent"))
        if kinds:
            return f"{word} of {kinds} among {_amount(value.numel())}"
    kind = "NaN" if bool((value.isnan() & at).any()) else "infinity"
    known = [one.value for one in given if one.value is not None and one.value.is_floating_point()]
    high = max((look(one).high for one in known), default=0.0)
    where = "" if value.numel() == 1 else f" in {int(at.sum())} of {value.numel()} values"
    return f"{word} gave {kind}{where} from finite numbers up to {high:.3g} in size"


def _kinds(word: str, x: Tensor, at: Tensor, exponent: Any) -> str:
    """What it was at those places that the operation is not defined for."""
    zeros = int(((x == 0) & at).sum())
    negative = int(((x < 0) & at).sum())
    beyond = int(((x.abs() > 1) & at).sum())
    parts = []
    power = exponent if isinstance(exponent, (int, float)) else 0.5
    falls, broken = word == "pow" and power < 0, word == "pow" and not float(power).is_integer()
    if zeros and (falls or word in (*LOGS, "rsqrt", "reciprocal", "lgamma", "digamma")):
        parts.append(_many(zeros, "zero", "zeros"))
    if negative and (broken or word in (*LOGS, *ROOTS)):
        parts.append(_many(negative, "negative value", "negative values"))
    if word == "log1p" and (low := int(((x <= -1) & at).sum())):
        parts.append(_many(low, "value of -1 or less", "values of -1 or less"))
    if word in ARCS and beyond:
        parts.append(_many(beyond, "value outside [-1, 1]", "values outside [-1, 1]"))
    elif word in ("atanh", "erfinv") and (ends := int(((x.abs() == 1) & at).sum())):
        parts.append(_many(ends, "value at -1 or 1", "values at -1 or 1"))
    if word == "acosh" and (low := int(((x < 1) & at).sum())):
        parts.append(_many(low, "value below 1", "values below 1"))
    if word in ("exp", "expm1", "exp2") and bool(at.any()):
        return f"{_many(int(at.sum()), 'value', 'values')} up to {float(x[at].max()):.3g}"
    return " and ".join(parts)


def masked_rows(node: Any, value: Tensor | None, at: Tensor | None) -> str:
    """How many rows are minus infinity throughout, of those that matter; "" for none."""
    dim = plain(node, "dim")
    if value is None or dim is None:
        return ""
    rows = (value == -torch.inf).all(dim, keepdim=True) if isinstance(dim, int) else None
    if rows is None:
        rows = value == -torch.inf
        for one in dim:
            rows = rows.all(one, keepdim=True)
    if at is not None and at.shape == value.shape:
        rows = rows & at.any(dim, keepdim=True) if isinstance(dim, int) else rows
    elif at is not None and at.numel() == rows.numel():
        rows = rows & at.reshape(rows.shape)
    count = int(rows.sum())
    return _many(count, "row", "rows") if count else ""


def covered_rows(node: Any, below: Any, value: Tensor) -> str:
    """How many rows that came out as NaN a mask had filled throughout: of a row of one number, and
    that a finite one, a softmax is finite."""
    hidden = {"masked_fill": "mask", "where": "condition"}.get(word_of(below) if below else "")
    mask, dim = saved(below, hidden) if hidden else None, plain(node, "dim")
    if mask is None or not isinstance(dim, int):
        return ""
    mask = (mask if hidden == "mask" else ~mask).expand(value.shape)
    if hidden == "where" and below.next_functions[0][0] is None:
        mask = ~mask
    count = int((mask & value.isnan()).all(dim).sum())
    return _many(count, "row", "rows") if count else ""


def hidden_choice(below: Any, value: Tensor, at: Tensor | None) -> str:
    """How many values a mask has hidden that are used all the same; "" unless it has all of them."""
    mask = saved(below, "mask") if below is not None and word_of(below) == "masked_fill" else None
    if mask is None or at is None or at.shape != value.shape:
        return ""
    mask, count = mask.expand(value.shape), int(at.sum())
    fits = bool(mask[at].all()) and bool((value[at] == -torch.inf).all())
    return _many(count, "value", "values") if fits else ""


def unknown(word: str, value: Tensor, at: Tensor | None) -> str:
    """Of a result that is the first known, where what it was made of is not."""
    count = int((~torch.isfinite(value) if at is None else at).sum())
    text = f"the first result in it that is known not to be finite is that of {word}"
    size = f" ({count} of {_amount(value.numel())})"
    return f"{text}{size}, which was given {EITHER.get(word, 'what is not known')}"


def constant(word: str, value: Tensor, at: Tensor | None) -> str:
    """Of what is in the graph, and has no gradient."""
    kind = "NaN" if bool(value.isnan().any()) else "infinity"
    count = "" if at is None or at.numel() == 1 else f" ({int(at.sum())} of {at.numel()} values)"
    return (
        f"there was {kind} in a tensor without a gradient that {word} was given{count}: in the "
        "targets, or in what was made of them"
    )


def result(value: Tensor, at: Tensor | None, one: str, several: str) -> str:
    count = int((~torch.isfinite(value) if at is None else at).sum())
    return _count(count, one, several, value.numel())


def at_fault(passes: Sequence[Sequence[InfiniteSlope]]) -> tuple[str, str]:
    """Which operation it was on the way back, "" where none or more than one can have been; and
    what there is to say."""
    found: dict[str, tuple[int, int, bool]] = {}
    for one in (one for some in passes for one in some):
        bad = one.bad()
        if bad is not None and (count := int(bad.sum())):
            before = found.get(one.word, (0, 0, False))
            found[one.word] = before[0] + count, before[1] + bad.numel(), before[2] or one.sure
    told = [
        f"the slope of {word} is not finite at {count} of {_amount(size)}"
        for word, (count, size, _) in found.items()
    ]
    sure = [word for word, (_, _, sure) in found.items() if sure]
    if len(sure) != 1 or len(found) > 1:
        return "", " and ".join(told)
    return sure[0], f"{told[0]}, so the gradient of the output is not finite"


def _count(count: int, one: str, several: str, size: int) -> str:
    return f"{_many(count, one, several)} among {_amount(size)}" if size > 1 else one


def _many(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"


def _amount(size: int) -> str:
    return f"{size} value{'s' if size > 1 else ''}"
