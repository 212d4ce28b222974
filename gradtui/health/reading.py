"""What the rules have in common: the run as it stands now, and whether it makes progress."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from gradtui.core.facts import Facts
from gradtui.core.layout import FloatArray, IntArray
from gradtui.core.snapshot import Act, Grad
from gradtui.health import thresholds as T

BoolArray = npt.NDArray[np.bool_]
ADAPTIVE = ("adam", "adamw", "rmsprop", "adagrad")


@dataclass(frozen=True)
class Reading:
    """Derived quantities of a run that is finite up to its end; `seen` counts its steps."""

    facts: Facts

    @cached_property
    def seen(self) -> int:
        """Steps taken so far, kept or thinned away."""
        return int(self.facts.steps[-1]) + 1 if len(self.facts) else 0

    @property
    def half(self) -> bool:
        return self.facts.info.precision in ("float16", "amp_float16")

    @property
    def adaptive(self) -> bool:
        return self.facts.info.optimizer.split(" ")[0].lower() in ADAPTIVE

    @property
    def critic(self) -> bool:
        return self.facts.info.task == "critic"

    @cached_property
    def used(self) -> IntArray:
        """Kept steps that a loss scaler did not throw away."""
        return np.flatnonzero(~self.facts.skipped)

    @cached_property
    def now(self) -> IntArray:
        """The last WINDOW of them."""
        return self.used[-T.WINDOW :]

    @cached_property
    def early(self) -> IntArray:
        """The first WINDOW of them. What is wrong from the start stays the cause until there is
        progress, whatever becomes of the net meanwhile."""
        return self.used[: T.WINDOW]

    # --- progress -------------------------------------------------------------------------------

    @cached_property
    def chance(self) -> float:
        """The loss of guessing, or NaN where the task does not say."""
        classes = self.facts.info.classes
        return math.log(classes) if classes > 1 else float("nan")

    @cached_property
    def start_loss(self) -> float:
        return float(np.median(self.facts.loss[self.used[:5]]))

    @cached_property
    def loss(self) -> float:
        return float(np.median(self.facts.loss[self.now]))

    @cached_property
    def reference_loss(self) -> float:
        """What progress is measured from: guessing where it is known, else the first steps."""
        return self.start_loss if math.isnan(self.chance) else self.chance

    @cached_property
    def learned(self) -> bool:
        """The loss is well below guessing (or its start), or answers are well above guessing."""
        if self.critic or not len(self.now):
            return False
        if self.loss < T.LEARNED_LOSS * self.reference_loss:
            return True
        classes = self.facts.info.classes
        if classes < 2 or self.loss > T.OVERCONFIDENT * self.chance:
            return False
        return float(np.mean(self.facts.accuracy[self.now])) > 1 / classes + T.LEARNED_ACCURACY

    @cached_property
    def falling(self) -> bool:
        """The loss is on its way down, by more than its own noise."""
        recent = self.facts.loss[self.used[-10 * T.WINDOW :]]
        if len(recent) < T.WINDOW:
            return False
        half = len(recent) // 2
        before, after = recent[:half], recent[half:]
        spread = 1.4826 * float(np.median(np.abs(after - np.median(after))))
        drop = float(np.median(before) - np.median(after))
        sure = T.FALLING_Z * spread / math.sqrt(half)
        if drop <= max(sure, 0.003 * abs(float(np.median(before)))):
            return False
        return math.isnan(self.chance) or self.loss < T.BELOW_CHANCE * self.chance

    @property
    def progress(self) -> bool:
        return self.learned or self.falling

    @cached_property
    def converged(self) -> bool:
        """The task is solved: nothing is left to learn from it. Once said it stands until the loss
        is several times higher again."""
        if self.critic or self.seen < 2 * T.WINDOW:
            return False
        if math.isnan(self.chance) and self.falling:
            return False  # where the floor is not known, being on the way down is not being there
        solved = T.CONVERGED_LOSS * self.reference_loss
        if not self.loss < T.CONVERGED_SLACK * solved:
            return False
        whole = len(self.used) // T.WINDOW * T.WINDOW
        blocks = self.facts.loss[self.used[len(self.used) - whole :]].reshape(-1, T.WINDOW)
        return bool((np.median(blocks, axis=1) < solved).any())

    # --- layers ---------------------------------------------------------------------------------

    @cached_property
    def rows(self) -> IntArray:
        """Rows with weights, input side first."""
        return self.facts.layout.weight_rows

    def typical(self, rows: IntArray, window: IntArray) -> FloatArray:
        """[len(rows)] median of the judged norms over the steps of `window`."""
        if not len(window):
            return np.full(len(rows), np.nan)
        return np.asarray(np.median(self.facts.judged_norms[window][:, rows], axis=0))

    @cached_property
    def row_norms(self) -> FloatArray:
        """[len(rows)] median gradient norm of each now."""
        return self.typical(self.rows, self.now)

    @cached_property
    def row_sizes(self) -> FloatArray:
        """[len(rows)] number of weights."""
        layout = self.facts.layout
        judged = layout.judged
        sizes = np.bincount(
            layout.row_of[judged], weights=layout.numel[judged], minlength=len(layout.rows)
        )
        return np.asarray(sizes[self.rows])

    def ratios(self, window: IntArray) -> FloatArray:
        """[len(rows)] median update_norm / weight_norm over the measurements in `window`; NaN
        where there are none."""
        taken = window[self.facts.has_weights[window]]
        if not len(taken):
            return np.full(len(self.rows), np.nan)
        return np.asarray(np.median(self.facts.update_ratios(taken)[:, self.rows], axis=0))

    @cached_property
    def update_ratios(self) -> FloatArray:
        """`ratios` now."""
        return self.ratios(self.now)

    @cached_property
    def activations(self) -> FloatArray:
        """[m, rows of the layout, Act.COLUMNS], the last few measurements."""
        at = self.facts.activations_at[-T.ACTIVATION_WINDOW :]
        return self.facts.activations[at]

    def share(self, column: int) -> FloatArray:
        """[rows of the layout] least of the last measurements of a share; NaN where unmeasured."""
        if not len(self.activations):
            return np.full(len(self.facts.layout.rows), np.nan)
        return np.asarray(self.activations[:, :, column].min(axis=0))

    @cached_property
    def dead(self) -> FloatArray:
        """[rows of the layout] share of units dead in each of the last batches looked at."""
        return self.share(Act.DEAD)

    @cached_property
    def zero_fraction(self) -> FloatArray:
        """[len(rows)] share of exact zeros in the weight gradients now."""
        layout = self.facts.layout
        judged = np.flatnonzero(layout.judged)
        counted = self.facts.grads[self.now][:, judged, Grad.ZEROS]
        counted = counted[~np.isnan(counted).all(axis=1)]  # not every step need be counted
        if not len(counted):
            return np.zeros(len(self.rows))
        zeros = np.median(counted, axis=0)
        count = len(layout.rows)
        of = layout.row_of[judged]
        total = np.bincount(of, weights=layout.numel[judged], minlength=count)
        found = np.bincount(of, weights=zeros, minlength=count)
        return np.asarray(found[self.rows] / total[self.rows])

    def names(self, rows: IntArray | list[int]) -> tuple[str, ...]:
        return tuple(self.facts.layout.rows[int(r)].name for r in rows)

    def since(self, holds: BoolArray) -> int:
        """`holds` [n] over the kept steps -> the step from which it has held without a break."""
        breaks = np.flatnonzero(~holds)
        first = int(breaks[-1]) + 1 if len(breaks) else 0
        return int(self.facts.steps[min(first, len(self.facts) - 1)])
