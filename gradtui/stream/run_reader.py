"""A `Source` that follows a run directory while it is written: one rank or many, this machine or another."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from gradtui.core.control import Control, Start
from gradtui.core.errors import GradtuiError
from gradtui.core.event import Ended, Event, Failed, NonFiniteSeen, RunInfo, Started
from gradtui.core.layout import Layout
from gradtui.core.snapshot import NonFinite, Snapshot
from gradtui.stream.block import Block, aligned, empty, snapshots_of
from gradtui.stream.control_file import send_control
from gradtui.stream.mapping import whole
from gradtui.stream.ports import Delivery
from gradtui.stream.rank_files import RankFiles, labels
from gradtui.stream.status import CRASHED, LOST, RUNNING, Ranks, ranks_status, read_ranks
from gradtui.stream.waiting import Waiting
from gradtui.stream.wire import event_from, nonfinite_from

MOST = 1024
"""Snapshots a delivery: of a longer past some are picked."""
RECENT = 128
"""Latest steps that are among them in any case."""
LOOK = 0.5
"""Seconds between two looks for new ranks, new layouts and signs of life."""
PATIENCE = 2.0
"""Seconds that a step waits for ranks that have not reported it."""


class RunReader:
    """Delivers a run from its beginning, thinned, and then step by step as it goes on.

    When parameters or shards are added, `Started` comes again with the new layout, and the past
    after it. A `Start` sent to it delivers the run once more under the number that it names; other
    controls are passed on to the training process. Raises GradtuiError on construction where the
    directory holds no run.
    """

    def __init__(
        self,
        directory: Path | str,
        *,
        run: int = 1,
        patience: float = PATIENCE,
        look: float = LOOK,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.directory = Path(directory)
        self._patience, self._look, self._clock = patience, look, clock
        self._looked = float("-inf")
        self._run = run
        self._names: frozenset[str] = frozenset()
        self._ranks: list[RankFiles] = read_ranks(self.directory)
        self._begin()

    @property
    def ranks(self) -> Ranks:
        """How the ranks are, as of the last look."""
        return self._status

    def poll(self) -> Delivery:
        now = self._clock()
        events: list[Event] = []
        self._hear(events)
        if now - self._looked >= self._look:
            self._looked = now
            self._see_ranks()
        layout = self._see_layout(events)
        snapshots: list[Snapshot] = []
        if layout is not None:
            ready = self._ready(layout, now)
            snapshots = snapshots_of(ready, self._run, self._nonfinite)
            events += self._nonfinite_seen(snapshots, layout)
            if not snapshots and not len(self._waiting):
                self._end(events)
        elif self._status.state != RUNNING:
            self._end(events)
        return Delivery(tuple(events), tuple(snapshots), sum(self._dropped.values()))

    def send(self, control: Control) -> None:
        if isinstance(control, Start):
            if control.run != self._run or self._layout is not None:
                self._run = control.run
                self._ranks = read_ranks(self.directory)
                self._begin()
        else:
            send_control(self.directory, control)

    def close(self) -> None:
        """Nothing is held open between two polls."""

    def _begin(self) -> None:
        """Deliver everything from the beginning."""
        self._layout: Layout | None = None
        self._info: RunInfo | None = None
        self._waiting = Waiting(self._patience)
        self._told: list[list[dict[str, Any]]] = [[] for _ in self._ranks]
        self._dropped: dict[str, int] = {}
        self._nonfinite: dict[int, NonFinite] = {}
        self._unseen: list[NonFinite] = []
        self._closing: Event | None = None
        self._over = False
        self._status = ranks_status(self._ranks, self._told, time.time())
        self._looked = float("-inf")

    def _see_ranks(self) -> None:
        """Ranks that have come since the last look, a newer attempt, and how they all are."""
        names = frozenset(labels(self.directory))
        if names != self._names or len(self._ranks) < len(names):
            self._names = names
            with suppress(GradtuiError):
                self._regroup(read_ranks(self.directory))
        for rank in self._ranks:
            rank.refresh()
        self._status = ranks_status(self._ranks, self._told, time.time())

    def _regroup(self, found: list[RankFiles]) -> None:
        known = {rank.label: i for i, rank in enumerate(self._ranks)}
        if {rank.label for rank in found} == set(known):
            return
        attempts = {rank.header.attempt for rank in (*found, *self._ranks)}
        self._told = [self._told[known[r.label]] if r.label in known else [] for r in found]
        self._ranks = [self._ranks[known[r.label]] if r.label in known else r for r in found]
        if len(attempts) > 1:
            self._begin()

    def _hear(self, events: list[Event]) -> None:
        for rank, told in zip(self._ranks, self._told, strict=True):
            for line in rank.events.poll():
                told.append(line)
                if line.get("kind") in ("ended", "failed", "closed"):
                    self._looked = float("-inf")
                if line.get("kind") == "dropped" and isinstance(line.get("count"), int):
                    self._dropped[rank.label] = line["count"]
                seen = nonfinite_from(line)
                if seen is not None and not self._nonfinite:
                    self._nonfinite[seen.step] = seen
                    self._unseen.append(seen)
                event = event_from(line, self._run)
                if isinstance(event, Failed):
                    if not isinstance(self._closing, Failed):
                        self._closing = self._of_rank(event, rank)
                elif isinstance(event, Ended):
                    self._closing = self._closing or event
                elif event is not None and rank is self._ranks[0]:
                    events.append(event)

    def _of_rank(self, event: Failed, rank: RankFiles) -> Failed:
        if len(self._ranks) == 1:
            return event
        message = f"rank {rank.header.rank}: {event.message}"
        return Failed(event.run, event.step, message, event.traceback)

    def _see_layout(self, events: list[Event]) -> Layout | None:
        """The layout of all ranks; told again, and the past with it, where it has changed."""
        layouts = [rank.layout for rank in self._ranks if rank.layout is not None]
        if not layouts:
            return None
        layout = whole(layouts)
        if layout != self._layout:
            first = next(rank for rank in self._ranks if rank.layout is not None)
            self._layout, self._info = layout, first.header.generations[-1].info
            self._waiting.restart()
            for rank in self._ranks:
                rank.rewind()
            events.append(Started(self._run, layout, self._info))
        return self._layout

    def _ready(self, layout: Layout, now: float) -> Block:
        """Steps that all ranks have reported, or that have waited long enough for the others."""
        for rank in self._ranks:
            last = rank.last_step if len(self._ranks) > 1 else -1
            self._waiting.add(rank.label, rank.poll(layout), last, now)
        states = {rank.rank: rank.state for rank in self._status.ranks}
        running = [r.label for r in self._ranks if states.get(r.header.rank) in (RUNNING, None)]
        ready = self._waiting.ready([r.label for r in self._ranks], running, layout, now)
        return aligned(ready, MOST, RECENT)

    def _nonfinite_seen(self, snapshots: list[Snapshot], layout: Layout) -> list[Event]:
        """What was told about non-finite steps, with the snapshot where that has come through."""
        out: list[Event] = []
        for seen in self._unseen:
            found = [s for s in snapshots if s.step == seen.step]
            bare = empty(layout, 1).grads[0]
            snapshot = (
                found[0]
                if found
                else Snapshot(self._run, seen.step, float("nan"), bare, nonfinite=seen)
            )
            out.append(NonFiniteSeen(self._run, snapshot))
        self._unseen = []
        return out

    def _end(self, events: list[Event]) -> None:
        """Once all is delivered and no rank runs any more: how it ended."""
        state = self._status.state
        if self._over or (state == RUNNING and not isinstance(self._closing, Failed)):
            return
        step = max((rank.last_step for rank in self._status.ranks), default=-1)
        if self._closing is None and state in (LOST, CRASHED):
            lost = "the training process is gone; it did not say why"
            told = lost if state == LOST else "the command ended with an error"
            self._closing = Failed(self._run, step, told, "")
        events.append(self._closing or Ended(self._run, step + 1, "finished"))
        self._over = True
