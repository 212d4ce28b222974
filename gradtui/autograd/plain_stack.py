"""Whether a graph is that of a plain stack: layers one after the other, an activation after each."""

from collections.abc import Sequence

from gradtui.autograd.graph import Graph
from gradtui.autograd.node_types import LAYERS, LEAF, NORMS, PARTS_OF_LOSSES, VIEWS

PLACES = {"Addmm": (1, 2, 0), "Mm": (0, 1, -1), "Linear": (0, 1, 2), "Convolution": (0, 1, 2)}
"""Kind of layer -> which of its arguments are data, weight and bias (-1: it has none)."""

BRANCHES = "there are skip connections or branches"
AGAIN = "weights are used more than once or are computed"


class NoChainError(Exception):
    """The message says why, for people."""


def chain_of(graph: Graph) -> tuple[list[list[int]], tuple[str, ...], str]:
    """The leaves of each layer, input side first and weight first, the activation after each, and
    why there is no such chain; empty words where there is one."""
    try:
        layers = [node for node, word in enumerate(graph.words) if word in LAYERS]
        if any(word in NORMS for word in graph.words):
            raise NoChainError("there are normalisations")
        if not layers:
            raise NoChainError("no layer was seen")
        chain = [_leaves(graph, node) for node in layers]
        known = {leaf for leaves, _ in chain for leaf in leaves}
        if len(known) < len(graph.leaves):
            raise NoChainError(AGAIN)
        seen = {node for _, path in chain for node in path}
        words = []
        if graph.below[layers[0]][PLACES[graph.words[layers[0]]][0]] >= 0:
            raise NoChainError(BRANCHES)
        for node, after in zip(layers, [*layers[1:], -1], strict=True):
            word, path = _climb(graph, node, after)
            words.append(word)
            seen.update(path)
        if len(seen) < len(graph.words):
            raise NoChainError(BRANCHES)
    except NoChainError as why:
        return [], (), str(why)
    return [leaves for leaves, _ in chain], tuple(words), ""


def _leaves(graph: Graph, node: int) -> tuple[list[int], list[int]]:
    """Weight and bias of a layer, and all nodes from there up to it."""
    word = graph.words[node]
    places = PLACES.get(word)
    if places is None:
        raise NoChainError(f"{word} is not one of the layers that the formulas cover")
    if word == "Convolution" and node not in graph.square:
        raise NoChainError("a convolution changes the size of what it is given")
    found, path = [], [node]
    for slot in places[1:]:
        at = graph.below[node][slot] if 0 <= slot < len(graph.below[node]) else -1
        if at < 0 and slot == places[2]:
            continue
        while at >= 0 and graph.words[at] in ("T", "ToCopy") and len(graph.above[at]) == 1:
            path.append(at)
            at = graph.below[at][0]
        if at < 0 or graph.words[at] != LEAF or len(graph.above[at]) != 1:
            raise NoChainError(AGAIN)
        path.append(at)
        found.append(at)
    return found, path


def _climb(graph: Graph, node: int, after: int) -> tuple[str, Sequence[int]]:
    """From a layer to the next, or from the last one (`after` -1) to the loss: the activation on the
    way, and the nodes."""
    if after < 0:
        return _loss(graph, node)
    path: list[int] = []
    word = ""
    while True:
        above = graph.above[node]
        if len(above) != 1:
            raise NoChainError(BRANCHES)
        below, node = node, above[0]
        if node == after:
            if graph.below[node][PLACES[graph.words[node]][0]] != below:
                raise NoChainError(BRANCHES)
            return word or "identity", path
        if node in graph.activations:
            name, usual = graph.activations[node]
            if word or not usual:
                raise NoChainError(f"{name} is not as the formulas have it")
            word = name
        elif graph.words[node] not in VIEWS:
            what = graph.words[node]
            raise NoChainError(BRANCHES if what in LAYERS else f"{what} lies between layers")
        path.append(node)


def _loss(graph: Graph, last: int) -> tuple[str, Sequence[int]]:
    above = graph.above[last]
    word = graph.activations.get(above[0], ("", True))[0] if len(above) == 1 else ""
    waiting, seen = [last], {last}
    while waiting:
        for up in graph.above[waiting.pop()]:
            what = graph.words[up]
            if up in seen:
                continue
            if what not in PARTS_OF_LOSSES and what not in VIEWS and up not in graph.activations:
                raise NoChainError(f"{what} lies behind the last layer")
            seen.add(up)
            waiting.append(up)
    return word, list(seen)
