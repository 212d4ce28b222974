"""Whether a policy's loss has its entropy the wrong way round: added where it is to be taken off.

Read off the graphs of the first losses that hold a policy gradient (Williams, 1992): log-probabilities of
what was chosen, each times a constant of its own, some of them below zero. The entropy beside it is a sum of
p log p. To take it off keeps a policy trying (Williams and Peng, 1991); to add it makes the policy certain of
whatever it happens to do. No node is kept.
"""

from collections import deque
from typing import Any

import torch
from torch import Tensor

from gradtui.autograd.node_types import below_of, number, stem_of, words
from gradtui.autograd.saved_tensors import saved
from gradtui.core.wiring import ENTROPY_ADDED, Faults
from gradtui.patching.own_errors import suppress_own

LOOKS = 8
"""Losses that are looked at: of several in turns the policy's need not be the first."""
NODES = 96
NEAR = 10
"""Nodes from a product down to what was chosen."""
AS_IT_IS = words(
    "Mean Sum View UnsafeView ReshapeAlias Squeeze Unsqueeze Expand Clone ToCopy Alias"
)
CLOSE = 4
"""Nodes from a product to a softmax or a logarithm."""
CHOSEN = words("Gather Index")
LOGARITHMS = words("LogSoftmax Log Logsumexp")
LESSER = words("Minimum Maximum Where")
"""How a clipped policy gradient takes one of two (PPO)."""
WORDS = (
    "the entropy of the policy is added to its loss: each step makes it surer of what it does, whatever "
    "comes of that"
)


class EntropySign:
    """`look` at the first losses; `told` is what is known by then."""

    def __init__(self) -> None:
        self._looks = 0
        self.told: Faults = ()

    @property
    def done(self) -> bool:
        return self._looks >= LOOKS

    def look(self, loss: Tensor) -> None:
        """Call before backward. Nothing is told where the graph is not as expected."""
        self._looks += 1
        with suppress_own, torch.no_grad():
            if entropy_added(loss.grad_fn):
                self._looks, self.told = LOOKS, ((ENTROPY_ADDED, WORDS),)


def entropy_added(root: Any) -> bool:
    """Whether what is below is the loss of a policy, and each of its entropies makes it larger."""
    waiting, signs, policy = deque([(root, 1)]), [], False
    for _ in range(NODES):
        if not waiting:
            break
        node, sign = waiting.popleft()
        if node is None:
            continue
        word, below = stem_of(node), [one for one, _ in node.next_functions]
        parts = below_of(node)
        if word in AS_IT_IS or word in LESSER:
            waiting.extend((one, sign) for one in parts)
        elif word == "Neg":
            waiting.extend((one, -sign) for one in parts)
        elif word in ("Add", "Sub"):
            second = (-1 if word == "Sub" else 1) * (1 if (number(node, "alpha") or 1) > 0 else -1)
            waiting.extend(
                (one, sign * way)
                for one, way in zip(below, (1, second), strict=False)
                if one is not None
            )
        elif word in ("Mul", "Div") and len(parts) == 1:
            factor = saved(node, "other" if below[0] is not None else "self")
            if factor is None:
                return False  # where one sign is not known none is
            if factor.numel() == 1:
                waiting.append((parts[0], sign if float(factor) > 0 else -sign))
            elif word == "Mul" and _chosen(parts[0]) and bool((factor < 0).any()):
                policy = True
        elif word == "Mul" and len(parts) == 2 and _expected_logarithm(parts):
            signs.append(sign)
    return policy and bool(signs) and all(sign < 0 for sign in signs)


def _chosen(node: Any) -> bool:
    """Whether it is made of single ones out of a table of logarithms, as those of actions are."""
    picked = False
    for _ in range(NEAR):
        word, below = stem_of(node), below_of(node)
        picked = picked or word in CHOSEN
        if picked and word in ("LogSoftmax", "Logsumexp", "Softmax"):
            return True
        if not below:
            return False
        normalised = [one for one in below if stem_of(one) == "Logsumexp"]
        node = (normalised or below)[0]
    return False


def _expected_logarithm(factors: list[Any]) -> bool:
    """Whether one of the two is a table of probabilities and the other of their logarithms."""
    kinds = {_kind(one) for one in factors}
    return kinds == {"probability", "logarithm"}


def _kind(node: Any) -> str:
    for _ in range(CLOSE):
        word, below = stem_of(node), below_of(node)
        if word == "Softmax":
            return "probability"
        if word == "Exp":
            return "probability" if below and _kind(below[0]) == "logarithm" else ""
        if word in ("LogSoftmax", "Log"):
            return "logarithm"
        if word == "Sub" and any(stem_of(one) == "Logsumexp" for one in below):
            return "logarithm"
        # Probabilities are divided by their sum, and kept from being exactly 0.
        if not below or (word not in ("Add", "View", "Div") and not word.startswith("Clamp")):
            return ""
        node = below[0]
    return ""
