"""Where in the graph of a loss a NaN or an infinity was born: down from the loss, by the numbers that
the graph has saved for its backward, to a node that was given finite ones."""

import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from gradtui.autograd.node_types import LEAF, name_of, stem, words
from gradtui.autograd.saved_tensors import called, plain, saved, word_of, written_by_hand
from gradtui.core.autopsy import Argument, Span
from gradtui.nan_trace.arguments import argument_of
from gradtui.nan_trace.element_map import reaches
from gradtui.nan_trace.known_values import GivenTensor, KnownValues
from gradtui.nan_trace.operation_causes import (
    added_rows,
    constant,
    covered_rows,
    hidden_choice,
    masked_rows,
    missing,
    result,
    undefined,
    zeros_below,
)
from gradtui.nan_trace.operation_causes import unknown as unknown_of
from gradtui.nan_trace.source_lines import NOBODY, Around
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
SQUASHING = ("sigmoid", "tanh", "reciprocal", "softmax", "erf", "atan", "rsqrt")
"""Of infinite numbers they make finite ones."""
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
    argument: Argument | None = None
    near: Around = NOBODY
    leaf: "weakref.ref[Tensor] | None" = None
    """The trained tensor next to it on the way down."""

    @property
    def named(self) -> bool:
        return bool(self.operation) or self.phase == "data"


@dataclass(slots=True)
class _Place:
    """A result that is known not to be finite; `at`: where in it, None where that is not known."""

    node: Any
    number: int
    at: Tensor | None = None
    given: list[GivenTensor] = field(default_factory=list)
    above: tuple[str, ...] = ()
    """The operations that it was given to, on the way up."""
    sure: bool = True
    """Whether it is known not to be finite, by its numbers or by those of what was made of it."""
    nan: bool = False
    """Whether infinities in it do no harm."""

    def down(
        self, one: GivenTensor, at: Tensor | None = None, *, sure: bool = True, nan: bool = False
    ) -> "_Place":
        above = (*self.above[-3:], called(self.node))
        return _Place(one.node, one.number, at, above=above, sure=sure, nan=nan)


def birth(loss: Tensor, values: KnownValues) -> BadOperation | None:
    """None where nothing can be said."""
    found = _through_all(loss, values)
    if found is None or not found.named:
        return _down(loss, values) or found
    return found


def _through_all(loss: Tensor, values: KnownValues) -> BadOperation | None:
    """All branches whose numbers are not known to be sound: what was made first is at fault, and
    rather one that is known to reach the loss."""
    waiting = [_Place(loss.grad_fn, loss.output_nr)]
    seen: set[tuple[Any, int]] = set()
    best: tuple[tuple[bool, bool, int], BadOperation] | None = None
    while waiting and len(seen) < LONGEST:
        place = waiting.pop()
        if place.node is None or (place.node, place.number) in seen:
            continue
        seen.add((place.node, place.number))
        found, more = _branches(place, values)
        waiting += more
        if found is not None:
            rank = not found.named, not place.sure, int(place.node._sequence_nr())
            best = (rank, found) if best is None or rank < best[0] else best
    return None if best is None else best[1]


def _branches(place: _Place, values: KnownValues) -> tuple[BadOperation | None, list[_Place]]:
    """What there is to say of one operation, else those below it that may be at fault."""
    node, value = place.node, values.of(place.node, place.number)
    if value is not None:
        bad = value.isnan() if place.nan else ~torch.isfinite(value)
        if place.at is not None and place.at.shape == bad.shape:
            bad = bad & place.at
        if not bool(bad.any()):
            return None, []
        place.at, place.sure = bad, True
    place.given = values.given(node)
    if not place.given:
        return None, []
    if text := _missing(place):
        return _named(place, text), []
    word, bads, unknown = word_of(node), _bads(place), _unknown(place)
    if bads and (text := _masked(place)):
        return _named(place, text), []
    if value is not None and _nan(value):
        bads = [pair for pair in bads if _nan(pair[0].value)] or bads
    if not bads and not unknown:
        sure = value is not None or (place.sure and not place.nan)
        return (_named(place, undefined(node, place.given, value, place.at)) if sure else None), []
    below = [place.down(one, at) for one, at in bads if one.node is not None]
    told = next((_constant(place, one, at) for one, at in bads if one.node is None), None)
    if not bads and value is not None:
        beyond = _beyond(place, value, word, unknown)
        told = beyond if isinstance(beyond, BadOperation) else None
    if told is not None and told.named:
        return told, []
    alone = place.sure and not bads and len(unknown) == 1
    for one in unknown:
        if one.node is None:
            continue
        squashed = word in SQUASHING or (word == "div" and one is place.given[-1])
        carried = alone and (word in CARRIERS or value is not None)
        nan = place.nan or (squashed and value is None)
        below.append(place.down(one, _picked(place, one), sure=carried and not nan, nan=nan))
    return told, below


def _picked(place: _Place, one: GivenTensor) -> Tensor | None:
    """Of what a selection was given: where it was taken from."""
    if word_of(place.node) != "where":
        return None
    condition = saved(place.node, "condition")
    if condition is None:
        return None
    return condition if one is place.given[0] else ~condition


def _missing(place: _Place) -> str:
    """What is undefined whatever else goes in."""
    if place.nan:
        return ""
    return missing(place.node) or zeros_below(place.node, place.given, place.at)


def _masked(place: _Place) -> str:
    word = word_of(place.node)
    rows = masked_rows(place.node, place.given[0].value, place.at) if word in MASKABLE else ""
    return rows and f"{word} over {rows} that masks leave nothing of: all are -inf"


