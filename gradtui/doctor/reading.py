"""The run as it stands now, as the rules see it: everything derived is computed once, when asked."""

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from gradtui.core import wiring as W
from gradtui.core.facts import Facts, merged_rows
from gradtui.core.layout import BoolArray, FloatArray, IntArray
from gradtui.core.scalar_series import ScalarSeries
from gradtui.core.snapshot import Act, Grad, Weight
from gradtui.doctor import thresholds as T
from gradtui.doctor.robust_statistics import median, middle, spread

ADAPTIVE = frozenset(
    ("adam", "adamw", "adamax", "nadam", "radam", "rmsprop", "adagrad", "adadelta", "adafactor")
)


@dataclass(frozen=True)
class Reading:
    """A stretch that is finite up to its end, of one optimizer's steps.

    What a rule may ask, in five parts: the stretch, layers, exact zeros, the output, progress.

    `game`: the optimizer plays against another one, so its loss need not fall. `part` is its share
    of all steps of the record.
    """

    facts: Facts
    game: bool = False
    part: float = 1.0

    # A stretch of the run: which of its steps count, and what "now" and "early" mean

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

    # Layers: how large their gradients, weights and updates are, now and at first

    @cached_property
    def rows(self) -> IntArray:
        """Rows with weight matrices that ever got a gradient, input side first.

        A scale or a temperature has a norm of its own kind, and is looked at only where there is
        no matrix at all.
        """
        layout = self.facts.layout
        flat = {t.row for t in layout.tensors if t.role == "weight" and len(t.shape) >= 2}
        got = ~np.isnan(self.facts.judged_norms[:, layout.weight_rows]).all(axis=0)
        alive = layout.weight_rows[got] if len(self.facts) else layout.weight_rows
        deep = [r for r in alive.tolist() if r in flat]
        return np.array(deep, dtype=np.int64) if deep else alive

    def norms_at(self, window: IntArray, rows: IntArray) -> FloatArray:
        """[len(window), len(rows)] gradient norms of the judged tensors, before clipping; a missing
        tensor adds nothing to its row, and a row that has none is NaN."""
        layout = self.facts.layout
        chosen = np.flatnonzero(layout.judged)
        absent = np.isnan(self.facts.grads[window[:, None], chosen, Grad.NONFINITE])
        if not absent.any():
            merged = self.facts.judged_norms[window[:, None], rows]
        else:
            norms = self.facts.grads[window[:, None], chosen, Grad.NORM]
            of, count = layout.row_of[chosen], len(layout.rows)
            some = merged_rows((~absent).astype(np.float64), of, count) > 0
            merged = merged_rows(np.where(absent, 0.0, norms), of, count)
            merged = np.where(some, merged, np.nan)[:, rows]
        with np.errstate(over="ignore"):
            return np.asarray(merged * self.clip_scale[window][:, None])

    def typical(self, rows: IntArray, window: IntArray) -> FloatArray:
        """[len(rows)] median of the judged norms over the steps of `window`."""
        if not len(window):
            return np.full(len(rows), np.nan)
        return middle(self.norms_at(window, rows))

    @cached_property
    def row_norms(self) -> FloatArray:
        """[len(rows)] median gradient norm of each now."""
        return self.typical(self.rows, self.now)

    @cached_property
    def row_sizes(self) -> FloatArray:
        """[len(rows)] number of weights; 1 where a log does not tell."""
        layout = self.facts.layout
        judged = layout.judged
        sizes = np.bincount(
            layout.row_of[judged], weights=layout.numel[judged], minlength=len(layout.rows)
        )
        return np.maximum(sizes[self.rows], 1.0)

    def ratios(self, window: IntArray) -> FloatArray:
        """[len(rows)] median update_norm / weight_norm over the measurements in `window`; NaN
        where there are none."""
        taken = window[self.facts.has_weights[window]]
        if not len(taken):
            return np.full(len(self.rows), np.nan)
        return middle(self.facts.update_ratios(taken)[:, self.rows])

    @cached_property
    def largest_ratio(self) -> float:
        """The largest update ratio of any layer at any step where it was measured; NaN if never."""
        taken = self.used[self.facts.has_weights[self.used]]
        ratios = self.facts.update_ratios(taken)[:, self.rows] if len(taken) else np.zeros((0, 1))
        known = ratios[~np.isnan(ratios)]
        return float(known.max()) if len(known) else float("nan")

    def effects(self, window: IntArray) -> FloatArray:
        """[k] length of the step times gradient norm, where both were measured in `window`: what such
        a step can change of the loss at most, to first order."""
        taken = window[self.facts.has_weights[window]]
        owned = self.facts.layout.parameters
        updates = np.nan_to_num(self.facts.weights[taken][:, owned, Weight.UPDATE])
        known = np.linalg.norm(updates, axis=1) * self.total[taken]
        return np.asarray(known[np.isfinite(known)])

    @cached_property
    def reach(self) -> float:
        """What all steps together can have changed of the loss at most; NaN where none was measured."""
        effects = self.effects(self.used)
        return float(effects.mean()) * self.seen if len(effects) else math.nan

    @cached_property
    def gains(self) -> FloatArray:
        """[k] sqrt(fan_in) * rms of each layer's matrix when it was first measured, in order: what
        a signal's width is multiplied by. Norms are taken after a step: where that step was a good
        part of the matrix, what was there before is not known, and NaN."""
        at = self.facts.weights_at
        if not len(at) or not self._chain:
            return np.empty(0)
        chosen = np.array(self._chain, np.int64)
        first = self.facts.weights[at[0], chosen]
        size, update = first[:, Weight.NORM], first[:, Weight.UPDATE]
        tensors = self.facts.layout.tensors
        width = np.array([max(tensors[k].shape[0], 1) for k in self._chain], np.float64)
        with np.errstate(invalid="ignore", over="ignore"):
            known = np.isfinite(size) & ~(update >= T.OVERWHELMED * size)
            return np.where(known, size / np.sqrt(width), np.nan)

    @cached_property
    def _chain(self) -> list[int]:
        """Of each row the largest matrix; all of a row whose matrices are a chain by themselves."""
        tensors = self.facts.layout.tensors
        out: list[int] = []
        for row in self.rows.tolist():
            mine = self.facts.layout.matrices_of[row]
            if len(mine) == 1:
                out += mine
                continue
            shapes = [tensors[k].shape for k in mine]
            fits = all(b[1] == a[0] for a, b in pairwise(shapes))
            if len(mine) > 2 and fits:
                out += mine
            elif mine:
                out.append(max(mine, key=lambda k: tensors[k].numel))
        return out

    @cached_property
    def growth(self) -> float:
        """By how much the first weights multiply a signal on its way through, as far as ReLU
        layers would; 1 where no weight was measured, NaN where the first step had overwhelmed
        them. Below 1 it shrinks."""
        hidden = self.gains[:-1]
        if not len(hidden):
            return 1.0
        known = hidden[hidden > 0]
        if np.isnan(hidden).any() or not len(known):
            return float("nan")
        return float(np.exp(np.clip(np.log(known / np.sqrt(2)).sum(), -600, 600)))

    @property
    def normed(self) -> bool:
        """There are normalisations between the layers, which undo what weights multiply by."""
        return any("Norm" in row.kind for row in self.facts.layout.rows)

    @cached_property
    def activations(self) -> FloatArray:
        """[m, rows of the layout, Act.COLUMNS], the last few measurements."""
        at = self.facts.activations_at[-T.ACTIVATION_WINDOW :]
        return self.facts.activations[at]

    @cached_property
    def units_seen(self) -> bool:
        """Whether activations tell of most layers that have one which units answer. Of a watched
        program that is not so where batches are small, or a part of the net is hidden."""
        named = [
            row
            for row in self.rows
            if self.facts.layout.rows[int(row)].activation not in ("", "identity")
        ]
        known = np.isfinite(self.dead[named])
        return len(known) > 0 and bool(known.mean() > 0.5)

    def share(self, column: int) -> FloatArray:
        """[rows of the layout] least of the last measurements of a share; NaN where unmeasured."""
        if not len(self.activations):
            return np.full(len(self.facts.layout.rows), np.nan)
        return np.asarray(self.activations[:, :, column].min(axis=0))

    @cached_property
    def dead(self) -> FloatArray:
        """[rows of the layout] share of units dead in each of the last batches looked at."""
        return self.share(Act.DEAD)

    def largest_rows(self, at: int | np.int64) -> tuple[int, ...]:
        """Rows whose gradient was above the band at a kept step, or at least the largest one."""
        if not len(self.rows):
            return ()
        norms = np.nan_to_num(self.norms_at(np.array([at]), self.rows)[0], posinf=np.inf)
        high = self.rows[norms > T.BAND_HIGH]
        return tuple(int(r) for r in (high if len(high) else self.rows[[int(np.argmax(norms))]]))

    # Exact zeros in gradients, where no activation was looked at.
    # A unit that is zero for a whole batch leaves zeros in its bias and its weights, and in the
    # weights of the next layer that it feeds. A pinned unit leaves only the first two.

    def _zeros(self, chosen: npt.NDArray[np.bool_]) -> FloatArray:
        """[len(rows)] share of exact zeros now in the gradients of these tensors; NaN where there
        is none. Where none were counted lately, a norm of zero says it of a whole tensor."""
        layout, grads = self.facts.layout, self.facts.grads[self.now][:, chosen]
        counted = grads[:, :, Grad.ZEROS]
        counted = counted[~np.isnan(counted).all(axis=1)]  # not every step need be counted
        if len(counted):
            zeros = middle(counted)
        elif len(grads):
            norms = grads[:, :, Grad.NORM]  # which the very last step may not have
            nothing = (norms == 0).any(axis=0) & ~(np.abs(norms) > 0).any(axis=0)
            zeros = np.where(nothing, layout.numel[chosen], 0.0)
        else:
            return np.full(len(self.rows), np.nan)
        known = ~np.isnan(zeros)
        of, count = layout.row_of[chosen][known], len(layout.rows)
        total = np.bincount(of, weights=layout.numel[chosen][known], minlength=count)
        found = np.bincount(of, weights=zeros[known], minlength=count)
        out = np.full(count, np.nan)
        np.divide(found, total, out=out, where=total > 0)
        return np.asarray(out[self.rows])

    @cached_property
    def zero_fraction(self) -> FloatArray:
        """[len(rows)] of the weights."""
        return self._zeros(self.facts.layout.judged)

    @cached_property
    def zero_biases(self) -> FloatArray:
        """[len(rows)] of the biases: the share of units that no gradient reached."""
        layout = self.facts.layout
        biases = np.array([t.role == "bias" and not t.structural_zero for t in layout.tensors])
        normed = {t.row for t in layout.tensors if t.role == "gain"}
        own = np.array([t.row not in normed for t in layout.tensors])
        return self._zeros(biases & own)

    @cached_property
    def silent(self) -> tuple[int, ...]:
        """Positions in `rows` of layers that nothing passes: their weights and those of the layer
        that they feed get exactly zero, while that layer's bias, which needs no input, gets
        something. Without biases to tell by: layers that got gradients once, and get none now."""
        zero = np.nan_to_num(self.zero_fraction) >= T.SILENT
        if not zero.any() or self.seen < T.STILL_STEPS:
            return ()
        bias = self.zero_biases
        fed = zero & (bias < 1)
        fed[0] = False
        # Bias gradients end where a later layer is cut off, so only the last such layer counts.
        ends = np.flatnonzero(fed)
        if len(ends):
            first = int(ends[-1])
            while first > 0 and zero[first - 1]:
                first -= 1
            return tuple(range(first, int(ends[-1])))
        once = self.facts.total_norm[self.used]
        if zero.all() and (np.isnan(bias).all() or (bias == 1).all()) and (once > 0).any():
            return tuple(range(max(len(self.rows) - 1, 1)))
        return ()

    @cached_property
    def quiet_units(self) -> FloatArray:
        """[len(rows)] share of units without a gradient, by the bias; the last row feeds nothing."""
        out = np.nan_to_num(self.zero_biases)
        if len(out):
            out[-1] = 0.0
        return out

    @cached_property
    def passes_zeros(self) -> npt.NDArray[np.bool_]:
        """[len(rows)] whether the next layer's weights say that this one's outputs are zero too."""
        following = np.append(np.nan_to_num(self.zero_fraction)[1:], 0.0)
        return np.asarray(following > T.PASSED_ON)

    # The output end: how wrong the answers are, and what guessing would cost

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

    # Progress: from the loss alone, against its own noise and against guessing

    @property
    def in_the_middle(self) -> bool:
        """What is known begins in the middle of a training."""
        return self.facts.info.attached is not None

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
