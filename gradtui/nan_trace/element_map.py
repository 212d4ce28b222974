"""Which of the numbers that an operation was given a part of its result is made of."""

from typing import Any

import torch
from torch import Tensor

from gradtui.autograd.node_types import words
from gradtui.autograd.saved_tensors import plain, saved, word_of
from gradtui.nan_trace.known_values import GivenTensor
from gradtui.nan_trace.recomputation import LARGEST

ELEMENTWISE = words(
    "log log2 log10 log1p sqrt rsqrt exp expm1 exp2 acos asin atan acosh asinh atanh tan sin cos "
    "sigmoid tanh reciprocal abs neg relu lgamma digamma erfinv erf sinh cosh clone alias to_copy "
    "expand mul div maximum minimum atan2 hypot xlogy add sub rsub pow where masked_fill clamp "
    "clamp_min clamp_max softplus log_sigmoid hardtanh leaky_relu elu gelu silu"
)
"""Each of their results is made of what is at the same place."""


def reaches(
    node: Any, given: list[GivenTensor], one: GivenTensor, at: Tensor | None
) -> Tensor | None:
    """Where `one` of what a node was given is not finite, as far as the result at `at` can come of it;
    None if nowhere."""
    value = one.value
    if value is None or value.numel() > LARGEST or not value.is_floating_point():
        return None
    bad = ~torch.isfinite(value)
    if not bad.any():
        return None
    if word_of(node) in ("nll_loss", "nll_loss2d"):
        picked = _labelled(node, value)
    else:
        picked = None if at is None else _picked(node, one is given[0], value, at)
    if picked is not None:
        bad = bad & picked
    return bad if bad.any() else None


def _picked(node: Any, first: bool, value: Tensor, at: Tensor) -> Tensor | None:
    """Those elements that a result at `at` is made of; None where that is not told."""
    word = word_of(node)
    if word == "where":
        condition = saved(node, "condition")
        if condition is None:
            return None
        at = at & (condition if first else ~condition)
    if word == "gather":
        index = saved(node, "index")
        if index is None or index.shape != at.shape:
            return None
        mask = torch.zeros(value.shape)
        return mask.scatter_add_(plain(node, "dim"), index, at.float()) > 0
    return at.float().sum_to_size(value.shape) > 0 if word in ELEMENTWISE else None


def _labelled(node: Any, value: Tensor) -> Tensor | None:
    """The log-probabilities of the classes that labels [n] or [n, h, w] name: those that count."""
    target = saved(node, "target")
    if target is None or target.dim() != max(value.dim() - 1, 1) or value.dim() < 2:
        return None
    kept = (target != plain(node, "ignore_index")).unsqueeze(1)
    index = torch.where(kept, target.unsqueeze(1), 0)
    mask = torch.zeros(value.shape, dtype=torch.bool)
    return mask.scatter_(1, index, kept)
