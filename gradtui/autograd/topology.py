"""What the graph of a loss tells of each tensor: what comes before it, and what follows it."""

import weakref
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from gradtui.autograd.graph import NODES, Graph, graph_of
from gradtui.autograd.node_types import DROPOUTS, FLAT, LAYERS, NORMS, TURNS, VIEWS
from gradtui.autograd.plain_stack import chain_of
from gradtui.patching.own_errors import suppress_own

FAR = 24
"""Nodes in which an activation is looked for, and between a sum and what a skip leaves out."""
FEW = 7
"""Uses behind others from which on it is worth finding out how many lie in one line."""
SUMS = 1000
"""Nodes that are looked at for skips, over all sums."""

SEVERAL = ("Unbind", "Split", "UnsafeSplit", "SplitWithSizes", "UnsafeSplitWithSizes")
"""Nodes with more than one result, such as all time steps: two sums that take from one need not take
the same."""
OF_ONE = {
    "Softmax": "a softmax over a dim of one value, which gives 1",
    "LogSoftmax": "a log-softmax over a dim of one value, which gives 0",
    "Mean": "a difference from its own mean over a dim of one value, which is 0",
    "Sum": "a quotient by its own sum over a dim of one value, which is 1",
}
"""What gives one result whatever goes in, in words."""
THROUGH = VIEWS | TURNS | NORMS | DROPOUTS


@dataclass(frozen=True, slots=True)
class Used:
    """A tensor's first use. `before`: one bit for each leaf that is used further towards the input.
    `level`: the longest way there. `idle`: a mean is taken off whatever it adds."""

    tensor: "weakref.ref[Tensor]"
    before: int
    level: int
    activation: str
    idle: bool
    turns: int = 1
    """How many of its uses lie one behind the other, as those of a recurrent cell do."""


@dataclass(frozen=True, slots=True)
class Topology:
    """`leaves`: the bits of `Used.before` in rising order; None where a leaf's use was not found.
    `chain`: where the net is a plain stack the leaves of each layer, input side first, weight first;
    `why`: what keeps it from being one. `skips`: whether a layer's input is added to its output."""

    leaves: tuple[Used | None, ...] = ()
    chain: tuple[tuple[int, ...], ...] = ()
    why: str = ""
    skips: bool = False
    nodes: int = NODES
    """How many were looked at."""
    activations: tuple[str, ...] = ()
    """[chain] after each of its layers, "identity" where another one follows at once."""
    norm_values: tuple[int, ...] = ()
    """[normalisations] over how many values each takes its mean."""
    own: tuple[str, ...] = ()
    """Functions whose backward somebody has written."""
    flat: tuple[str, ...] = ()
    """Operations without a slope that all which some leaves do goes through, one for each such leaf."""
    of_one: tuple[str, ...] = ()
    """The same of what gives one result whatever goes in, being taken over a dimension of one value."""


HIDDEN = Topology(why="a part of the net is compiled or checkpointed, and was not seen")
TOO_LARGE = Topology(why="the graph of the net is too large to be read")
UNREAD = Topology(why="the graph of the net does not let itself be read")
UNSEEN = (HIDDEN, TOO_LARGE, UNREAD)


def wiring_of(roots: Any, most: int = NODES) -> Topology:
    """Call before backward; `most` nodes are looked at."""
    with suppress_own:
        graph = graph_of(roots, most)
        if graph is None:
            return TOO_LARGE
        return HIDDEN if graph.opaque else told(graph)
    return UNREAD


