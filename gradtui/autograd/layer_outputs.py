"""What the layers of a net have put out, read from what the graph of a loss keeps for its backward pass.

Nothing is hooked and nothing is computed twice: the result of a ReLU, a sigmoid or a tanh is kept for
its own slope, and what goes into a layer is kept for the gradient of its weight. Where only what went
into an activation is kept, it is computed anew from a sample.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gradtui.autograd.graph import NODES, Graph, graph_of
from gradtui.autograd.node_types import TURNS, VIEWS, stem_of
from gradtui.autograd.saved_tensors import operands, plain, saved
from gradtui.autograd.topology import activation_after

WEIGHT_SLOT = {"Addmm": 2, "Mm": 1, "Linear": 1, "Convolution": 1}
"""Layers whose output is looked for, and which of their arguments is the weight. Units are the second
dimension of what a convolution puts out, and the last one of what others do."""
OWN_RESULT = frozenset(("Relu", "Sigmoid", "Tanh"))
"""Activations that keep what they put out."""
ANEW: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": F.relu,
    "relu6": F.relu6,
    "gelu": F.gelu,
    "silu": F.silu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "selu": F.selu,
    "mish": F.mish,
    "hardswish": F.hardswish,
    "hardsigmoid": F.hardsigmoid,
    "softplus": F.softplus,
}
"""Activation, in its usual form -> how to compute it from what went in."""
WITHOUT_SETTINGS = frozenset(("relu", "relu6", "selu", "mish", "hardswish", "hardsigmoid"))
FAR = 8
"""Nodes that are gone through from a weight to its layer, and from a layer to what keeps its output."""
LOOKED_AT, MANY = 3, 32
"""Uses of a layer that are looked at, until one is of so many examples."""
SAMPLE = 1 << 18
"""Elements of one layer's output that are looked at, at most."""


@dataclass(frozen=True, slots=True)
class LayerOutput:
    """`weight` is the layer's, `activation` the name of what follows it, or "identity". `values` are
    without a graph and not to be written to: some of what came out behind the activation, the front of
    each dimension but that of `units`, a number of SAMPLE elements at most."""

    weight: Tensor
    activation: str
    values: Tensor
    units: int
    examples: int
    """How many of the batch are among the values: of the first dimension of a convolution's output,
    of all others' but the units'."""


def readable(roots: Any, most: int = NODES) -> tuple[Graph, list[Any]] | None:
    """The graph of `roots` and its nodes; None where it is larger than `most` nodes, or hides a part of the
    net. Call before the backward pass, and let go of the nodes at once."""
    nodes: list[Any] = []
    graph = graph_of(roots, most, nodes)
    return None if graph is None or graph.opaque else (graph, nodes)


def layer_outputs(graph: Graph, nodes: list[Any]) -> list[LayerOutput]:
    """Of each layer, at its first use, as far as a graph keeps it, or the next ones where that is of a few
    examples only; both as `readable` gives them."""
    found = []
    for leaf, ref in graph.leaves.items():
        weight, best = ref(), None
        if weight is None:
            continue
        for layer in sorted(uses(graph, leaf, FAR))[:LOOKED_AT]:
            one = _layer_output(graph, nodes, layer, weight)
            if one is not None and (best is None or one.examples > best.examples):
                best = one
            if best is not None and best.examples >= MANY:
                break
        if best is not None:
            found.append(best)
    return found


def _layer_output(graph: Graph, nodes: list[Any], layer: int, weight: Tensor) -> LayerOutput | None:
    word, node = activation_after(graph, layer)
    if word and node < 0:
        return None
    values = _output(graph, nodes, node if word else layer, word)
    if values is None or values.dim() < 2:
        return None
    units = 1 if graph.words[layer] == "Convolution" else values.dim() - 1
    if values.shape[units] != weight.shape[0] or not values.numel():
        return None
    some = sample(values, units)
    counted = some.shape[0] if units == 1 < values.dim() - 1 else some.numel() // weight.shape[0]
    return LayerOutput(weight, word or "identity", some, units, counted)


