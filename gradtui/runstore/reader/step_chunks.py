"""The scalars of every step of a run, stretch by stretch: a million steps are never in memory at once."""

from collections.abc import Iterator, Sequence

import numpy as np

from gradtui.core.layout import Layout
from gradtui.runstore.format.block import empty
from gradtui.runstore.format.record_tail import StepsFile
from gradtui.runstore.format.records import STEP, RecordArray, rising
from gradtui.runstore.ranks.merge import merged
from gradtui.runstore.ranks.rank_files import RankFiles
from gradtui.runstore.reader.scalar_files import last_evaluations

AT_ONCE, LEAST = 1 << 16, 1 << 10
"""Records that are read at once, of all ranks together; and of each anyway."""
NOTHING = Layout((), ())


class Cursor:
    """Goes through the steps file of one rank once."""

    def __init__(self, steps: StepsFile, size: int) -> None:
        self._steps, self._size = steps, size
        self._read, self._end = 0, steps.count
        self._taken = -1
        self.held = np.empty(0, STEP)
        """Records that nobody has taken yet, in rising order."""

    @property
    def over(self) -> bool:
        """Whether nothing comes after what is held."""
        return self._read >= self._end

    def read(self) -> None:
        """Hold some more. What is out of order in a damaged file is left out."""
        found = self._steps.at(np.arange(self._read, min(self._read + self._size, self._end)))
        self._read += self._size
        fresh = found[found["step"] > self._taken]
        whole = np.concatenate([self.held, fresh])
        self.held = whole[rising(np.asarray(whole["step"], np.int64))]

    def take(self, below: int) -> RecordArray:
        """The held records of steps below one; of a step that was evaluated several times the last."""
        count = int(np.searchsorted(self.held["step"], below))
        taken, self.held = self.held[:count], self.held[count:]
        self._taken = max(self._taken, below - 1)
        return last_evaluations(taken)


def step_chunks(ranks: Sequence[RankFiles], at_once: int = AT_ONCE) -> Iterator[RecordArray]:
    """[n] STEP of all steps of a run in rising order, some of them at a time, ranks merged: losses are
    means over the ranks."""
    size = max(at_once // max(len(ranks), 1), LEAST)
    cursors = [Cursor(rank.steps, size) for rank in ranks]
    while True:
        for cursor in cursors:
            if not len(cursor.held) and not cursor.over:
                cursor.read()
        # The last step that is held may have another evaluation behind it.
        going = [cursor for cursor in cursors if not cursor.over]
        below = min((_last(cursor) for cursor in going), default=1 << 62)
        blocks = []
        for cursor in cursors:
            found = cursor.take(below)
            block = empty(NOTHING, len(found))
            block.scalars = found
            blocks.append(block)
        if any(len(block) for block in blocks):
            yield merged(blocks, NOTHING).scalars
        elif not going:
            return
        for cursor in going:
            if _last(cursor) <= below:
                cursor.read()


def _last(cursor: Cursor) -> int:
    return int(cursor.held["step"][-1]) if len(cursor.held) else -1
