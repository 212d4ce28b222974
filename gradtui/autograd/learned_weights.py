"""Whether terms of a loss are weighed by parameters that nothing else in the loss holds: the cheapest way
down is to make the weights small, and not the terms.

Weights by uncertainty are exp(-s), or 1 / (2 s^2), and the loss has s, or log s, beside them (Kendall, Gal
and Cipolla, 2018, arXiv:1705.07115, section 3.2). Read off the last nodes of a graph; none is kept.
"""

from collections import deque
from collections.abc import Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from gradtui.autograd.leaves import leaf_ids
from gradtui.autograd.node_types import LEAF, below_of, stem_of, words
from gradtui.autograd.saved_tensors import saved
from gradtui.core.wiring import WEIGHTS_UNHELD, Faults
from gradtui.patching.own_errors import suppress_own

NODES = 96
MOST_WEIGHTS = 64
"""Elements of a parameter that may weigh terms: a layer has more, or is fed with data."""
FORMULA = 24
"""Nodes that a weight is made of, at most."""
AS_IT_IS = words(
    "Mean Sum View UnsafeView ReshapeAlias Squeeze Unsqueeze Expand Clone ToCopy Alias Stack Cat Neg"
)
SUMS = words("Add Sub")
ELEMENTWISE = words(
    "Exp Expm1 Neg Mul Div Add Sub Rsub Pow Reciprocal Softplus Sigmoid Log Log1P Sqrt Rsqrt Abs Clamp "
    "ClampMin Select Index Slice Unbind View UnsafeView Squeeze Unsqueeze Expand Sum Mean Clone ToCopy Alias"
)
"""What a weight may be made by; of a softmax the sum is held by itself."""
SHRUNK = 0.3
"""Of what the weights were at first: from there on that is how the loss comes down."""


class LearnedWeights:
    """`look` now and then; `told` is what is known by then."""

    def __init__(self) -> None:
        self._first: dict[frozenset[int], float] = {}
        """Sum of the weights, by the parameters that they are made of."""
        self.told: Faults = ()

    def look(self, loss: Tensor) -> None:
        """Call before backward. Nothing is told where the graph is not as expected."""
        with suppress_own, torch.no_grad():
            self.told = ()
            terms = weighed_terms(loss.grad_fn)
            if not terms:
                return
            key = frozenset().union(*(term.leaves for term in terms))
            now = sum(term.weight for term in terms)
            first = self._first.setdefault(key, now)
            if now < SHRUNK * first:
                which = (
                    "a term of the loss is"
                    if len(terms) == 1
                    else f"{len(terms)} terms of the loss are"
                )
                of = "its weight" if len(terms) == 1 else "the sum of their weights"
                words = (
                    f"{which} weighed by parameters that are trained with it, and no other term holds these: "
                    f"{of} was {first:.3g} at first and came down to {now:.3g}"
                )
                self.told = ((WEIGHTS_UNHELD, words),)


class Weighed(NamedTuple):
    """A term of a loss: `leaves`, ids of the parameters that weigh it, and the mean of its weights."""

    leaves: frozenset[int]
    weight: float


def weighed_terms(root: Any) -> list[Weighed]:
    """The terms whose weights are learned, where all that trains a net are such terms, less those that a term
    of its own holds; on a CPU alone."""
    if root is None:
        return []
    terms: list[Weighed] = []
    others: list[Any] = []
    waiting = deque([root])
    for _ in range(NODES):
        if not waiting:
            break
        node = waiting.popleft()
        word, parts = stem_of(node), below_of(node)
        found = list(_term(node, word, parts)) if word in ("Mul", "Div") and len(parts) == 2 else []
        terms += found
        if not found and (
            word in AS_IT_IS or word in SUMS or (word in ("Mul", "Div") and len(parts) == 1)
        ):
            waiting.extend(parts)
        elif not found:
            others.append(node)
    weights = frozenset().union(*(term.leaves for term in terms))
    held: set[int] = set()
    for node in others:
        own = leaf_ids(node, FORMULA)
        if not own <= weights:
            return []  # the loss comes down by this one, whatever becomes of the weights
        held |= own
    return [] if waiting else [term for term in terms if not term.leaves & held]


def _term(node: Any, word: str, parts: list[Any]) -> Iterable[Weighed]:
    for at, name in ((0, "self"), (1, "other")):
        own = parameters_alone(parts[at])
        if not own or (word == "Div" and at == 0) or leaf_ids(parts[1 - at], FORMULA) <= own:
            continue
        value = saved(node, name)
        if value is not None and value.numel():
            weight = float(value.double().abs().mean())
            yield Weighed(own, weight if word == "Mul" else 1 / weight if weight else float("inf"))


def parameters_alone(node: Any) -> frozenset[int]:
    """Ids of the small parameters that a weight is made of; none where it is made of anything else too, or
    not as weights are."""
    found: set[int] = set()
    waiting, seen = [node], 0
    while waiting:
        one = waiting.pop()
        seen += 1
        word = stem_of(one)
        if word == LEAF:
            if one.variable.numel() > MOST_WEIGHTS:
                return frozenset()
            found.add(id(one.variable))
        elif word not in ELEMENTWISE or seen > FORMULA:
            return frozenset()
        waiting += below_of(one)
    return frozenset(found)
