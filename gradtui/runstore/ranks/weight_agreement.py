"""Whether ranks that hold the same tensors have had the same weights.

Under equal gradients weights that have once drifted apart stay so: a missed broadcast, or a number that was
corrupted in one machine's memory, shows in no gradient norm. Weights are recorded at a cadence, and some of
the steps at which all ranks have them are compared.
"""

from collections.abc import Callable, Sequence

import numpy as np

from gradtui.core.layout import FloatArray, IntArray, Layout
from gradtui.core.rank_facts import Apart, Drift
from gradtui.core.snapshot import Weight
from gradtui.runstore.format.file_names import detail_name
from gradtui.runstore.format.record_tail import RecordTail
from gradtui.runstore.format.records import detail_dtype
from gradtui.runstore.ranks.rank_files import RankFiles
from gradtui.runstore.ranks.replica_agreement import TOLERANCE, replicas, usual

SPREAD = 8
"""Steps that are looked at, evenly spaced; between two of them the first that differs is searched."""
ROOM = 256 << 20
"""Bytes of weights' records that are read at one step: of more ranks and tensors the first ranks."""
FEWEST = 3
"""Ranks of which one can be said to be the odd one."""


def drift(ranks: Sequence[RankFiles], apart: Apart | None) -> Drift | None:
    """Of the ranks of one attempt. Where gradients differ from rank to rank (`apart`) nothing averages them,
    or each holds a part of the net: then weights differ as well, and nothing is said."""
    if apart is not None and not apart.odd:
        return None
    found = (_of_group(group, quiet=apart is None) for group in replicas(ranks))
    return min(
        (one for one in found if one is not None), key=lambda one: one.first_step, default=None
    )


def compared(norms: FloatArray, tolerance: float = TOLERANCE) -> FloatArray:
    """[ranks, tensors] weight norms at one step -> [ranks, tensors] by how much one's differs from what most
    have, relative to that; 0 within `tolerance`. Infinity where only one of the two is a number."""
    common, odd = usual(norms, tolerance)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        share = np.abs(norms - common) / np.abs(common)
    return np.where(odd, np.where(np.isfinite(share), share, np.inf), 0.0)


def agree_exactly(norms: FloatArray) -> bool:
    """Whether [ranks, tensors] norms are the same on every rank, to the bit."""
    return bool(np.array_equal(norms, np.broadcast_to(norms[:1], norms.shape), equal_nan=True))


def _of_group(ranks: Sequence[RankFiles], *, quiet: bool) -> Drift | None:
    """`quiet`: all gradients that were compared agree."""
    layout = ranks[0].layout
    if layout is None or not layout.tensors:
        return None
    size = detail_dtype("weights", layout).itemsize
    ranks = ranks[: max(ROOM // size, 2)]
    weights = [_Weights(rank, layout) for rank in ranks]
    steps = weights[0].steps
    for one in weights[1:]:
        steps = steps[np.isin(steps, one.steps)]
    if not len(steps):
        return None

    def norms_at(place: int) -> FloatArray:
        found = [norms for one in weights if (norms := one.norms(int(steps[place]))) is not None]
        # What has been thinned away on one meanwhile is not compared.
        return np.array(found if len(found) == len(weights) else found[:1])

    at = first_place(len(steps), lambda place: bool(compared(norms_at(place)).any()))
    if at is None:
        return None
    here, latest = norms_at(at), norms_at(len(steps) - 1)
    if len(here) < len(ranks) or len(latest) < len(ranks):
        return None
    together = all(rank.header.generations[-1].info.synchronised for rank in ranks)
    return _told(here, latest, layout, ranks, (int(steps[at]), int(steps[-1])), quiet and together)


def first_place(count: int, differs: Callable[[int], bool]) -> int | None:
    """The first of `count` places at which weights differ, by some of them: what has drifted apart stays."""
    places = np.unique(np.linspace(0, count - 1, min(SPREAD, count)).astype(np.int64)).tolist()
    high = next((place for place in places if differs(place)), None)
    if high is None:
        return None
    low = max((place for place in places if place < high), default=-1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if differs(middle) else (middle, high)
    return int(high)


def _told(
    here: FloatArray,
    latest: FloatArray,
    layout: Layout,
    ranks: Sequence[RankFiles],
    steps: tuple[int, int],
    certain: bool,
) -> Drift:
    """[ranks, tensors] norms at the first and at the latest of the `steps`."""
    share = compared(here)
    worst = int(share.max(axis=0).argmax())
    who = np.flatnonzero(share.any(axis=1))
    most = 2 * len(who) < len(ranks) and len(ranks) - len(who) >= 2
    odd = tuple(ranks[i].header.rank for i in who.tolist()) if most else ()
    column = here[:, worst]
    if odd:
        first = int(who[share[who, worst].argmax()])
        low, high = float(column[first]), float(np.delete(column, who)[0])
    else:
        low, high = float(column.min()), float(column.max())
    still = np.flatnonzero(compared(latest).any(axis=1))
    others = np.delete(np.arange(len(ranks)), who)
    proven = (
        certain
        and len(odd) == 1
        and len(ranks) >= FEWEST
        and steps[0] < steps[1]
        and np.array_equal(still, who)
        and agree_exactly(here[others])
        and agree_exactly(latest[others])
    )
    last = steps[1] if len(still) else steps[0]
    tensors = int(share.any(axis=0).sum())
    name = layout.tensors[worst].name
    return Drift(odd, len(ranks), steps[0], last, name, tensors, low, high, proven)


class _Weights:
    """The weights' records of one rank, of its newest layout."""

    def __init__(self, rank: RankFiles, layout: Layout) -> None:
        number = len(rank.header.generations) - 1
        path = rank.directory / detail_name("weights", rank.label, number)
        self._tail = RecordTail(path, detail_dtype("weights", layout))
        keys = self._tail.keys()
        self._records = {int(key["step"]): int(key["record"]) for key in keys}

    @property
    def steps(self) -> IntArray:
        """Those at which there are weights, rising."""
        return np.array(sorted(self._records), np.int64)

    def norms(self, step: int) -> FloatArray | None:
        """[tensors]; None where they have been thinned away meanwhile."""
        found = self._tail.find(np.array([self._records[step]], np.int64))
        if not len(found):
            return None
        return np.asarray(found["values"][0, :, Weight.NORM], np.float64)
