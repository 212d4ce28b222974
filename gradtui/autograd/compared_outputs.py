"""How far apart the outputs of a net are that its loss compares with one another, read off its graph.

Of outputs on a sphere the deviation from example to example is 1 / sqrt(units) where they lie all about, and
0 where they have collapsed to one point (Chen and He, 2021, arXiv:2011.10566, section 4.1).

On a CPU alone: another device would have to be waited for.
"""

from typing import Any

import torch
from torch import Tensor

from gradtui.autograd.graph import Graph
from gradtui.autograd.layer_outputs import linear_outputs, uses
from gradtui.autograd.node_types import words

COMPARED = frozenset(("Sub", "Mm", "Bmm", "Cdist", "EuclideanDist", "Mul"))
"""Operations on two outputs that a loss compares them by."""
EXAMPLES, UNITS = 16, 4
"""Of a batch, and of an output, that are asked for at least."""
MIXING = words("Index IndexSelect Gather Roll Flip Unsqueeze Expand Repeat Select Slice")
"""Nodes by which an example may meet another one."""
MOST = 512
"""Examples that are looked at."""


def spread_of_compared(graph: Graph, nodes: list[Any]) -> float | None:
    """Of the last layer's outputs, each brought to length 1: sqrt(units) times the root of the mean variance
    over the batch, 1 where they lie all about, 0 where they are one. None where no two of them are compared.
    Where one is predicted from another output of the layer the other is of (Chen and He's predictor),
    those of that layer count. `nodes` as `graph_of` has kept them."""
    layers = _layers(graph)
    heads = {at: weight for at, weight in layers.items() if not _feeds(graph, at, layers)}
    if not heads:
        return None
    under = _layers_under(graph, layers)
    for node, word in enumerate(graph.words):
        below = graph.below[node]
        if word not in COMPARED or len(below) < 2 or min(below[:2]) < 0:
            continue
        one, other = (under[at] for at in below[:2])
        if not one or not other or not _table(nodes[node]):
            continue
        target = _predicted(graph, one, other, heads, layers)
        if target >= 0:
            outputs = linear_outputs(nodes[target], MOST)
            return None if outputs is None else spread(outputs)
        one, other = one & heads.keys(), other & heads.keys()
        weights = {heads[head] for head in one | other}
        if not one or not other or len(weights) != 1:
            continue
        if not (one == other and _each_with_itself(graph, nodes, node, one)):
            outputs = linear_outputs(nodes[min(one)], MOST)
            return None if outputs is None else spread(outputs)
    return None


def spread(outputs: Tensor) -> float | None:
    """Of `outputs` [examples, units] what `spread_of_compared` gives; None where these are too few."""
    if outputs.dim() != 2 or len(outputs) < EXAMPLES or outputs.shape[1] < UNITS:
        return None
    with torch.no_grad():
        unit = torch.nn.functional.normalize(outputs.double(), dim=1)
        return float(unit.var(dim=0, unbiased=False).sum().sqrt())


def _layers(graph: Graph) -> dict[int, int]:
    """Node of a layer -> leaf that is its weight."""
    # Each use counts: of one that is missed its output would pass for something else.
    every = len(graph.words)
    return {layer: leaf for leaf in graph.leaves for layer in uses(graph, leaf, every)}


def _feeds(graph: Graph, layer: int, layers: dict[int, int]) -> bool:
    """Whether another layer takes in what it gives."""
    waiting, seen = [layer], {layer}
    while waiting:
        for up in graph.above[waiting.pop()]:
            if up in layers:
                return True
            if up not in seen:
                seen.add(up)
                waiting.append(up)
    return False


def _layers_under(graph: Graph, layers: dict[int, int]) -> list[frozenset[int]]:
    """[nodes] the layers that each is made of, with no layer in between."""
    under: list[frozenset[int]] = []
    for node, below in enumerate(graph.below):
        if node in layers:
            under.append(frozenset((node,)))
            continue
        parts = [under[one] for one in below if one >= 0]
        under.append(frozenset().union(*parts))
    return under


def _predicted(
    graph: Graph,
    one: frozenset[int],
    other: frozenset[int],
    heads: dict[int, int],
    layers: dict[int, int],
) -> int:
    """The layer's output that a head's is to be like, though that was made of another output of the same
    layer: two views of an example, one of which predicts the other. -1 where it is not so."""
    for side, targets in ((one, other), (other, one)):
        if len(side) != 1 or len(targets) != 1 or not side <= heads.keys() or targets <= side:
            continue
        (target,) = targets
        below = _below(graph, min(side))
        if target not in below and any(layers.get(at) == layers[target] for at in below):
            return target
    return -1


def _below(graph: Graph, node: int) -> set[int]:
    waiting, seen = [node], {node}
    while waiting:
        new = {one for one in graph.below[waiting.pop()] if one >= 0} - seen
        seen |= new
        waiting += new
    return seen


def _each_with_itself(graph: Graph, nodes: list[Any], node: int, heads: frozenset[int]) -> bool:
    """Whether a product or a difference of two things made of one output has each example beside itself,
    and no other: the likelihood of what a policy has drawn by a mean has."""
    if graph.words[node] not in ("Sub", "Mul") or len(heads) != 1:
        return False
    head = min(heads)
    here, there = nodes[node]._input_metadata[0].shape, nodes[head]._input_metadata[0].shape
    if len(here) != len(there) or here[0] != there[0]:
        return False
    waiting, seen = [node], {node}
    while waiting:
        at = waiting.pop()
        if at != head and graph.words[at] in MIXING:
            return False
        below = () if at == head else graph.below[at]
        waiting += [one for one in below if one >= head and one not in seen]
        seen.update(one for one in below if one >= head)
    return True


def _table(node: Any) -> bool:
    """Whether it gives more than a number for each example."""
    return len(node._input_metadata[0].shape) > 1
