"""What a program logs as numbers: read where that waits for nothing and calls nothing of the program's."""

from math import inf
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from gradtui.patching.torch_modes import Unseen

TENSORS = (Tensor, nn.Parameter)
REAL = "biuf"
"""Kinds of numpy's numbers that have one value."""


class Elsewhere(NamedTuple):
    """A number on an accelerator, to be fetched without a wait."""

    tensor: Tensor


def number(value: Any) -> float | Elsewhere | None:
    """A number of Python or numpy, or a tensor of one element; None for anything else."""
    kind = type(value)
    if kind is float:
        return float(value)
    if issubclass(kind, float):
        return float.__float__(value)
    if issubclass(kind, int):
        return _whole(int.__int__(value))
    if issubclass(kind, np.generic) or kind is np.ndarray:
        return float(value.item()) if value.dtype.kind in REAL and value.size == 1 else None
    return _of_tensor(value) if kind in TENSORS else None


def _whole(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf


def _of_tensor(value: Tensor) -> float | Elsewhere | None:
    """Unseen by the program's modes, and part of no graph."""
    if torch._C._len_torch_function_stack() or torch._C._len_torch_dispatch_stack():
        with Unseen():
            return _read(value)
    return _read(value)


def _read(value: Tensor) -> float | Elsewhere | None:
    real = not (value.is_complex() or value.is_quantized)
    if value.numel() != 1 or value.layout is not torch.strided or not real:
        return None
    if value.device.type == "cpu":
        return float(value.item())
    with torch.no_grad():
        return Elsewhere(value.detach().reshape(()))
