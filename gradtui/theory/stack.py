"""A network as theory sees it: layers one after the other, each known by the size of its weights."""

from dataclasses import dataclass
from itertools import pairwise
from math import isqrt, prod

import numpy as np

from gradtui.core.layout import FloatArray, Layout, RowInfo, TensorInfo
from gradtui.core.snapshot import Weight
from gradtui.theory.nonlinearity import Nonlinearity, nonlinearity

LINEAR = ("Linear", "matrix")


@dataclass(frozen=True, slots=True)
class Stage:
    """One layer and the activation after it.

    `s2w` is fan_in x the mean of the squared weights, `s2b` the mean of the squared biases (both
    without unit), `window` the side of a convolution's kernel (0: a Linear layer, which takes in
    all positions at once), `units` how many numbers the layer gives at one position.
    """

    s2w: float
    s2b: float
    fan_in: int
    units: int
    phi: Nonlinearity
    window: int = 0
    bias: bool = True


@dataclass(frozen=True, slots=True)
class Stack:
    """`rows` [stages] are the indices in the layout, input side first. `side` is the side of the
    square feature maps before the first Linear layer; 1 without convolutions."""

    stages: tuple[Stage, ...]
    rows: tuple[int, ...]
    side: int = 1


DEEPEST = 1024
"""Layers that are followed one by one: 5,000 would hold up the screen for seconds."""


class NoTheoryError(Exception):
    """There is no formula for this network; the message says why, for people."""


def read_stack(layout: Layout, weights: FloatArray) -> Stack:
    """The stack of a layout, from `weights` [tensors, Weight.COLUMNS] as they were measured.

    It is taken for granted that rows follow one another, each activation after its layer, and that
    convolutions have stride 1 and zero padding to the same size. Raises NoTheoryError for whatever
    can be seen not to be so.
    """
    if len(layout.rows) < 2:
        raise NoTheoryError("there is one layer only")
    if len(layout.rows) > DEEPEST:
        raise NoTheoryError(f"there are more than {DEEPEST:,} layers")
    stages = []
    for index, row in enumerate(layout.rows):
        mine = layout.tensors_of[index]
        last = index == len(layout.rows) - 1
        stages.append(_stage(row, [(layout.tensors[i], weights[i]) for i in mine], last))
    return Stack(tuple(stages), tuple(range(len(stages))), _side(layout, stages))


def _stage(row: RowInfo, tensors: list[tuple[TensorInfo, FloatArray]], last: bool) -> Stage:
    phi = nonlinearity(row.activation or ("identity" if last else ""))
    if row.kind not in LINEAR and row.kind != "Conv2d":
        raise NoTheoryError(f"{row.name} is of kind {row.kind}")
    if phi is None:
        raise NoTheoryError(f"the activation after {row.name} is {row.activation or 'not known'}")
    found = {tensor.role: (tensor, float(line[Weight.NORM])) for tensor, line in tensors}
    if len(found) != len(tensors) or not {"weight"} <= found.keys() <= {"weight", "bias"}:
        raise NoTheoryError(f"{row.name} holds more than a weight and a bias")
    weight, norm = found["weight"]
    bias, bias_norm = found.get("bias", (None, 0.0))
    empty = not weight.numel or (bias is not None and not bias.numel)
    sized = np.isfinite(norm) and norm > 0 and np.isfinite(bias_norm) and row.fan_in > 0
    if empty or not sized:
        raise NoTheoryError(f"the weights of {row.name} have no size")
    window = isqrt(prod(weight.shape[2:]))
    if window**2 != prod(weight.shape[2:]) or window % 2 == 0 or weight.placement != "replica":
        raise NoTheoryError(f"the shape of {row.name} is not one that the formulas cover")
    return Stage(
        s2w=row.fan_in * norm**2 / weight.numel,
        s2b=0.0 if bias is None else bias_norm**2 / bias.numel,
        fan_in=row.fan_in,
        units=max(weight.numel // row.fan_in, 1),
        phi=phi,
        window=window if row.kind == "Conv2d" else 0,
        bias=bias is not None,
    )


def _side(layout: Layout, stages: list[Stage]) -> int:
    """The side of the feature maps, from the Linear layer that takes all their pixels in."""
    convolutions = [i for i, row in enumerate(layout.rows) if row.kind == "Conv2d"]
    if convolutions and convolutions[-1] == len(stages) - 1:
        raise NoTheoryError("no layer tells how large the feature maps are")
    pixels = 1
    for index, (before, stage) in enumerate(pairwise(stages), 1):
        into = layout.rows[index].kind
        if layout.rows[index - 1].kind == "Conv2d" and into != "Conv2d":
            pixels, rest = divmod(stage.fan_in, before.units)
            if rest or pixels == 1 or isqrt(pixels) ** 2 != pixels:
                raise NoTheoryError("the layers do not simply follow one another")
        elif stage.fan_in != before.units * max(stage.window, 1) ** 2:
            raise NoTheoryError("the layers do not simply follow one another")
    if convolutions and convolutions != list(range(len(convolutions))):
        raise NoTheoryError("a convolution follows a Linear layer")
    return isqrt(pixels)
