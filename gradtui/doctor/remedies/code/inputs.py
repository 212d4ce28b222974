"""What goes into the net, as far as layers and gradients tell."""

import math

import numpy as np

from gradtui.core.snapshot import Grad
from gradtui.doctor.program_seen import EARLY, ProgramSeen, middle

LARGE = 20.0
"""Size of an input, in the middle, from which on it is large; standardised ones are about 1, bytes
of an image about 150."""


def integer_inputs(seen: ProgramSeen) -> bool:
    """Indices are among them, which nothing may be subtracted from."""
    return any(kind.startswith("Embedding") for kind in seen.kinds)


def input_size(seen: ProgramSeen) -> float:
    """Root mean square of what the first layer is given; NaN where that cannot be told.

    The gradient of a weight is that of the bias times the input, so that the one norm over the other
    is the norm of the input; over many samples, whose gradients differ, about so.
    """
    layout, rows = seen.facts.layout, seen.facts.layout.weight_rows
    if not len(rows) or integer_inputs(seen):
        return math.nan
    mine = [k for k, t in enumerate(layout.tensors) if t.row == int(rows[0])]
    weights = [k for k in mine if layout.judged[k] and len(layout.tensors[k].shape) >= 2]
    biases = [
        k
        for k in mine
        if layout.tensors[k].role == "bias" and not layout.tensors[k].structural_zero
    ]
    if len(weights) != 1 or len(biases) != 1:
        return math.nan
    tensor = layout.tensors[weights[0]]
    norms = seen.facts.grads[: max(min(seen.before, EARLY), 1), :, Grad.NORM]
    fan_in = tensor.numel / tensor.shape[0]
    with np.errstate(all="ignore"):
        return middle(norms[:, weights[0]] / norms[:, biases[0]]) / math.sqrt(fan_in)
