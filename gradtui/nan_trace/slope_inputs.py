"""What the operations of a loss with an infinite slope were given, kept until the step is over.

Backward frees a graph node by node, and only after it is known that a gradient is not finite. So
which such operations a loss has is found out in its first passes; where it has none, and few losses
have, nothing is ever kept.
"""

from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from gradtui.autograd.node_types import LAYERS, LEAF, name_of, opaque, stem
from gradtui.autograd.saved_tensors import word_of, word_of_name, written_by_hand
from gradtui.nan_trace.slopes import SLOPES, InfiniteSlope, SlopePlan, plan

FIRST = 3
"""Backward passes of losses that end alike whose graphs are searched; later ones, where what was found
is no longer there."""
ENDING = 3
BRANCHES = 8
"""Nodes in a row, and abreast, by which it is told whether losses end alike: a term may be added at any
time."""
SEARCHES = 30
"""All in all."""
NODES = 256
MOST = 16
"""Operations of one pass."""
PASSES = 8
"""Of one step."""
DEEPEST = 40

Path = tuple[tuple[int, str], ...]
"""From the loss down: slot, and the name of the node there."""
Cliff = tuple[Path, SlopePlan]
MOVED = object()


class SlopeInputs:
    """`keep` before each backward pass; `kept` has them by pass, the nearest to the loss first."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], _Known] = {}
        self._searches = 0
        self.off = False
        self.kept: list[list[InfiniteSlope]] = []
        self.own: list[str] = []
        """Functions with a backward of their own that losses have been seen to have."""

    def keep(self, loss: Tensor) -> None:
        root = loss.grad_fn
        if self.off or root is None:
            return
        ending = _last_nodes(root)
        known = self._known.get(ending)
        if known is None or known.searches < FIRST:
            known = self._search(ending, root)
        if not known.cliffs:
            return
        held = [_kept(root, one) for one in known.cliffs]
        if MOVED in held:
            held = [_kept(root, one) for one in self._search(ending, root).cliffs]
        held = [one for one in held if one is not None]
        if held and len(self.kept) < PASSES:
            self.kept.append(held)

    def _search(self, ending: tuple[str, ...], root: Any) -> "_Known":
        known = self._known.setdefault(ending, _Known())
        if self._searches >= SEARCHES:
            known.searches, known.cliffs = FIRST, []
            return known
        self._searches += 1
        known.searches += 1
        own: list[str] = []
        known.cliffs = _search(root, own)
        self.own += [one for one in own if one not in self.own]
        return known


@dataclass(slots=True)
class _Known:
    """Of graphs whose last nodes are of the same kinds."""

    searches: int = 0
    cliffs: list[Cliff] = field(default_factory=list)


def _last_nodes(root: Any) -> tuple[str, ...]:
    """The names of the last nodes of a graph, ENDING deep."""
    names, level = [name_of(root)], [root]
    for _ in range(ENDING - 1):
        below = [one for node in level for one, _ in node.next_functions[:BRANCHES]]
        level = [one for one in below if one is not None][:BRANCHES]
        names += [name_of(one) for one in level]
    return tuple(names)


def _search(root: Any, own: list[str]) -> list[Cliff]:
    """Each steep node between the loss and the first layers, the nearest to the loss first. `own`
    gets the names of functions that somebody wrote."""
    found: list[Cliff] = []
    waiting: list[tuple[Any, Path]] = [(root, ())]
    seen, first = {root}, [word_of(root)]
    while waiting and len(seen) < NODES and len(found) < MOST:
        node, path = waiting.pop(0)
        planned = None
        if word_of(node) in SLOPES:
            planned = plan(node, _below(node), [word_of_name(name) for _, name in path] + first)
        if planned is not None:
            found.append((path, planned))
        if written_by_hand(node):
            own.append(stem(name_of(node)))
        for slot, (below, _) in enumerate(node.next_functions):
            if below is None or below in seen or len(path) >= DEEPEST:
                continue
            name = name_of(below)
            if not _layer(below) and stem(name) != LEAF and not opaque(stem(name)):
                seen.add(below)
                waiting.append((below, (*path, (slot, name))))
    return found


def _kept(root: Any, cliff: Cliff) -> Any:
    """MOVED where the graph is another one."""
    node = root
    path, planned = cliff
    for slot, name in path:
        edges = node.next_functions
        node = edges[slot][0] if slot < len(edges) else None
        if node is None or name_of(node) != name:
            return MOVED
    return planned.keep(node)


def _below(node: Any) -> list[Any]:
    """What follows, for as long as it is one after the other."""
    found: list[Any] = []
    while len(node.next_functions) >= 1 and len(found) < 8:
        node = next((below for below, _ in node.next_functions if below is not None), None)
        if node is None or _layer(node) or stem(name_of(node)) == LEAF:
            break
        found.append(node)
    return found


def _layer(node: Any) -> bool:
    """Whether it takes in a weight, and not two results as losses of all pairs do."""
    if stem(name_of(node)) not in LAYERS:
        return False
    edges = [below for below, _ in node.next_functions]
    turned = [one.next_functions[0][0] for one in edges if one is not None and one.next_functions]
    return None in edges or any(
        one is not None and stem(name_of(one)) == LEAF for one in (*edges, *turned)
    )
