"""What layers put out: how large it is, and which units answer. Outputs of one shape are reduced together,
because starting an operation costs more than the operation."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

AT_ONCE = 1 << 20
"""Elements that are copied together at most, which bounds scratch memory."""
FLAT_ENDS = {"sigmoid": (0.5, 0.475), "tanh": (0.0, 0.95)}
"""Activation -> (centre, distance) beyond which its slope is below a tenth of the steepest."""


def output_statistics(outputs: Tensor) -> Tensor:
    """[k, ...] outputs of k layers -> [k, 3] float64: VARIANCE, RMS, NONFINITE."""
    flat = outputs.flatten(1)
    rms = torch.linalg.vector_norm(flat, dim=1, dtype=torch.float64) / flat.shape[1] ** 0.5
    mean = flat.sum(dim=1, dtype=torch.float64) / flat.shape[1]
    variance = (rms.square() - mean.square()).clamp_min(0)
    if flat.device.type == "cpu" and torch.isfinite(rms).all():
        broken = torch.zeros_like(rms)
    else:
        broken = (~torch.isfinite(flat)).sum(dim=1).double()
    return torch.stack([variance, rms, broken], dim=1)


def unit_statistics(outputs: Tensor, units: int, ends: tuple[float, float] | None) -> Tensor:
    """[k, ...] outputs of k layers, `units` the dimension that counts their units -> [k, 2] float64:
    DEAD, SATURATED.

    A unit is dead in this batch when it is exactly zero for every example.
    """
    alive = outputs != 0
    for dim in reversed(range(1, outputs.dim())):
        if dim != units:
            alive = alive.any(dim=dim)
    dead = 1 - alive.double().mean(dim=1)
    if ends is None:
        return torch.stack([dead, torch.full_like(dead, torch.nan)], dim=1)
    centre, distance = ends
    flat = ((outputs - centre).abs() > distance).flatten(1)
    return torch.stack([dead, flat.sum(dim=1) / flat.shape[1]], dim=1)


def put(line: Tensor, columns: Sequence[int], values: Tensor) -> None:
    """[columns] values into a line of a table, one by one: a list of columns would be sent to the device, and
    waited for."""
    for at, column in enumerate(columns):
        line[column] = values[at]


def batches(
    kept: dict[int, Tensor], kind: Callable[[int], object]
) -> Iterator[tuple[list[int], Tensor]]:
    """Tensors of one shape, type and kind stacked, with their row numbers, some at a time."""
    groups: dict[object, list[int]] = defaultdict(list)
    for index, tensor in kept.items():
        groups[tensor.shape, tensor.dtype, kind(index)].append(index)
    for members in groups.values():
        some = max(1, AT_ONCE // max(1, kept[members[0]].numel()))
        for at in range(0, len(members), some):
            part = members[at : at + some]
            yield part, torch.stack([kept[i] for i in part])
