"""One `--to`: a thread that sends what waits, every few seconds, and says in the end what came of it."""

import threading
import time
from collections.abc import Callable

from gradtui.commands.forward.address import Address, shown
from gradtui.commands.forward.backlog import Backlog
from gradtui.commands.forward.channels.channel import Channel, RefusedError, clause
from gradtui.commands.forward.records import Batch

PAUSE, LONGEST = 5.0, 60.0
"""Seconds between two batches, and where the other side is not there at most."""
FIRST = 1.0
"""Seconds before the first."""
THINNED = "thinned evenly as they came so fast"
LATE = "there was no more time"


class Outlet:
    """Sends to one address. `put` never waits; everything that may is in the thread of `start`."""

    def __init__(
        self,
        address: Address,
        opening: Callable[[], Channel],
        most: int,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`opening` gives the channel; it is called again where it raises a RefusedError that allows it."""
        self.address = address
        self._opening, self._clock = opening, clock
        self._backlog = Backlog(most)
        self._lock = threading.Lock()
        self._channel: Channel | None = None
        self._closing = threading.Event()
        self._failed = False
        self._hopeless = False
        self._sent = 0
        self._why = ""
        self._pause, self._due = PAUSE, clock() + FIRST
        self._done = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._work, name=self.address.kind, daemon=True).start()

    def put(self, batch: Batch) -> None:
        """Something new; thinned away where too much waits already."""
        with self._lock:
            self._backlog.put(batch)

    def close(self, *, failed: bool) -> None:
        """Nothing more comes: what waits is sent at once."""
        self._failed = failed
        self._closing.set()

    def wait(self, seconds: float) -> bool:
        """Whether all that can be sent was, within this time."""
        return self._done.wait(seconds)

    def step(self) -> None:
        """Send what waits, where it is time to."""
        last = self._closing.is_set()
        if not last and self._clock() < self._due:
            return
        with self._lock:
            batch = self._backlog.take()
        self._try(batch)
        if last and self._channel is not None:
            self._finish(self._channel)

    def sentences(self) -> list[str]:
        """What came of it; called once, at the end."""
        with self._lock:
            given, thinned = self._backlog.given, self._backlog.lost
        missing = given - self._sent
        place = self.address.shown
        to = f" to {place}" if place else ""
        why = self._why or ("" if self._done.is_set() else LATE)
        if missing > 0 and why:
            said = f"{missing:,} of {given:,} points not taken: {why}"
            said += f" ({place})" if place else ""
        elif missing > 0:
            said = f"{self._sent:,} of {given:,} points sent{to}"
            said += f", {THINNED}" if thinned else ""
        elif given:
            said = f"{given:,} points sent{to}"
            said += f", after {why}" if self._why else ""
        else:
            said = self._why or "there was nothing to send"
        limits = self._channel.limits if self._channel is not None else ()
        return [f"{self.address.kind}: {words}" for words in (said, *limits)]

    def _work(self) -> None:
        try:
            while not self._closing.wait(max(min(self._due - self._clock(), PAUSE), 0.0)):
                self.step()
            self.step()
        finally:
            self._done.set()

    def _try(self, batch: Batch) -> None:
        """A library may raise anything at all: it costs the batch, and no more."""
        try:
            self._send(batch)
        except RefusedError as error:
            left = batch if error.left is None else error.left
            self._sent += batch.points - left.points - error.lost
            self._put_off(left, shown(str(error)), again=error.again)
        except Exception as error:
            self._put_off(batch, shown(clause(error)), again=False)

    def _send(self, batch: Batch) -> None:
        if self._hopeless or not (batch.points or batch.standing):
            return
        if self._channel is None:
            self._channel = self._open()
        self._sent += batch.points - self._channel.send(batch)
        self._pause, self._due = PAUSE, self._clock() + PAUSE

    def _open(self) -> Channel:
        try:
            return self._opening()
        except RefusedError as error:
            self._hopeless = not error.again
            raise
        except Exception:
            self._hopeless = True
            raise

    def _put_off(self, batch: Batch, why: str, *, again: bool) -> None:
        self._why = why
        self._pause = min(2 * self._pause, LONGEST)
        self._due = self._clock() + self._pause
        if again:
            with self._lock:
                self._backlog.give_back(batch)

    def _finish(self, channel: Channel) -> None:
        try:
            channel.close(failed=self._failed)
        except Exception as error:
            self._why = self._why or shown(clause(error))
