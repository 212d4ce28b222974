"""What a chart can show: loss, total norm and learning rate as they were measured, and all that the
program has logged."""

from typing import Literal, NamedTuple

import numpy as np

from gradtui.app.view import LOSS, Choice, View
from gradtui.core.extremes import Extremes, Range
from gradtui.core.facts import Facts
from gradtui.core.layout import BoolArray, FloatArray, IntArray
from gradtui.core.metric import Metrics
from gradtui.core.metric_pairs import Pair, has_word, paired, validation_loss
from gradtui.core.scalar_series import ScalarSeries
from gradtui.core.stretch import Stretch

Kind = Literal["loss", "norm", "rate", "metric"]
SHRINKING = ("loss", "lr", "rate", "nll", "mse", "rmse", "perplexity", "ppl", "norm", "error")
"""Words of quantities that are drawn on a logarithmic scale, where that is wanted."""


NORM, RATE = Choice("norm"), Choice("rate")


class Stretches(NamedTuple):
    """The range of values in stretches of `stride` steps; `first` [n] are their first steps."""

    stride: int
    first: IntArray
    range: Range

    def take(self, at: BoolArray) -> "Stretches":
        """Some of them."""
        low, high, broken = self.range.low, self.range.high, self.range.broken
        return Stretches(self.stride, self.first[at], Range(low[at], high[at], broken[at]))


class Curve(NamedTuple):
    """n points in the order of steps; [n] each."""

    name: str
    steps: IntArray
    values: FloatArray
    between: Stretches | None = None
    """What lies between the points, where there are more than are kept."""

    def at(self, step: int) -> tuple[int, float] | None:
        """The newest point that is not after a step, (step, value); None before the first."""
        place = int(np.searchsorted(self.steps, step, side="right")) - 1
        return (int(self.steps[place]), float(self.values[place])) if place >= 0 else None


class Quantity(NamedTuple):
    """What one chart shows."""

    choice: Choice
    main: Curve
    validation: Curve | None = None
    """The same of data that is not trained on."""
    twin: Curve | None = None
    """The same of the run that this one is compared with."""
    logarithmic: bool = True
    """Whether a logarithmic scale suits it, where one is wanted."""


NAMES: dict[Kind, str] = {"loss": "loss", "norm": "total norm", "rate": "learning rate"}


def quantities(view: View) -> tuple[Quantity, ...]:
    """All that can be chosen: what was measured first, then metrics in the order in which they came."""
    if view.facts is None or not len(view.facts):
        return ()
    rate = [] if np.isnan(view.facts.scalars.lr).all() else [RATE]  # of a log it need not be known
    measured_ones = [quantity(view, choice) for choice in (LOSS, *rate)]
    logged = [_of_pair(view, pair) for pair in paired(view.metrics)]
    return (*measured_ones, *(one for one in logged if one is not None))


def quantity(view: View, choice: Choice) -> Quantity:
    """One of a run that has begun; the loss in place of a metric that there is none of."""
    facts = view.facts
    assert facts is not None
    if choice.kind == "metric":
        return _logged(view, choice) or quantity(view, LOSS)
    main = refined(measured(facts, choice.kind), choice.kind, facts, view.stretch)
    twin = measured(view.reference.facts, choice.kind) if view.reference is not None else None
    name = validation_loss(view.metrics) if choice == LOSS else ""
    return Quantity(choice, main, metric_curve(view.metrics, name), twin)


def measured(facts: Facts, kind: Kind) -> Curve:
    """The loss and the learning rate are known of every step, measured or not; where several optimizers
    have their own they are shown as of the measured steps of the first. Of a log only steps that
    have a loss."""
    if kind == "loss" and facts.info.logged is not None:
        there = loss_logged(facts)
        return Curve(NAMES[kind], facts.scalars.steps[there], facts.scalars.loss[there])
    several = bool(facts.scalars.optimizer.any())
    found = facts.extremes
    if kind == "norm":
        between = _norms_between(found, several=several) if found is not None else None
        return Curve(NAMES[kind], facts.steps, facts.total_norm, between)
    of: ScalarSeries | Facts = facts if several else facts.scalars
    if kind == "loss":
        between = Stretches(found.stride, found.first, found.loss) if found is not None else None
        return Curve(NAMES[kind], of.steps, of.loss, between)
    return Curve(NAMES[kind], of.steps, of.lr)


def _norms_between(found: Extremes, *, several: bool) -> Stretches:
    """Of `several` optimizers the norm of all together is drawn: no less than the largest of one of them, and
    of the smallest nothing is known."""
    norm = found.norm
    if several:
        norm = Range(np.full(len(found), np.nan), norm.high, norm.broken)
    return Stretches(found.stride, found.first, norm)


def refined(curve: Curve, kind: Kind, facts: Facts, stretch: Stretch | None) -> Curve:
    """With all points of a part of the run; of several optimizers, which have a loss each, as it is."""
    if stretch is None or facts.scalars.optimizer.any():
        return curve
    before = slice(0, int(np.searchsorted(curve.steps, stretch.first)))
    after = slice(int(np.searchsorted(curve.steps, stretch.last, side="right")), len(curve.steps))
    scalars = stretch.scalars
    inner = (scalars.steps, scalars.loss if kind == "loss" else scalars.lr)
    if kind == "norm":
        inner = (stretch.steps, stretch.total_norm)
    steps, values = (
        np.concatenate([whole[before], part, whole[after]])
        for whole, part in zip((curve.steps, curve.values), inner, strict=True)
    )
    between = curve.between
    if between is not None:
        last = between.first + between.stride - 1
        outside = (last < stretch.first) | (between.first > stretch.last)
        between = between.take(outside)
    return Curve(curve.name, steps, values, between)


def loss_logged(facts: Facts) -> BoolArray:
    """[steps of the scalars] where a log has a loss: a number, or a NaN from the first that it has on."""
    scalars, seen = facts.scalars, facts.first_nonfinite
    there = ~np.isnan(scalars.loss)
    if seen is not None and seen.phase == "forward":
        there |= scalars.steps >= seen.step
    return np.asarray(there)


def _logged(view: View, choice: Choice) -> Quantity | None:
    for pair in paired(view.metrics):
        if choice.name in pair:
            return _of_pair(view, pair)
    return None


def _of_pair(view: View, pair: Pair) -> Quantity | None:
    training, validation = (metric_curve(view.metrics, name) for name in pair)
    main = training or validation
    other = validation if training is not None else None
    suits = has_word(pair.name, SHRINKING)
    return main and Quantity(Choice("metric", pair.name), main, other, logarithmic=suits)


def metric_curve(metrics: Metrics, name: str) -> Curve | None:
    """What was logged by a name; None where nothing was."""
    found = metrics.get(name)
    if found is None or not len(found):
        return None
    return Curve(name, np.maximum(found.step, 0), found.value)
