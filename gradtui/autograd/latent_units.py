"""How many latent units of a variational autoencoder carry anything, read off the graph of its loss.

A unit is active where the mean that the encoder gives it varies from example to example by more than 0.01
(Burda, Grosse and Salakhutdinov, 2016, arXiv:1509.00519, section 5). Where none is, the posterior has
collapsed onto the prior, and the decoder goes by its noise alone.

On a CPU alone: another device would have to be waited for.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from gradtui.autograd.graph import Graph
from gradtui.autograd.node_types import LAYERS, LEAF, VIEWS, words
from gradtui.autograd.saved_tensors import saved

ACTIVE = 0.01
"""Variance over the batch from which on a unit counts as active."""
EXAMPLES, UNITS = 8, 2
"""Of a batch, and of a latent, that are asked for at least."""
DEVIATIONS = frozenset(("Exp", "Softplus", "Sqrt"))
"""What a standard deviation comes out of."""
SHIFTED = VIEWS | {"Sub", "Div"}
"""What lies between a mean and its square in the divergence from a normal prior."""
DISTANCES = words(
    "MseLoss SmoothL1Loss HuberLoss BinaryCrossEntropy BinaryCrossEntropyWithLogits NllLoss NllLoss2D KlDiv"
)
SIZES = words("Pow Abs Mul")
LOGARITHMS = words("Log Log1P LogSigmoid LogSoftmax Softplus")
FAR = 4
MOST = 1 << 18
"""Elements that are read, at most."""


@dataclass(frozen=True, slots=True)
class LatentUnits:
    """How many of the `units` of a latent vary over a batch by more than ACTIVE."""

    active: int
    units: int


def latent_units(graph: Graph, nodes: list[Any]) -> LatentUnits | None:
    """Of the first latent that is drawn by a mean and a deviation times noise (Kingma and Welling, 2014), and
    whose mean is squared in the loss; None where there is none. What is drawn goes through a layer at least,
    and what comes of it is compared with data: an action that a policy draws is not, and may well be the same
    in every state. `nodes` as `graph_of` has kept them."""
    for drawn, word in enumerate(graph.words):
        if word == "Add" and (mean := _mean(graph, drawn)) >= 0 and _decoded(graph, drawn):
            values = _squared(graph, nodes, mean)
            if values is not None:
                return _counted(values)
    return None


def _mean(graph: Graph, drawn: int) -> int:
    """What noise times a deviation is added to; -1 where that is not what is added here."""
    below = graph.below[drawn]
    if len(below) != 2 or min(below) < 0:
        return -1
    for mean, noise in (below, below[::-1]):
        if graph.words[noise] != "Mul" or graph.words[mean] == LEAF:
            continue
        held = [one for one in graph.below[noise] if one >= 0]
        if len(held) == 1 and graph.words[held[0]] in DEVIATIONS:
            return mean
    return -1


def _decoded(graph: Graph, drawn: int) -> bool:
    waiting, seen = [(drawn, False)], {(drawn, False)}
    while waiting:
        at, behind = waiting.pop()
        for up in graph.above[at]:
            after = behind or graph.words[up] in LAYERS
            if behind and _compares(graph, up, at):
                return True
            if (up, after) not in seen:
                seen.add((up, after))
                waiting.append((up, after))
    return False


def _compares(graph: Graph, node: int, at: int) -> bool:
    """Whether it holds what `at` gives against data."""
    word, alone = graph.words[node], sum(one >= 0 for one in graph.below[node]) == 1
    if word in DISTANCES:
        return True
    if word == "Sub":
        return alone and any(graph.words[up] in SIZES for up in graph.above[node])
    return word == "Mul" and alone and graph.words[at] in LOGARITHMS


def _squared(graph: Graph, nodes: list[Any], mean: int) -> Tensor | None:
    """Its values, but for a constant, as its square has kept them."""
    waiting = [(mean, 0)]
    while waiting:
        at, far = waiting.pop()
        for up in graph.above[at]:
            word = graph.words[up]
            if word == "Pow" or (word == "Mul" and set(graph.below[up]) == {at}):
                return saved(nodes[up], "self")
            if word in SHIFTED and far < FAR and sum(one >= 0 for one in graph.below[up]) == 1:
                waiting.append((up, far + 1))
    return None


def _counted(means: Tensor) -> LatentUnits | None:
    """`means` [examples, units] or [examples, channels, ...]: there each value is a unit."""
    if means.dim() < 2 or len(means) < EXAMPLES or not means.is_floating_point():
        return None
    some = means[: max(MOST * len(means) // means.numel(), EXAMPLES)].reshape(-1, means[0].numel())
    if some.shape[1] < UNITS:
        return None
    with torch.no_grad():
        varies = some.double().var(dim=0, unbiased=False) > ACTIVE
    return LatentUnits(int(varies.sum()), some.shape[1])
