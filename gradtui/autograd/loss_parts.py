"""What a loss is made of: the nodes under the sums, means and factors that make one number of them."""

from collections import deque
from collections.abc import Iterator
from typing import Any

from gradtui.autograd.node_types import below_of, stem_of, words

MOST = 32
"""Nodes that are looked at."""
JOINS = words("Mean Sum Mul Div Neg Add Sub View Squeeze ToCopy")


def nodes_under(root: Any, most: int) -> Iterator[Any]:
    """`root` and what lies under it, each once and the nearest first, so many of them."""
    waiting, seen = deque([root]), {None, root}
    while waiting and most:
        node, most = waiting.popleft(), most - 1
        yield node
        new = [below for below in below_of(node) if below not in seen] if node is not None else []
        seen.update(new)
        waiting.extend(dict.fromkeys(new))


def parts_of_loss(root: Any) -> Iterator[Any]:
    """From the loss on, the nearest first."""
    waiting, seen = deque([root]), 0
    while waiting and seen < MOST:
        node, seen = waiting.popleft(), seen + 1
        if stem_of(node) in JOINS:
            waiting.extend(below_of(node))
        else:
            yield node
