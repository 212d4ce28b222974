"""A made-up run of equal layers, told by a few functions of the step."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from gradtui.core.history import History
from gradtui.core.snapshot import Grad, Snapshot, Weight
from gradtui.doctor.diagnose import diagnose
from gradtui.doctor.finding import Diagnosis
from tests.factories import mlp_layout, run_info, snapshot

ROWS = 5
LAYOUT = mlp_layout(ROWS)
GUESS = float(np.log(10))
Number = Callable[[int], float]
NOISE = 3e-5
"""No two batches give a loss that is the same to the last digits."""


def told(
    steps: int,
    loss: Number,
    *,
    norm: Number = lambda step: 0.3,
    ratio: Number = lambda step: 1e-3,
    lr: Number = lambda step: 0.1,
    change: Callable[[Snapshot], Snapshot] = lambda s: s,
    noise: float = NOISE,
    **info: Any,
) -> Diagnosis:
    """The verdict on a run of ROWS equal layers; `ratio` is update over weight norm, `noise` the part by
    which losses of batches differ."""
    history = History(LAYOUT, run_info(**{"optimizer": "SGD"} | info))
    for step in range(steps):
        row = np.full(ROWS, norm(step))
        value = loss(step) * (1 + noise * float(np.sin(7 * step)))
        made = snapshot(LAYOUT, step, row, loss=value, accuracy=float("nan"))
        made.grads[:, Grad.ABS_MAX] *= 1 + 1e-4 * np.pi
        assert made.weights is not None
        made.weights[:, Weight.UPDATE] = ratio(step) * made.weights[:, Weight.NORM]
        history.append(change(replace(made, activations=None, lr=lr(step))))
    return diagnose(history.facts())
