"""How a loss ends: by which constants it was multiplied last, and what was multiplied.

Read off the last nodes of its graph, of which none is kept. Of what they have saved only constants
are looked at, and of these only such as are there as they are: what somebody packs away is not
unpacked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor

NODES = 10
"""Looked at, at most."""
SUM = 2
"""Value of torch's `reduction`."""
Value = float | Tensor
"""A number where reading it makes nobody wait, else [] float64 on its device."""

PASSED = frozenset(
    f"{stem}Backward{number}"
    for stem in (
        "View",
        "UnsafeView",
        "ReshapeAlias",
        "Squeeze",
        "Unsqueeze",
        "ToCopy",
        "Clone",
        "Alias",
    )
    for number in (0, 1)
)
"""Nodes that leave the value as it is."""
SINK = "_DDPSinkBackward"
"""Of torch's DistributedDataParallel: each output is the tensor of the same number among the inputs."""
SUMS = frozenset(("AddBackward0", "SubBackward0"))


@dataclass(frozen=True, slots=True)
class LossFactors:
    """`kind` is the same word for losses that were computed alike. `factors` are the constants, the
    last one first; `summed` is how many values were added up without being averaged, 0 where that was not
    so or nobody knows. `unscaled` is the loss without a loss scaler's constant, where it has one, which
    is not among the factors then."""

    kind: str = ""
    factors: tuple[Value, ...] = ()
    summed: int = 0
    unscaled: Value | None = None


UNKNOWN = LossFactors()


def ending(
    loss: Tensor, scaled: Mapping[int, tuple[Value, LossFactors]] | None = None
) -> LossFactors:
    """Call before backward. `scaled` has losses that a scaler has multiplied, by the sequence number
    of the node that did."""
    node = loss.grad_fn
    return UNKNOWN if node is None else _Walk(scaled or {}).follow(node, loss.output_nr)


class _Walk:
    def __init__(self, scaled: Mapping[int, tuple[Value, LossFactors]]) -> None:
        self._scaled = scaled
        self._left = NODES

    def follow(self, node: Any, number: int) -> LossFactors:
        """From the output `number` of a node."""
        factors: list[Value] = []
        while True:
            self._left -= 1
            word = type(node).__name__
            below = node.next_functions
            if self._scaled and word == "MulBackward0":
                known = self._scaled.get(node._sequence_nr())
                if known is not None:
                    value, end = known
                    given = (*factors, *end.factors)
                    return LossFactors(end.kind, given, end.summed, times(value, factors))
            inner = [place for place, (one, _) in enumerate(below) if one is not None]
            if self._left <= 0 or not inner:
                break
            if word == SINK and number in inner:
                node, number = below[number]
                continue
            if word == "MulBackward0" and len(inner) == 1:
                factor = constant(node, "self" if inner[0] else "other")
            elif word == "DivBackward0" and inner == [0]:
                factor = constant(node, "other")
                factor = None if factor is None else _inverse(factor)
            elif word == "NegBackward0":
                factor = -1.0
            elif word in PASSED or (word in SUMS and inner == [0]):
                node, number = below[inner[0]]
                continue
            elif word == "AddBackward0" and len(inner) == 1:
                node, number = below[inner[0]]  # what sum() begins with is no tensor
                continue
            elif word in SUMS:
                one, other = self.follow(*below[0]), self.follow(*below[1])
                common = [
                    f for f in plain_factors(one.factors) if f in plain_factors(other.factors)
                ]
                both: Value | None = None
                if word == "AddBackward0" and not (one.unscaled is None or other.unscaled is None):
                    both = times(one.unscaled + other.unscaled, factors)
                return LossFactors(one.kind, (*factors, *common), unscaled=both)
            else:
                break
            if factor is None:
                break
            factors.append(factor)
            node, number = below[inner[0]]
        before = type(below[0][0]).__name__ if below else ""
        return LossFactors(f"{word} {before}", tuple(factors), _summed(node, word))


def constant(node: Any, name: str) -> Value | None:
    """The one number that a node has saved under this name; None where there is no such thing."""
    saved = getattr(node, f"_raw_saved_{name}")
    if getattr(saved, "unpack_hook", saved) is not None:
        return None
    tensor: Tensor = saved.data
    if type(tensor) is not Tensor or tensor.numel() != 1 or tensor.is_complex():
        return None
    if tensor.is_cpu:
        return float(tensor.item())
    return tensor.detach().reshape(()).to(torch.float64, copy=True)


def times(value: Value, factors: Sequence[Value]) -> Value:
    """The product of all of them."""
    for factor in factors:
        value = value * factor
    return value


def plain_factors(factors: Sequence[Value]) -> list[float]:
    """Those that are numbers: to compare the others would wait for their device."""
    return [factor for factor in factors if isinstance(factor, float)]


def _inverse(factor: Value) -> Value:
    if isinstance(factor, Tensor):
        return factor.reciprocal()
    return 1 / factor if factor else float("inf")


def _summed(node: Any, word: str) -> int:
    if word.startswith("SumBackward"):
        return prod(int(n) for n in node._saved_self_sym_sizes)
    if getattr(node, "_saved_reduction", None) != SUM:
        return 0
    below, place = node.next_functions[0]
    shape = [int(n) for n in below._input_metadata[place].shape]
    if word.startswith("NllLoss") and len(shape) > 1:
        del shape[1]
    return prod(shape)
