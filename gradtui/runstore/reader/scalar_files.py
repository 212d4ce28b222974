"""The scalars of every step, read from the steps files of a run, however long it is."""

from collections.abc import Iterator, Sequence

import numpy as np

from gradtui.core.alternating_optimizers import round_length
from gradtui.core.extremes import Extremes, FollowedExtremes
from gradtui.core.layout import IntArray, Layout
from gradtui.core.scalar_series import PERIOD_FROM, POINTS, ScalarSeries
from gradtui.runstore.format.block import empty
from gradtui.runstore.format.record_tail import StepsFile
from gradtui.runstore.format.records import NONFINITE, SKIPPED, STEP, RecordArray, measured, rising
from gradtui.runstore.ranks.merge import merged
from gradtui.runstore.ranks.rank_files import RankFiles


def scalars_of(ranks: Sequence[RankFiles]) -> ScalarSeries:
    """Of a run, thinned evenly where it is long; losses are the means over the ranks."""
    nothing = Layout((), ())
    blocks = []
    for rank in ranks:
        logged = any(generation.info.logged for generation in rank.header.generations)
        found = last_evaluations(with_loss(rank.steps) if logged else sampled(rank.steps))
        block = empty(nothing, len(found))
        block.scalars = found
        blocks.append(block)
    return as_scalars(merged(blocks, nothing).scalars) if blocks else as_scalars(np.empty(0, STEP))


