"""Whether a run gets anywhere: from the loss alone, against its own noise and against guessing."""

import math
from functools import cached_property

import numpy as np

from gradtui.core.layout import FloatArray
from gradtui.health import thresholds as T
from gradtui.health.output import Output
from gradtui.health.windows import median


def spread(values: FloatArray) -> float:
    """Robust standard deviation."""
    return 1.4826 * median(np.abs(values - median(values)))


class Progress(Output):
    @cached_property
    def blind(self) -> bool:
        """No loss was seen: nothing can be said for or against."""
        return bool(np.isnan(self.facts.loss[self.now]).all())

    @cached_property
    def signed(self) -> bool:
        """The loss goes below zero: it has no floor to be measured against."""
        return bool((self.facts.loss[self.used] < 0).any())

    @cached_property
    def start_loss(self) -> float:
        return median(self.facts.loss[self.used[:5]])

    @cached_property
    def loss(self) -> float:
        return median(self.facts.loss[self.now])

    @cached_property
    def reference_loss(self) -> float:
        """What progress is measured from: guessing where it is known, else the first steps."""
        if math.isnan(self.chance):
            return self.start_loss
        told = self.facts.info.classes > 1
        return self.chance if told else min(self.chance, self.start_loss)

    @cached_property
    def learned(self) -> bool:
        """The loss is well below guessing (or its start), or answers are well above guessing."""
        if self.critic or not len(self.now):
            return False
        if self.signed:
            return self._dropped
        if self.loss < T.LEARNED_LOSS * self.reference_loss:
            return True
        classes = self.facts.info.classes
        if classes < 2 or self.loss > T.OVERCONFIDENT * self.chance:
            return False
        return float(np.mean(self.facts.accuracy[self.now])) > 1 / classes + T.LEARNED_ACCURACY

    @cached_property
    def _dropped(self) -> bool:
        drop = self.start_loss - self.loss
        noise = max(spread(self.facts.loss[self.now]), spread(self.facts.loss[self.early]))
        return drop > max(T.SIGNED_DROP * noise, (1 - T.LEARNED_LOSS) * abs(self.start_loss))

    @cached_property
    def falling(self) -> bool:
        """The loss is on its way down, by more than its own noise."""
        recent = self.facts.loss[self.used[-10 * T.WINDOW :]]
        if len(recent) < T.WINDOW:
            return False
        half = len(recent) // 2
        before, after = recent[:half], recent[half:]
        drop = median(before) - median(after)
        sure = T.FALLING_Z * spread(after) / math.sqrt(half)
        if not drop > max(sure, 0.003 * abs(median(before))):
            return False
        return math.isnan(self.chance) or self.loss < T.BELOW_CHANCE * self.chance

    @property
    def progress(self) -> bool:
        """Reason not to complain: it gets somewhere, or nobody can say that it does not."""
        return self.learned or self.falling or self.blind

    @cached_property
    def half_life(self) -> float:
        """Steps that the loss would need to halve at the pace of the last ones, a drop within its
        noise left out."""
        recent = self.facts.loss[self.used[-10 * T.WINDOW :]]
        if len(recent) < T.WINDOW or self.loss <= 0:
            return float("inf")
        half = len(recent) // 2
        drop = median(recent[:half]) - median(recent[half:])
        drop -= spread(recent) / math.sqrt(half)
        return float("inf") if drop <= 0 else 0.5 * self.loss / (drop / half)

    @cached_property
    def clearly_lower(self) -> bool:
        """The loss has come down by more than the noise of the few first ones can explain."""
        noise = T.START_NOISE * spread(self.facts.loss[self.early])
        return self.start_loss - self.loss > (1 - T.LEARNED_LOSS) * abs(self.start_loss) + noise

    @cached_property
    def converged(self) -> bool:
        """The task is solved: for some time the loss was near zero and the gradient a fraction of
        what it was. Once said it stands until the loss is several times higher again."""
        if self.critic or self.signed or self.seen < (T.CONVERGED_BLOCKS + 1) * T.WINDOW:
            return False
        if math.isnan(self.chance) and self.falling:
            return False  # where the floor is not known, being on the way down is not being there
        solved = T.CONVERGED_LOSS * self.reference_loss
        if not self.loss < T.CONVERGED_SLACK * solved:
            return False
        whole = len(self.used) // T.WINDOW * T.WINDOW
        taken = self.used[len(self.used) - whole :]
        losses = np.median(self.facts.loss[taken].reshape(-1, T.WINDOW), axis=1)
        norms = np.median(self.total[taken].reshape(-1, T.WINDOW), axis=1)
        first = median(self.total[self.early])
        good = (losses < solved) & (norms < T.CONVERGED_NORM * first)
        run = np.convolve(good, np.ones(T.CONVERGED_BLOCKS), "valid")
        return bool((run >= T.CONVERGED_BLOCKS).any())
