"""Steps of several ranks that wait for each other, but not for ever."""

from collections.abc import Callable, Collection, Sequence

import numpy as np

from gradtui.core.layout import IntArray, Layout
from gradtui.runstore.format.block import Block, empty, joined
from gradtui.runstore.ranks.merge import complete, merged

SETTLED = 0.25
"""Seconds after which what a rank has not kept of a step is not going to come."""

Beside = Callable[[IntArray, IntArray], tuple[list[Block], list[Block]]]
"""Steps, and those of them at which something is known not to be finite -> what ranks that are not read in
full add to them (`replicas.beside`)."""


class RankSync:
    """Takes what each rank has brought, gives what all have, or what has waited long enough.

    Steps come out in rising order; what a rank brings after its step has gone out is let go.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self.restart()

    def restart(self) -> None:
        """Forget everything: all of it will be brought again."""
        self._blocks: dict[str, Block] = {}
        self._arrivals: list[tuple[float, int]] = []
        self._taken: dict[str, list[tuple[float, int]]] = {}
        self._delivered = -1

    def __len__(self) -> int:
        return sum(len(block) for block in self._blocks.values())

    def only(self, ranks: Collection[str]) -> None:
        """Let go of what others have brought."""
        for gone in self._blocks.keys() - set(ranks):
            del self._blocks[gone]

    def add(self, rank: str, fresh: Block, last_step: int, now: float) -> None:
        """`last_step` is the newest that the rank has taken, kept or not, before `fresh` was read."""
        if self._delivered >= 0 and len(fresh):
            fresh = fresh.take(fresh.steps > self._delivered)
        before = self._blocks.get(rank)
        parts = [block for block in (before, fresh) if block is not None and len(block)]
        self._blocks[rank] = joined(parts or [fresh])
        self._taken.setdefault(rank, []).append((now, last_step))

    def ready(
        self,
        ranks: Sequence[str],
        running: Collection[str],
        layout: Layout,
        now: float,
        others: Sequence[int] = (),
        beside: Beside = lambda steps, known: ([], []),
        sparse: Collection[str] = (),
    ) -> Block:
        """Steps of the ranks, lowest first, merged; only those `running` are waited for, and `others`:
        the last steps of those that run and are not read in full. Of those that are `sparse` no step is
        missed."""
        waiting = [self._blocks[rank] for rank in ranks]
        front = max((int(block.steps[-1]) for block in waiting if len(block)), default=-1)
        if front < 0:
            return empty(layout)
        self._arrivals.append((now, front))
        waited = [step for when, step in self._arrivals if now - when >= self._patience]
        self._arrivals = [a for a in self._arrivals if now - a[0] < self._patience]
        progress = {rank: self._progress(rank, now) for rank in ranks}
        if len(ranks) == 1 and not others:
            limit = front
        else:
            known = [*(progress[rank] for rank in ranks if rank in running), *others]
            limit = max(min(known, default=front), *waited[-1:], -1)
        kept = []
        for rank, block in zip(ranks, waiting, strict=True):
            due = block.steps <= limit
            # What goes out whole is not copied: of a long past it is most of what there is in memory.
            kept.append(block if due.all() else block.take(due))
            self._blocks[rank] = empty(layout) if due.all() else block.take(~due)
        if not any(len(block) for block in kept):
            return empty(layout)
        few = [rank in sparse for rank in ranks]
        whole = complete(kept, [progress[rank] for rank in ranks], few)
        out = joined_in(whole, layout, beside)
        if len(out):
            self._delivered = max(self._delivered, int(np.max(out.steps)))
        return out

    def _progress(self, rank: str, now: float) -> int:
        """The last step of which it is certain whether the rank has kept it. Its scalars are on disk
        a moment before the rest, so they count only once they have settled."""
        taken = self._taken[rank]
        settled = [step for when, step in taken if now - when >= SETTLED]
        if settled:
            keep = len(settled) - 1
            del taken[:keep]
        block = self._blocks[rank]
        return max(int(block.steps[-1]) if len(block) else -1, *settled[-1:], -1)


def joined_in(blocks: Sequence[Block], layout: Layout, beside: Beside) -> Block:
    """The ranks that are read in full, merged, and what others add to their steps."""
    steps = np.unique(np.concatenate([block.steps for block in blocks]))
    known = np.unique(np.concatenate([block.steps[block.broken] for block in blocks]))
    bare, full = beside(steps, known)
    return merged([*blocks, *full], layout, bare)
