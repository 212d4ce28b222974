"""Every recorded step of a part of a run, read where it lies in the file."""

from pathlib import Path

import numpy as np

from gradtui.core.errors import GradtuiError
from gradtui.core.stretch import Stretch
from gradtui.runstore.format.record_tail import StepsFile
from gradtui.runstore.format.records import measured, rising
from gradtui.runstore.ranks.process_status import read_ranks
from gradtui.runstore.reader.scalar_files import as_scalars, last_evaluations

MOST = 1 << 14
"""Records that are read at once, some two megabytes."""


class StretchReader:
    """Of the run in a directory, live or over. Of several ranks, whose losses would have to be averaged, and
    of a log, which is kept whole, nothing is read."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._file: StepsFile | None = None
        self._looked = False

    def read(self, first: int, last: int) -> Stretch | None:
        """The steps from `first` to `last`; None where these are more than MOST, or cannot be read."""
        if last - first >= MOST:
            return None
        if not self._looked:  # once: the headers of many ranks take a while
            self._file, self._looked = self._found(), True
        file = self._file
        if file is None:
            return None
        begin = _place(file, first)
        found = file.at(np.arange(begin, min(_place(file, last + 1), begin + MOST)))
        found = found[(found["step"] >= first) & (found["step"] <= last)]  # of a damaged file any
        found = found[rising(np.asarray(found["step"], np.int64))]
        if not len(found):
            return None
        known = found[measured(found)]
        steps, norm = np.asarray(known["step"], np.int64), np.asarray(known["total_norm"])
        return Stretch(first, last, as_scalars(last_evaluations(found)), steps, norm)

    def _found(self) -> StepsFile | None:
        try:
            ranks = [rank for rank in read_ranks(self._directory) if rank.layout is not None]
        except (GradtuiError, OSError):
            return None
        logged = any(one.info.logged for rank in ranks for one in rank.header.generations)
        return ranks[0].steps if len(ranks) == 1 and not logged else None


def _place(file: StepsFile, step: int) -> int:
    """Index of the first record that is not before a step: records rise."""
    low, high = 0, file.count
    while low < high:
        middle = (low + high) // 2
        found = file.at(np.array([middle]))
        if len(found) and int(found["step"][0]) < step:
            low = middle + 1
        else:
            high = middle
    return low
