"""Theory held against a run: what the weights alone would do, anchored where the loss enters."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from gradtui.core.facts import Facts
from gradtui.core.layout import BoolArray, FloatArray
from gradtui.core.snapshot import Act, Grad, Weight
from gradtui.doctor import thresholds as T
from gradtui.theory.mean_field import ALONE, Pairs, Prediction, forward, predict
from gradtui.theory.stack import NoTheoryError, Stack, read_stack

LIKENESS = 0.25
"""Correlation of the inputs of two examples of one class, beyond those of any two; the digits of the
lab have 0.37, and the line moves by less than 0.1 decade between 0.15 and 0.35."""

EVERY = 1.0
SHARE = 0.02
"""At most that often, in seconds, and that share of a core goes into predictions."""

STEADY = 0.7
"""A first update of more than this share of the weights leaves no telling what they were before."""

LEFT = 0.1
"""Decades by which norms of weights that are known stray, from batch to batch: the root mean square
over layers and nets of docs/theory.md."""


@dataclass(frozen=True, slots=True)
class Theory:
    """`now`: of the weights last measured; `design`: of the first ones. `norms` [rows of the layout]
    is the gradient norm that `now` predicts for each row, NaN where there is none. `reason`: why
    there is no prediction, for people; empty where there is one."""

    now: Prediction | None = None
    design: Prediction | None = None
    norms: FloatArray | None = None
    reason: str = ""


NO_THEORY = Theory()
"""Nothing is predicted, and nothing is to be said about it."""


def theory_of(facts: Facts, *, plain: bool = True) -> Theory:
    """What theory says about a run. `plain`: the caller knows of nothing that the layout cannot show
    (weights under a parametrisation such as spectral normalisation, skip connections)."""
    try:
        if not plain or facts.info.residual:
            raise NoTheoryError("there are skip connections or normalised weights")
        if facts.info.not_plain:
            raise NoTheoryError(facts.info.not_plain)
        if not len(facts.weights_at):
            raise NoTheoryError("no weights have been measured yet")
        design = design_of(facts)
    except NoTheoryError as why:
        return Theory(reason=str(why))
    except ArithmeticError:  # of a damaged file, or of a net that has gone to pieces
        return Theory(reason="the numbers are too large or too small for the formulas")
    try:
        last = int(facts.weights_at[-1])
        stack = read_stack(facts.layout, facts.weights[last])
        now = predict(stack, input_square(facts, stack), pairs_of(facts, last))
    except NoTheoryError as why:
        return Theory(None, design, None, str(why))
    except ArithmeticError:
        return Theory(None, design, None, "the weights are too large or too small for the formulas")
    if design is not None:
        by = own_draw(design, facts.info.carried)
        then = last == int(facts.weights_at[0])
        now, design = drawn(now, by, then=then), drawn(design, by, then=True)
    return beside(Theory(now, design), facts)


def own_draw(design: Prediction, carried: Sequence[float]) -> FloatArray | None:
    """[stages] by what factor the first weights' own norms differ from those of random ones of their
    size; None where that was not found out."""
    norms = np.array(carried)
    if norms.shape != design.row.shape or not np.isfinite(norms).all():
        return None
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        by = 10.0**norms / design.row
    return by if np.isfinite(by).all() and by.min() > 0 else None


def drawn(prediction: Prediction, by: FloatArray | None, *, then: bool) -> Prediction:
    """The norms of the first weights' own draw, which they are taken to keep when they change in size.
    `then`: they still are the first ones, and nothing is left to their draw."""
    if by is None:
        return prediction
    spread = np.full_like(by, LEFT) if then else prediction.spread
    return replace(prediction, row=prediction.row * by, spread=spread)


def design_of(facts: Facts) -> Prediction | None:
    """Of the weights before the first step; None where they were not seen."""
    first = int(facts.weights_at[0])
    before = weights_before(facts.layout.judged, facts.weights[first])
    if facts.steps[first] != 0 or before is None:
        return None
    stack = read_stack(facts.layout, before)
    return predict(stack, input_square(facts, stack), pairs_of(facts, first))


def beside(theory: Theory, facts: Facts) -> Theory:
    """The same theory, its norms in units of the last step's norm at the output row."""
    if theory.now is None:
        return theory
    last = float(facts.row_norms[-1, -1])
    if not 0 < last < math.inf:
        return replace(theory, norms=None, reason="the output row has no gradient now")
    return replace(theory, norms=theory.now.row * last, reason="")