def sampled(steps: StepsFile, begin: int = 0) -> RecordArray:
    """Records from index `begin` on, at most about POINTS of them, evenly spaced, and the last."""
    count = steps.count
    if count - begin <= POINTS:
        return steps.at(np.arange(begin, count))
    first = steps.at(np.arange(begin, begin + PERIOD_FROM))
    period = round_length(
        np.asarray(first["step"], np.int64), np.asarray(first["optimizer"], np.int64)
    )
    stride = 1
    while (count - begin) / stride > POINTS:
        stride *= 2
    at: IntArray = np.arange(begin, count)
    at = at[(at // period) % stride == 0]
    return steps.at(np.unique(np.append(at, count - 1)))


def with_loss(steps: StepsFile) -> RecordArray:
    """Of a log the records that have a loss or are not finite, at most about POINTS of them, evenly spaced,
    and the last of all: where losses are logged more seldom than norms, even steps may all be without."""
    found = steps.all()
    there = ~np.isnan(found["loss"]) | (found["flags"] & NONFINITE != 0)
    at = np.flatnonzero(there)
    at = at[:: max(-(-len(at) // POINTS), 1)]
    return found[np.unique(np.append(at, len(found) - 1))] if len(found) else found


def last_evaluations(found: RecordArray) -> RecordArray:
    """Of the records of a step the last: of a closure, or of a step that was measured after all. What
    is out of order in a damaged file is left out."""
    found = found[rising(np.asarray(found["step"], np.int64))]
    steps = found["step"]
    last: RecordArray = found[np.append(steps[1:] != steps[:-1], True)[: len(steps)]]
    return last


def as_scalars(found: RecordArray) -> ScalarSeries:
    """[n] STEP -> the scalars of these steps."""
    time, loss, lr = (np.asarray(found[name], np.float64) for name in ("time", "loss", "lr"))
    numbers = np.asarray(found["optimizer"], np.int64)
    skipped = np.asarray(found["flags"] & SKIPPED != 0)
    return ScalarSeries(np.asarray(found["step"], np.int64), time, loss, lr, numbers, skipped)


def measured_steps(ranks: Sequence[RankFiles]) -> IntArray:
    """[n] the steps of a run whose gradients were measured by any rank, in rising order."""
    numbers = [_measured_numbers(rank.steps) for rank in ranks]
    whole: IntArray = np.concatenate(numbers) if numbers else np.empty(0, np.int64)
    # A million steps that rise already, as those of one rank do, take a second to be sorted.
    return whole if (whole[1:] > whole[:-1]).all() else np.unique(whole)


def _measured_numbers(file: StepsFile) -> IntArray:
    """Of one rank. Of each record no more is kept than its number: a long run has gigabytes of them."""
    steps, known = [np.empty(0, np.int64)], [np.empty(0, np.bool_)]
    for begin in range(0, count := file.count, AT_ONCE):
        found = file.at(np.arange(begin, min(begin + AT_ONCE, count)))
        steps.append(np.asarray(found["step"], np.int64))
        known.append(measured(found))
    numbers = np.concatenate(steps)
    chosen: IntArray = numbers[rising(numbers) & np.concatenate(known)]
    return chosen


def extremes_of(ranks: Sequence[RankFiles]) -> Extremes | None:
    """Of a run that is too long to be kept step by step; None of one that is not, of a log, of several
    ranks, whose losses would have to be averaged, and of one that would take too long."""
    if len(ranks) != 1 or any(g.info.logged for g in ranks[0].header.generations):
        return None
    file = ranks[0].steps
    return extremes_between(file, 0, file.count) if POINTS < file.count <= COUNTED else None


def extremes_between(file: StepsFile, begin: int, end: int) -> Extremes | None:
    """Of the records from index `begin` on, before `end`."""
    found = FollowedExtremes()
    for part in _parts(file, begin, end):
        _add_part(found, part)
    return found.view()


def _parts(file: StepsFile, begin: int, end: int) -> Iterator[RecordArray]:
    """The records from index `begin` on, before `end`, some at a time."""
    for at in range(begin, end, AT_ONCE):
        yield file.at(np.arange(at, min(at + AT_ONCE, end)))


def _add_part(extremes: FollowedExtremes, part: RecordArray) -> None:
    good = rising(np.asarray(part["step"], np.int64))
    part = part if good.all() else part[good]
    steps, known = np.asarray(part["step"], np.int64), measured(part)
    loss, norm = (np.asarray(part[name], np.float64) for name in ("loss", "total_norm"))
    extremes.add(steps, loss, norm, known, np.asarray(part["optimizer"], np.int64))


COUNTED = 1 << 22
"""Records of a past that are gone through one by one; a longer one would hold up the screen."""
AT_ONCE = 1 << 16


class ScalarTail:
    """The scalars of one rank's steps as they come.

    `measured` is how many of them were measured; None where that would take too long to count."""

    def __init__(self) -> None:
        self._read = 0
        self._counted = -1
        self.measured: int | None = 0
        self.extremes: Extremes | None = None
        """Of the steps since the last call, where not all of them were handed out."""

    def poll(self, steps: StepsFile) -> ScalarSeries | None:
        """Of the steps since the last call, of a long past some; None where there are none."""
        count = steps.count
        if count <= self._read:
            return None
        found = last_evaluations(sampled(steps, self._read))
        thinned = POINTS < count - self._read <= COUNTED
        extremes = FollowedExtremes() if thinned else None
        if count - self._read > COUNTED:
            self.measured = None
        wanted = self.measured is not None or extremes is not None
        # Once for both: at first it is the whole file.
        for part in _parts(steps, self._read, count) if wanted else ():
            if self.measured is not None:
                self.measured += self._fresh(part)
            if extremes is not None:
                _add_part(extremes, part)
        self.extremes = extremes.view() if extremes is not None else None
        self._read = count
        return as_scalars(found)

    def _fresh(self, part: RecordArray) -> int:
        """How many measured steps of these have not been counted yet."""
        fresh = np.asarray(part["step"][measured(part)], np.int64)
        if not (fresh[1:] > fresh[:-1]).all():  # a million of them take a while to be sorted
            fresh = np.unique(fresh)
        fresh = fresh[fresh > self._counted]
        self._counted = int(fresh[-1]) if len(fresh) else self._counted
        return len(fresh)
