"""Steps of which nothing but scalars is recorded, from training to the thread that writes them."""

from collections import deque
from typing import NamedTuple

Row = tuple[int, float, float, float, int, int, float, float, bool]
"""One step: its number, time (seconds since 1970), loss, learning rate, optimizer, backward passes,
loss scale, objective, and whether a loss scaler threw it away. NaN: unknown."""

MOST = 1 << 16
"""Rows that may wait; what comes on top pushes out the oldest, which is then counted as lost."""
ROW_COST = 256
"""Bytes that a waiting row takes, roughly."""


class ScalarBatch(NamedTuple):
    """What a taker finds: rows in the order of steps; `closed`: none will follow; `lost`: how many
    were pushed out before them."""

    rows: list[Row]
    closed: bool
    lost: int


class ScalarRows:
    """The steps between two that are measured, numbered without a gap. One thread appends to `rows`,
    another takes from it; neither waits for the other."""

    __slots__ = ("_next", "closed", "rows", "size")

    def __init__(self) -> None:
        self.rows: deque[Row] = deque(maxlen=MOST)
        self.closed = False
        self.size = 0
        """Rows in all, once it is closed."""
        self._next = -1

    def close(self, size: int) -> None:
        """No more will come."""
        self.size = size
        self.closed = True

    def take(self) -> ScalarBatch:
        """What has come since the last call."""
        closed = self.closed  # first: what was appended before closing is found below
        found: list[Row] = []
        for _ in range(len(self.rows)):
            found.append(self.rows.popleft())
        lost = 0
        if found:
            lost = found[0][0] - self._next if self._next >= 0 else 0
            self._next = found[-1][0] + 1
        return ScalarBatch(found, closed, max(lost, 0))
