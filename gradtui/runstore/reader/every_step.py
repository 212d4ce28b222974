"""The scalars of every step of a run, by name."""

import numpy as np

from gradtui.core.layout import BoolArray, FloatArray, IntArray
from gradtui.runstore.format.records import RAISED, SKIPPED, STAGES, RecordArray


class EveryStep:
    """One array for each scalar, [steps], in the order in which the steps were taken."""

    @property
    def scalars(self) -> RecordArray:
        """[steps] of dtype STEP."""
        raise NotImplementedError

    @property
    def steps(self) -> IntArray:
        """Their numbers, from 0 over all optimizers."""
        return np.asarray(self.scalars["step"], np.int64)

    @property
    def time(self) -> FloatArray:
        """Seconds since 1970."""
        return self._float("time")

    @property
    def loss(self) -> FloatArray:
        """Mean over a step's micro-batches of what each has lost."""
        return self._float("loss")

    @property
    def objective(self) -> FloatArray:
        """The sum of what backward was called on in each step, without a loss scale: what the gradient
        is the gradient of."""
        return self._float("objective")

    @property
    def accuracy(self) -> FloatArray:
        """Share of right answers in the batch; NaN outside the lab."""
        return self._float("accuracy")

    @property
    def lr(self) -> FloatArray:
        """Learning rate of the first parameter group."""
        return self._float("lr")

    @property
    def seconds(self) -> FloatArray:
        """Wall time of each step."""
        return self._float("seconds")

    @property
    def overhead(self) -> FloatArray:
        """Seconds of it that the monitor took."""
        return self._float("overhead")

    @property
    def clip_coefficient(self) -> FloatArray:
        """Factor by which clipping has shortened the gradient; NaN where none is set."""
        return self._float("clip_coefficient")

    @property
    def loss_scale(self) -> FloatArray:
        """What a gradient scaler multiplies the loss by; NaN where there is none."""
        return self._float("loss_scale")

    @property
    def total_norm(self) -> FloatArray:
        """L2 norm of the gradient of all parameters, before clipping."""
        return self._float("total_norm")

    @property
    def clipped_norm(self) -> FloatArray:
        """The same after clipping; NaN where nothing clips."""
        return self._float("clipped_norm")

    @property
    def backwards(self) -> IntArray:
        """Backward passes that each step's gradient is the sum of: micro-batches, or terms of a loss."""
        return np.asarray(self.scalars["backwards"], np.int64)

    @property
    def skipped(self) -> BoolArray:
        """Where a gradient scaler has thrown the step away."""
        return np.asarray(self.scalars["flags"] & SKIPPED != 0)

    @property
    def raised(self) -> BoolArray:
        """Where the optimizer's step has raised."""
        return np.asarray(self.scalars["flags"] & RAISED != 0)

    @property
    def stage(self) -> list[str]:
        """What the gradients are that were measured: "raw", "unscaled", "clipped", "unknown" or "none"."""
        return [STAGES[min(n, len(STAGES) - 1)] for n in self.scalars["stage"].tolist()]

    def _float(self, name: str) -> FloatArray:
        return np.asarray(self.scalars[name], np.float64)