def weights_before(judged: BoolArray, weights: FloatArray) -> FloatArray | None:
    """[tensors, Weight.COLUMNS] after the first update -> before it, the update being at right
    angles to random weights; None where it was too large for that. `judged` [tensors]: weights."""
    norm, update = weights[:, Weight.NORM], weights[:, Weight.UPDATE]
    if not (np.isfinite(norm).all() and np.isfinite(update).all()):
        return None
    if np.any(update[judged] > STEADY * norm[judged]):
        return None
    out = weights.copy()
    out[:, Weight.NORM] = np.sqrt(np.square(norm) - np.square(np.minimum(update, norm)))
    return out


def pairs_of(facts: Facts, at: int) -> Pairs:
    """How far the examples of the batch agree at the output, from what was measured there.

    The bias's gradient is the mean of delta, the signal at the output its root of the sum of
    squares: their ratio squared is 1 where examples are independent. In a task of C classes those of
    one class agree, which takes the size of the batch: 1 - 1/C = batch x signal^2 at the start.
    """
    layout = facts.layout
    last = len(layout.rows) - 1
    found = facts.activations_at[facts.activations_at <= at]
    bias = [i for i, t in enumerate(layout.tensors) if t.row == last and t.role == "bias"]
    if not len(found) or not bias:
        return ALONE
    then, first = int(found[-1]), int(found[0])
    signal = float(facts.activations[then, last, Act.SIGNAL])
    if not 0 < signal < math.inf:
        return ALONE
    agreement = (float(facts.grads[then, bias[0], Grad.NORM]) / signal) ** 2
    if not math.isfinite(agreement):
        return ALONE
    weights, likeness = [agreement - 1], [0.0]
    classes = facts.info.classes
    fresh = classes > 1 and facts.loss[then] > T.LEARNED_LOSS * math.log(classes)
    if fresh and facts.steps[first] == 0:
        batch = (1 - 1 / classes) / float(facts.activations[first, last, Act.SIGNAL]) ** 2
        if math.isfinite(batch):
            weights += [batch / classes, -batch / classes]
            likeness += [LIKENESS, -LIKENESS / (classes - 1)]
    return Pairs(tuple(weights), tuple(likeness))


def input_square(facts: Facts, stack: Stack) -> float:
    """Mean square of an input number: found from the first layer's output where that was measured,
    else 1 (standardised inputs)."""
    if not len(facts.activations_at):
        return 1.0
    rms = float(facts.activations[int(facts.activations_at[0]), 0, Act.RMS])
    if not 0 < rms < math.inf:
        return 1.0
    first = Stack(stack.stages[:1], stack.rows[:1], stack.side)
    low, high = -6.0, 12.0
    for _ in range(24):
        middle = (low + high) / 2
        square = forward(first, 10.0**middle).moments[0].square
        low, high = (middle, high) if np.mean(square) < rms**2 else (low, middle)
    # A saturated first layer or one that is all bias says nothing about its inputs.
    return 10.0**low if -5 < low < 11 else 1.0


class Line:
    """Remembers the last theory of one run and renews it when weights were measured, seldom."""

    def __init__(self) -> None:
        self._seen: tuple[object, int] | None = None
        self._last = Theory()
        self._not_before = -math.inf

    def look(self, facts: Facts, now: float, *, plain: bool = True) -> Theory:
        """The theory of `facts` at `now` seconds, its norms anchored at the last step of `facts`."""
        at = facts.weights_at
        seen = (facts.layout, int(facts.steps[at[-1]]) if len(at) else -1)
        old = self._seen
        other = old is None or old[0] is not seen[0] or seen[1] < old[1]
        if other or (old != seen and now >= self._not_before):
            began = perf_counter()
            self._last, self._seen = theory_of(facts, plain=plain), seen
            self._not_before = now + max(EVERY, (perf_counter() - began) / SHARE)
        return beside(self._last, facts) if len(facts) else self._last
