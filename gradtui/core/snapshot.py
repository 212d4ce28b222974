"""Facts about one optimizer step. Nothing here is an opinion; verdicts are derived on reading."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gradtui.core.autopsy import Autopsy
from gradtui.core.layout import FloatArray


class Grad:
    """Columns of `Snapshot.grads`. All merge across shards: norm by root of sum of squares,
    abs_max by maximum, the counts and the sum by adding. Where norms alone were taken the others are
    NaN but for NONFINITE, which on an accelerator is then 1 for any number of elements."""

    NORM, ABS_MAX, ZEROS, NONFINITE, SUM = range(5)
    COLUMNS = 5


class Weight:
    """Columns of `Snapshot.weights`: L2 norm, largest absolute value, non-finite count, and the L2
    norm of the change that this step made (0 where a loss scaler skipped it). NaN for hidden states."""

    NORM, ABS_MAX, NONFINITE, UPDATE = range(4)
    COLUMNS = 4


class State:
    """Columns of `Snapshot.states`, of what its optimizer keeps of each tensor.

    LR of the tensor's group of parameters. STEPS: how many it has taken with the tensor. FIRST: L2 norm
    of the mean of its gradients (Adam's `exp_avg`), SECOND: root of the sum of the mean of their squares
    (`exp_avg_sq`); so both merge as norms do, and SECOND by the root of the number of elements is the root
    of the mean. NONFINITE: 0 where both are finite, NaN where there are none.
    """

    LR, STEPS, FIRST, SECOND, NONFINITE = range(5)
    COLUMNS = 5


class Act:
    """Columns of `Snapshot.activations`, one line a row of the layout.

    VARIANCE of the output, its root mean square RMS, DEAD: share of units that are zero for the
    whole batch, SATURATED: share of values on the flat ends of a bounded activation (NaN where the
    activation has none), SIGNAL: L2 norm of the loss gradient at the output, NONFINITE: count.
    """

    VARIANCE, RMS, DEAD, SATURATED, SIGNAL, NONFINITE = range(6)
    COLUMNS = 6


HIST_LOW = -150
HIST_HIGH = 129
HIST_BINS = HIST_HIGH - HIST_LOW
"""Bin i counts elements with HIST_LOW + i <= log2|g| < HIST_LOW + i + 1; float32 fits, subnormals
included (2^-149 .. 2^128). Zeros and non-finite values are in no bin."""

U32Array = npt.NDArray[np.uint32]


class NonFinite(NamedTuple):
    """Where the first NaN or infinity showed."""

    step: int
    phase: str
    """"forward" (the loss or an output), "backward" (a gradient), "weights" (after the update)."""
    module: str
    tensor: str
    autopsy: Autopsy | None = None
    """What running the step once more has found out, where that was tried."""


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """One optimizer step as measured.

    `grads` [tensors, Grad.COLUMNS] is taken before clipping and after any loss scale was divided
    out (`stage` says so); multiply the norms by `clip_coefficient` for what the optimizer saw. At
    stage "clipped" the norms are what the optimizer saw; divide for those before.
    `weights`, `states` (with them), `histograms` and `activations` come at a cadence and are None between.
    """

    run: int
    step: int
    loss: float
    """What a batch has lost on average, over the micro-batches of an accumulated step."""
    grads: FloatArray
    stage: str = "raw"
    """"raw", "unscaled" where a loss scale was divided out, "clipped" where a watched program has
    clipped before its step."""
    accuracy: float = float("nan")
    """Share of the batch that was right, NaN where there is nothing to be right about."""
    lr: float = float("nan")
    seconds: float = 0.0
    """Wall time of the whole step, the monitor's share included."""
    overhead: float = 0.0
    """Seconds of it that the monitor took."""
    clip_coefficient: float = float("nan")
    """Factor by which the gradient was shortened; 1 = left alone, NaN = no clipping is set."""
    loss_scale: float = float("nan")
    skipped: bool = False
    """True where the loss scaler threw the step away."""
    raised: bool = False
    """True where the optimizer's step has raised, or was not taken after a loss that was lost: what is
    recorded is what it began with."""
    weights: FloatArray | None = None
    histograms: U32Array | None = None
    activations: FloatArray | None = None
    states: FloatArray | None = None
    """None as well where the optimizer keeps no moments and has one learning rate."""
    nonfinite: NonFinite | None = None
    """None for a step that a loss scaler threw away, unless no scale would have helped."""
    optimizer: int = 0
    """Which optimizer stepped, in order of construction."""
    evaluation: int = 0
    """0, or 1, 2, ... for the evaluations of a closure within one step."""
    backwards: int = 1
    """Backward passes that the gradient is the sum of: micro-batches of an accumulated step, or terms
    of a loss."""
    norms_before: FloatArray | None = None
    """[tensors] L2 norms before clipping, where `grads` were taken after it."""
    objective: float = float("nan")
    """The sum of what backward was called on, without a loss scale: what the gradient is the gradient
    of. NaN where nobody has looked."""
    time: float = float("nan")
    """Seconds since 1970 when the step was taken; NaN: when it is handed on."""


def merge_norms(norms: FloatArray) -> np.float64:
    """Root of the sum of squares, scaled so that neither 1e-200 nor 1e200 is lost."""
    if norms.size == 0:
        return np.float64(0.0)
    top = np.max(norms)
    if not np.isfinite(top) or top == 0:
        return np.float64(top)
    return np.float64(top * np.sqrt(np.sum(np.square(norms / top))))
