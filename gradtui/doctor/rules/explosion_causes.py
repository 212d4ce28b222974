"""Why gradients are too large: the cause in one sentence, and its remedies."""

from typing import NamedTuple

import numpy as np

from gradtui.doctor import thresholds as T
from gradtui.doctor.reading import Reading
from gradtui.doctor.recurrence import looped, recurrent_gains
from gradtui.doctor.remedies import choices
from gradtui.doctor.remedy import Remedy
from gradtui.doctor.rules.time_steps import time_growth
from gradtui.doctor.steep_activations import STEEP


class ExplosionCause(NamedTuple):
    remedies: tuple[Remedy, ...]
    cause: str


CRITIC = ExplosionCause(
    choices.EXPLODING_CRITIC,
    "the weight clip lets each layer enlarge the signal: it grows with every layer",
)
STEPS = ExplosionCause(
    choices.EXPLODING_LR,
    "each step overshoots, and the next gradient is larger for it: the learning rate is too big for "
    "this net",
)
RECURRENT = ExplosionCause(
    choices.EXPLODING_TIME,
    "the very first gradient is out of all proportion, and the net is a recurrent one: its first "
    "weights enlarge the signal at each time step",
)
BRANCHES = ExplosionCause(
    choices.EXPLODING_BRANCHES,
    "no layer's weights enlarge a signal by much, and yet the very first gradient is out of all "
    "proportion: what skip connections add up grows from block to block, or the inputs are huge",
)
TARGETS = ExplosionCause(
    choices.BADLY_SCALED,
    "the very first error is huge while the weights are sane: the targets are large numbers, or the "
    "loss is a sum, and the steps are as large",
)
BOTTOMLESS = ExplosionCause(
    choices.UNBOUNDED,
    "nothing holds the loss from below: its sign is wrong, or targets lie outside of what it is made for",
)
FIRST_WEIGHTS = ExplosionCause(
    choices.EXPLODING_INIT,
    "the first weights are so large that signals grow from layer to layer: the very first gradient "
    "is out of all proportion",
)


UNTOLD = ExplosionCause(
    (*choices.EXPLODING_INIT[:1], *choices.BADLY_SCALED[:1]),
    "the first gradient is out of all proportion: first weights that are too large, targets that are "
    "large numbers, or a loss that is a sum; a log does not tell which",
)


def blamed(reading: Reading, at_start: bool) -> ExplosionCause:
    """`at_start`: the first gradient of all was too large already."""
    if reading.facts.info.task == "critic":
        return CRITIC
    if far_below_zero(reading):
        return BOTTOMLESS
    through_time = time_growth(reading)
    if through_time:
        return ExplosionCause(choices.EXPLODING_TIME, through_time)
    if not at_start:
        return STEPS
    if reading.facts.info.logged is not None:
        return UNTOLD
    if looped(reading) and not recurrent_gains(reading):
        return RECURRENT
    sane = len(reading.gains) > 0 and 1 / T.GAIN_GROWTH < reading.growth < T.GAIN_GROWTH
    first = reading.used[:1]
    error = reading.error(first)
    if error <= T.ENTROPY_BIAS:
        return BRANCHES if sane else FIRST_WEIGHTS
    # Weights that enlarge signals enlarge what the error is multiplied by, layer by layer.
    alike = float(reading.total[first[0]]) < T.ENTROPY_RATIO * error
    return TARGETS if alike and (sane or np.isnan(reading.growth)) else FIRST_WEIGHTS


def far_below_zero(reading: Reading) -> bool:
    """Whether the loss lies below zero by many times its first value: nothing holds it."""
    return reading.loss < -T.UNBOUNDED * max(abs(float(reading.losses[0])), 1.0)


def raised_rate(reading: Reading, step: int) -> str:
    """In words, where the learning rate was put up at once by more than anything harmless does, shortly
    before `step` or with it; else ""."""
    series = reading.used_scalars
    at = int(np.searchsorted(series.steps, step))
    first = max(at - T.WINDOW, 1)
    rates = series.lr[first - 1 : at + T.STARTING + 1]
    jumps = np.flatnonzero((rates[1:] > T.LR_JUMPED * rates[:-1]) & (rates[:-1] > 0))
    if not len(jumps):
        return ""
    jump = int(jumps[-1])
    when = int(series.steps[first + jump])
    return f"the learning rate went from {rates[jump]:.3g} to {rates[jump + 1]:.3g} at step {when}"


def blown_up(reading: Reading) -> bool:
    """Whether the first weights make signals grow beyond measure, and gradients with them: those are
    out of all proportion to the error at the output as well, which large targets alone are not."""
    if reading.normed or not len(reading.used):
        return False
    if reading.growth > T.GAIN_GROWTH:
        return True
    gains = recurrent_gains(reading)
    ratio = float(reading.total[reading.used[0]]) / max(reading.error(reading.used[:1]), 1e-30)
    return max(gains.values(), default=0.0) > T.GAIN_GROWING and ratio > T.GROWN_RATIO


def fading_remedies(reading: Reading) -> tuple[Remedy, ...]:
    """For gradients that fade with depth, by the activations that were seen: another
    one, other first weights, or, in a deep net of convolutions, norms or skips (which repair such a
    one better than tanh does)."""
    layout = reading.facts.layout
    rows = [layout.rows[int(row)] for row in layout.weight_rows]
    words = {row.activation for row in rows[:-1]} - {"", "identity"}
    if not words or not words <= STEEP:
        return choices.VANISHING_DEPTH
    if len(rows) <= T.DEEP_STACK:
        return choices.VANISHING_WEIGHTS
    convolves = any(row.kind.startswith("Conv") for row in rows)
    return choices.VANISHING_CONVOLUTIONS if convolves else choices.VANISHING_DEPTH


def merely_unscaled(reading: Reading) -> bool:
    """Large, and the loss no worse for it: the business of `badly_scaled`.

    Where the task is not told, it is one whose error at the output is itself large, with first
    weights that do not enlarge signals.
    """
    task = reading.facts.info.task
    if reading.loss >= 1.5 * reading.start_loss:
        return False
    if task == "mixed" and reading.start_loss > T.BAND_HIGH:
        return not blown_up(reading)  # of that size no part is that has classes
    if task:
        return task == "regression" and not blown_up(reading)
    return not reading.bounded and reading.growth < T.GAIN_GROWTH


def summed(reading: Reading) -> bool:
    """The loss is a sum over the batch, or some other multiple of a mean of squares: of such a mean
    the slope at the output's bias is at most twice its root."""
    losses = reading.facts.loss[reading.used]
    slopes = np.array([reading.error(reading.used[i : i + 1]) for i in range(len(losses))])
    return bool((slopes > T.SUMMED * 2 * np.sqrt(np.maximum(losses, 0.0))).any())
