"""Several optimizers in one record: each is judged by its own steps, with its own losses."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from gradtui.core.facts import PER_STEP, Facts
from gradtui.core.layout import FloatArray, IntArray
from gradtui.core.scalar_series import ScalarSeries
from gradtui.core.snapshot import Grad
from gradtui.doctor import thresholds as T


@dataclass(frozen=True)
class OptimizerSeries:
    """The steps of one optimizer. In a `game` the optimizers pursue losses of their own, and a
    loss that rises may only mean that the other side is winning."""

    facts: Facts
    game: bool = False
    share: float = 1.0
    """Of all steps of the record."""


def streams(facts: Facts) -> list[OptimizerSeries]:
    """`facts` taken apart by optimizer: parameters that ever step together belong together, but two
    optimizers over the same ones that take turns are two. Where one comes after the other has
    ended (a second phase, an optimizer made anew) they go on together.

    A tensor that a step has no gradient for is NaN there in all columns.
    """
    if facts.info.logged is not None:  # what was not logged at a step is not missing from it
        return [OptimizerSeries(facts)]
    present = ~np.isnan(facts.grads[:, :, Grad.NONFINITE])
    if not len(facts) or (present.all() and not in_turns(facts.optimizer)):
        return [OptimizerSeries(facts)]
    packed = np.packbits(present, axis=1)
    _, at, pattern = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    group = _together(present[at])[pattern.reshape(-1)]
    group = _apart(group, facts.optimizer)
    group = _without(group, facts)
    # Steps without any gradient belong with the most frequent kind.
    known = np.unique(group[group >= 0])
    if len(known) < 2:
        return [OptimizerSeries(facts)]
    group[group < 0] = np.argmax(np.bincount(group[group >= 0]))
    game = _own_losses(group, facts.loss)
    out = []
    for number in known:
        mine = np.flatnonzero(group == number)
        every = _own_scalars(facts, mine)
        share = len(mine) / len(facts) if every is None else len(every) / len(facts.scalars)
        out.append(OptimizerSeries(_picked(facts, mine, every), game, share))
    return out


def _together(patterns: npt.NDArray[np.bool_]) -> IntArray:
    """[k, tensors] -> [k] number of the group that each pattern is in; -1 for an empty one."""
    sets = np.full(len(patterns), -1, np.int64)
    merged: list[npt.NDArray[np.bool_]] = []
    for pattern in patterns:
        if not pattern.any():
            continue
        apart, union = [], pattern.copy()
        for other in merged:
            if (other & union).any():
                union |= other
            else:
                apart.append(other)
        merged = [*apart, union]
    for i, pattern in enumerate(patterns):
        for number, union in enumerate(merged):
            if (pattern & union).any():
                sets[i] = number
    return sets


def _without(group: IntArray, facts: Facts) -> IntArray:
    """[n] `group` with a number for each optimizer that takes turns with others and none of whose steps had
    any gradient."""
    out = group.copy()
    if (group < 0).all() or not in_turns(facts.optimizer):
        return out
    for one in np.unique(facts.optimizer):
        mine = facts.optimizer == one
        if (group[mine] < 0).all():
            out[mine] = out.max() + 1
    return out


def in_turns(optimizer: IntArray) -> bool:
    """Whether any two optimizers step in turn: neither has ended when the other begins."""
    spans = sorted(_span(np.flatnonzero(optimizer == one)) for one in np.unique(optimizer))
    return any(after[0] < before[1] for before, after in pairwise(spans))


def _span(at: IntArray) -> tuple[int, int]:
    return int(at[0]), int(at[-1])


def _apart(group: IntArray, optimizer: IntArray) -> IntArray:
    """[n] `group` with a number for each optimizer of one in which they take turns; -1 stays."""
    out = np.full(len(group), -1, np.int64)
    free = 0
    for number in np.unique(group[group >= 0]):
        mine = np.flatnonzero(group == number)
        ones = np.unique(optimizer[mine])
        if in_turns(optimizer[mine]):
            for one in ones:
                out[mine[optimizer[mine] == one]] = free
                free += 1
        else:
            out[mine] = free
            free += 1
    return out


def _own_losses(group: IntArray, loss: FloatArray) -> bool:
    """Whether the optimizers take turns and go by different losses: those of one loss share each value of it.
    Trainings that come one after the other have losses of their own too, and play against nobody."""
    turns = np.flatnonzero(np.diff(group) != 0)
    if len(turns) < len(np.unique(group)):
        return False
    return float(np.mean(loss[turns] == loss[turns + 1])) < T.SHARED_LOSS


def _own_scalars(facts: Facts, at: IntArray) -> ScalarSeries | None:
    """The scalars of every step of the optimizers that took the kept steps `at`; None where others
    took some of them too, or nobody has followed them."""
    if facts.every is None:
        return None
    mine = np.isin(facts.optimizer, np.unique(facts.optimizer[at]))
    if int(mine.sum()) != len(at):
        return None
    scalars = facts.scalars
    return scalars.take(np.isin(scalars.optimizer, np.unique(facts.optimizer[at])))


def _picked(facts: Facts, at: IntArray, every: ScalarSeries | None) -> Facts:
    cut = {name: getattr(facts, name)[at] for name in PER_STEP}
    seen = facts.first_nonfinite
    mine = seen is not None and bool((cut["steps"] == seen.step).any())
    return Facts(
        layout=facts.layout,
        info=facts.info,
        first_nonfinite=seen if mine else None,
        every=every,
        **cut,
    )
