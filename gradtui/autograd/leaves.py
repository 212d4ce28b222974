"""The leaves that a backward pass reaches."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from gradtui.autograd.node_types import LEAF, below_of, stem_of
from gradtui.core.snapshot import Grad
from gradtui.stats.tensors import measurable

NODES = 200_000


def leaves_of(roots: Any) -> list[Tensor]:
    """Those that a backward pass from `roots` will reach, by way of the graph; Parameters alone
    where there are any."""
    given = roots if isinstance(roots, (list, tuple)) else [roots]
    found: dict[int, Tensor] = {}
    seen: set[Any] = set()
    waiting: list[Any] = [t.grad_fn for t in given if isinstance(t, Tensor) and t.grad_fn]
    while waiting and len(seen) < NODES:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        if type(node).__name__ == "AccumulateGrad" and measurable(node.variable):
            found[id(node.variable)] = node.variable
        waiting += [below for below, _ in node.next_functions if below is not None]
    leaves = list(found.values())
    return [leaf for leaf in leaves if isinstance(leaf, nn.Parameter)] or leaves


def loudest(leaves: Sequence[Tensor], measured: Tensor) -> Tensor | None:
    """The leaf with the largest gradient: that one is zeroed only if all are. None where to look at
    numbers would be to wait, or where there is none but zeros."""
    if measured.device.type != "cpu" or not len(leaves):
        return None
    norms = measured[:, Grad.NORM].nan_to_num(0.0)
    at = int(norms.argmax())
    return leaves[at] if norms[at] > 0 else None


def leaf_ids(node: Any, most: int) -> frozenset[int]:
    """Ids of the leaves that gradients go to from a node of a graph; -1 alone where there are more than
    `most` nodes."""
    found = _leaves(node, most)
    return frozenset((-1,)) if found is None else frozenset(map(id, found))


def only_parameters(node: Any, most: int) -> bool:
    """Whether all of them are known, and are Parameters."""
    found = _leaves(node, most)
    return found is not None and all(isinstance(leaf, nn.Parameter) for leaf in found)


def _leaves(node: Any, most: int) -> list[Any] | None:
    found: list[Any] = []
    waiting, seen = [node], {node}
    while waiting:
        one = waiting.pop()
        if stem_of(one) == LEAF:
            found.append(one.variable)
        new = [below for below in below_of(one) if below not in seen]
        seen.update(new)
        waiting += new
        if len(seen) > most:
            return None
    return found
