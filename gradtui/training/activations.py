"""What a layer's output looks like, and the signal that comes back to it. Hooks only look."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from gradtui.core.snapshot import Act
from gradtui.training.models.rows import Row


def flat_ends(act: nn.Module) -> tuple[float, float] | None:
    match type(act).__name__:
        case "Sigmoid":
            return 0.5, 0.475
        case "ScaledSigmoid":
            return 0.0, 1.9
        case "Tanh":
            return 0.0, 0.95
    return None


@torch.no_grad()
def output_statistics(output: Tensor) -> list[Tensor]:
    """VARIANCE, RMS and NONFINITE of a layer's output, 0-dim float64 tensors."""
    wide = output.detach().double()
    finite = torch.isfinite(wide)
    return [
        wide.var(correction=0),
        wide.square().mean().sqrt(),
        (~finite).sum().double(),
    ]


@torch.no_grad()
def unit_statistics(output: Tensor, act: nn.Module) -> list[Tensor]:
    """DEAD and SATURATED of an activation's output [batch, units, ...] or [batch, time, units].

    A unit is dead in this batch when it is exactly zero for every example.
    """
    value = output.detach()
    units = value.dim() - 1 if value.dim() == 3 else 1
    others = [d for d in range(value.dim()) if d != units]
    dead = (value == 0).all(dim=others[0]) if len(others) == 1 else _all_zero(value, others)
    ends = flat_ends(act)
    nan = torch.full((), float("nan"), dtype=torch.float64, device=value.device)
    if ends is None:
        return [dead.double().mean(), nan]
    centre, distance = ends
    return [dead.double().mean(), ((value - centre).abs() > distance).double().mean()]


def _all_zero(value: Tensor, dims: Sequence[int]) -> Tensor:
    return value.abs().amax(dim=list(dims)) == 0


class ActivationWatch:
    """Forward hooks on the rows' modules for one step; remove with `detach()`.

    A module that runs twice in a step (a gradient penalty) is read the first time only.
    """

    def __init__(self, rows: Sequence[Row], *, signals: bool = True) -> None:
        self._rows = rows
        self._outputs: dict[int, list[Tensor]] = {}
        self._units: dict[int, list[Tensor]] = {}
        self._signals: dict[int, Tensor] = {}
        self._handles: list[RemovableHandle] = []
        self._with_signals = signals
        for index, row in enumerate(rows):
            if row.block is not None:
                self._handles.append(row.block.register_forward_hook(self._see_output(index)))
            if row.act is not None:
                self._handles.append(row.act.register_forward_hook(self._see_units(index)))

    def _see_output(self, index: int) -> Any:
        def hook(module: nn.Module, args: Any, output: Tensor) -> None:
            if index in self._outputs:
                return
            self._outputs[index] = output_statistics(output)
            if self._with_signals and output.requires_grad:

                def seen(grad: Tensor) -> None:
                    self._signals.setdefault(
                        index, torch.linalg.vector_norm(grad.detach(), dtype=torch.float64)
                    )

                output.register_hook(seen)  # type: ignore[no-untyped-call]

        return hook

    def _see_units(self, index: int) -> Any:
        def hook(module: nn.Module, args: Any, output: Tensor) -> None:
            if index not in self._units:
                self._units[index] = unit_statistics(output, module)

        return hook

    def detach(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def collect(self, device: torch.device) -> Tensor:
        """[rows, Act.COLUMNS] float64 on `device`; NaN where a row has nothing to read."""
        nan = torch.full((), float("nan"), dtype=torch.float64, device=device)
        lines = []
        for index in range(len(self._rows)):
            line = [nan] * Act.COLUMNS
            if index in self._outputs:
                line[Act.VARIANCE], line[Act.RMS], line[Act.NONFINITE] = self._outputs[index]
            if index in self._units:
                line[Act.DEAD], line[Act.SATURATED] = self._units[index]
            line[Act.SIGNAL] = self._signals.get(index, nan)
            lines.append(torch.stack(line))
        return torch.stack(lines)
