"""The training side of a run directory: takes snapshots without waiting, writes them elsewhere."""

import _thread
import atexit
import os
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from time import thread_time, time

from gradtui.core.event import Event, RunInfo, Started
from gradtui.core.layout import Layout
from gradtui.core.snapshot import Snapshot
from gradtui.runstore.format.metric_rows import MetricQueue
from gradtui.runstore.format.run_header import here
from gradtui.runstore.format.scalar_rows import ScalarRows, split
from gradtui.runstore.writer.control_file import ControlInbox, ControlReader
from gradtui.runstore.writer.recorder import Item, Recorder

FLUSH, PAUSES = 0.2, 3
"""Seconds between two rounds of writing, and how many of these pauses there may be between them; kill -9
loses no more than two rounds (`ending.LATE`)."""
SHARE = 0.0025
"""Of the time, for rounds, before they come less often: the program waits for them, as they hold the
interpreter. All that they touch is cold by then, so that one takes a millisecond."""
BUDGET = 64 << 20
"""Bytes of per-tensor records that a rank may keep, however long it runs."""
QUEUE = 64 << 20
"""Bytes of snapshots that may wait for the disk; what comes on top is dropped and counted."""
SCALARS_COST = 1024
"""Bytes that a snapshot takes without its arrays, roughly."""
PATIENCE = 2.0


def pauses_after(cost: float) -> int:
    """Pauses of `FLUSH` seconds after a round that took `cost` seconds of processor time."""
    return min(round(cost / (SHARE * FLUSH)), PAUSES)


class RunWriter:
    """A `Sink` that keeps a run in a directory.

    `put` and `tell` append to a queue in memory and return: they neither wait nor raise, whatever
    the disk does. A thread does all that touches files; `threading` does not know of it. In a forked
    child every call does nothing: a child that trains makes a writer of its own. Call `close` at the
    end; a normal end of the interpreter does. What viewers ask comes into `inbox`; what the program
    logs is taken from `metrics`.
    """

    def __init__(
        self,
        directory: Path | str,
        layout: Layout,
        info: RunInfo,
        *,
        rank: int = 0,
        world_size: int = 1,
        restart: int = 0,
        command: Sequence[str] = (),
        optimizers: Sequence[str] = (),
        versions: dict[str, str] | None = None,
        budget: int = BUDGET,
        queue: int = QUEUE,
        flush: float = FLUSH,
        inbox: ControlInbox | None = None,
        metrics: MetricQueue | None = None,
    ) -> None:
        self._pid = os.getpid()
        self._queue: deque[tuple[float, Snapshot | Event | ScalarRows]] = deque()
        self._following: ScalarRows | None = None
        self._followed = False
        """Whether there was room for that."""
        self._most = queue
        self._flush = flush
        self._came = self._went = self.dropped = 0
        self._urgent = False
        """Whether something has come that a viewer should know at once."""
        header = here(
            command,
            rank=rank,
            world_size=world_size,
            restart=restart,
            optimizers=optimizers,
            versions=versions,
        )
        self._recorder = Recorder(Path(directory), header, budget)
        self._metrics = metrics
        self._inbox, self._control = inbox, ControlReader(directory, after=time())
        self._queue.append((time(), Started(0, layout, info)))
        self._closing = threading.Event()
        self._working = _thread.allocate_lock()
        self._working.acquire()
        # Not a threading.Thread: programs wait for all of those, or count them.
        self.thread = _thread.start_new_thread(self._work, ())
        """The identity of the thread that writes."""
        atexit.register(self.close)

    @property
    def lost(self) -> int:
        """Snapshots that are in no file: dropped here, or refused by the disk."""
        return self.dropped + self._recorder.lost

    @property
    def waiting(self) -> int:
        """Bytes of snapshots that wait for the disk, never more than `queue`."""
        return self._came - self._went

    @property
    def trouble(self) -> str:
        """What the disk says, in words; "" while all is well."""
        return self._recorder.trouble

    def put(self, snapshot: Snapshot) -> None:
        """Take a snapshot; dropped and counted while too many wait for the disk."""
        if os.getpid() != self._pid or self._closing.is_set():
            return
        self._follow_no_more()
        if not self._take_in(_cost(snapshot), snapshot):
            self.dropped += 1
        if snapshot.nonfinite is not None:
            self._urgent = True

    def follow(self, steps: ScalarRows) -> None:
        """Write steps as they are appended to `steps`, until it is closed."""
        if os.getpid() != self._pid or self._closing.is_set():
            return
        self._follow_no_more()
        self._following = steps
        self._followed = self._take_in(SCALARS_COST, steps)

    def _take_in(self, cost: int, thing: Snapshot | ScalarRows) -> bool:
        """Whether there was room for it."""
        # Each counter is written by one side only, so that neither needs a lock.
        if self._came - self._went + cost > self._most:
            return False
        self._came += cost
        self._queue.append((time(), thing))
        return True

    def _follow_no_more(self) -> None:
        """What has been followed is complete: now it is known how much waits."""
        steps, self._following = self._following, None
        if steps is not None:
            if self._followed:
                self._came += steps.cost
            else:
                self.dropped += steps.size

    def tell(self, event: Event) -> None:
        """Take an event; none is dropped here. `Started` with another layout begins a generation."""
        if os.getpid() == self._pid and not self._closing.is_set():
            self._queue.append((time(), event))
            self._urgent = True

    def close(self, timeout: float = PATIENCE) -> bool:
        """Write what waits, for at most `timeout` seconds; True where all of it is written."""
        if os.getpid() != self._pid:
            return True
        self._closing.set()
        ended = self._working.acquire(timeout=timeout)
        if ended:
            self._working.release()
        atexit.unregister(self.close)
        waits = [thing for _, thing in self._queue if not isinstance(thing, ScalarRows)]
        return ended and not waits

    def _work(self) -> None:
        try:
            pauses = 0
            while not self._closing.wait(self._flush):
                pauses -= 1
                if pauses <= 0 or self._urgent:
                    began, self._urgent = thread_time(), False
                    self._round()
                    pauses = pauses_after(thread_time() - began)
                if self._inbox is not None:
                    self._inbox.take_in(self._control.poll(), heard=self._control.heard)
            self._round()
            self._recorder.close()
        finally:
            self._working.release()

    def _round(self) -> None:
        """One round of writing. An error that is none of the disk's costs this round, no more."""
        items: list[Item] = []
        cost = count = 0
        for _ in range(len(self._queue)):
            when, thing = self._queue[0]
            if isinstance(thing, ScalarRows):
                found = thing.take()
                count += len(found.rows)
                self._recorder.lost += found.lost
                items += [(when, part) for part in split(found.rows)]
                if not found.closed:
                    break
                cost += SCALARS_COST + thing.cost
            else:
                items.append((when, thing))
                if isinstance(thing, Snapshot):
                    count += 1
                    cost += _cost(thing)
            self._queue.popleft()
        try:
            self._recorder.take(items, self.dropped)
            if self._metrics is not None:
                self._recorder.take_metrics(self._metrics)
        except Exception as error:
            self._recorder.lost += count
            self._recorder.trouble = f"{type(error).__name__}: {error}"
        finally:
            self._went += cost


def _cost(snapshot: Snapshot) -> int:
    one = snapshot
    arrays = (one.grads, one.weights, one.activations, one.histograms, one.states)
    return SCALARS_COST + sum(array.nbytes for array in arrays if array is not None)
