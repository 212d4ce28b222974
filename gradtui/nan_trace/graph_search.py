"""Where in the graph of a loss a NaN or an infinity was born: down from the loss, by the numbers that
the graph has saved for its backward, to a node that was given finite ones."""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from gradtui.autograd.node_types import words
from gradtui.autograd.saved_tensors import word_of
from gradtui.core.autopsy import Span
from gradtui.nan_trace.element_map import reaches
from gradtui.nan_trace.known_values import GivenTensor, KnownValues
from gradtui.nan_trace.operation_causes import (
    constant,
    covered_rows,
    hidden_choice,
    masked_rows,
    result,
    undefined,
)
from gradtui.nan_trace.operation_causes import unknown as unknown_of
from gradtui.nan_trace.value_ranges import look_at

LONGEST = 2000
"""Nodes on the way down, at most."""
CARRIERS = words(
    "sum mean neg abs view unsafe_view reshape_alias squeeze unsqueeze expand t transpose permute "
    "select slice index index_select gather clone alias diagonal flip repeat unbind split unfold "
    "amax amin max min nll_loss nll_loss2d relu as_strided squeeze_multiple"
)
"""Of finite numbers they make finite ones, but for a sum that overflows."""
THROUGH = {
    "exp": "nan",
    "expm1": "nan",
    "tanh": "nan",
    "sigmoid": "nan",
    "sqrt": "inf",
    "log_sigmoid": "nan",
}
"""Their results are NaN, or infinite, only where what they were given was as well."""
OF_ZERO = ("reciprocal", "rsqrt")
"""Their results are infinite only where what they were given was zero."""
MASKABLE = ("softmax", "log_softmax", "logsumexp")
RESIDUALS = ("add", "sub")


@dataclass(frozen=True, slots=True)
class BadOperation:
    """`operation` is "" where it is not known; `phase` is "data" where it was in what was given."""

    words: str
    operation: str = ""
    phase: str = "forward"
    tensor: str = "loss"
    after: str = ""
    """ "after softmax", where that is what it was given."""
    inputs: Span | None = None


@dataclass(slots=True)
class _Place:
    """A result that is known not to be finite; `at`: where in it, None where that is not known."""

    node: Any
    number: int
    at: Tensor | None = None
    given: list[GivenTensor] = field(default_factory=list)


def birth(loss: Tensor, values: KnownValues) -> BadOperation | None:
    """None where nothing can be said."""
    place = _Place(loss.grad_fn, loss.output_nr, None)
    for _ in range(LONGEST):
        place.given = [] if place.node is None else values.given(place.node)
        if not place.given:
            return None
        value = values.of(place.node, place.number)
        if place.at is None and value is not None:
            place.at = ~torch.isfinite(value)
        found = _step(place, value)
        if not isinstance(found, _Place):
            return found
        place = found
    return None


def _step(place: _Place, value: Tensor | None) -> _Place | BadOperation | None:
    """One node further down, or what there is to say."""
    word = word_of(place.node)
    bad = [
        (one, at)
        for one in place.given
        if (at := reaches(place.node, place.given, one, place.at)) is not None
    ]
    if word in MASKABLE and bad:
        rows = masked_rows(place.node, place.given[0].value, place.at)
        if rows:
            return _named(place, f"{word} over {rows} that masks leave nothing of: all are -inf")
    if bad:
        chosen, at = next((pair for pair in bad if _nan(pair[0].value)), bad[0])
        if chosen.node is None:
            return _constant(word, chosen, at)
        return _Place(chosen.node, chosen.number, at if at.any() else None)
    unknown = [one for one in place.given if one.value is None]
    if not unknown:
        if value is not None and not bool((~torch.isfinite(value)).any()):
            return None  # not what was computed
        return _named(place, undefined(place.node, place.given, value, place.at))
    return _beyond(place, value, word, unknown)


def _beyond(
    place: _Place, value: Tensor | None, word: str, unknown: list[GivenTensor]
) -> _Place | BadOperation | None:
    """Past something that nobody has kept."""
    (first, *more) = unknown
    if word in MASKABLE and value is not None and not more:
        if rows := covered_rows(place.node, first.node, value):
            return _named(place, f"{word} over {rows} that a mask leaves nothing of")
        if hidden := hidden_choice(first.node, value, place.at):
            text = f"a mask of -inf hides {hidden} that the loss is made of"
            return BadOperation(text, "masked_fill")
    nan = value is not None and _nan(value)
    if word in OF_ZERO and value is not None and not nan:
        return _named(place, f"{word} of {result(value, place.at, 'zero', 'zeros')}")
    if first.node is None and not more and value is not None and len(place.given) > 1:
        return _from_constant(place, value, word, nan)
    through = THROUGH.get(word)
    passes = through is not None and value is not None and (through == "nan") == nan
    if (word in CARRIERS or passes) and not more and first.node is not None:
        return _Place(first.node, first.number)
    return None if value is None else BadOperation(unknown_of(word, value, place.at))


def _from_constant(place: _Place, value: Tensor, word: str, nan: bool) -> BadOperation | None:
    """All that has a gradient was finite; what the other was is told by the result alone."""
    dims = value.dim()
    if word in RESIDUALS and nan and dims:
        text = constant(word, value, place.at)
        return BadOperation(text, phase="data", tensor="targets")
    if word in (*RESIDUALS, "where", "stack", "cat"):
        kind = "NaN" if nan else "infinity"
        return BadOperation(f"{word} was given {kind} in a tensor that has no gradient")
    return None


def _constant(word: str, one: GivenTensor, at: Tensor) -> BadOperation | None:
    """What has no gradient, and is there to be seen."""
    value = one.value
    assert value is not None
    text = constant(word, value, ~torch.isfinite(value))
    span = look_at([("", value)]).span
    if one.name == "target" or (word in RESIDUALS and value.dim()):
        return BadOperation(text, phase="data", tensor="targets", inputs=span)
    return BadOperation(text, inputs=span)


def _named(place: _Place, text: str) -> BadOperation:
    first = place.given[0].node
    below = "" if first is None else word_of(first)
    span = look_at([("", one.value) for one in place.given if one.value is not None]).span
    word = word_of(place.node)
    after = f"after {below}" if below in ("softmax", "sigmoid", "log_softmax") else ""
    if below == "rsub" and word_of(first.next_functions[0][0] or first) == "sigmoid":
        after = "after 1 - sigmoid"
    return BadOperation(text + (f" ({after})" if after else ""), word, after=after, inputs=span)


def _nan(value: Tensor | None) -> bool:
    return value is not None and bool(value.isnan().any())
