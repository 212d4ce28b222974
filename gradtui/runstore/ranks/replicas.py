"""Ranks that hold nothing which others do not: their scalars are merged, their tensors are not read.

Each rank of a net that is trained in parallel has all its gradients, and they are the same on each. Reading
and merging those of 64 ranks would take half a minute and gigabytes, for what one of them says.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from gradtui.core.layout import IntArray, Layout
from gradtui.runstore.format.block import Block, empty
from gradtui.runstore.format.layout_mapping import Key, has_shards, keys
from gradtui.runstore.format.records import NONFINITE
from gradtui.runstore.ranks.rank_files import RankFiles

READ = 2
"""Ranks with the same tensors that are read in full, where it is not known that their gradients agree."""
LOOKED_UP = 64
"""Steps of one rank that are looked up one by one at a time."""


@dataclass(frozen=True, slots=True)
class Roles:
    """`leads` are read in full, of `replicas` the scalars; each lowest first."""

    leads: tuple[RankFiles, ...]
    replicas: tuple[RankFiles, ...] = ()


def roles(ranks: Sequence[RankFiles], over: Collection[str] = ()) -> Roles:
    """Of ranks, lowest first. One that has no layout yet is none of the replicas. Those that are `over`
    while others go on speak for no others."""
    if len(ranks) == 1:
        return Roles(tuple(ranks))
    leads: list[RankFiles] = []
    replicas: list[RankFiles] = []
    known: set[Key] = set()
    mine: set[Key] = set()
    before: Layout | None = None
    full = 0
    for rank in ranks:
        layout = rank.layout
        if layout is None:
            leads.append(rank)
            continue
        if layout != before:
            mine, before = set(keys(tensor.name for tensor in layout.tensors)), layout
        same = mine <= known and not has_shards(layout)
        agrees = rank.header.generations[-1].info.synchronised
        if same and (agrees or full >= READ):
            replicas.append(rank)
            continue
        leads.append(rank)
        if rank.label not in over:
            known |= mine
            full += 1
    return Roles(tuple(leads), tuple(replicas))


def sparse(leads: Sequence[RankFiles]) -> frozenset[str]:
    """Those of the leads that keep the tensors of few steps only, as rank 0 has the same and agrees: they
    are read in full once that is over."""
    first = leads[0] if leads else None
    if first is None or first.header.rank or first.layout is None:
        return frozenset()
    held = set(keys(tensor.name for tensor in first.layout.tensors))
    return frozenset(
        rank.label
        for rank in leads[1:]
        if rank.layout is not None
        and rank.header.generations[-1].info.synchronised
        and not has_shards(rank.layout)
        and set(keys(tensor.name for tensor in rank.layout.tensors)) <= held
    )


def beside(
    replicas: Sequence[RankFiles], steps: IntArray, known: IntArray, layout: Layout
) -> tuple[list[Block], list[Block]]:
    """Of the replicas at rising steps: their scalars, without tensors; and the gradients of steps at which
    something was not finite on them, but for those of which that is `known` without."""
    bare, full = [], []
    nothing = Layout((), ())
    for rank in replicas:
        scalars, places = rank.scalars_at(steps)
        lost = scalars["flags"] & NONFINITE != 0
        lost = np.flatnonzero(lost & ~np.isin(scalars["step"], known))
        lost = np.union1d(lost[: LOOKED_UP // 2], lost[-LOOKED_UP // 2 :])
        if len(lost):
            whole = rank.gradients_at(places[lost], layout)
            if len(whole):
                full.append(whole)
                scalars = scalars[~np.isin(scalars["step"], whole.steps)]
        block = empty(nothing, len(scalars))
        block.scalars = scalars
        bare.append(block)
    return bare, full
