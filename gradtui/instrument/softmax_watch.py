"""Whether softmaxes within a net are pinned from the start: 1 for one of several things and 0 for all others,
so that no slope comes back through them."""

from typing import Any

import torch
from torch import Tensor

from gradtui.autograd.graph import Graph
from gradtui.autograd.node_types import VIEWS
from gradtui.autograd.saved_tensors import plain, saved
from gradtui.core.wiring import PINNED_SOFTMAX, Faults

LOOKS = 3
"""First looks, all of which have to agree."""
FEWEST = 4
"""Things that are chosen from."""
MOST = 1 << 16
"""Rows that are looked at, of each."""
PINNED, OF_ROWS = 0.95, 0.7
"""What one of them gets, and the share of the rows in which it does."""
MIXES = frozenset(("Bmm", "Mm", "Mul"))
"""What takes in weights of a mean. A softmax that is an answer ends in a loss."""
FAR = 6


class SoftmaxWatch:
    """`look` at the graphs of losses; `told` is what is known by now."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.told: Faults = ()
        self._looks = 0

    def look(self, graph: Graph, nodes: list[Any]) -> None:
        """Both as `readable` gives them. No node is kept."""
        if self._looks >= LOOKS:
            return
        shares = [
            share
            for at, word in enumerate(graph.words)
            if word == "Softmax" and _mixes(graph, at)
            if (share := _pinned(nodes[at])) is not None
        ]
        self._looks += 1
        worst = max(shares, default=0.0)
        if not worst > OF_ROWS:
            self._looks, self.told = LOOKS, ()
            return
        if self._looks == LOOKS:
            count = sum(share > OF_ROWS for share in shares)
            words = (
                f"{count} of {len(shares)} softmaxes within the net have given more than {PINNED:g} to one "
                f"thing, in {100 * worst:.0f} % of their rows, from the start"
            )
            self.told = ((PINNED_SOFTMAX, words),)


def _mixes(graph: Graph, at: int) -> bool:
    """Whether its result weighs something else."""
    waiting = [at]
    for _ in range(FAR):
        if not waiting:
            break
        for up in graph.above[waiting.pop()]:
            word = graph.words[up]
            if word in MIXES:
                return True
            if word in VIEWS or word in ("Expand", "NativeDropout", "Transpose", "Permute"):
                waiting.append(up)
    return False


def _pinned(node: Any) -> float | None:
    """Share of the rows in which one thing gets nearly all; None where that is not kept, or of few things."""
    result, dim = saved(node, "result"), plain(node, "dim")
    if result is None or type(result) is not Tensor:
        return None
    if result.dim() < 2 or result.shape[dim] < FEWEST:
        return None
    with torch.no_grad():
        rows = result.movedim(dim, -1).reshape(-1, result.shape[dim])[:MOST]
        return float((rows.amax(-1) > PINNED).double().mean()) if len(rows) else None
