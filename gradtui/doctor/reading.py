"""The run as it stands now, as the rules see it: everything derived is computed once, when asked."""

import math
from functools import cached_property

import numpy as np

from gradtui.core import wiring as W
from gradtui.core.layout import FloatArray, IntArray
from gradtui.core.snapshot import Weight
from gradtui.doctor import thresholds as T
from gradtui.doctor.answers import Answers
from gradtui.doctor.robust_statistics import median, spread


class Reading(Answers):
    """What a rule may ask, in five parts that build on one another: the stretch (`Stretch`), layers
    (`LayerSizes`), exact zeros (`ExactZeros`), the output (`Answers`), and, here, progress: from the loss
    alone, against its own noise and against guessing.
    """

    @property
    def start_unknown(self) -> bool:
        """Nothing tells what the loss was at first, nor what guessing costs: whether it has come down cannot
        be said, unless it is seen to."""
        return self.in_the_middle and math.isnan(self.chance)

    @cached_property
    def blind(self) -> bool:
        """No loss was seen: nothing can be said for or against."""
        return bool(np.isnan(self.losses[-T.WINDOW :]).all())

    @cached_property
    def signed(self) -> bool:
        """The loss goes below zero: it has no floor to be measured against."""
        return bool((self.losses < 0).any())

    @cached_property
    def alternating(self) -> bool:
        """Two losses in turns, from the first steps on: one has always been far above the other."""
        losses = self.losses
        first, last = losses[:6], losses[-(len(losses) // 2 * 2) :][-T.WINDOW :]
        if len(losses) < T.TURNS or not (losses > 0).all():
            return False
        for high, low in ((0, 1), (1, 0)):
            side = (high + (len(losses) - len(last))) % 2
            apart = first[high::2].min() > T.TURNS_APART * first[low::2].max()
            if apart and median(last[side::2]) > median(last[1 - side :: 2]):
                return True
        return False

    @cached_property
    def start_loss(self) -> float:
        """Of the first few steps; what they have thrown the loss up to is no start."""
        if self.alternating:
            few = self.losses[: T.WINDOW // 2]
            return max(median(few[::2]), median(few[1::2]))
        few = self.losses[:5]
        start = median(few)
        if len(few) and not self.signed and start > T.SPIKE_LOSS * few[0]:
            return float(few[0])
        return start

    @cached_property
    def begun(self) -> float:
        """The first loss of all, where the first few have come down from it already."""
        losses = self.losses
        return max(float(losses[0]), self.start_loss) if len(losses) else math.nan

    @cached_property
    def loss(self) -> float:
        return median(self.losses[-T.WINDOW :])

    @cached_property
    def reference_loss(self) -> float:
        """What progress is measured from: guessing where it is known, else the first steps."""
        if math.isnan(self.chance):
            return self.start_loss
        told = self.facts.info.classes > 1
        lucky = self.start_loss > T.GUESS_START[0] * self.chance  # as good as guessing all the same
        return min(self.constant, self.start_loss) if lucky or not told else self.constant

    @cached_property
    def learned(self) -> bool:
        """The loss is well below guessing (or its start), or answers are well above guessing."""
        if self.critic or not len(self.now):
            return False
        if self.signed:
            return self._dropped
        if math.isnan(self.chance) and self.unmoved:
            return False  # batches differ; weights that have not moved have learned nothing
        if self.above_the_mean:
            return False
        if self.loss < T.LEARNED_LOSS * self.reference_loss:
            return True
        classes = self.facts.info.classes
        if classes < 2 or self.loss > T.OVERCONFIDENT * self.chance:
            return False
        return float(np.mean(self.facts.accuracy[self.now])) > 1 / classes + T.LEARNED_ACCURACY

    @cached_property
    def at_the_mean(self) -> bool:
        """The loss of a regression is that of answering with the mean of the targets."""
        mean = self.facts.info.mean_loss
        low, high = T.AT_THE_MEAN
        return mean > 0 and low * mean <= self.level <= high * mean

    @property
    def has_margin(self) -> bool:
        """The loss is of triplets, and `RunInfo.mean_loss` their margin."""
        return W.MARGIN in dict(self.facts.info.wiring)

    @property
    def mean_words(self) -> str:
        """What an answer is that looks at no input, where `RunInfo.mean_loss` is what that costs."""
        return (
            "telling nothing apart (the margin)" if self.has_margin else "the mean of the targets"
        )

    @property
    def above_the_mean(self) -> bool:
        """The loss of a regression is no lower than that, whatever heights it has come from."""
        mean = self.facts.info.mean_loss
        return mean > 0 and self.level > T.NO_MORE_THAN_MEAN * mean

    @cached_property
    def _dropped(self) -> bool:
        drop = self.start_loss - self.loss
        noise = max(spread(self.losses[-T.WINDOW :]), spread(self.losses[: T.WINDOW]))
        return drop > max(T.SIGNED_DROP * noise, (1 - T.LEARNED_LOSS) * abs(self.start_loss))

    @cached_property
    def falling(self) -> bool:
        """The loss is on its way down, by more than its own noise."""
        recent = self.losses[-10 * T.WINDOW :]
        if len(recent) < T.WINDOW or self.unmoved:
            return False
        half = len(recent) // 2
        before, after = recent[:half], recent[half:]
        drop = median(before) - median(after)
        sure = T.FALLING_Z * spread(after) / math.sqrt(half)
        if not drop > max(sure, 0.003 * abs(median(before))):
            return False
        return math.isnan(self.chance) or self.loss < T.BELOW_CHANCE * self.chance

    @cached_property
    def slowly_falling(self) -> bool:
        """The loss comes down in the long view, the first sixth of the run left out: by more than
        chance would have it, however slow."""
        losses = self.losses
        losses = losses[np.isfinite(losses)]
        sixth = len(losses) // 6
        if sixth < T.WINDOW or losses[-sixth:].mean() > self.constant:
            return False  # coming down to what guessing costs is no progress
        return self.lower(losses[sixth : 2 * sixth], losses[-sixth:], T.SLOW_FALL)

    @cached_property
    def _level(self) -> tuple[float, float]:
        """Mean loss of the last sixth of the run, and what chance may make of it either way."""
        losses = self.losses
        sixth = losses[len(losses) - max(len(losses) // 6, T.WINDOW) :]
        sixth = sixth[np.isfinite(sixth)]
        if not len(sixth):
            return math.nan, math.inf
        return float(sixth.mean()), T.FALLING_Z * float(sixth.std()) / math.sqrt(len(sixth))

    @property
    def level(self) -> float:
        """Mean loss of the last sixth of the run."""
        return self._level[0]

    @property
    def too_still(self) -> bool:
        """It is the same for every batch, as of a whole set in each step."""
        return self._level[1] < T.SAME_LOSS * self.level

    @cached_property
    def came_down(self) -> bool:
        """The loss is lower than at first, by more than chance would have it."""
        losses = self.losses[np.isfinite(self.losses)]
        third = max(len(losses) // 3, 1)
        return self.learned or self.lower(losses[:third], losses[-third:], T.SLOW_FALL)

    @cached_property
    def steeper(self) -> float:
        """Gradient norm now over that at first, within the healthy band and as long as it grows: a net
        that leaves a flat place gets steeper before its loss comes down (Saxe, McClelland and Ganguli,
        2014). 1 where it does not."""
        norms = self.total[self.used]
        part = len(norms) // 4
        if part < T.WINDOW // 2:
            return 1.0
        first, before, now = (median(norms[i * part : (i + 1) * part]) for i in (0, 2, 3))
        return now / first if first > 0 and before < now < T.BAND_HIGH else 1.0

    @property
    def warming_up(self) -> bool:
        """The learning rate has gone up until now."""
        rates = self.rates[~np.isnan(self.rates)]
        third = len(rates) // 3
        return third > 0 and bool(rates[-1] > T.STILL_RISING * rates[third])

    @cached_property
    def steady(self) -> bool:
        """The loss comes down at one pace: neither faster than before, as where a net gets off the mark,
        nor much more slowly, as where there is no more to learn."""
        losses = self.losses[np.isfinite(self.losses)]
        if len(losses) < 3 * T.WINDOW:
            return False
        first, middle, last = (float(part.mean()) for part in np.array_split(losses, 3))
        slower, faster = T.STEADY
        return slower * (first - middle) <= middle - last <= faster * (first - middle)

    @property
    def below_guessing(self) -> bool:
        """By now the loss lies below guessing, and below its start, by more than chance would have
        it: with noise in the labels there may be no more to learn."""
        level, error = self._level
        if self.facts.info.classes > 1:
            reference = self.constant
        else:
            reference = self.begun if math.isnan(self.chance) else min(self.chance, self.begun)
        return level + error < (1 - T.BELOW) * reference

    @property
    def too_noisy(self) -> bool:
        """The loss jumps so from batch to batch that a slow fall would not show yet."""
        return self._level[1] > T.PLATEAU_NOISE * self.reference_loss

    @staticmethod
    def lower(before: FloatArray, after: FloatArray, share: float) -> bool:
        """Whether losses came down by more than that share, and than chance would have it."""
        drop = float(before.mean() - after.mean())
        error = math.hypot(float(before.std()), float(after.std())) / math.sqrt(len(after))
        return drop > max(share * abs(float(before.mean())), T.FALLING_Z * error)

    @property
    def progress(self) -> bool:
        """Reason not to complain: it gets somewhere, or nobody can say that it does not."""
        return self.learned or self.falling or self.blind or self.start_unknown

    @cached_property
    def half_life(self) -> float:
        """Steps that the loss would need to halve at the pace of the last ones, a drop within its
        noise left out."""
        recent = self.losses[-10 * T.WINDOW :]
        if len(recent) < T.WINDOW or self.loss <= 0:
            return float("inf")
        half = len(recent) // 2
        drop = median(recent[:half]) - median(recent[half:])
        drop -= spread(recent) / math.sqrt(half)
        return float("inf") if drop <= 0 else 0.5 * self.loss / (drop / half)

    @cached_property
    def unmoved(self) -> bool:
        """Of a loss that was tiny from the start: all steps together, were they to pull one way, have
        changed no layer to speak of. Of tables each step changes only a few rows."""
        if not self.start_loss < T.CONVERGED_LOSS or self.in_the_middle:
            return False
        tables = any("Embedding" in row.kind for row in self.facts.layout.rows)
        return not tables and self.largest_ratio * self.seen < T.UNMOVED

    @cached_property
    def slope(self) -> float:
        """What the loss changes by at most if all weights change by as much as they are, to first order; NaN
        where no weights were measured."""
        at = self.facts.weights_at
        if not len(at):
            return math.nan
        sizes = self.facts.weights[at[-1], self.facts.layout.judged, Weight.NORM]
        return median(self.total[self.now]) * float(np.linalg.norm(np.nan_to_num(sizes)))

    @cached_property
    def untouched(self) -> bool:
        """Tiny as it is, the loss is what it was at first, much the same for every batch, and weights
        a tenth smaller or larger would change it: a loss in odd units, not a solved task.

        Near an optimum of squares the slope is steep beside the loss (a residual of 7 % gives 30):
        where it is not, and no weight has moved, nothing was solved either.
        """
        losses, at = self.losses, self.facts.weights_at
        if self.signed or not len(at) or not self.loss > 0 or self.in_the_middle:
            return False
        quiet = spread(losses[-T.WINDOW :]) < T.GUESS_QUIET * self.loss
        same = abs(self.loss - self.start_loss) < (1 - T.LEARNED_LOSS) * self.start_loss
        slope = self.slope
        squares = self.facts.info.task == "regression" and slope < T.SLOPE_STEEP * self.loss
        return slope > T.SLOPE * self.loss and ((same and quiet) or (self.unmoved and squares))

    def wrong(self, window: IntArray) -> bool:
        """Whether the output is in error, so that small gradients cannot mean that all is learned."""
        if self.critic:
            return True
        error = self.error(window)
        if math.isnan(error):
            return not self.loss < T.CONVERGED_LOSS or self.untouched
        return error > T.ERROR_ALIVE or self.guessing or self.untouched

    @cached_property
    def clearly_lower(self) -> bool:
        """The loss has come down by more than the noise of the few first ones can explain."""
        noise = T.START_NOISE * spread(self.losses[: T.WINDOW])
        return self.start_loss - self.loss > (1 - T.LEARNED_LOSS) * abs(self.start_loss) + noise

    @cached_property
    def converged(self) -> bool:
        """The task is solved: for some time the loss was near zero and the gradient a fraction of
        what it was. Once said it stands until the loss is several times higher again."""
        if self.critic or self.signed or self.seen < (T.CONVERGED_BLOCKS + 1) * T.WINDOW:
            return False
        if self.above_the_mean:
            return False
        if math.isnan(self.chance) and self.falling:
            return False  # where the floor is not known, being on the way down is not being there
        solved = T.CONVERGED_LOSS * self.reference_loss
        if not self.loss < T.CONVERGED_SLACK * solved:
            return False
        whole = len(self.losses) // T.WINDOW * T.WINDOW
        if whole < T.CONVERGED_BLOCKS * T.WINDOW:
            return False
        taken = slice(whole)  # blocks that later steps leave as they are: what is said once stands
        blocks = self.losses[taken].reshape(-1, T.WINDOW)
        losses, odd = np.median(blocks, axis=1), np.quantile(blocks, T.CONVERGED_MOST, axis=1)
        norms = self.total[self.used[self.measured_near[taken]]]
        norms = np.median(norms.reshape(-1, T.WINDOW), axis=1)
        first = median(self.total[self.early])
        calm = odd < T.CONVERGED_ODD * solved
        good = (losses < solved) & calm & (norms < T.CONVERGED_NORM * first)
        run = np.convolve(good, np.ones(T.CONVERGED_BLOCKS), "valid")
        return bool((run >= T.CONVERGED_BLOCKS).any())
