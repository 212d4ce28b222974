"""What a layer of many random units does to the likeness of two examples.

Two examples' pre-activations of one unit are Gaussian with variance q and correlation c. A batch's
gradient is a sum over examples, so how alike they are decides how much of it cancels.
"""

import math
from functools import cache

import numpy as np

from gradtui.core.layout import FloatArray
from gradtui.theory.nonlinearity import Nonlinearity

NODES = 24


@cache
def square_rule() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Gauss-Hermite nodes z1, z2 and weights of a mean over two independent N(0, 1)."""
    x, w = np.polynomial.hermite_e.hermegauss(NODES)
    w = w / w.sum()
    first, second = np.meshgrid(x, x, indexing="ij")
    return first.ravel(), second.ravel(), np.outer(w, w).ravel()


def pair_moments(phi: Nonlinearity, q: FloatArray, c: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Means of phi(u) phi(v) and of the product of the slopes, for u and v with variance `q` and
    correlation `c`; q broadcasts against c.

    Piecewise linear phi: closed, by the arc-cosine kernels of Cho & Saul 2009, eq. 6. Others to
    about 1e-3 of the value at c = 1 (1e-2 where the slope has a jump).
    """
    c = np.clip(c, -1.0, 1.0)
    q = np.broadcast_to(np.asarray(q, dtype=np.float64), c.shape)
    if phi.ends is not None:
        left, right = phi.ends
        jump = right - left
        angle = np.arccos(c)
        both = (np.sin(angle) + (math.pi - angle) * c) / (2 * math.pi)
        positive = (math.pi - angle) / (2 * math.pi)
        value = q * (left * left * c + left * jump * c + jump * jump * both)
        return value, left * left + left * jump + jump * jump * positive
    first, second, weights = square_rule()
    size = np.sqrt(q)[..., None]
    u = size * first
    v = size * (c[..., None] * first + np.sqrt(1 - np.square(c))[..., None] * second)
    return (phi.value(u) * phi.value(v)) @ weights, (phi.slope(u) * phi.slope(v)) @ weights
