"""The margin of a triplet loss: what it costs to tell nothing apart (Schroff et al., 2015, arXiv:1503.03832).

Of max(0, d(anchor, positive) - d(anchor, negative) + margin) the graph keeps the distances, or what they are
made of, and what the maximum is taken of: the margin is the rest. Read on a CPU, and no node is kept.
"""

from typing import Any

import torch
from torch import Tensor

from gradtui.autograd.node_types import below_of, number, stem_of, words
from gradtui.autograd.saved_tensors import saved
from gradtui.patching.own_errors import suppress_own

FAR = 6
"""Nodes between a loss and its maximum."""
MEANS = words("Mean Sum Div Mul View Squeeze")
KEPT = words("Norm LinalgVectorNorm Sqrt")
"""Nodes that have kept what came out."""
FEWEST, MOST = 4, 1 << 16
"""Triplets above 0 that are asked for, and numbers of one tensor."""
ALIKE = 1e-4
"""By what part of it the margins of two triplets may differ."""


def cost_of_margin(loss: Tensor) -> float:
    """The margin in units of the loss, whether that is a mean or a sum. Call before backward. 0 where the
    loss is no multiple of such, or it cannot be told."""
    with suppress_own, torch.no_grad():
        hinged, margin = _margin(loss.grad_fn)
        if margin and hinged is not None:
            return margin * float(loss.detach()) / float(hinged.clamp_min(0).double().mean())
    return 0.0


def _margin(node: Any) -> tuple[Tensor | None, float]:
    for _ in range(FAR):
        word, below = stem_of(node), below_of(node)
        if word == "Relu" or (word in ("ClampMin", "Clamp") and number(node, "min") == 0):
            hinged = saved(node, "result" if word == "Relu" else "self")
            return hinged, _rest(below[0], hinged)
        if word not in MEANS or len(below) != 1:
            break
        node = below[0]
    return None, 0.0


def _rest(below: Any, hinged: Tensor | None) -> float:
    """What the maximum is taken of, less what the distances come to."""
    apart = _value(below)
    if hinged is None or apart is None or hinged.shape != apart.shape or hinged.dim() != 1:
        return 0.0
    above = hinged > 0
    if int(above.sum()) < FEWEST:
        return 0.0
    rest = (hinged - apart)[above].double()
    margin = float(rest.mean())
    same = float((rest - margin).abs().max()) <= ALIKE * max(abs(margin), float(apart.abs().max()))
    return margin if same and margin > 0 else 0.0


def _value(node: Any, deep: int = 0) -> Tensor | None:
    """Of a difference of distances, without the numbers that are added to it."""
    word, below = stem_of(node), below_of(node)
    if deep > FAR or not below:
        return None
    if word in ("Add", "Sub"):
        parts = [_value(one, deep + 1) for one in below]
        if any(part is None for part in parts) or number(node, "alpha") not in (1, None):
            return None
        known = [part for part in parts if part is not None]
        if len(known) == 1:  # a number beside it
            return known[0]
        return known[0] + known[1] if word == "Add" else known[0] - known[1]
    if word in KEPT:
        return _small(saved(node, "result"))
    if word == "Sum":
        return _summed(node, below[0])
    return None


def _summed(node: Any, inner: Any) -> Tensor | None:
    """Of squares, or of products."""
    dims = node._saved_dim
    if stem_of(inner) == "Pow" and number(inner, "exponent") == 2:
        base = _small(saved(inner, "self"))
        return None if base is None else base.square().sum(dims)
    if stem_of(inner) == "Mul":
        one, other = _small(saved(inner, "self")), _small(saved(inner, "other"))
        return None if one is None or other is None else (one * other).sum(dims)
    return None


def _small(tensor: Tensor | None) -> Tensor | None:
    return tensor if tensor is not None and tensor.numel() <= MOST else None
