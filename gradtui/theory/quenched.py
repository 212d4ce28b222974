"""The gradient norms that the weights themselves give, and not random ones of their size.

A product of twenty random matrices of width 64 is not what it is on average (Hanin & Nica 2018), so
what `predict` averages over, the weights, is held fixed here ("quenched"); the average over Gaussian
inputs is kept, as a sample of it. Of the run no more is known than the error with which the first
backward pass began: the mean over the batch of the loss's gradient at the outputs.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from gradtui.core.layout import FloatArray, IntArray
from gradtui.theory.propagation import Given, backwards, forwards
from gradtui.theory.stack import NoTheoryError

SAMPLES = 8
"""Batches of noise whose squares are averaged; 64 bring the norms nearer by 0.02 decades at most."""
MOST, LEAST = 256, 64
"""Examples of one sample, of all samples together."""
WORK = 1e9
"""Multiplications, about 0.2 s: wider nets have less scatter, and random weights do for them."""
LIKENESS = 0.15
"""Correlation of the inputs of two examples of one class, where classes are told apart. With 0 norms
are off by up to 0.3 decades on the digits, with 0.25 as much on inputs that have no classes."""
SEED = 0
"""Of the noise: one net has one prediction."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Where the loss enters. `error` [outputs]: the gradient of the output's bias; `batch`: how many
    examples it is the mean of; `classes`: told apart by cross-entropy, 0 for another loss. Without
    `sized` only the direction of the error is known (it was clipped or scaled)."""

    error: FloatArray
    batch: int
    classes: int = 0
    sized: bool = True


def quenched(
    layers: Sequence[Given], entry: Entry, side: int = 1, inputs: float = 1.0
) -> FloatArray:
    """[layers] log10 of the norms of the gradients of weight and bias together, input side first, in
    units of the output layer's.

    `side` is that of the feature maps, `inputs` the mean square of an input number. Raises
    NoTheoryError where the error has no size, the net is too large, or a norm is not finite.
    """
    _check(layers, side)
    length = float(np.linalg.norm(entry.error))
    if not 0 < length < math.inf:
        raise NoTheoryError("the outputs have no gradient at the first step")
    examples = min(max(entry.batch, 1), MOST)
    samples = min(max(SAMPLES, LEAST // examples), int(WORK / (examples * work(layers, side))))
    if samples < 1:
        raise NoTheoryError("the net is too large to be followed weight by weight")
    generator = np.random.default_rng(SEED)
    found = []
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for _ in range(samples):
            labels: IntArray = generator.integers(0, max(entry.classes, 1), examples)
            noise = math.sqrt(inputs) * _noise(layers[0], labels, entry.classes, side, generator)
            passed = forwards(layers, noise)
            error = _errors(passed.before[-1], labels, entry, length, generator)
            found.append(backwards(layers, passed, error))
    squares = np.logaddexp.reduce(found, axis=0)
    if not np.isfinite(squares).all():
        raise NoTheoryError("what the first weights pass on has no size")
    return np.asarray((squares - squares[-1]) / (2 * math.log(10)))


def work(layers: Sequence[Given], side: int) -> float:
    """Multiplications for one example, forwards and twice as many backwards."""
    pixels = [side * side if layer.weight.ndim == 4 else 1 for layer in layers]
    return 3.0 * sum(n * layer.weight.size for n, layer in zip(pixels, layers, strict=True))


def _check(layers: Sequence[Given], side: int) -> None:
    for before, layer in pairwise(layers):
        pixels = side * side if before.weight.ndim == 4 and layer.weight.ndim == 2 else 1
        if layer.weight.shape[1] != len(before.weight) * pixels:
            raise NoTheoryError("the layers do not simply follow one another")
    for layer in layers:
        if layer.weight.ndim == 4 and layer.weight.shape[2] != layer.weight.shape[3]:
            raise NoTheoryError("the window of a convolution is not square")


def _noise(
    first: Given, labels: IntArray, classes: int, side: int, generator: np.random.Generator
) -> FloatArray:
    """Standard normal examples, those of one class somewhat alike."""
    weight = first.weight
    shape = (weight.shape[1], side, side) if weight.ndim == 4 else (weight.shape[1],)
    own = generator.standard_normal((len(labels), *shape))
    if classes < 2:
        return own
    centres = generator.standard_normal((classes, *shape))
    return np.asarray(math.sqrt(LIKENESS) * centres[labels] + math.sqrt(1 - LIKENESS) * own)


def _errors(
    outputs: FloatArray,
    labels: IntArray,
    entry: Entry,
    length: float,
    generator: np.random.Generator,
) -> FloatArray:
    """[examples, outputs] gradients at the outputs: each example's own, their mean the entry's.

    Cross-entropy's are softmax minus label; of another loss no more is known than the mean, and the
    rest is taken to be as large as independent examples with such a mean would have it.
    """
    examples, width = outputs.shape
    if entry.classes == width > 1:
        shares = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        found = shares / shares.sum(axis=1, keepdims=True)
        found[np.arange(examples), labels] -= 1
    else:
        size = length * math.sqrt(entry.batch / width)
        found = size * generator.standard_normal(outputs.shape)
    mean = found.mean(axis=0)
    known = entry.error if entry.sized else entry.error * (np.linalg.norm(mean) / length)
    return np.asarray((found - mean + known) / examples)
