"""Logged values on their way from a program to the thread that writes them."""

import itertools
from collections import deque
from typing import NamedTuple

MOST = 1 << 14
"""Rows that may wait; what comes on top pushes out the oldest, which is then counted as lost."""


class MetricRow(NamedTuple):
    """One value, not yet written."""

    name: str
    way: str
    """How it was logged, such as "wandb": the same value is often logged in several ways."""
    step: int
    """The last optimizer step that had begun, -1 before the first."""
    given: float
    """The step that the program named; NaN where it named none."""
    time: float
    """Seconds since 1970."""
    value: float


class MetricQueue:
    """Any thread may `put`, one other takes; nobody waits."""

    def __init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        """In a forked child what waits is another process's."""
        self._rows: deque[tuple[int, MetricRow]] = deque(maxlen=MOST)
        self._numbers = itertools.count()
        self._next = 0

    def put(self, row: MetricRow) -> None:
        self._rows.append((next(self._numbers), row))

    def take(self) -> tuple[list[MetricRow], int]:
        """What has come since the last call, and how much was pushed out meanwhile."""
        found = [self._rows.popleft() for _ in range(len(self._rows))]
        if not found:
            return [], 0
        last = max(number for number, _ in found)
        came = last + 1 - self._next
        self._next = max(self._next, last + 1)
        return [row for _, row in found], max(came - len(found), 0)