def _bads(place: _Place) -> list[tuple[GivenTensor, Tensor]]:
    return [
        (one, at)
        for one in place.given
        if (at := reaches(place.node, place.given, one, place.at)) is not None
    ]


def _unknown(place: _Place) -> list[GivenTensor]:
    """A function that somebody wrote is given what is no tensor as well."""
    own = written_by_hand(place.node)
    return [one for one in place.given if one.value is None and not (own and one.node is None)]


def _down(loss: Tensor, values: KnownValues) -> BadOperation | None:
    """From one result that is known not to be finite to the next."""
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
    word, bad = word_of(place.node), _bads(place)
    if text := missing(place.node):
        return _named(place, text)
    if bad and (text := _masked(place)):
        return _named(place, text)
    if bad:
        chosen, at = next((pair for pair in bad if _nan(pair[0].value)), bad[0])
        if chosen.node is None:
            return _constant(place, chosen, at)
        return place.down(chosen, at if at.any() else None)
    unknown = _unknown(place)
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
    if text := zeros_below(place.node, place.given, place.at):
        return _named(place, text)
    if word in MASKABLE and value is not None and not more:
        if rows := covered_rows(place.node, first.node, value):
            return _named(place, f"{word} over {rows} that a mask leaves nothing of")
        if hidden := hidden_choice(first.node, value, place.at):
            text = f"a mask of -inf hides {hidden} that the loss is made of"
            return BadOperation(text, "masked_fill")
        if rows := added_rows(place.node, first.node, value):
            return _named(place, f"{word} over {rows} that an added mask leaves nothing of")
    nan = value is not None and _nan(value)
    if word in OF_ZERO and value is not None and not nan:
        return _named(place, f"{word} of {result(value, place.at, 'zero', 'zeros')}")
    if first.node is None and not more and value is not None and len(place.given) > 1:
        return _from_constant(place, value, word, nan)
    through = THROUGH.get(word)
    passes = through is not None and value is not None and (through == "nan") == nan
    if (word in CARRIERS or passes) and not more and first.node is not None:
        return place.down(first)
    return None if value is None else BadOperation(unknown_of(word, value, place.at))


def _from_constant(place: _Place, value: Tensor, word: str, nan: bool) -> BadOperation | None:
    """All that has a gradient was finite; what the other was is told by the result alone."""
    dims = value.dim()
    if word in RESIDUALS and nan and dims:
        text = constant(word, value, place.at)
        return BadOperation(text, phase="data", tensor="targets")
    if word in (*RESIDUALS, "where", "stack", "cat"):
        kind = "NaN" if nan else "infinity"
        text = f"{word} was given {kind} in a tensor that has no gradient"
        return BadOperation(text, phase="data", tensor="constant")
    return None


def _constant(place: _Place, one: GivenTensor, at: Tensor) -> BadOperation | None:
    """What has no gradient, and is there to be seen."""
    word, value = word_of(place.node), one.value
    assert value is not None
    if word == "mul" and not _nan(value):
        count = f"{int(at.sum()):,} of {at.numel():,} values"
        text = f"mul was given infinity in a tensor without a gradient ({count}), and 0 times that is NaN"
        return replace(_named(place, text), argument=argument_of("", value))
    text = constant(word, value, ~torch.isfinite(value))
    span = look_at([("", value)]).span
    if one.name == "target" or (word in RESIDUALS and value.dim()):
        return BadOperation(text, phase="data", tensor="targets", inputs=span)
    if _nan(value):
        return BadOperation(text, phase="data", tensor="constant", inputs=span)
    return BadOperation(text, inputs=span)


def _named(place: _Place, text: str) -> BadOperation:
    first = place.given[0].node
    below = "" if first is None else word_of(first)
    span = look_at([("", one.value) for one in place.given if one.value is not None]).span
    word = word_of(place.node)
    after = f"after {below}" if below in ("softmax", "sigmoid", "log_softmax") else ""
    if below == "rsub" and word_of(first.next_functions[0][0] or first) == "sigmoid":
        after = "after 1 - sigmoid"
    own = place.given[-1 if word == "div" else 0].value
    return BadOperation(
        text + (f" ({after})" if after else ""),
        called(place.node),
        after=after,
        inputs=span,
        argument=_argument(place.node, own),
        near=Around(frozenset(place.above), frozenset(_words_below(place.node))),
        leaf=_leaf(place.node),
    )


def _argument(node: Any, own: Tensor | None) -> Argument | None:
    exponent = plain(node, "exponent") if word_of(node) == "pow" else None
    return None if own is None else argument_of(word_of(node), own, exponent=exponent)


def _words_below(node: Any) -> Iterator[str]:
    for below in _first_below(node):
        yield word_of(below)
        yield from (word_of(one) for one in _first_below(below))


def _first_below(node: Any) -> list[Any]:
    return [below for below, _ in node.next_functions if below is not None]


def _leaf(node: Any) -> "weakref.ref[Tensor] | None":
    """The trained tensor that is the fewest operations away."""
    layer, seen = [node], {node}
    while layer and len(seen) < LONGEST:
        for one in layer:
            if stem(name_of(one)) == LEAF:
                return weakref.ref(one.variable)
        layer = [below for one in layer for below in _first_below(one) if below not in seen]
        seen.update(layer)
    return None


def _nan(value: Tensor | None) -> bool:
    return value is not None and bool(value.isnan().any())
