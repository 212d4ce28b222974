"""What the weights themselves do to the gradient, found out once at a run's first step, for theory."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from gradtui.core.layout import FloatArray, Layout
from gradtui.core.snapshot import Weight
from gradtui.stats.tensors import PLAIN_TYPES, is_plain
from gradtui.theory import Entry, Given, NoTheoryError, quenched, read_stack

LARGEST = 1 << 22
"""Elements of all weights together that are copied to the host."""
BATCH = 64
"""Examples, where the graph of the loss does not tell."""
DIGITS = 4
"""Decimals that are kept."""

NOTHING: tuple[float, ...] = ()


@torch.no_grad()
def carried(
    layout: Layout,
    tensors: Sequence[Tensor],
    error: Tensor | None,
    batch: int = 0,
    classes: int = 0,
    *,
    sized: bool = True,
) -> tuple[float, ...]:
    """[rows] log10 of the gradient norm that the weights give each row, in units of the output row's.

    `tensors` in the layout's order, as they are now. `error` [outputs] is the gradient of the last
    row's bias; batch, classes and `sized` as in `Entry`, 0 where not known. Nothing is changed and no
    random number of the program drawn. Empty where there is no theory of such a net.
    """
    if error is None or not all(type(t) in PLAIN_TYPES and is_plain(t) for t in (*tensors, error)):
        return NOTHING
    if sum(t.numel() for t in tensors) > LARGEST:
        return NOTHING
    try:
        arrays = [_array(tensor) for tensor in tensors]
        norms = np.zeros((len(arrays), Weight.COLUMNS))
        norms[:, Weight.NORM] = [np.linalg.norm(array) for array in arrays]
        stack = read_stack(layout, norms)
        roles = [
            {t.role: a for t, a in zip(layout.tensors, arrays, strict=True) if t.row == row}
            for row in stack.rows
        ]
        layers = [
            Given(own["weight"], own.get("bias"), stage.phi)
            for own, stage in zip(roles, stack.stages, strict=True)
        ]
        found = quenched(layers, Entry(_array(error), batch or BATCH, classes, sized), stack.side)
    except NoTheoryError:
        return NOTHING
    return tuple(round(float(value), DIGITS) for value in found)


def entering(layout: Layout, tensors: Sequence[Tensor]) -> Tensor | None:
    """The gradient of the last row's bias, as it lies there."""
    last = len(layout.rows) - 1
    for info, tensor in zip(layout.tensors, tensors, strict=True):
        if info.row == last and info.role == "bias":
            return tensor.grad
    return None


def _array(tensor: Tensor) -> FloatArray:
    return np.asarray(tensor.detach().cpu().to(torch.float64).numpy())
