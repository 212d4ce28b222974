"""What the writer thread does: snapshots and events into one rank's files, whatever the disk does."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic, time

import numpy as np

from gradtui.core.alternating_optimizers import RoundLength
from gradtui.core.event import Ended, Event, Failed, Paused, Started
from gradtui.core.layout import IntArray
from gradtui.core.snapshot import Grad, Snapshot
from gradtui.runstore.format.file_names import events_name
from gradtui.runstore.format.metric_rows import MetricQueue
from gradtui.runstore.format.records import (
    STEP,
    RecordArray,
    measured,
    row_records,
    step_records,
)
from gradtui.runstore.format.run_header import Generation, Header
from gradtui.runstore.format.scalar_rows import Row
from gradtui.runstore.writer.event_log import EventLog
from gradtui.runstore.writer.metric_files import MetricFiles
from gradtui.runstore.writer.rank_output import RankOutput

BATCH = 256
BEAT = 1.0
"""Seconds between two signs of life."""

Item = tuple[float, Snapshot | Event | list[Row]]
"""With the time at which it came; rows are steps that were let through."""


class Recorder:
    """Owned by one thread. `take` never raises OSError: what cannot be written is counted, and the
    next call tries again."""

    def __init__(self, directory: Path, header: Header, budget: int) -> None:
        self.lost = 0
        """Snapshots that the disk did not take."""
        self.trouble = ""
        """What the disk last said; "" while all is well."""
        self._header = header
        self._files = RankOutput(directory, header, budget)
        self._dropped = 0
        self._log = EventLog(header.rank)
        self._metrics = MetricFiles()
        self._rate = 0.0
        self._round = RoundLength()
        self._before = self._checked = monotonic()
        self._taken = self._measured = 0
        self._latest = -1
        """The last step that was measured: evaluations of a closure are one step."""
        self._bare = 0
        """Steps that have a scalar record, but for want of room nothing else."""

    def take(self, items: Sequence[Item], dropped: int = 0) -> None:
        """Write what has come since the last call; `dropped` snapshots in all did not get here."""
        now = monotonic()
        passed, self._before = max(now - self._before, 1e-3), now
        came = sum(isinstance(thing, Snapshot) for _, thing in items)
        self._rate += 0.2 * (came / passed - self._rate)
        steps: list[Item] = []
        count = 0
        for item in items:
            thing = item[1]
            if isinstance(thing, (Snapshot, list)):
                steps.append(item)
                count += isinstance(thing, Snapshot)
                if count < BATCH:
                    continue
            self._batch(steps)
            steps, count = [], 0
            if not isinstance(thing, (Snapshot, list)):
                self._event(thing, item[0])
        self._batch(steps)
        self._look_after(now)
        self._dropped = dropped
        self._write_log()

    def take_metrics(self, queue: MetricQueue) -> None:
        """Write what the program has logged since the last call; until there are files it waits."""
        if not self._files.is_open:
            return
        rows, lost = queue.take()
        try:
            self._metrics.write(self._files.directory, self._header.label, rows, lost)
        except OSError as error:
            self._refused(error, 0)

    def close(self) -> None:
        """Write what is left, and that nothing more will come."""
        self._flush()
        with suppress(OSError):
            self._metrics.finish(self._files.directory, self._header.label)
        self._tell_lost(last=True)
        self._log.line({"kind": "closed", "pid": self._header.pid}, time())
        self._write_log()
        with suppress(OSError):
            self._files.count(self._taken, max(self._measured - self._bare, 0))
        self._files.close()

    def _batch(self, items: Sequence[Item]) -> None:
        """Steps that came one after the other; what has another layout's shape is lost."""
        if not items:
            return
        layout = self._header.generations[-1].layout
        shape = (len(layout.tensors), Grad.COLUMNS)
        fitting = [
            (when, thing)
            for when, thing in items
            if not isinstance(thing, Snapshot) or thing.grads.shape == shape
        ]
        self.lost += len(items) - len(fitting)
        full = [(when, thing) for when, thing in fitting if isinstance(thing, Snapshot)]
        sizes = [len(thing) if isinstance(thing, list) else 1 for _, thing in fitting]
        whole = np.array([isinstance(thing, Snapshot) for _, thing in fitting], np.bool_)
        places = np.asarray(np.cumsum(sizes) - sizes, np.int64)[whole]
        total = sum(sizes)
        try:
            steps = self._files.open()
            if not fitting:
                return
            snapshots = [snapshot for _, snapshot in full]
            grads = np.stack([s.grads for s in snapshots]) if full else np.empty((0, *shape))
            rows = [row for _, thing in fitting if isinstance(thing, list) for row in thing]
            generation = len(self._header.generations) - 1
            records = np.empty(total, STEP)
            if full:
                times = [when for when, _ in full]
                records[places] = step_records(times, snapshots, grads, layout, generation)
            if rows:
                others = np.ones(total, np.bool_)
                others[places] = False
                records[others] = row_records(rows, generation)
            first = steps.count
        except OSError as error:
            self._refused(error, total)
            return
        refused = None
        try:
            steps.append(records)
        except OSError as error:
            refused = error
            written = steps.count - first
            self._refused(error, total - written)
            if steps.gone:
                self._files.close()
            records, places = records[:written], places[places < written]
            full, grads = full[: len(places)], grads[: len(places)]
            if not written:
                return
        self._count(records)
        self._tell(records, places, full)
        period = self._round.see(records["step"], records["optimizer"].astype(np.int64))
        try:
            details = self._files.details
            if details is not None and full:
                details.period = period
                kept = [snapshot for _, snapshot in full]
                details.add(records[places], first + places, kept, grads, self._rate)
        except OSError as error:
            self._bare += len(full)
            self._refused(error, 0)
        else:
            self.trouble = "" if refused is None else self.trouble

    def _count(self, records: RecordArray) -> None:
        if len(records):
            self._taken = max(self._taken, int(records["step"].max()) + 1)
        seen: set[int] = set(records["step"][measured(records)].tolist())
        self._measured += sum(step > self._latest for step in seen)
        self._latest = max(self._latest, *seen, -1)

    def _tell(
        self, records: RecordArray, places: IntArray, full: Sequence[tuple[float, Snapshot]]
    ) -> None:
        """What follows from steps themselves, in their order."""
        before = 0
        for place, (when, snapshot) in zip(places.tolist(), full, strict=True):
            self._log.rows(records[before:place])
            self._log.snapshot(snapshot, when)
            before = place + 1
        self._log.rows(records[before:])

    def _event(self, event: Event, when: float) -> None:
        if isinstance(event, Started):
            self.begin(Generation(event.layout, event.info), when)
            return
        if isinstance(event, (Paused, Ended, Failed)):
            self._flush()
        self._log.event(event, when)

    def begin(self, generation: Generation, when: float) -> None:
        """From now on snapshots are of this layout; of the same one again what is said of the run is
        replaced."""
        known = self._header.generations
        if known and known[-1] == generation:
            return
        if known and known[-1].goes_on_as(generation):
            self._files.replace(generation)
        else:
            self._flush()
            self._files.add(generation)
            self._log.line({"kind": "started", "generation": len(known) - 1}, when)
        with suppress(OSError):
            self._files.open()

    def _look_after(self, now: float) -> None:
        """Notice that the directory is gone; show that this process is alive."""
        if now - self._checked < BEAT:
            return
        self._checked = now
        try:
            self._files.beat()
        except OSError as error:
            self._refused(error, 0)

    def _refused(self, error: OSError, lost: int) -> None:
        self.lost += lost
        self.trouble = error.strerror or str(error)

    def _flush(self) -> None:
        details = self._files.details
        if details is not None:
            with suppress(OSError):
                details.write_latest()

    def _tell_lost(self, *, last: bool = False) -> None:
        why = self.trouble or "the disk is too slow"
        self._log.lost(self._dropped + self.lost, self._bare, why, last=last)

    def _write_log(self) -> None:
        self._tell_lost()
        if not self._files.is_open:
            return
        try:
            self._log.write(self._files.directory / events_name(self._header.label))
        except OSError as error:
            self._refused(error, 0)
