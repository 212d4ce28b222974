"""A stretch of a run: which of its steps count, and what "now" and "early" mean."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gradtui.core.facts import Facts
from gradtui.core.layout import BoolArray, FloatArray, IntArray
from gradtui.core.scalar_series import ScalarSeries
from gradtui.core.snapshot import Grad
from gradtui.doctor import thresholds as T

ADAPTIVE = frozenset(
    ("adam", "adamw", "adamax", "nadam", "radam", "rmsprop", "adagrad", "adadelta", "adafactor")
)


@dataclass(frozen=True)
class Stretch:
    """Finite up to its end, of one optimizer's steps.

    `game`: the optimizer plays against another one, so its loss need not fall. `part` is its share
    of all steps of the record.
    """

    facts: Facts
    game: bool = False
    part: float = 1.0

    @cached_property
    def seen(self) -> int:
        """Steps taken so far, kept or thinned away."""
        if not len(self.facts):
            return 0
        taken = max(int(self.facts.steps[-1]) + 1, self.facts.scalars.taken)
        return max(round(taken * self.part), len(self.facts))

    @cached_property
    def half(self) -> bool:
        """Gradients pass through float16: by the run's own word, or by their granularity."""
        words = self.facts.info.precision.replace("amp_", "").split(", ")
        return "float16" in words or self._granular

    @cached_property
    def _granular(self) -> bool:
        """Whether the largest entries of the gradients are all float16 numbers: autocast computes
        in half precision what ends as float32."""
        words = self.facts.info.precision.split(", ")
        if words != ["float32"] or len(self.facts) > 10**5:
            return False
        lately = slice(-4 * T.COUNTED * T.WINDOW, None)
        top = self.facts.grads[lately, :, Grad.ABS_MAX]
        top = top[self.clip_scale[lately] == 1.0]
        top = top[~np.isnan(top).all(axis=1)][-4 * T.WINDOW :]  # they come at a cadence
        top = top[:, self.facts.layout.judged]
        top = top[np.isfinite(top) & (top > 0)]
        if len(top) < T.HALF_SAMPLES:
            return False
        bits = top.astype(np.float32).view(np.uint32)
        coarse = (bits & np.uint32((1 << T.HALF_MANTISSA) - 1)) == 0
        bfloat = (bits & np.uint32(0xFFFF)) == 0
        return float(coarse.mean()) > T.HALF_SHARE and float(bfloat.mean()) < T.HALF_SHARE

    @property
    def adaptive(self) -> bool:
        words = self.facts.info.optimizer.lower().replace(",", " ").split()
        return any(word in ADAPTIVE for word in words)

    @property
    def critic(self) -> bool:
        """The loss says nothing about how good the net is."""
        return self.game or self.facts.info.task == "critic"

    @cached_property
    def used(self) -> IntArray:
        """Kept steps that a loss scaler did not throw away, of a log those whose norms are finite: it does
        not tell whether one did."""
        kept = ~self.facts.skipped
        if self.facts.info.logged is not None and len(self.facts.layout.tensors):
            kept &= np.isfinite(self.facts.total_norm)
        return np.flatnonzero(kept)

    @cached_property
    def used_scalars(self) -> ScalarSeries:
        """Every step, measured or not, that a loss scaler did not throw away, of a log those that have a
        loss; of a long run evenly spaced ones."""
        scalars = self.facts.scalars
        kept = ~scalars.skipped
        if self.facts.info.logged is not None:
            kept &= np.isfinite(scalars.loss)
        return scalars.take(kept)

    @property
    def losses(self) -> FloatArray:
        """Theirs."""
        return self.used_scalars.loss

    @property
    def rates(self) -> FloatArray:
        """Their learning rates."""
        return self.used_scalars.lr

    @cached_property
    def measured_near(self) -> IntArray:
        """Of each of them the place in `used` of the last measured step that is not later."""
        steps = self.facts.steps[self.used]
        found = np.searchsorted(steps, self.used_scalars.steps, side="right") - 1
        return np.asarray(found.clip(0), np.int64)

    @cached_property
    def now(self) -> IntArray:
        """The last WINDOW of them."""
        return self.used[-T.WINDOW :]

    @cached_property
    def early(self) -> IntArray:
        """The first WINDOW of them. What is wrong from the start stays the cause until there is
        progress, whatever becomes of the net meanwhile."""
        return self.used[: T.WINDOW]

    @cached_property
    def clip_scale(self) -> FloatArray:
        """[n] what a watched program's clipping divided the norms by. The lab (which says in words
        how it clips) measures before clipping."""
        factor = self.facts.clip_coefficient
        out = np.ones(len(self.facts))
        if self.facts.info.clip:
            return out
        known = np.isfinite(factor) & (factor > 0)
        out[known] = 1.0 / factor[known]
        return out

    @cached_property
    def total(self) -> FloatArray:
        """[n] norm of the whole gradient before clipping."""
        with np.errstate(over="ignore"):
            return np.asarray(self.facts.total_norm * self.clip_scale)

    def names(self, rows: IntArray | list[int]) -> tuple[str, ...]:
        return tuple(self.facts.layout.rows[int(r)].name for r in rows)

    def since(self, holds: BoolArray) -> int:
        """`holds` [n] over the kept steps -> the step from which it has held without a break."""
        breaks = np.flatnonzero(~holds)
        first = int(breaks[-1]) + 1 if len(breaks) else 0
        return int(self.facts.steps[min(first, len(self.facts) - 1)])

    @property
    def in_the_middle(self) -> bool:
        """What is known begins in the middle of a training."""
        return self.facts.info.attached is not None
