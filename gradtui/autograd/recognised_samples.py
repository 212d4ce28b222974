"""Whether a generator is trained to be recognised: towards the label that its own samples have in the loss of
the discriminator, where it should be trained towards the label of real ones (Goodfellow et al., 2014).

Read off the first losses: terms that compare scores with one label for all. The samples that the
discriminator is given are known again by their values where the generator's loss goes through it; they have a
history there and none in its own loss. No node and no tensor is kept.
"""

from typing import Any

import torch
from torch import Tensor

from gradtui.autograd.loss_parts import nodes_under, parts_of_loss
from gradtui.autograd.node_types import LEAF, stem_of, words
from gradtui.autograd.saved_tensors import operands, saved
from gradtui.core.wiring import RECOGNISED, Faults
from gradtui.patching.own_errors import suppress_own

LOOKS = 12
"""Losses that are looked at."""
NODES = 96
"""Nodes under a term."""
LARGEST = 1 << 22
"""Elements of what a layer is given."""
AGREED = 2
"""Losses that must agree."""
LABELLED = words("BinaryCrossEntropy BinaryCrossEntropyWithLogits MseLoss")
INPUTS = {"Addmm": "mat1", "Convolution": "input"}
"""Layer -> the name under which torch keeps what it was given."""
Print = tuple[float, ...]
"""What a tensor is known again by."""


class RecognisedSamples:
    """`look` at each of the first losses; `told` is what is known by then."""

    def __init__(self) -> None:
        self.told: Faults = ()
        self.done = False
        self._looks = self._agreed = 0
        self._label = 0.0
        self._given: dict[Print, float] = {}
        """What had no history, and its label."""
        self._made: dict[Print, float] = {}
        """What a loss went on through."""

    def look(self, loss: Tensor) -> None:
        self._looks += 1
        with suppress_own, torch.no_grad():
            self._read(loss.grad_fn)
        if self._agreed >= AGREED:
            words = (
                f"samples of the generator have the label {self._label:.3g} in the discriminator's loss, and "
                "the generator is trained towards that same label"
            )
            self.told = ((RECOGNISED, words),)
        self.done = bool(self.told) or self._looks >= LOOKS or (self._looks > 2 and not self._given)
        if self.done:
            self._given, self._made = {}, {}

    def _read(self, root: Any) -> None:
        found = False
        for node in parts_of_loss(root):
            label = _label(node) if stem_of(node) in LABELLED else None
            if label is None:
                continue
            for seen, made in _inputs(node):
                (self._made if made else self._given)[seen] = label
                other = (self._given if made else self._made).get(seen)
                if other == label and len({*self._given.values()}) > 1:
                    found, self._label = True, label
        self._agreed += found


def _label(node: Any) -> float | None:
    """That all targets of a term have, if they have one."""
    target = saved(node, "target")
    if target is None or not target.numel() or target.numel() > LARGEST:
        return None
    least, most = (float(one) for one in torch.aminmax(target))
    return least if least == most else None


def _inputs(term: Any) -> list[tuple[Print, bool]]:
    """What each layer under a term was given, and whether that has a history."""
    found: list[tuple[Print, bool]] = []
    for node in nodes_under(term.next_functions[0][0], NODES):
        key = INPUTS.get(stem_of(node))
        if key is not None and (given := saved(node, key)) is not None:
            before = node.next_functions[operands(node).index(key)][0]
            if given.numel() <= LARGEST and stem_of(before) != LEAF:
                found.append((_print(given), before is not None))
    return found


def _print(given: Tensor) -> Print:
    flat = given.flatten()
    return (float(given.numel()), float(flat.double().sum()), *flat[:8].tolist())
