"""Whether a ratio in a loss is 1 whatever is learned, because both of its sides are made of the weights that
are trained: its gradient is 0, one side's being taken off the other's.

Of a policy's loss (PPO; Schulman et al., 2017) the old probabilities are to be numbers, kept from when the
actions were drawn. Read off the first losses; no node is kept.
"""

from typing import Any

import torch
from torch import Tensor

from gradtui.autograd.loss_parts import nodes_under
from gradtui.autograd.node_types import below_of, stem_of
from gradtui.autograd.saved_tensors import saved
from gradtui.core.wiring import CANCELLED, Faults
from gradtui.patching.own_errors import suppress_own

LOOKS, AGREED = 8, 3
"""First losses that are looked at, and of these in a row that must agree."""
NODES = 64
LARGEST = 1 << 20
"""Elements of a ratio."""
ROUNDED = 1e-5
"""By what a ratio of equals may differ from 1."""
WORDS = (
    "a ratio in the loss is 1 in all examples, and both of its sides are made of the weights that are "
    "trained: their gradients cancel"
)


class CancelledRatio:
    """`look` at each of the first losses; `told` is what is known by then."""

    def __init__(self) -> None:
        self._looks = self._agreed = 0
        self.told: Faults = ()

    @property
    def done(self) -> bool:
        return self._looks >= LOOKS or bool(self.told)

    def look(self, loss: Tensor) -> None:
        self._looks += 1
        found = False
        with suppress_own, torch.no_grad():
            found = any(map(_is_one, nodes_under(loss.grad_fn, NODES)))
        self._agreed = self._agreed + 1 if found else 0
        if self._agreed == AGREED:
            self.told = ((CANCELLED, WORDS),)


def _is_one(node: Any) -> bool:
    """Whether it is exp(a - b) or a / b, of equal numbers that both have a history."""
    word = stem_of(node)
    if word == "Exp":
        (below, *_) = below_of(node) or [None]
        # Both may be one and the same node: what was kept was kept with its history.
        both = stem_of(below) == "Sub" and len(below_of(below)) == 2
        ratio = saved(node, "result") if both else None
        return ratio is not None and _all_one(ratio)
    if word != "Div" or not _two(node):
        return False
    above, under = saved(node, "self"), saved(node, "other")
    if above is None or under is None or above.shape != under.shape:
        return False
    return _all_one(above / under)


def _two(node: Any) -> bool:
    return len({id(below) for below in below_of(node)}) == 2


def _all_one(ratio: Tensor) -> bool:
    few = 2 <= ratio.numel() <= LARGEST
    return few and bool(((ratio - 1).abs() <= ROUNDED).all())
