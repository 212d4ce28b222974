"""Where a NaN or an infinity showed first: forward, backward or in the weights, and in which row."""

from collections.abc import Callable

import numpy as np
import torch

from gradtui.core.layout import FloatArray, Layout
from gradtui.core.snapshot import Act, Grad, NonFinite, Weight
from gradtui.training.activations import ActivationWatch
from gradtui.training.models.rows import Network


def first_nonfinite(
    layout: Layout,
    step: int,
    loss: float,
    grads: FloatArray,
    weights: FloatArray | None,
    located: NonFinite | None,
) -> NonFinite | None:
    """Read off one step's facts; `located` is what looking at the forward pass has found, if it has.

    Going backward the layer nearest the loss is reached first, so the last one in depth order is
    named.
    """
    if located is not None:
        return located
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


@torch.no_grad()
def locate_forward(
    network: Network, layout: Layout, step: int, rerun: Callable[[], object]
) -> NonFinite:
    """Repeat the forward pass of a step whose loss is not finite, watching every row's output.

    Weights that are already non-finite came from the update of the step before and are named
    instead. Random state and buffers (running averages) are put back as they were.
    """
    for row in network.rows:
        for name, tensor, _, _ in row.parameters:
            if not torch.isfinite(tensor).all():
                return NonFinite(step - 1, "weights", row.info.name, name)
    buffers = [buffer.clone() for buffer in network.module.buffers()]
    watch = ActivationWatch(network.rows, signals=False)
    try:
        with torch.random.fork_rng(devices=[]):
            rerun()
        table = watch.collect(torch.device("cpu"))
    finally:
        watch.detach()
        for buffer, kept in zip(network.module.buffers(), buffers, strict=True):
            buffer.copy_(kept)
    hit = torch.nonzero(table[:, Act.NONFINITE] > 0)
    if len(hit):
        row = network.rows[int(hit[0])]
        return NonFinite(step, "forward", row.info.name, "output")
    return NonFinite(step, "forward", "", "loss")
