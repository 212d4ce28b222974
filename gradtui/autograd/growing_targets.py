"""Whether the targets of a distance grow while a net is trained towards them: those of a data set do not,
those that a net makes for itself (its own next value, discounted by too little) may run away with it.

Looked at now and then; targets are read where that makes nobody wait, and no node is kept.
"""

import math
from typing import Any

import torch
from torch import Tensor

from gradtui.autograd.loss_parts import parts_of_loss
from gradtui.autograd.node_types import DISTANCES, stem_of
from gradtui.autograd.saved_tensors import saved
from gradtui.core.wiring import GROWING_TARGETS, Faults
from gradtui.patching.own_errors import suppress_own

PART = 1 << 14
"""Elements that are looked at."""
TIMES = 100.0
"""Their root mean square over that of the first ones, from where on they have grown."""


class GrowingTargets:
    """`look` now and then; `told` is what is known by then."""

    def __init__(self) -> None:
        self._first = self._last = 0.0
        """Root mean squares; 0 while none is known."""
        self.told: Faults = ()

    def look(self, loss: Tensor) -> None:
        size = 0.0
        with suppress_own, torch.no_grad():
            size = _size(loss.grad_fn)
        if not size:  # another loss, of a program with several
            return
        self._first, before, self._last = self._first or size, self._last, size
        self.told = ()
        if size > TIMES * self._first and size > before:
            words = f"targets have grown from {self._first:.2g} to {size:.2g} (root mean square)"
            self.told = ((GROWING_TARGETS, words),)


def _size(root: Any) -> float:
    """Of the targets of the first distance that the loss is made of; 0 where there is none."""
    distances = (node for node in parts_of_loss(root) if stem_of(node) in DISTANCES)
    node = next(distances, None)
    targets = None if node is None else saved(node, "target")
    if targets is None or not targets.numel():
        return 0.0
    size = float(targets.flatten()[:PART].double().square().mean().sqrt())
    return size if math.isfinite(size) else 0.0
