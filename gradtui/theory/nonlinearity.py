"""Gaussian averages of the activations: what a layer of many random units does to its input.

Everything is a mean over z ~ N(0, 1) of phi(sqrt(q) z) or its slope, q the variance of the
pre-activations. Piecewise linear activations have closed forms; the others are integrated.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from gradtui.core.layout import FloatArray

Function = Callable[[FloatArray], FloatArray]

SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946
"""Klambauer et al. 2017, arXiv:1706.02515."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Means over z ~ N(0, 1), each of the shape of q: of phi, of phi squared, of its slope squared
    and of its slope to the fourth."""

    mean: FloatArray
    square: FloatArray
    slope: FloatArray
    fourth: FloatArray


@dataclass(frozen=True, slots=True)
class Nonlinearity:
    """phi and its slope. `ends` are the slopes left and right of 0 where phi is linear on both
    sides, and None where it is not."""

    value: Function
    slope: Function
    ends: tuple[float, float] | None = None

    def moments(self, q: FloatArray) -> Moments:
        """Of pre-activations with variance `q` (any shape, finite, not negative). Relative error
        below 1e-8 for q up to 100, below 1e-4 up to 1e10."""
        q = np.asarray(q, dtype=np.float64)
        if self.ends is not None:
            left, right = self.ends
            flat = np.ones_like(q)
            return Moments(
                np.sqrt(q / (2 * math.pi)) * (right - left),
                q * (left**2 + right**2) / 2,
                flat * (left**2 + right**2) / 2,
                flat * (left**4 + right**4) / 2,
            )
        nodes, weights = gauss()
        at = np.sqrt(q)[..., None] * nodes
        value, slope = self.value(at), np.square(self.slope(at))
        return Moments(
            value @ weights, np.square(value) @ weights, slope @ weights, np.square(slope) @ weights
        )


@cache
def gauss() -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of a mean over N(0, 1): Gauss-Legendre on panels that are split at 0, where
    activations have kinks, and shrink towards it, because a bounded activation with a large q is a
    step there. (Gauss-Hermite converges like 1/n at a kink.)"""
    edges = np.concatenate(
        [[0.0], 10.0 ** np.arange(-7, 0), np.arange(0.5, 9.1, 0.5), [11.0, 14.0]]
    )
    x, w = np.polynomial.legendre.leggauss(10)
    half = np.diff(edges) / 2
    nodes = (edges[:-1] + half)[:, None] + half[:, None] * x
    weights = half[:, None] * w * np.exp(-np.square(nodes) / 2) / math.sqrt(2 * math.pi)
    return (
        np.concatenate([-nodes.ravel()[::-1], nodes.ravel()]),
        np.concatenate([weights.ravel()[::-1], weights.ravel()]),
    )


def sigmoid(x: FloatArray) -> FloatArray:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)))


def sigmoid_slope(x: FloatArray) -> FloatArray:
    small = np.exp(-np.abs(x))  # 1 - s(x) would lose the tails to rounding
    return np.asarray(small / np.square(1 + small))


def tanh_slope(x: FloatArray) -> FloatArray:
    return np.asarray(4 * sigmoid_slope(2 * x))


def softplus(x: FloatArray) -> FloatArray:
    return np.asarray(np.logaddexp(0.0, x))


def silu_slope(x: FloatArray) -> FloatArray:
    return np.asarray(sigmoid(x) + x * sigmoid_slope(x))


def elu(x: FloatArray) -> FloatArray:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0.0)))


def elu_slope(x: FloatArray) -> FloatArray:
    return np.where(x > 0, 1.0, np.exp(np.minimum(x, 0.0)))


def selu(x: FloatArray) -> FloatArray:
    return np.where(x > 0, SELU_SCALE * x, SELU_SCALE * SELU_ALPHA * np.expm1(np.minimum(x, 0.0)))


def selu_slope(x: FloatArray) -> FloatArray:
    return np.where(x > 0, SELU_SCALE, SELU_SCALE * SELU_ALPHA * np.exp(np.minimum(x, 0.0)))


@cache
def _cdf_table() -> tuple[FloatArray, FloatArray]:
    at = np.linspace(-9.0, 9.0, 18001)
    return at, np.array([0.5 * math.erfc(-x / math.sqrt(2)) for x in at])


def normal_cdf(x: FloatArray) -> FloatArray:
    """P(z < x), to 4e-8: interpolated, as numpy has no error function."""
    return np.asarray(np.interp(x, *_cdf_table()))


def gelu(x: FloatArray) -> FloatArray:
    return np.asarray(x * normal_cdf(x))


def gelu_slope(x: FloatArray) -> FloatArray:
    density = np.exp(-np.square(x) / 2) / math.sqrt(2 * math.pi)
    return np.asarray(normal_cdf(x) + x * density)


def linear(left: float, right: float) -> Nonlinearity:
    """Slope `left` below 0 and `right` above."""
    return Nonlinearity(
        lambda x: np.where(x > 0, right, left) * x,
        lambda x: np.where(x > 0, right, left),
        (left, right),
    )


KNOWN: dict[str, Nonlinearity] = {
    "identity": linear(1.0, 1.0),
    "relu": linear(0.0, 1.0),
    "leaky_relu": linear(0.01, 1.0),
    "tanh": Nonlinearity(np.tanh, tanh_slope),
    "sigmoid": Nonlinearity(sigmoid, sigmoid_slope),
    "scaled_sigmoid": Nonlinearity(lambda x: 4 * sigmoid(x) - 2, lambda x: 4 * sigmoid_slope(x)),
    "gelu": Nonlinearity(gelu, gelu_slope),
    "silu": Nonlinearity(lambda x: x * sigmoid(x), silu_slope),
    "elu": Nonlinearity(elu, elu_slope),
    "selu": Nonlinearity(selu, selu_slope),
    "softplus": Nonlinearity(softplus, sigmoid),
}
"""By the name that a row of the layout gives; leaky_relu with torch's default slope of 0.01."""

SPELLINGS = {"swish": "silu", "linear": "identity", "leakyrelu": "leaky_relu"}


def nonlinearity(name: str) -> Nonlinearity | None:
    """The activation of that name, or None where it is unknown (an empty name included)."""
    word = name.lower()
    return KNOWN.get(SPELLINGS.get(word, word))
