"""Layers that are applied to their own results, and by how much each step through them grows a signal."""

import numpy as np

from gradtui.core.facts import Facts
from gradtui.core.layout import TensorInfo
from gradtui.core.snapshot import Weight
from gradtui.doctor import thresholds as T
from gradtui.doctor.reading import Reading

PLAIN = ("RNN", "RNNCell")
GATED = ("LSTM", "LSTMCell", "GRU", "GRUCell")


def recurrent_gains(reading: Reading) -> dict[int, float]:
    """Row -> gain of its recurrent weights, for the recurrent layers whose weights were measured.

    For a random matrix that is the spectral radius: the factor of each time step. Measurements just
    after a step that overwhelmed the weights are passed over.
    """
    layout, at = reading.facts.layout, reading.facts.weights_at
    out: dict[int, float] = {}
    able = [row.kind in PLAIN or row.turns >= T.LOOPED for row in layout.rows]
    for k, tensor in enumerate(layout.tensors if any(able) else ()):
        if not able[tensor.row]:
            continue
        leaf = tensor.name.rpartition(".")[2]
        row = layout.rows[tensor.row]
        known = leaf.startswith("weight_hh") and row.kind in PLAIN
        if len(tensor.shape) != 2 or not (known or by_hand(reading.facts, tensor)):
            continue
        sizes, updates = (reading.facts.weights[at, k, c] for c in (Weight.NORM, Weight.UPDATE))
        sound = sizes[np.isfinite(sizes) & ~(updates >= T.OVERWHELMED * sizes)]
        if len(sound):
            gain = float(sound[-1]) / np.sqrt(tensor.shape[0])
            out[tensor.row] = max(out.get(tensor.row, 0.0), gain)
    return out


def looped(reading: Reading) -> bool:
    """Whether any layer is applied to its own results, step after step."""
    return any(row.turns >= T.LOOPED or row.kind in PLAIN for row in reading.facts.layout.rows)


def by_hand(facts: Facts, tensor: TensorInfo) -> bool:
    """A recurrent matrix of a cell that somebody has written out. With skips around it its own gain
    is not that of a step."""
    row, square = facts.layout.rows[tensor.row], len(set(tensor.shape)) == 1
    if row.kind in (*PLAIN, *GATED) or facts.info.residual or tensor.role != "weight":
        return False
    return row.turns >= T.LOOPED and len(tensor.shape) == 2 and square
