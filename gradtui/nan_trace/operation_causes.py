"""What is told of an operation that was given finite numbers, and gave some that are not."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor

from gradtui.autograd.node_types import shape
from gradtui.autograd.saved_tensors import plain, saved, word_of
from gradtui.core.autopsy import Argument
from gradtui.nan_trace.known_values import GivenTensor
from gradtui.nan_trace.slopes import InfiniteSlope
from gradtui.nan_trace.source_lines import NOBODY, Around
from gradtui.nan_trace.value_ranges import look

LOGS = ("log", "log2", "log10")
ROOTS = ("sqrt", "rsqrt")
ARCS = ("acos", "asin", "atanh", "erfinv")

MOST_LIKELY = "most likely"
"""How words begin of what could be another's doing."""
MEAN = 1
"""How torch says that a loss is divided by the number of its labels."""

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
    if text := missing(node):
        return text
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


def zeros_below(node: Any, given: list[GivenTensor], at: Tensor | None) -> str:
    """Of a division by zeros, whatever it is that is divided."""
    if word_of(node) != "div" or len(given) < 2 or given[1].value is None:
        return ""
    zeros = given[1].value == 0
    if at is not None:
        zeros = zeros.expand(at.shape) & at if zeros.numel() < at.numel() else zeros & at
    count = int(zeros.sum())
    return f"division by {_count(count, 'zero', 'zeros', zeros.numel())}" if count else ""


def missing(node: Any) -> str:
    """Where there is nothing to take a mean of, no label to count, no way to fit labels in."""
    word = word_of(node)
    if word == "mean" and plain(node, "self_sym_numel") == 0:
        return "mean of no values: none was left to be taken"
    if word in ("std", "var") and plain(node, "correction"):
        whole, apart = saved(node, "self"), shape(node)
        size = 0 if whole is None else whole.numel() // max(prod(apart), 1)
        if 0 < size <= plain(node, "correction"):
            return f"{word} of {_many(size, 'value', 'values')}, divided by {size} - {size} = 0"
    if word in ("nll_loss", "nll_loss2d"):
        return _no_labels(node)
    return _too_short(node) if word == "ctc_loss" else ""


def _no_labels(node: Any) -> str:
    weight, target = saved(node, "total_weight"), saved(node, "target")
    if weight is None or target is None or plain(node, "reduction") != MEAN or weight.item() != 0:
        return ""
    ignored, size = int((target == plain(node, "ignore_index")).sum()), target.numel()
    if ignored == size:
        return f"all {size:,} labels are {plain(node, 'ignore_index')}, which is ignored: 0 / 0"
    return f"the classes of all {size - ignored:,} labels that count have weight 0: 0 / 0"


def _too_short(node: Any) -> str:
    """Which samples of a CTC loss have fewer frames than their labels need."""
    targets, lengths = saved(node, "targets"), _whole(node, "target_lengths")
    frames = _whole(node, "input_lengths")
    if (
        targets is None
        or not lengths
        or len(frames) != len(lengths)
        or plain(node, "zero_infinity")
    ):
        return ""
    flat, begin, needed = targets.dim() == 1, 0, []
    for row, length in enumerate(lengths):
        labels = targets[begin : begin + length] if flat else targets[row, :length]
        begin += length
        needed.append(length + int((labels[1:] == labels[:-1]).sum()))
    short = [row for row, most in enumerate(frames) if most < needed[row]]
    if not short:
        return ""
    row = short[0]
    return (
        f"ctc_loss of {len(short):,} of {len(frames):,} samples whose input is too short: sample {row} "
        f"has {frames[row]} frames for {lengths[row]} labels, which need {needed[row]} (one more "
        "between two that are the same)"
    )


def _whole(node: Any, key: str) -> list[int]:
    found = saved(node, key)
    told = found.tolist() if found is not None else plain(node, key)
    return [int(one) for one in told] if isinstance(told, list) else []


def added_rows(node: Any, below: Any, value: Tensor) -> str:
    """How many rows came out as NaN where a finite tensor and one without a gradient were added."""
    dim = plain(node, "dim")
    if word_of(below) not in ("add", "sub") or not isinstance(dim, int):
        return ""
    if all(one is not None for one, _ in below.next_functions):
        return ""
    count = int(value.isnan().all(dim).sum())
    return _many(count, "row", "rows") if count else ""


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


@dataclass(frozen=True, slots=True)
class SteepOperation:
    """What was at fault on the way back; `operation` is "" where none or more than one can have been."""

    operation: str = ""
    words: str = ""
    residual: bool = False
    """Whether NaN was in what it was given, as the difference from something without a gradient."""
    argument: Argument | None = None
    near: Around = NOBODY


def at_fault(passes: Sequence[Sequence[InfiniteSlope]], own: Sequence[str] = ()) -> SteepOperation:
    """Which operation it was on the way back, and what there is to say. `own`: functions in it whose
    backward somebody wrote."""
    found: dict[str, list[tuple[InfiniteSlope, int, int]]] = {}
    for one in (one for some in passes for one in some):
        bad = one.bad()
        if bad is not None and (count := int(bad.sum())):
            found.setdefault(one.word, []).append((one, count, bad.numel()))
    if not found and len(own) == 1:
        text = f"most likely the backward of {own[0]}, a function of the program's own: nothing else in it "
        return SteepOperation(own[0], text + "has an infinite slope")
    told = {word: _steep(word, ones) for word, ones in found.items()}
    given = [word for word, ones in found.items() if any(one.given for one, _, _ in ones)]
    sure = [word for word, ones in found.items() if any(one.sure for one, _, _ in ones)]
    sure = given[-1:] or (sure if len(found) == 1 else [])
    likely = not sure and len(found) == 1
    if likely:
        sure = list(found)
    if len(sure) != 1:
        return SteepOperation("", " and ".join(told.values()))
    (word,) = sure
    one = max(found[word], key=lambda pair: (pair[0].given, pair[1]))[0]
    text = told[word] if given else f"{told[word]}, so the gradient of the output is not finite"
    text = f"{MOST_LIKELY} {text}" if likely else text
    residual = bool(given) and one.plan.residual
    return SteepOperation(word, text, residual, one.argument, one.plan.near)


def _steep(word: str, ones: list[tuple[InfiniteSlope, int, int]]) -> str:
    count, size = sum(count for _, count, _ in ones), sum(size for _, _, size in ones)
    hidden = next((one for one, _, _ in ones if one.given), None)
    if hidden is not None:
        where = (
            "; it is in the targets, or in what was made of them" if hidden.plan.residual else ""
        )
        kind = "NaN" if bool(hidden.kept[-1].isnan().any()) else "infinity"
        return (
            f"{word} was given {kind} in {hidden.given} of {_amount(hidden.kept[-1].numel())} that are "
            f"left out behind it, and on the way back 0 times {kind} is NaN{where}"
        )
    if word in ("linalg_svd", "linalg_eigh"):
        what = "singular values" if word == "linalg_svd" else "eigenvalues"
        return f"{count} of {size} {what} equal the next one, where {word} has no slope"
    return f"the slope of {word} is not finite at {count} of {_amount(size)}"


def _count(count: int, one: str, several: str, size: int) -> str:
    return f"{_many(count, one, several)} among {_amount(size)}" if size > 1 else one


def _many(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"


def _amount(size: int) -> str:
    return f"{size} value{'s' if size > 1 else ''}"
