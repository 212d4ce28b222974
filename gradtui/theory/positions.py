"""From one layer's positions to the next one's: a window of a feature map, or all of it."""

import numpy as np

from gradtui.core.layout import FloatArray
from gradtui.theory.stack import Stage


def gather(field: FloatArray, stage: Stage) -> FloatArray:
    """[..., side, side] of what lies before a layer -> the mean over the taps of a unit, zeros
    beyond the edge counted; [..., 1, 1] for a Linear layer."""
    if not stage.window:
        return np.asarray(field.mean(axis=(-2, -1), keepdims=True))
    return box(field, stage.window) / stage.window**2


def scatter(back: FloatArray, stage: Stage, side: int) -> FloatArray:
    """Squared signal behind a layer, summed over units -> that before it, [..., side, side].

    Each unit reaches `fan_in` inputs, less those beyond the edge: s2w times as much in all.
    """
    if not stage.window:
        return np.asarray(stage.s2w * back * np.ones((side, side)) / side**2)
    return stage.s2w * box(back, stage.window) / stage.window**2


def box(field: FloatArray, window: int) -> FloatArray:
    """Sums over window x window neighbourhoods (window odd), zeros beyond the edge."""
    reach = window // 2
    wide = np.pad(field, [(0, 0)] * (field.ndim - 2) + [(reach, reach)] * 2)
    high, across = field.shape[-2:]
    rows = sum((wide[..., i : i + high, :] for i in range(window)), np.zeros(()))
    return sum((rows[..., i : i + across] for i in range(window)), np.zeros(()))
