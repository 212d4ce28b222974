"""Signal forwards, gradient backwards: mean field theory of a stack of random layers.

q(l+1) = s2w E[phi(sqrt(q(l)) z)^2] + s2b (Poole et al. 2016, eq. 3) and chi(l) = s2w(l+1)
E[phi'(sqrt(q(l)) z)^2], which is |delta(l)|^2 / |delta(l+1)|^2 (Schoenholz et al. 2017, eqs. 9-10).
Norms of delta are over all units, so that widths need no factor: s2w counts the fan-in.
"""

from dataclasses import dataclass, field

import numpy as np

from gradtui.core.layout import FloatArray
from gradtui.theory.nonlinearity import Moments
from gradtui.theory.pairs import pair_moments
from gradtui.theory.positions import gather, scatter
from gradtui.theory.stack import Stack

LEAST = 0.05
"""Where pairs of examples seem to cancel a gradient, this share of its square is left over."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Kinds of pairs of different examples in a batch.

    `weights` [kinds]: the sum of delta . delta over the pairs of a kind at the output, in units of
    the sum of |delta|^2 over examples. `likeness` [kinds]: the correlation of their inputs.
    No kinds: what different examples say is independent.
    """

    weights: tuple[float, ...] = ()
    likeness: tuple[float, ...] = ()


ALONE = Pairs()


@dataclass(frozen=True, slots=True)
class Prediction:
    """What random weights of these sizes do. All arrays are [stages], input side first.

    `q`: mean square of the pre-activations. `variance`, `rms`: of the outputs, over units, positions
    and examples. `chi`: |delta(l)|^2 / |delta(l+1)|^2, NaN at the output. `delta`, `weight`, `row`:
    norms of the gradient of the pre-activations, of the weight, of weight and bias together, each in
    units of its value at the output. `spread`: standard deviation in decades that finite width gives
    `delta` from net to net.
    """

    q: FloatArray
    variance: FloatArray
    rms: FloatArray
    chi: FloatArray
    delta: FloatArray
    weight: FloatArray
    row: FloatArray
    spread: FloatArray


@dataclass(slots=True)
class Forward:
    """One entry a stage, each [side, side], with [kinds] in front for pairs: what reaches a unit
    (`reached`, of pairs `alike`), pre-activations `q`, averages behind them."""

    reached: list[FloatArray] = field(default_factory=list)
    alike: list[FloatArray] = field(default_factory=list)
    q: list[FloatArray] = field(default_factory=list)
    moments: list[Moments] = field(default_factory=list)
    slopes: list[FloatArray] = field(default_factory=list)


def predict(stack: Stack, inputs: float = 1.0, pairs: Pairs = ALONE) -> Prediction:
    """`inputs`: mean square of one input number; 1 where inputs are standardised."""
    ahead = forward(stack, inputs, pairs)
    delta, weight, bias, spread = backward(stack, ahead, pairs)
    mean = np.array([np.mean(m.mean) for m in ahead.moments])
    square = np.array([np.mean(m.square) for m in ahead.moments])
    with np.errstate(invalid="ignore"):  # weights that were not measured, or are not finite
        chi = np.exp(delta[:-1] - delta[1:])
        both = np.logaddexp(weight, bias)
    return Prediction(
        q=np.array([np.mean(q) for q in ahead.q]),
        variance=np.maximum(square - np.square(mean), 0.0),
        rms=np.sqrt(square),
        chi=np.append(chi, np.nan),
        delta=relative(delta),
        weight=relative(weight),
        row=relative(both),
        spread=spread,
    )


def forward(stack: Stack, inputs: float, pairs: Pairs = ALONE) -> Forward:
    out = Forward()
    square = np.full((stack.side, stack.side), float(inputs))
    product = np.array(pairs.likeness)[:, None, None] * square
    for stage in stack.stages:
        reached, alike = gather(square, stage), gather(product, stage)
        q, covariance = stage.s2w * reached + stage.s2b, stage.s2w * alike + stage.s2b
        correlation = np.divide(covariance, q, out=np.zeros_like(covariance), where=q > 0)
        moments = stage.phi.moments(q)
        square, (product, slopes) = moments.square, pair_moments(stage.phi, q, correlation)
        out.reached.append(reached)
        out.alike.append(alike)
        out.q.append(q)
        out.moments.append(moments)
        out.slopes.append(slopes)
    return out


def backward(
    stack: Stack, ahead: Forward, pairs: Pairs
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Logarithms of the squares of delta and of the gradients of weight and bias, and the spread.

    A weight's gradient is the mean of delta x input over a batch, its square a sum over pairs of
    examples: |dW|^2 ~ sum over s, t of (delta_s . delta_t) fan_in E[a_s a_t].
    """
    stages = stack.stages
    delta, weight, bias = np.full((3, len(stages)), -np.inf)
    spread = np.full(len(stages), np.nan)
    back = np.full_like(ahead.q[-1], 1 / ahead.q[-1].size)
    shared = np.array(pairs.weights)[:, None, None] * back
    wander = size = 0.0  # the logarithm of the size is kept apart: 1e-400 must not become 0
    for i in range(len(stages) - 1, -1, -1):
        if i < len(stages) - 1:
            moments, side = ahead.moments[i], ahead.q[i].shape[-1]
            back = scatter(back, stages[i + 1], side) * moments.slope
            shared = scatter(shared, stages[i + 1], side) * ahead.slopes[i]
            # Hanin & Nica 2018: log |delta|^2 wanders like the sum of 1 / width; 5 for a ReLU.
            tail = float(np.mean(moments.fourth) / np.mean(moments.slope) ** 2)
            wander += max(3 * tail - 1, 0.0) / stages[i].units
        total = float(back.sum())
        if not total > 0:
            break
        back, shared, size = back / total, shared / total, size + float(np.log(total))
        own = float(np.sum(back * ahead.reached[i]))
        joint = max(own + float(np.sum(shared * ahead.alike[i])), LEAST * own)
        delta[i], spread[i] = size, np.sqrt(wander) / 2 / np.log(10)
        with np.errstate(divide="ignore"):
            weight[i] = size + np.log(stages[i].fan_in * joint)
        if stages[i].bias:
            bias[i] = size + np.log(max(1 + float(shared.sum()), LEAST))
    return delta, weight, bias, spread


def relative(logs: FloatArray) -> FloatArray:
    """Logarithms of squares -> sizes in units of the last; NaN where that one has no size."""
    if not np.isfinite(logs[-1]):
        return np.full_like(logs, np.nan)
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(np.exp((logs - logs[-1]) / 2))
