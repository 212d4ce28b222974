"""A sink that keeps everything, for the tests beside."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor

from gradtui.core.event import Event, Started
from gradtui.core.layout import Layout
from gradtui.core.snapshot import Grad, Snapshot
from gradtui.instrument.watcher import OVERHEAD, Watcher
from gradtui.runstore.format.scalar_rows import Row, ScalarRows


@dataclass
class Kept:
    snapshots: list[Snapshot] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    followed: list[ScalarRows] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    end: Callable[[], None] = lambda: None
    """Ends the watching before the test is over."""

    def put(self, snapshot: Snapshot) -> None:
        self.snapshots.append(snapshot)

    def follow(self, steps: ScalarRows) -> None:
        self.followed.append(steps)

    def tell(self, event: Event) -> None:
        self.events.append(event)

    @property
    def rows(self) -> dict[int, Row]:
        """Of the steps that were let through, by their numbers."""
        found = [row for steps in self.followed for row in steps.rows]
        return {row[0]: row for row in found}

    @property
    def layout(self) -> Layout:
        return [e for e in self.events if isinstance(e, Started)][-1].layout

    @property
    def names(self) -> list[str]:
        return [t.name for t in self.layout.tensors]

    def norms(self, at: int = -1) -> dict[str, float]:
        values = self.snapshots[at].grads[:, Grad.NORM].tolist()
        pairs = zip(self.names, values, strict=True)
        return {name: norm for name, norm in pairs if not np.isnan(norm)}


def recorded(overhead: float = OVERHEAD) -> Iterator[Kept]:
    """What a watcher hands on until the test is over; for fixtures. It has had nothing to complain of."""
    sink = Kept()
    watcher = Watcher(sink, overhead=overhead, log=sink.log.append)
    sink.end = watcher.close
    yield sink
    watcher.close()
    assert sink.log == []


def norm(tensor: Tensor) -> float:
    return float(tensor.detach().double().norm())
