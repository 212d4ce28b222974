"""Whether ranks that hold the same tensors have had the same gradients.

After an all-reduce they are the same to the bit, and so are their norms, but for the order in which another
kind of machine adds. Nobody has had to talk to another for it: each rank's norms are in its own file.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from gradtui.core.layout import BoolArray, FloatArray, IntArray
from gradtui.core.rank_facts import Apart
from gradtui.runstore.format.layout_mapping import has_shards
from gradtui.runstore.format.records import NONFINITE, RecordArray, measured
from gradtui.runstore.ranks.rank_files import RankFiles

TOLERANCE = 1e-4
"""Of a norm: a hundred times what sums of float32 in another order come to."""
MOST = 4096
"""Steps that are compared, the latest."""


def apart(
    norms: FloatArray, steps: IntArray, ranks: Sequence[int], tolerance: float = TOLERANCE
) -> Apart | None:
    """[ranks, n] total gradient norms, [n] steps, the number of each rank -> where they differ by more than
    `tolerance`; None where they never do. A NaN or an infinity is like another one, and unlike a number."""
    if norms.shape[0] < 2 or not norms.shape[1]:
        return None
    common, odd = usual(norms, tolerance)
    differ = odd.any(axis=0)
    if not differ.any():
        return None
    # [n] whether more than half of the ranks, and two at least, have the usual one.
    agreed = ((~odd).sum(axis=0) * 2 > len(ranks)) & ((~odd).sum(axis=0) >= 2)
    told = np.flatnonzero(differ & agreed)
    lonely = len(told) * 2 > int(differ.sum())
    at = told if lonely else np.flatnonzero(differ)
    first = int(at[0])
    which = np.flatnonzero(odd[:, at].any(axis=1)) if lonely else np.empty(0, np.int64)
    here = norms[:, first]
    if lonely:
        low, high = float(here[np.flatnonzero(odd[:, first])[0]]), float(common[first])
    else:
        low, high = float(here.min()), float(here.max())
    return Apart(
        tuple(ranks[i] for i in which.tolist()),
        len(ranks),
        int(steps[first]),
        int(steps[at[-1]]),
        len(at),
        norms.shape[1],
        low,
        high,
    )


def usual(norms: FloatArray, tolerance: float) -> tuple[FloatArray, BoolArray]:
    """([n] the norm that most have, [ranks, n] whether one's is another)."""
    finite = np.isfinite(norms)
    most = finite.sum(axis=0) * 2 > norms.shape[0]
    # Of an even number the lower one in the middle: the mean of two is nobody's.
    ordered = np.sort(np.where(finite, norms, np.inf), axis=0)
    middle = ordered[(finite.sum(axis=0) - 1) // 2, np.arange(norms.shape[1])]
    usual = np.where(most, middle, np.nan)
    with np.errstate(invalid="ignore"):
        far = np.abs(norms - usual) > tolerance * np.abs(usual)
    return usual, np.where(most, far | ~finite, finite)


def agreement(ranks: Sequence[RankFiles], most: int = MOST) -> Apart | None:
    """Of the ranks of one attempt, by the latest `most` steps of each that are measured on all. Ranks that
    hold shards are no replicas, nor are processes that nobody has started together."""
    found = [_compared(group, most) for group in replicas(ranks)]
    return min(
        (one for one in found if one is not None), key=lambda one: one.first_step, default=None
    )


def replicas(ranks: Sequence[RankFiles]) -> list[list[RankFiles]]:
    """Those with the same tensors, several each."""
    groups: dict[tuple[tuple[str, tuple[int, ...]], ...], list[RankFiles]] = defaultdict(list)
    for rank in ranks:
        layout = rank.layout
        if layout is not None and rank.header.world_size > 1 and not has_shards(layout):
            groups[tuple((tensor.name, tensor.shape) for tensor in layout.tensors)].append(rank)
    return [group for group in groups.values() if len(group) > 1]


def _compared(ranks: Sequence[RankFiles], most: int) -> Apart | None:
    count = ranks[0].steps.count
    steps = _known(ranks[0].steps.at(np.arange(max(count - most, 0), count)))["step"]
    steps = np.unique(np.asarray(steps, np.int64))
    parts = []
    for rank in ranks:
        records = _known(rank.steps.of_steps(steps)[0])
        steps = steps[np.isin(steps, records["step"])]
        parts.append(records)
    norms = [part["total_norm"][np.isin(part["step"], steps)] for part in parts]
    return apart(np.array(norms, np.float64), steps, [rank.header.rank for rank in ranks])


def _known(records: RecordArray) -> RecordArray:
    """Those whose gradients were measured, and have a norm or are not finite."""
    broken = (records["flags"] & NONFINITE) != 0
    known: RecordArray = records[measured(records) & (~np.isnan(records["total_norm"]) | broken)]
    return known
