"""Where a NaN or an infinity showed first: forward, backward or in the weights, and in which row."""

import numpy as np

from gradtui.core.autopsy import Autopsy
from gradtui.core.layout import FloatArray, Layout
from gradtui.core.snapshot import Grad, NonFinite, Weight

PHASES = ("forward", "backward", "weights")


def first_nonfinite(
    layout: Layout,
    step: int,
    loss: float,
    grads: FloatArray,
    weights: FloatArray | None,
    autopsy: Autopsy | None,
) -> NonFinite | None:
    """Read off one step's facts; an autopsy says better where it was, if it has found that out.

    Going backward the layer nearest the loss is reached first, so the last one in depth order is
    named.
    """
    shown = _shown(layout, step, loss, grads, weights)
    if shown is None or autopsy is None:
        return shown
    if not autopsy.reproduced:
        return shown._replace(autopsy=autopsy)
    phase = autopsy.phase if autopsy.phase in PHASES else "forward"
    row = row_of(layout, autopsy.module)
    return NonFinite(max(autopsy.step, 0), phase, row, autopsy.tensor, autopsy)


def row_of(layout: Layout, path: str) -> str:
    """The row that a module is in; its own path where it is in none."""
    rows = {row.name for row in layout.rows}
    above = path
    while above:
        if above in rows:
            return above
        above = above.rpartition(".")[0]
    return path


def _shown(
    layout: Layout, step: int, loss: float, grads: FloatArray, weights: FloatArray | None
) -> NonFinite | None:
    if not np.isfinite(loss):
        return NonFinite(step, "forward", "", "loss")
    for phase, counts in (
        ("backward", grads[:, Grad.NONFINITE]),
        ("weights", None if weights is None else weights[:, Weight.NONFINITE]),
    ):
        if counts is None:
            continue
        hit = np.flatnonzero(counts > 0)
        if len(hit):
            tensor = layout.tensors[int(hit[-1])]
            return NonFinite(step, phase, layout.rows[tensor.row].name, tensor.name)
    return None