def told(graph: Graph) -> Topology:
    count = len(graph.words)
    bits = {node: bit for bit, node in enumerate(graph.leaves)}
    carries = [False] * count
    level = [0] * count
    under = [0] * count
    """Of what no data has reached: the leaves in it."""
    uses: list[list[int]] = [[] for _ in bits]
    for node, below in enumerate(graph.below):
        held = [one for one in below if one >= 0]
        word = graph.words[node]
        carries[node] = word in LAYERS or word in NORMS or any(carries[one] for one in held)
        if not carries[node]:
            under[node] = 1 << bits[node] if node in bits else _all(under, held)
            continue
        level[node] = 1 + max((level[one] for one in held), default=0)
        for bit in bits_of(_all(under, [one for one in held if not carries[one]])):
            uses[bit].append(node)
    upstream = [0] * count
    mine: dict[int, int] = {}
    for bit, nodes in enumerate(uses):
        for node in nodes:
            mine[node] = mine.get(node, 0) | 1 << bit
    for node, below in enumerate(graph.below):
        if carries[node]:
            upstream[node] = mine.get(node, 0) | _all(upstream, [one for one in below if one >= 0])
    ahead = {node: _all(upstream, [one for one in graph.below[node] if one >= 0]) for node in mine}
    first = [_first(bit, nodes, ahead, level) for bit, nodes in enumerate(uses)]
    chain, activations, why = chain_of(graph)
    places = [tuple(bits[node] for node in layer) for layer in chain]
    idle = {bit for bit, node in enumerate(graph.leaves) if _idle(graph, node)}
    followed: dict[int, str] = {}
    leaves: list[Used | None] = []
    for bit, (ref, node) in enumerate(zip(graph.leaves.values(), first, strict=True)):
        if node < 0:
            leaves.append(None)
            continue
        if node not in followed:
            followed[node] = activation_after(graph, node)[0]
        behind = sum(ahead[use] >> bit & 1 for use in uses[bit])
        turns = _turns(graph, uses[bit]) if behind >= FEW else 1 + behind
        leaves.append(Used(ref, ahead[node], level[node], followed[node], bit in idle, turns))
    return Topology(
        tuple(leaves),
        tuple(places),
        why,
        _skips(graph, carries),
        count,
        activations,
        tuple(graph.norm_values),
        tuple(graph.own),
        flattened(
            graph, {at: f"{word.lower()}()" for at, word in enumerate(graph.words) if word in FLAT}
        ),
        flattened(graph, _without_effect(graph)),
    )


def flattened(graph: Graph, flat: dict[int, str]) -> tuple[str, ...]:
    """Of each parameter from which no way to the loss is without one of these nodes the nearest of them, in
    words."""
    if not flat:
        return ()
    free = [False] * len(graph.words)
    for node in reversed(range(len(graph.words))):
        if node not in flat:
            free[node] = not graph.above[node] or any(free[up] for up in graph.above[node])
    return tuple(
        _flat_above(graph, leaf, flat)
        for leaf, ref in graph.leaves.items()
        if not free[leaf] and isinstance(ref(), nn.Parameter)
    )


def _flat_above(graph: Graph, leaf: int, flat: dict[int, str]) -> str:
    waiting, seen = [leaf], {leaf}
    while waiting:
        node = waiting.pop(0)
        if node in flat:
            return flat[node]
        new = [up for up in graph.above[node] if up not in seen]
        seen.update(new)
        waiting += new
    return ""


def _without_effect(graph: Graph) -> dict[int, str]:
    """Softmaxes over a single value, and what is used for nothing but to take its mean over one value off
    itself, or to be divided by its sum over one: whatever these give, the loss is the same."""
    found = {}
    for at in graph.of_one:
        word = graph.words[at]
        if word in ("Softmax", "LogSoftmax"):
            found[at] = OF_ONE[word]
            continue
        source = _behind_views(graph, graph.below[at][0])
        others = _used_by(graph, source) - {at} if source >= 0 else set()
        meets, wanted = _used_by(graph, at), "Sub" if word == "Mean" else "Div"
        if word == "Mean" and len(others) == 1 and _words(graph, others) == {"Add"}:
            others = _used_by(graph, *others)  # value + a - a.mean()
        if meets and others == meets and _words(graph, meets) == {wanted}:
            found[source] = OF_ONE[word]
    return found


def _words(graph: Graph, nodes: set[int]) -> set[str]:
    return {graph.words[node] for node in nodes}


def _used_by(graph: Graph, node: int) -> set[int]:
    """What takes a node in, views of it passed."""
    waiting, found = list(graph.above[node]), set()
    for _ in range(FAR):
        if not waiting:
            break
        up = waiting.pop()
        if graph.words[up] in VIEWS or graph.words[up] == "Expand":
            waiting += graph.above[up]
        else:
            found.add(up)
    return found


def _behind_views(graph: Graph, node: int) -> int:
    for _ in range(FAR):
        if node < 0 or graph.words[node] not in VIEWS:
            break
        node = graph.below[node][0]
    return node


