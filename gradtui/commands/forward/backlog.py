"""What is still to be sent: of bounded size, thinned evenly where it would grow beyond."""

from collections import deque

from gradtui.commands.forward.records import Batch, Standing, StepValues, Told

MOST_TOLD = 200
"""Findings that wait; beyond that the oldest go."""


class EvenlyThinned:
    """Steps in the order in which they came: all of them, every second one, every fourth. The newest is
    always there."""

    def __init__(self) -> None:
        self._kept: list[tuple[int, StepValues]] = []
        self._stride, self._count, self.points = 1, 0, 0

    def add(self, one: StepValues) -> int:
        """Points that went for it."""
        lost = 0
        if self._kept and self._kept[-1][0] % self._stride:
            lost = self._kept.pop()[1].points  # the newest is held only until a newer one comes
        self._kept.append((self._count, one))
        self._count += 1
        self.points += one.points - lost
        return lost

    def thin(self) -> int:
        """Let every second one go; points that went."""
        if len(self._kept) < 2:
            return 0
        self._stride *= 2
        *older, newest = self._kept
        even = [one for one in older if one[0] % self._stride == 0]
        self._kept = [*even, newest] if len(even) < len(older) else [newest]
        before, self.points = self.points, sum(one.points for _, one in self._kept)
        return before - self.points

    def take(self) -> list[StepValues]:
        """All of them; from here on every step is kept again."""
        out = [one for _, one in self._kept]
        self._kept = []
        self._stride, self._count, self.points = 1, 0, 0
        return out


class Backlog:
    """Holds `most` points at most, a single step's more where it has more. Each kind of values is thinned by
    itself, the one with the most points first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kinds: dict[tuple[str, ...], EvenlyThinned] = {}
        self._of_steps = 0
        """Points of them all."""
        self._told: deque[Told] = deque()
        self._standing: Standing | None = None
        self.given = 0
        """Points that have come so far."""
        self.lost = 0
        """Those of them that were thinned away."""

    @property
    def points(self) -> int:
        """That wait."""
        return self._of_steps + len(self._told)

    def put(self, batch: Batch) -> None:
        """Add what is new."""
        self.given += batch.points
        for one in batch.steps:
            self._add(one)
        self._told.extend(batch.told)
        while len(self._told) > MOST_TOLD:
            self._told.popleft()
            self.lost += 1
        self._standing = batch.standing or self._standing

    def take(self) -> Batch:
        """All that waits. How things stand is told again each time."""
        steps = sorted((one for kind in self._kinds.values() for one in kind.take()), key=_order)
        self._of_steps = 0
        told = tuple(self._told)
        self._told.clear()
        return Batch(tuple(steps), told, self._standing)

    def give_back(self, batch: Batch) -> None:
        """What was taken and could not be sent stands before what has come since."""
        since = self.take()
        for one in (*batch.steps, *since.steps):
            self._add(one)
        newest = (*batch.told, *since.told)
        self.lost += max(len(newest) - MOST_TOLD, 0)
        self._told.extend(newest[-MOST_TOLD:])

    def _add(self, one: StepValues) -> None:
        self._count(one.points, self._kinds.setdefault(one.kind, EvenlyThinned()).add(one))
        while self._of_steps > self._most:
            by_size = sorted(self._kinds.values(), key=lambda kind: -kind.points)
            gone = next(filter(None, (kind.thin() for kind in by_size)), 0)
            self._count(0, gone)
            if not gone:
                return

    def _count(self, come: int, gone: int) -> None:
        self._of_steps += come - gone
        self.lost += gone


def _order(one: StepValues) -> tuple[float, int]:
    return one.time, one.step
