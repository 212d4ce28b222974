"""Hand-over inside one process: a bounded queue of snapshots, a lossless one of events."""

from collections import deque

from gradtui.core.event import Event
from gradtui.core.snapshot import Snapshot
from gradtui.runstore.format.scalar_rows import ScalarRows
from gradtui.runstore.writer.ports import Delivery

CAPACITY = 2048


class Mailbox:
    """One writer thread, one reader thread, no locks: deque's append and popleft are atomic.

    When the reader falls behind, the oldest snapshots go first; how many is counted exactly, from
    numbers written and read. Events are never dropped.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._snapshots: deque[tuple[int, Snapshot]] = deque(maxlen=capacity)
        self._events: deque[Event] = deque()
        self._written = 0
        self._expected = 0
        self.dropped = 0

    def put(self, snapshot: Snapshot) -> None:
        self._snapshots.append((self._written, snapshot))
        self._written += 1

    def follow(self, steps: ScalarRows) -> None:
        """Nothing: the lab measures every step."""

    def tell(self, event: Event) -> None:
        self._events.append(event)

    def poll(self) -> Delivery:
        # Snapshots are taken before events: an event told before a snapshot was put is then
        # certain to be in the same delivery or an earlier one.
        snapshots = []
        for _ in range(len(self._snapshots)):
            try:
                number, snapshot = self._snapshots.popleft()
            except IndexError:  # pragma: no cover - the deque never shrinks on its own
                break
            self.dropped += number - self._expected
            self._expected = number + 1
            snapshots.append(snapshot)
        events = tuple(self._events.popleft() for _ in range(len(self._events)))
        return Delivery(events, tuple(snapshots), self.dropped)
