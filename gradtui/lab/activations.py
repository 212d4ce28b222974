"""What a layer's output looks like, and the signal that comes back to it. Hooks only look.

During the step the hooks keep references; the arithmetic is done afterwards, for all outputs of one
shape together, because starting an operation costs more than the operation.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from gradtui.core.snapshot import Act
from gradtui.lab.models.rows import LayerRow

AT_ONCE = 1 << 20
"""Elements that are copied together at most, which bounds scratch memory."""


def flat_ends(act: nn.Module) -> tuple[float, float] | None:
    """(centre, distance) beyond which the slope is below a tenth of the steepest; None if never."""
    match type(act).__name__:
        case "Sigmoid":
            return 0.5, 0.475
        case "ScaledSigmoid":
            return 0.0, 1.9
        case "Tanh":
            return 0.0, 0.95
    return None


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


def unit_statistics(outputs: Tensor, ends: tuple[float, float] | None) -> Tensor:
    """[k, batch, units, ...] (or [k, batch, time, units]) -> [k, 2] float64: DEAD, SATURATED.

    A unit is dead in this batch when it is exactly zero for every example.
    """
    units = 3 if outputs.dim() == 4 else 2
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


class ActivationWatch:
    """Forward hooks on the rows' modules for one step; remove them with `detach()`.

    A module that runs twice in a step (a gradient penalty) is read the first time only. Outputs
    must not be changed in place after their module has run.
    """

    def __init__(self, rows: Sequence[LayerRow], *, signals: bool = True) -> None:
        self._rows = rows
        self._outputs: dict[int, Tensor] = {}
        self._units: dict[int, Tensor] = {}
        self._signals: dict[int, Tensor] = {}
        self._handles: list[RemovableHandle] = []
        for index, row in enumerate(rows):
            if row.block is not None:
                hook = self._keep_output(index, signals)
                self._handles.append(row.block.register_forward_hook(hook))
            if row.act is not None:
                self._handles.append(row.act.register_forward_hook(self._keep_units(index)))

    def _keep_output(self, index: int, signals: bool) -> Any:
        def hook(module: nn.Module, args: Any, output: Tensor) -> None:
            if index in self._outputs:
                return
            self._outputs[index] = output.detach()
            if signals and output.requires_grad:
                output.register_hook(seen)  # type: ignore[no-untyped-call]

        def seen(grad: Tensor) -> None:
            self._signals.setdefault(index, grad.detach())

        return hook

    def _keep_units(self, index: int) -> Any:
        def hook(module: nn.Module, args: Any, output: Tensor) -> None:
            self._units.setdefault(index, output.detach())

        return hook

    def detach(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    @torch.no_grad()
    def collect(self, device: torch.device) -> Tensor:
        """[rows, Act.COLUMNS] float64 on `device`; NaN where a row has nothing to read."""
        table = torch.full((len(self._rows), Act.COLUMNS), torch.nan, dtype=torch.float64)
        table = table.to(device, non_blocking=True)
        columns = torch.tensor([Act.VARIANCE, Act.RMS, Act.NONFINITE], device=device)
        for found, stacked in batches(self._outputs, lambda index: None):
            table[torch.tensor(found, device=device)[:, None], columns] = output_statistics(stacked)
        columns = torch.tensor([Act.DEAD, Act.SATURATED], device=device)
        for found, stacked in batches(self._units, self._ends):
            table[torch.tensor(found, device=device)[:, None], columns] = unit_statistics(
                stacked, self._ends(found[0])
            )
        for found, stacked in batches(self._signals, lambda index: None):
            table[torch.tensor(found, device=device), Act.SIGNAL] = torch.linalg.vector_norm(
                stacked.flatten(1), dim=1, dtype=torch.float64
            )
        return table

    def _ends(self, index: int) -> tuple[float, float] | None:
        act = self._rows[index].act
        return None if act is None else flat_ends(act)


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
