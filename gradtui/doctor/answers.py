"""The output end of a net: how wrong its answers are, and what guessing would cost."""

import math
from functools import cached_property

import numpy as np

from gradtui.core import wiring as W
from gradtui.core.layout import IntArray
from gradtui.core.snapshot import Grad
from gradtui.doctor import thresholds as T
from gradtui.doctor.exact_zeros import ExactZeros
from gradtui.doctor.robust_statistics import median


class Answers(ExactZeros):
    """What a rule may ask of the output, and of guessing."""

    @cached_property
    def _answers(self) -> tuple[int, ...]:
        """Numbers of answers that the output may have, the likeliest first."""
        layout, alive = self.facts.layout, set(self.rows.tolist())
        shapes = [
            t.shape
            for t in layout.tensors
            if t.role == "weight" and len(t.shape) >= 2 and t.row in alive
        ]
        if not shapes:
            return ()
        widths = [shape[0] for shape in shapes]
        return tuple(dict.fromkeys((widths[-1], min(widths))))

    @cached_property
    def _bias(self) -> int | None:
        """The tensor that is the output layer's bias, if it can be told."""
        layout, alive = self.facts.layout, set(self.rows.tolist())
        wanted = self._answers[:1]
        last = self.rows[-1] if len(self.rows) else -1
        found = [
            k
            for k, t in enumerate(layout.tensors)
            if t.role == "bias" and t.row in alive and t.shape == wanted
        ]
        mine = [k for k in found if layout.tensors[k].row == last]
        return mine[-1] if mine else None

    def error(self, window: IntArray) -> float:
        """Median norm of the gradient at the output's bias: how wrong the answers are on average,
        whatever becomes of that on its way back. NaN where there is no such bias."""
        if self._bias is None or not len(window):
            return float("nan")
        norms = self.facts.grads[window, self._bias, Grad.NORM] * self.clip_scale[window]
        norms = norms[~np.isnan(norms)]
        return median(norms) if len(norms) else float("nan")

    @cached_property
    def bounded(self) -> bool:
        """Whether the output's error has never exceeded what cross-entropy allows."""
        if self._bias is None:
            return False
        used = self.used
        norms = self.facts.grads[used, self._bias, Grad.NORM] * self.clip_scale[used]
        norms = norms[~np.isnan(norms)]
        return len(norms) > 0 and bool(norms.max() <= T.ENTROPY_BIAS)

    @cached_property
    def classes(self) -> int:
        """How many answers there are to choose from, told or inferred; 0 where neither."""
        info = self.facts.info
        if info.task or info.classes or not len(self.used) or self.in_the_middle:
            return info.classes
        if W.DROWNED_TERM in dict(info.wiring):
            return 0  # what guessing costs of one term says nothing of the sum
        start = float(self.facts.loss[self.used[0]])
        low, high = T.GUESS_START
        if not math.isfinite(start) or (self._bias is not None and not self.bounded):
            return 0
        for answers in self._answers:
            guess = math.log(max(answers, 2))
            if low * guess <= start <= high * guess:
                return max(answers, 2)
        answers = max(self._answers, default=0) and self._answers[0]
        if answers < 2 or not self.bounded or start < 3 * math.log(answers):
            return 0
        first = self.used[0]
        bias = self.error(np.array([first]))
        huge = float(self.total[first]) > T.ENTROPY_RATIO * max(bias, 1e-30)
        return answers if huge else 0

    @cached_property
    def chance(self) -> float:
        """The loss of guessing, or NaN where that cannot be told."""
        return math.log(self.classes) if self.classes > 1 else float("nan")

    @cached_property
    def constant(self) -> float:
        """The loss of the best constant answer: guessing, or the frequencies of the labels where these are
        known. NaN where neither is."""
        told = self.facts.info.label_loss
        return min(told, self.chance) if told and self.facts.info.classes > 1 else self.chance

    @property
    def guess_words(self) -> str:
        """ "guessing gives 2.3", or what the frequencies of the labels give where that is less."""
        if self.constant < self.chance * (1 - T.GUESS_LEVEL):
            return f"answering with the frequencies of the labels gives {self.constant:.3g}"
        return f"guessing gives {self.chance:.3g}"

    @cached_property
    def guessing(self) -> bool:
        """The loss now is that of guessing, and so quiet that the answers must be constant."""
        if math.isnan(self.chance) or not len(self.now):
            return False
        losses = self.facts.loss[self.now]
        level = median(losses)
        spread = 1.4826 * median(np.abs(losses - level))
        near = min(abs(level - one) for one in (self.chance, self.constant))
        return near < T.GUESS_LEVEL * self.chance and spread < T.GUESS_QUIET * self.chance
