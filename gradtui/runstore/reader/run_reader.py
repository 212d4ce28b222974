"""A `Source` that follows a run directory while it is written: one rank or many, this machine or another."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import isfinite
from operator import is_
from pathlib import Path
from typing import Any

from gradtui.core.control import Control, Pause, Resume, SetPace, Start, StepOnce, Stop
from gradtui.core.ending import ending_word
from gradtui.core.errors import GradtuiError
from gradtui.core.event import Ended, Event, Failed, RunInfo, Started
from gradtui.core.layout import Layout
from gradtui.core.metric import Metrics
from gradtui.core.rank_facts import Apart, Drift, RankFacts
from gradtui.core.scalar_series import ScalarSeries
from gradtui.core.snapshot import Snapshot
from gradtui.runstore.format.block import Block, aligned, block_bytes, snapshots_of
from gradtui.runstore.format.json_lines import LineTail
from gradtui.runstore.format.layout_mapping import whole
from gradtui.runstore.format.run_header import machine
from gradtui.runstore.ranks.attempts import attempts_of
from gradtui.runstore.ranks.heartbeat import Heartbeat
from gradtui.runstore.ranks.process_status import (
    CRASHED,
    LOST,
    RUNNING,
    Ranks,
    ranks_status,
    read_attempts,
)
from gradtui.runstore.ranks.rank_events import RankEvents
from gradtui.runstore.ranks.rank_files import RankFiles, labels
from gradtui.runstore.ranks.rank_notes import rank_words
from gradtui.runstore.ranks.rank_sync import RankSync
from gradtui.runstore.ranks.replica_agreement import agreement
from gradtui.runstore.ranks.replicas import Roles, beside, roles, sparse
from gradtui.runstore.ranks.weight_agreement import drift
from gradtui.runstore.reader.metrics import FollowedMetrics
from gradtui.runstore.reader.scalar_files import ScalarTail
from gradtui.runstore.writer.control_file import send_control, show_sign
from gradtui.runstore.writer.launch_record import exit_code
from gradtui.runstore.writer.ports import Delivery

MOST = 1024
"""Snapshots a delivery: of a longer past some are picked."""
RECENT = 128
"""Latest steps that are among them in any case."""
LOOK = 0.5
"""Seconds between two looks for new ranks, new layouts and signs of life."""
COMPARED, LATEST = 5.0, 512
"""Seconds between two comparisons of replicas, and steps of each that are compared."""
SIGN = 5.0
"""Seconds between two signs of life of a viewer that holds training (it goes on without: `LEASE`)."""
SHARE = 0.03
"""Of a core, for reading what a run of many ranks adds."""
SHORTEST, LONGEST = 0.15, 1.0
"""Seconds for which nothing is read for that: not worth it, and at most."""
ROOM = 48 << 20
"""Bytes of a long past that are read, of all ranks together."""
PATIENCE = 2.0
"""Seconds that a step waits for ranks that have not reported it."""


class RunReader:
    """Delivers a run from its beginning, thinned, and then step by step as it goes on.

    When parameters or shards are added, or more is found out of the run, `Started` comes again, and
    the past after it. A `Start` sent to it delivers the run once more under the number that it names; other
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
        self._rests, self._polled = 0.0, False
        """Until when nothing is read, and whether the past has been."""
        self._names: frozenset[str] = frozenset()
        self._pulse = Heartbeat()
        self._holds, self._shown = False, float("-inf")
        """Whether training is held at this viewer's wish, and when it has last shown that it is there."""
        self._apart: Apart | None = None
        self._drift: Drift | None = None
        """Where replicas have had other gradients, as of the last time they were compared."""
        self._ranks: list[RankFiles] = self._newest()
        self._begin()

    @property
    def ranks(self) -> Ranks:
        """How the ranks are, as of the last look."""
        return self._status

    @property
    def files(self) -> Sequence[RankFiles]:
        """Those of the ranks, lowest first, as of the last look."""
        return self._ranks

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that train, those on this machine, as of the last look."""
        live = {rank.pid for rank in self._status.ranks if rank.state == RUNNING}
        mine = machine()
        headers = [rank.header for rank in self._ranks]
        return tuple(h.pid for h in headers if h.pid in live and mine and h.machine == mine)

    @property
    def rank_notes(self) -> tuple[str, ...]:
        """What is wrong with ranks, in words, as of the last look; empty while all is well."""
        return self._notes

    def poll(self) -> Delivery:
        """What has come since the last call. Where that takes long, as of many ranks, there is nothing for
        a while after it."""
        now = self._clock()
        self._show_sign()
        if now < self._rests:
            return Delivery((), (), self._hearing.dropped, None, None, 0.0)
        began = time.thread_time()
        delivery = self._poll(now)
        rest = min((time.thread_time() - began) / SHARE, LONGEST)
        # The first takes in all of the past.
        self._rests = now + rest if self._look and self._polled and rest > SHORTEST else 0.0
        self._polled = True
        return delivery

    def _poll(self, now: float) -> Delivery:
        events, ended = self._hearing.listen(self._ranks)
        metrics: Metrics | None = None
        if ended or now - self._looked >= self._look:
            self._looked = now
            self._see_ranks()
            metrics = self._metrics.poll(self._ranks)
        layout = self._see_layout(events)
        snapshots: list[Snapshot] = []
        scalars: ScalarSeries | None = None
        if layout is not None:
            ready = self._ready(layout, now)
            scalars = self._scalars()
            snapshots = snapshots_of(ready, self._run, self._hearing.nonfinite)
            events += self._hearing.nonfinite_seen(snapshots, layout)
            if not snapshots and not len(self._waiting):
                self._end(events)
        elif self._status.state != RUNNING:
            self._end(events)
        measured, lag, extremes = None, 0.0, None
        if scalars is not None and len(scalars):
            extremes = self._course_tail.extremes
            measured = self._course_tail.measured
            lag = max(time.time() - float(scalars.time[-1]), 0.0)
            lag = lag if isfinite(lag) else 0.0
        dropped = self._hearing.dropped
        snapped = tuple(snapshots)
        return Delivery(tuple(events), snapped, dropped, scalars, measured, lag, metrics, extremes)

    def send(self, control: Control) -> str:
        if isinstance(control, Start):
            if control.run != self._run or self._layout is not None:
                self._run = control.run
                self._ranks = self._newest()
                self._begin()
            return ""
        if self._status.state != RUNNING:
            return "The run is over."
        if len(self._ranks) > 1 and isinstance(control, (Pause, StepOnce, SetPace)):
            return "Processes that train together cannot be held: they wait for each other."
        if not send_control(self.directory, control):
            return "The run cannot be asked: its directory cannot be written to."
        if isinstance(control, (Pause, StepOnce, Resume, Stop)):
            self._holds = isinstance(control, (Pause, StepOnce))
            self._shown = time.monotonic()
        return ""

    def close(self) -> None:
        """What this viewer has held goes on."""
        if self._holds:
            self.send(Resume())

    def _show_sign(self) -> None:
        """Training is held for as long as whoever asked for it is there."""
        now = time.monotonic()
        if self._holds and now - self._shown >= SIGN:
            self._shown = now
            show_sign(self.directory)

    def _begin(self) -> None:
        """Deliver everything from the beginning."""
        self._layout: Layout | None = None
        self._info: RunInfo | None = None
        self._known: list[Layout] = []
        self._gone: frozenset[str] = frozenset()
        """The layouts of the ranks, and those that are over while others run: of these `_layout` and
        `_roles` are made."""
        self._roles, self._sparse = Roles(()), frozenset[str]()
        self._waiting = RankSync(self._patience)
        self._course_tail = ScalarTail()
        self._metrics = FollowedMetrics()
        self._hearing = RankEvents(self._run)
        self._over = False
        self._compared = float("-inf")
        self._rests, self._polled = 0.0, False
        # How they have ended is not heard yet.
        self._see_status([LineTail(rank.events.path).poll() for rank in self._ranks])
        self._looked = float("-inf")

    def _see_ranks(self) -> None:
        """Ranks that have come since the last look, a newer attempt, and how they all are."""
        names = frozenset(labels(self.directory))
        if names != self._names or self._seen < len(names):
            self._names = names
            with suppress(GradtuiError):
                self._regroup(self._newest())
        for rank in self._ranks:
            rank.refresh()
        self._compare()
        self._see_status()

    def _compare(self) -> None:
        """What replicas once had apart is said for as long as the attempt goes on."""
        if self._clock() - self._compared >= COMPARED:
            self._compared = self._clock()
            self._apart = agreement(self._ranks, LATEST) or self._apart
            self._drift = drift(self._ranks, self._apart) or self._drift

    def _see_status(self, told: Sequence[Sequence[dict[str, Any]]] = ()) -> None:
        """`told`: the events of each rank so far, where they are not those that were heard."""
        wall, now = time.time(), self._clock()
        told = told or [self._hearing.endings(rank) for rank in self._ranks]
        silence = [self._pulse.silence(rank, wall, now) for rank in self._ranks]
        self._status = ranks_status(self._ranks, told, wall, silence)
        restart = self._ranks[0].header.restart
        together = RankFacts(self._before, self._apart, restart, self._drift)
        self._notes = (*rank_words(self._status), *together.words)

    def _newest(self) -> list[RankFiles]:
        """The ranks of the newest attempt; what came before it is remembered. Raises GradtuiError."""
        attempts = read_attempts(self.directory)
        self._before = attempts_of(attempts[:-1])
        self._seen = sum(map(len, attempts))
        return attempts[-1]

    def _regroup(self, found: list[RankFiles]) -> None:
        known = {rank.label: i for i, rank in enumerate(self._ranks)}
        if {rank.label for rank in found} == set(known):
            return
        self._ranks = [self._ranks[known[r.label]] if r.label in known else r for r in found]
        if not set(known) <= {rank.label for rank in found}:
            self._apart = self._drift = None  # it is another attempt
            self._begin()

    def _see_layout(self, events: list[Event]) -> Layout | None:
        """The layout of all ranks; told again, and the past with it, where it or what is known of the
        run has changed."""
        layouts = [rank.layout for rank in self._ranks if rank.layout is not None]
        if not layouts:
            return None
        over = self._over_alone()
        first = next(rank for rank in self._ranks if rank.layout is not None)
        info, known = first.header.generations[-1].info, self._known
        same = len(layouts) == len(known) and all(map(is_, layouts, known))
        if same and over == self._gone and info == self._info:
            return self._layout
        self._known, self._gone = layouts, over
        self._roles = roles(self._ranks, over)
        self._sparse = sparse(self._roles.leads)
        self._waiting.only([rank.label for rank in self._roles.leads])
        layout = whole(layouts)
        if layout != self._layout or info != self._info:
            self._layout, self._info = layout, info
            self._waiting.restart()
            self._course_tail = ScalarTail()
            for rank in self._ranks:
                rank.rewind()
            events.append(Started(self._run, layout, self._info))
        return self._layout

    def _over_alone(self) -> frozenset[str]:
        """The ranks that run no more while others do."""
        running = self._running()
        return frozenset(r.label for r in self._ranks) - running if running else running

    def _running(self) -> frozenset[str]:
        """The ranks that run, as far as is known."""
        states = {rank.rank: rank.state for rank in self._status.ranks}
        known = (RUNNING, None)
        return frozenset(r.label for r in self._ranks if states.get(r.header.rank) in known)

    def _ready(self, layout: Layout, now: float) -> Block:
        """Steps that all ranks have reported, or that have waited long enough for the others."""
        leads, replicas = self._roles.leads, self._roles.replicas
        most = max(min(MOST, ROOM // (block_bytes(layout) * len(leads))), RECENT)
        for rank in leads:
            last = rank.last_step if len(leads) > 1 else -1
            self._waiting.add(rank.label, rank.poll(layout, most), last, now)
        running = self._running()
        ready = self._waiting.ready(
            [rank.label for rank in leads],
            running,
            layout,
            now,
            [rank.last_step for rank in replicas if rank.label in running],
            lambda steps, known: beside(replicas, steps, known, layout),
            self._sparse,
        )
        return aligned(ready, MOST, RECENT)

    def _scalars(self) -> ScalarSeries | None:
        """Of the steps since the last look. Where ranks would have to be averaged the steps that all
        have measured are all that is delivered."""
        if len(self._ranks) != 1:
            return None
        return self._course_tail.poll(self._ranks[0].steps)

    def _end(self, events: list[Event]) -> None:
        """Once all is delivered and no rank runs any more: how it ended."""
        state = self._status.state
        closing = self._hearing.closing
        if self._over or (state == RUNNING and not isinstance(closing, Failed)):
            return
        step = max((rank.last_step for rank in self._status.ranks), default=-1)
        if closing is None and state in (LOST, CRASHED):
            lost = "the training process is gone; it did not say why"
            code = exit_code(self.directory)
            told = f"the command {_was(code)}" if code else lost
            closing = Failed(self._run, step, told, "")
        events.append(closing or Ended(self._run, step + 1, "finished"))
        self._over = True


def _was(code: int) -> str:
    words = ending_word(code)
    return f"was {words}" if words.startswith("killed") else words
