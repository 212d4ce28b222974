"""What a loss of squares costs whoever answers with the mean of the targets, read off its node.

The targets are the program's own tensor, kept for backward: they are read where nobody has packed them and
where reading does not make a device wait.
"""

import math
from typing import Any

import torch
from torch import Tensor

from gradtui.autograd.node_types import name_of, stem
from gradtui.patching.own_errors import suppress_own

MEAN = 1
"""Value of torch's `reduction`."""
PART = 1 << 18
"""Elements that are looked at, the first rows."""
FEWEST = 8
"""Rows that tell what is usual."""


def mean_answer(node: Any) -> float:
    """The mean over columns of the variance of targets [n, ...]; 0 where `node` is no plain mean of
    squares, or they cannot be read."""
    found = 0.0
    with suppress_own:
        if stem(name_of(node)) == "MseLoss" and node._saved_reduction == MEAN:
            found = _variance(node)
    return found if math.isfinite(found) else 0.0


def _variance(node: Any) -> float:
    if node._raw_saved_target.unpack_hook is not None:
        return 0.0
    targets = node._saved_target
    plain = type(targets) is Tensor and targets.is_cpu and targets.is_floating_point()
    if not plain or targets.dim() < 1 or len(targets) < FEWEST:
        return 0.0
    rows = max(PART * len(targets) // max(targets.numel(), 1), FEWEST)
    with torch.no_grad():
        return float(targets.detach()[:rows].double().var(dim=0).mean())
