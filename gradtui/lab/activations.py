"""What a layer's output looks like, and the signal that comes back to it. Hooks only look.

During the step the hooks keep references; the arithmetic is done afterwards, for all outputs of one
shape together, because starting an operation costs more than the operation.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from gradtui.lab.models.rows import LayerRow
from gradtui.stats.activations import FLAT_ENDS, batches, output_statistics, unit_statistics


def flat_ends(act: nn.Module) -> tuple[float, float] | None:
    """As FLAT_ENDS has it, of a module."""
    name = type(act).__name__
    return (0.0, 1.9) if name == "ScaledSigmoid" else FLAT_ENDS.get(name.lower())


def units_of(outputs: Tensor) -> int:
    """The dimension of units in outputs that are stacked: [k, batch, units, ...] or, of a sequence,
    [k, batch, time, units]."""
    return 3 if outputs.dim() == 4 else 2


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
        shapes = [
            (found, output_statistics(stacked))
            for found, stacked in batches(self._outputs, lambda index: None)
        ]
        units = [
            (found, unit_statistics(stacked, units_of(stacked), self._ends(found[0])))
            for found, stacked in batches(self._units, self._ends)
        ]
        signals = [
            (found, torch.linalg.vector_norm(stacked.flatten(1), dim=1, dtype=torch.float64))
            for found, stacked in batches(self._signals, lambda index: None)
        ]
        count = len(self._rows)
        sizes = _in_lines(count, shapes, 3, device)
        answers = _in_lines(count, units, 2, device)
        slopes = _in_lines(count, [(at, one[:, None]) for at, one in signals], 1, device)
        # As the columns of Act follow one another.
        return torch.cat([sizes[:, :2], answers, slopes, sizes[:, 2:]], dim=1)

    def _ends(self, index: int) -> tuple[float, float] | None:
        act = self._rows[index].act
        return None if act is None else flat_ends(act)


def _in_lines(
    count: int, parts: Iterable[tuple[list[int], Tensor]], width: int, device: torch.device
) -> Tensor:
    """[count, width] float64, NaN where there is nothing. Not by indices: these would be sent to the device,
    and waited for."""
    blank = torch.full((width,), torch.nan, dtype=torch.float64, device=device)
    lines = [blank] * count
    for found, values in parts:
        for at, line in zip(found, values.unbind(), strict=True):
            lines[at] = line
    return torch.stack(lines)
