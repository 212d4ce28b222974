"""Layers whose units start as copies of one another, and whose gradients keep them so."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from gradtui.core.layout import Layout
from gradtui.core.text import printable
from gradtui.core.wiring import SAME_UNITS, Faults

KINDS = ("Linear", "Conv1d", "Conv2d", "Conv3d")
LARGEST = 1 << 24
"""Elements of a weight that is compared in full."""
NAMED = 3


def same_units(layout: Layout, tensors: Sequence[Tensor]) -> Faults:
    """`tensors` as `layout` lists them, before the first step. Rows that agree do no harm where the
    next layer or the biases tell the units apart: all must be alike."""
    weights = [
        (layout.tensors[i].row, tensor)
        for i, tensor in enumerate(tensors)
        if _plain(tensor) and _is_weight(layout, i)
    ]
    found = []
    for (row, weight), (_, after) in pairwise(weights):
        biases = [
            tensor
            for tensor, info in zip(tensors, layout.tensors, strict=True)
            if info.row == row and tensor is not weight
        ]
        if _alike(weight) and all(_one_value(b) for b in biases) and _joins(weight, after):
            found.append(printable(layout.rows[row].name))
    if not found:
        return ()
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return ((SAME_UNITS, f"{', '.join(found[:NAMED])}{more}: all units start with equal weights"),)


def _is_weight(layout: Layout, i: int) -> bool:
    info = layout.tensors[i]
    return info.role == "weight" and len(info.shape) > 1 and layout.rows[info.row].kind in KINDS


def _plain(tensor: Tensor) -> bool:
    known = type(tensor) in (Tensor, torch.nn.Parameter) and tensor.layout is torch.strided
    return known and tensor.is_floating_point() and tensor.device.type != "meta"


def _alike(weight: Tensor) -> bool:
    """Several equal rows of several inputs, and not of zeros, which have a meaning of their own."""
    if len(weight) < 2 or weight.shape[1] < 2 or weight.numel() > LARGEST:
        return False
    if not torch.equal(weight[0], weight[1]):
        return False  # two rows tell in nearly every case
    return bool((weight == weight[:1]).all()) and bool(weight[0].any())


def _one_value(bias: Tensor) -> bool:
    return _plain(bias) and (bias.numel() < 2 or bool((bias == bias.flatten()[0]).all()))


def _joins(weight: Tensor, after: Tensor) -> bool:
    """Whether the next layer takes all units of `weight` with the same weights."""
    units, width = len(weight), after.shape[1]
    if width % units or after.numel() > LARGEST:
        return False
    parts = after.reshape(len(after), units, -1)
    return bool((parts == parts[:, :1]).all())
