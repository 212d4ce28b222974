"""Examples through a stack whose weights are given: outputs forwards, sizes of gradients backwards."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gradtui.core.layout import FloatArray
from gradtui.theory.nonlinearity import Nonlinearity


@dataclass(frozen=True, slots=True)
class Given:
    """A layer and the activation after it: `weight` [out, in], or [out, in, k, k] of a convolution
    with stride 1, odd k and zero padding to the same size; `bias` [out]."""

    weight: FloatArray
    bias: FloatArray | None
    phi: Nonlinearity


@dataclass(frozen=True, slots=True)
class Passed:
    """One entry a layer: what its units take in [positions of all examples, fan_in], and its
    pre-activations [examples, units], or [examples, units, side, side]."""

    taken: tuple[FloatArray, ...]
    before: tuple[FloatArray, ...]


def forwards(layers: Sequence[Given], inputs: FloatArray) -> Passed:
    """`inputs` [examples, features], or [examples, channels, side, side]."""
    taken, before = [], []
    value = inputs
    for layer in layers:
        weight = layer.weight
        spatial = weight.ndim == 4
        into = windows(value, weight.shape[2]) if spatial else value.reshape(len(value), -1)
        out = into @ weight.reshape(len(weight), -1).T
        if layer.bias is not None:
            out = out + layer.bias
        if spatial:
            out = _maps(out, value)
        taken.append(into)
        before.append(out)
        value = layer.phi.value(out)
    return Passed(tuple(taken), tuple(before))


def backwards(layers: Sequence[Given], passed: Passed, error: FloatArray) -> FloatArray:
    """[layers] logarithms of the squared norms of the gradients of weight and bias together.

    `error` [examples, outputs] is the gradient of the loss at the outputs. -inf from where on nothing
    comes through.
    """
    found = np.full(len(layers), -np.inf)
    size = 0.0  # the logarithm of the size is kept apart: 1e-400 must not become 0
    for i in range(len(layers) - 1, -1, -1):
        if i < len(layers) - 1:
            error = _back(layers[i + 1].weight, error, passed.before[i])
            error = error * layers[i].phi.slope(passed.before[i])
        total = length(error)
        if not total > 0:
            break
        error, size = error / total, size + 2 * np.log(total)
        units = np.moveaxis(error, 1, -1).reshape(-1, error.shape[1])
        norm = length(units.T @ passed.taken[i])
        if layers[i].bias is not None:
            norm = float(np.hypot(norm, length(units.sum(axis=0))))
        with np.errstate(divide="ignore"):
            found[i] = size + 2 * np.log(norm)
    return found


def length(values: FloatArray) -> float:
    """The root of the sum of squares, also of values whose squares are too small to be numbers."""
    top = float(np.abs(values).max())
    return top * float(np.linalg.norm(values / top)) if 0 < top < np.inf else top


def windows(maps: FloatArray, window: int) -> FloatArray:
    """[examples, channels, side, side] -> [examples x side x side, channels x window x window]: what
    lies around each pixel, zeros beyond the edge."""
    reach = window // 2
    wide = np.pad(maps, [(0, 0), (0, 0), (reach, reach), (reach, reach)])
    view = np.lib.stride_tricks.sliding_window_view(wide, (window, window), axis=(2, 3))
    pixels = maps.shape[0] * maps.shape[2] * maps.shape[3]
    return np.asarray(view.transpose(0, 2, 3, 1, 4, 5).reshape(pixels, -1))


def _back(weight: FloatArray, error: FloatArray, before: FloatArray) -> FloatArray:
    """The gradient behind a layer -> that before it, in the shape of `before`."""
    if weight.ndim == 2:
        return (error @ weight).reshape(before.shape)
    # Each pixel is reached from those around it: the kernel the other way round.
    turned = weight[:, :, ::-1, ::-1].transpose(1, 0, 2, 3).reshape(weight.shape[1], -1)
    return _maps(windows(error, weight.shape[2]) @ turned.T, error)


def _maps(flat: FloatArray, like: FloatArray) -> FloatArray:
    """[examples x side x side, channels] -> [examples, channels, side, side], the sides of `like`."""
    examples, _, high, across = like.shape
    return np.moveaxis(flat.reshape(examples, high, across, -1), -1, 1)