def uses(graph: Graph, leaf: int, most: int) -> list[int]:
    """The layers whose weight it is, as it stands, turned or in another type; none where it is no weight.
    `most` nodes are gone on from."""
    waiting, found = [leaf], []
    for _ in range(most):
        if not waiting:
            break
        node = waiting.pop()
        for up in graph.above[node]:
            slot = WEIGHT_SLOT.get(graph.words[up])
            if slot is not None and len(graph.below[up]) > slot and graph.below[up][slot] == node:
                found.append(up)
            elif graph.words[up] in TURNS or graph.words[up] == "ToCopy":
                waiting.append(up)
    return found


def _output(graph: Graph, nodes: list[Any], node: int, word: str) -> Tensor | None:
    if graph.words[node] in OWN_RESULT:
        kept = _values(nodes[node], "result")
        if kept is not None:
            return kept
    kept = _taken_in(graph, nodes, node)
    if kept is not None or not word:
        return kept
    usual = graph.activations[node][1] or word in WITHOUT_SETTINGS
    if word == "gelu":
        usual = plain(nodes[node], "approximate") in ("none", "tanh")  # alike to 1e-3
    given = _values(nodes[node], "self") if usual and word in ANEW else None
    if given is None or given.dim() < 2:
        return None
    # Which dimension counts units is not known yet: a sample keeps whole rows of both.
    return ANEW[word](_front(given))


def _taken_in(graph: Graph, nodes: list[Any], node: int) -> Tensor | None:
    """What came out of a node, as one of those that take it in has kept it; views in between are
    passed where they leave the last dimension alone."""
    waiting = [node]
    for _ in range(FAR):
        if not waiting:
            break
        at = waiting.pop()
        for up in graph.above[at]:
            if graph.words[up] in VIEWS:
                waiting.append(up)
                continue
            slot = graph.below[up].index(at)
            names = operands(nodes[up])
            name = {"NativeBatchNorm": "input", "NativeLayerNorm": "input"}.get(graph.words[up])
            if name is None and slot < len(names):
                name = names[slot]
            kept = _values(nodes[up], name) if name else None
            if kept is not None:
                return kept
    return None


def _values(node: Any, key: str) -> Tensor | None:
    found = saved(node, key, anywhere=True)
    if found is None or type(found) is not Tensor or found.is_nested:
        return None
    there = found.device.type in ("cpu", "cuda", "xpu")  # those that have float64
    return found if there and found.is_floating_point() else None


def sample(values: Tensor, units: int) -> Tensor:
    """A view of at most SAMPLE elements with all units, as far as one value of each allows."""
    for dim in range(values.dim()):
        size = values.numel()
        if size <= SAMPLE:
            break
        if dim != units:
            values = values.narrow(dim, 0, max(1, values.shape[dim] * SAMPLE // size))
    return values


def _front(values: Tensor) -> Tensor:
    """A view of whole examples, of about SAMPLE elements."""
    some = max(1, values.shape[0] * SAMPLE // max(values.numel(), 1))
    return values.narrow(0, 0, min(some, values.shape[0])) if values.shape[0] else values


def linear_outputs(node: Any, most: int | None = None) -> Tensor | None:
    """[examples, units] of a linear layer's node, of the first `most` examples, less its bias where that is
    not at hand; without a graph. None where it is not on a CPU, or somebody has packed what it keeps."""
    inputs = saved(node, "mat1" if hasattr(node, "_raw_saved_mat1") else "self")
    weight = saved(node, "mat2")
    if weight is None:  # of a layer that takes in data it is not kept
        weight = _turned_leaf(node.next_functions[-1][0])
    if inputs is None or weight is None or inputs.dim() != 2 or weight.dim() != 2:
        return None
    with torch.no_grad():
        out = inputs[:most] @ weight
        bias = getattr(node.next_functions[0][0], "variable", None)
        if isinstance(bias, Tensor) and bias.shape == out.shape[1:]:
            out = out + bias.detach()
    return out


def _turned_leaf(node: Any) -> Tensor | None:
    """The weight of a layer [in, out], which the program has as [out, in]; None where it is computed."""
    if stem_of(node) != "T":
        return None
    weight = getattr(node.next_functions[0][0], "variable", None)
    if type(weight) is not nn.Parameter or not weight.is_cpu or weight.dim() != 2:
        return None
    return weight.detach().t()