def _first(bit: int, uses: list[int], ahead: dict[int, int], level: list[int]) -> int:
    """The use of a leaf that comes after no other use of it; where there are several (a gradient that
    the loss goes by, two inputs of one net), the one that most lies in front of; -1 without any."""
    sources = [node for node in uses if not ahead[node] >> bit & 1]
    return max(sources, key=lambda node: (level[node], -node), default=-1)


def _turns(graph: Graph, uses: list[int]) -> int:
    """The most of these nodes that any path leads through."""
    depth = [0] * len(graph.words)
    mine = set(uses)
    for node in range(min(mine), len(depth)):
        held = max((depth[one] for one in graph.below[node] if one >= 0), default=0)
        depth[node] = held + (node in mine)
    return max(depth)


def _all(masks: list[int], nodes: list[int]) -> int:
    out = 0
    for node in nodes:
        out |= masks[node]
    return out


def bits_of(mask: int) -> list[int]:
    out = []
    while mask:
        low = mask & -mask
        out.append(low.bit_length() - 1)
        mask ^= low
    return out


def activation_after(graph: Graph, start: int) -> tuple[str, int]:
    """The one that follows a node, be there a normalisation or a sum between, and its own node; ""
    where it is not the only one, and -1 where it is put together of several."""
    found: dict[str, int] = {}
    waiting, seen = [(start, False)], {start}
    while waiting and len(seen) <= FAR:
        node, added = waiting.pop()
        for up in graph.above[node]:
            word = graph.words[up]
            if up in graph.activations:
                found.setdefault(graph.activations[up][0], up)
                gate = any(graph.words[on] == "Mul" for on in graph.above[up])
                if word == "Sigmoid" and gate and _gated(graph, node, up):
                    return "silu", -1
            elif up not in seen and (word in THROUGH or (word == "Add" and not added)):
                seen.add(up)
                waiting.append((up, added or word == "Add"))
    return next(iter(found.items())) if len(found) == 1 else ("", -1)


def _gated(graph: Graph, node: int, gate: int) -> bool:
    """x times the sigmoid of x, by hand."""
    both = {node, gate}
    return any(graph.words[on] == "Mul" and both <= {*graph.below[on]} for on in graph.above[gate])


def _idle(graph: Graph, leaf: int) -> bool:
    """Whether it is a bias that is added to nothing but what a mean is then taken off."""
    uses = graph.above[leaf]
    while len(uses) == 1 and graph.words[uses[0]] == "ToCopy":
        leaf, uses = uses[0], graph.above[uses[0]]
    return bool(uses) and all(_centred(graph, leaf, node) for node in uses)


def _centred(graph: Graph, bias: int, node: int) -> bool:
    slot = {"Addmm": 0, "Convolution": 2, "Linear": 2}.get(graph.words[node])
    below, above = graph.below[node], graph.above[node]
    if slot is None or len(below) <= slot or below[slot] != bias or len(above) != 1:
        return False
    up, size = above[0], graph.shapes[node]
    if up in graph.centred:
        return True
    if graph.words[up] != "View" or len(graph.above[up]) != 1 or len(size) < 3:
        return False
    up = graph.above[up][0]  # instances as channels of a batch of one
    return up in graph.centred and graph.shapes[up][:2] == (1, size[0] * size[1])


def _skips(graph: Graph, carries: list[bool]) -> bool:
    """Whether the sum of something and of what a layer has made of it is anywhere."""
    left = SUMS
    for node, word in enumerate(graph.words):
        below = [one for one in graph.below[node] if one >= 0 and carries[one]]
        if word != "Add" or len(below) != 2 or left <= 0:
            continue
        for skip, branch in (below, below[::-1]):
            if graph.words[skip] in SEVERAL:
                continue
            waiting, seen = [(branch, False)], {branch}
            while waiting and len(seen) <= FAR:
                at, passed = waiting.pop(0)
                if at == skip and passed:
                    return True
                left -= 1
                passed = passed or graph.words[at] in LAYERS
                for one in graph.below[at]:
                    if one >= 0 and carries[one] and (one not in seen or one == skip):
                        seen.add(one)
                        waiting.append((one, passed))
    return False
