"""The last loss of a run and its lowest one, over every step that is on disk."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gradtui.core.scalar_series import ScalarSeries
from gradtui.runstore.reader.load import Loaded
from gradtui.runstore.reader.scalar_files import (
    AT_ONCE,
    COUNTED,
    as_scalars,
    last_evaluations,
    scalars_of,
)


@dataclass(frozen=True, slots=True)
class LossRange:
    """`final`: NaN or infinite where that was so; None where no loss is known. `best` is the lowest
    finite one, `best_step` where it was first."""

    final: float | None = None
    best: float | None = None
    best_step: int = -1


def loss_range(loaded: Loaded) -> LossRange:
    """Of a run of one process every step is looked at, up to four million of them. Of several
    processes it is the mean over them, in a long run of some 4,096 steps spread evenly.

    A NaN on disk may be a loss that nobody knows: it is told as one only where something was seen
    not to be finite, and else the last known loss counts."""
    found, last = LossRange(), math.nan
    for part in _parts(loaded):
        found = _widened(found, part)
        last = float(part.loss[-1]) if len(part) else last
    if loaded.first_nonfinite is not None and math.isnan(last):
        return LossRange(last, found.best, found.best_step)
    return found


def _parts(loaded: Loaded) -> Iterator[ScalarSeries]:
    """The steps of a run, one stretch after the other."""
    begun = [rank for rank in loaded.ranks if rank.layout is not None]
    if len(begun) != 1 or begun[0].steps.count > COUNTED:
        yield from [scalars_of(begun)] if begun else []
        return
    steps = begun[0].steps
    for begin in range(0, steps.count, AT_ONCE):
        part = steps.at(np.arange(begin, min(begin + AT_ONCE, steps.count)))
        yield as_scalars(last_evaluations(part))


def _widened(so_far: LossRange, more: ScalarSeries) -> LossRange:
    """The same with later steps."""
    known = np.flatnonzero(~np.isnan(more.loss))
    if not len(known):
        return so_far
    best, at = so_far.best, so_far.best_step
    finite = np.flatnonzero(np.isfinite(more.loss))
    if len(finite):
        lowest = int(finite[np.argmin(more.loss[finite])])
        if best is None or more.loss[lowest] < best:
            best, at = float(more.loss[lowest]), int(more.steps[lowest])
    return LossRange(float(more.loss[known[-1]]), best, at)
