"""What layers take in at the input of a net: constants, and results of bounded activations, read off a graph.

A net that judges what another one has made (a discriminator) has the same first layer for both: for made
data, behind the last activation of its maker, and for real data.

On a CPU alone: another device would have to be waited for.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from gradtui.autograd.graph import Graph
from gradtui.autograd.layer_outputs import uses
from gradtui.autograd.node_types import VIEWS
from gradtui.autograd.saved_tensors import saved

BOUNDS = {"Tanh": (-1.0, 1.0), "Sigmoid": (0.0, 1.0)}
INPUT = {"Addmm": (1, "mat1"), "Mm": (0, "self"), "Convolution": (0, "input")}
"""Layers -> which of their arguments is what they take in, and its name."""
FAR = 8
MOST = 1 << 16
"""Elements that are read, at most."""
SLACK = 0.01
"""Of the width of a range: what lies beyond by less is at its end."""
Range = tuple[float, float]


class TakenIn(NamedTuple):
    """`bound`: word of the activation behind which a layer is; "" where what it takes in is constant:
    `values`, without a graph."""

    bound: str
    values: Tensor | None


def taken_in(graph: Graph, nodes: list[Any]) -> list[tuple[Tensor, TakenIn]]:
    """The weights of layers that take in constants, or results of an activation in BOUNDS, each use by
    itself. `graph` and `nodes` as `readable` gives them."""
    found = []
    for leaf, ref in graph.leaves.items():
        weight = ref()
        for layer in uses(graph, leaf, FAR) if weight is not None else ():
            slot, key = INPUT.get(graph.words[layer], (0, ""))
            if not key or len(graph.below[layer]) <= slot:
                continue
            at = _behind_views(graph, graph.below[layer][slot])
            if at < 0:
                found.append((weight, TakenIn("", saved(nodes[layer], key))))
            elif graph.words[at] in BOUNDS:
                found.append((weight, TakenIn(graph.words[at], None)))
    return [(weight, one) for weight, one in found if weight is not None]


def _behind_views(graph: Graph, at: int) -> int:
    for _ in range(FAR):
        if at < 0 or graph.words[at] not in VIEWS:
            break
        at = graph.below[at][0]
    return at


def beyond(values: Tensor, bounds: Range) -> tuple[float, float, float]:
    """Share of the values that lies outside, the least and the largest of them."""
    low, high = bounds
    slack = SLACK * (high - low)
    with torch.no_grad():
        some = values.reshape(-1)[:MOST]
        out = (some < low - slack) | (some > high + slack)
        return float(out.double().mean()), float(some.min()), float(some.max())
