"""The two ports that every transport implements, and what a poll brings."""

from dataclasses import dataclass
from typing import Protocol

from gradtui.core.control import Control
from gradtui.core.event import Event
from gradtui.core.extremes import Extremes
from gradtui.core.metric import Metrics
from gradtui.core.scalar_series import ScalarSeries
from gradtui.core.snapshot import Snapshot
from gradtui.runstore.format.scalar_rows import ScalarRows


@dataclass(frozen=True, slots=True)
class Delivery:
    """What has come since the last poll. Read events before snapshots: a run's `Started` is among
    the events by the time its first snapshot is delivered."""

    events: tuple[Event, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    dropped: int = 0
    """Snapshots lost so far in all because nobody fetched them in time."""
    scalars: ScalarSeries | None = None
    """Scalars of the steps since the last poll, measured or not; None where all come as snapshots."""
    measured: int | None = None
    """Steps so far whose gradients were measured; None where nobody has counted them."""
    lag: float = 0.0
    """Seconds that the newest step in `scalars` is old already."""
    metrics: Metrics | None = None
    """All that the program has logged so far; None where nothing has come since the last poll."""
    extremes: Extremes | None = None
    """Of the steps so far, where `scalars` has but some of them."""


class Sink(Protocol):
    """The training side. No call blocks, raises or waits for a reader."""

    def put(self, snapshot: Snapshot) -> None: ...

    def follow(self, steps: ScalarRows) -> None:
        """Steps that come after the snapshots put so far, and before the next: taken from `steps` as
        they are appended to it, until it is closed, which is before anything else is put or told."""

    def tell(self, event: Event) -> None: ...


class Source(Protocol):
    """The viewing side."""

    def poll(self) -> Delivery: ...

    def send(self, control: Control) -> str:
        """Ask something of the run. "", or in a sentence why it cannot be asked."""
        ...

    def close(self) -> None:
        """Ask whatever feeds this source to end; returns without waiting for it."""
