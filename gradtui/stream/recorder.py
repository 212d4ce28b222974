"""What the writer thread does: snapshots and events into one rank's files, whatever the disk does."""

import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from gradtui.core.errors import GradtuiError
from gradtui.core.event import Ended, Event, Failed, Paused, Started
from gradtui.core.snapshot import Grad, Snapshot
from gradtui.stream.detail_files import DetailFiles
from gradtui.stream.disk import RecordFile
from gradtui.stream.event_log import EventLog
from gradtui.stream.header import (
    Generation,
    Header,
    events_name,
    header_name,
    read_header,
    steps_name,
    write_header,
)
from gradtui.stream.places import make_private
from gradtui.stream.records import STEP, step_records

BATCH = 256
OPEN_GENERATIONS = 8
BEAT = 1.0
"""Seconds between two signs of life."""

Item = tuple[float, Snapshot | Event]


class Recorder:
    """Owned by one thread. `take` never raises OSError: what cannot be written is counted, and the
    next call tries again."""

    def __init__(self, directory: Path, header: Header, budget: int) -> None:
        self.lost = 0
        """Snapshots that the disk did not take."""
        self.trouble = ""
        """What the disk last said; "" while all is well."""
        self._directory = directory
        self._header = header
        self._budget = budget
        self._steps: RecordFile | None = None
        self._details: list[DetailFiles] = []
        self._claimed = self._stale = False
        self._log = EventLog(header.rank)
        self._rate = 0.0
        self._period = 1
        self._before = self._checked = time.monotonic()
        self._bare = 0
        """Steps that have a scalar record, but for want of room nothing else."""

    def take(self, items: Sequence[Item], dropped: int = 0) -> None:
        """Write what has come since the last call; `dropped` snapshots in all did not get here."""
        now = time.monotonic()
        passed, self._before = max(now - self._before, 1e-3), now
        self._rate += 0.2 * (len(items) / passed - self._rate)
        at = 0
        while at < len(items):
            end = at
            while end < len(items) and isinstance(items[end][1], Snapshot) and end - at < BATCH:
                end += 1
            when, thing = items[at]
            if not isinstance(thing, Snapshot):
                self._event(thing, when)
                end = at + 1
            else:
                self._batch(items[at:end])
            at = end
        self._look_after(now)
        why = self.trouble or "the disk is too slow"
        self._log.lost(dropped + self.lost, self._bare, why)
        self._write_log()

    def close(self) -> None:
        """Write what is left, and that nothing more will come."""
        self._flush()
        self._log.line({"kind": "closed", "pid": self._header.pid}, time.time())
        self._write_log()
        self._close_files()

    def _batch(self, items: Sequence[Item]) -> None:
        """Snapshots that came one after the other; what has another layout's shape is lost."""
        layout = self._header.generations[-1].layout
        shape = (len(layout.tensors), Grad.COLUMNS)
        fitting = [
            (when, thing)
            for when, thing in items
            if isinstance(thing, Snapshot) and thing.grads.shape == shape
        ]
        snapshots = [snapshot for _, snapshot in fitting]
        self.lost += len(items) - len(fitting)
        try:
            steps = self._open()
            if not snapshots:
                return
            grads = np.stack([s.grads for s in snapshots])
            times = [when for when, _ in fitting]
            generation = len(self._header.generations) - 1
            records = step_records(times, snapshots, grads, layout, generation)
            first = steps.count
        except OSError as error:
            self._refused(error, len(snapshots))
            return
        refused = None
        try:
            steps.append(records)
        except OSError as error:
            refused = error
            written = steps.count - first
            self._refused(error, len(snapshots) - written)
            fitting, snapshots = fitting[:written], snapshots[:written]
            records, grads = records[:written], grads[:written]
            if not written:
                return
        for when, snapshot in fitting:
            self._log.snapshot(snapshot, when)
        self._period = min(max(self._period, int(records["optimizer"].max()) + 1), 16)
        try:
            details = self._details[-1]
            details.period = self._period
            details.add(records, first, snapshots, grads, self._rate)
        except OSError as error:
            self._bare += len(snapshots)
            self._refused(error, 0)
        else:
            self.trouble = "" if refused is None else self.trouble

    def _event(self, event: Event, when: float) -> None:
        if isinstance(event, Started):
            self.begin(Generation(event.layout, event.info), when)
            return
        if isinstance(event, (Paused, Ended, Failed)):
            self._flush()
        self._log.event(event, when)

    def begin(self, generation: Generation, when: float) -> None:
        """From now on snapshots are of this layout; the same one again is no news."""
        known = self._header.generations
        if known and known[-1] == generation:
            return
        self._flush()
        known.append(generation)
        self._header.device = generation.info.device
        self._stale = True
        self._log.line({"kind": "started", "generation": len(known) - 1}, when)
        with suppress(OSError):
            self._open()

    def _open(self) -> RecordFile:
        """Make sure that every file of the present generation is there. Raises OSError."""
        if self._steps is None:
            if not self._claimed:
                make_private(self._directory)
            self._steps = self._claim()
            self._stale = True
        if self._stale:
            write_header(self._directory, self._header)
            self._stale = False
        number = len(self._header.generations)
        if len(self._details) < number:
            self._make_details(number)
        return self._steps

    def _claim(self) -> RecordFile:
        """The steps file of this rank; of the next attempt where another process has it."""
        header = self._header
        if self._claimed:
            return RecordFile(self._directory / steps_name(header.label), STEP.itemsize)
        self._inherit()
        for attempt in range(10_000):
            header.attempt = attempt
            with suppress(FileExistsError):
                path = self._directory / steps_name(header.label)
                file = RecordFile(path, STEP.itemsize, claim=True)
                self._claimed = True
                return file
        raise OSError("every attempt is taken")

    def _inherit(self) -> None:
        """Take over what the program that started the command has written."""
        with suppress(GradtuiError):
            launched = read_header(self._directory / header_name("0"))
            self._header.command = self._header.command or launched.command
            self._header.launcher = self._header.launcher or launched.launcher

    def _make_details(self, number: int) -> None:
        each = self._budget // number
        for old in self._details[-OPEN_GENERATIONS:]:
            old.shrink(each)
        for old in self._details[:-OPEN_GENERATIONS]:
            old.close()
        label = self._header.label
        for index in range(len(self._details), number):
            layout = self._header.generations[index].layout
            self._details.append(DetailFiles(self._directory, label, index, layout, each))

    def _look_after(self, now: float) -> None:
        """Notice that the directory is gone; show that this process is alive."""
        if now - self._checked < BEAT:
            return
        self._checked = now
        try:
            steps = self._open()
            if steps.gone:
                self._close_files()
                self._refused(FileNotFoundError(2, "the run directory is gone"), 0)
            else:
                steps.touch()
        except OSError as error:
            self._refused(error, 0)

    def _refused(self, error: OSError, lost: int) -> None:
        self.lost += lost
        self.trouble = error.strerror or str(error)

    def _flush(self) -> None:
        if self._details:
            with suppress(OSError):
                self._details[-1].write_latest()

    def _write_log(self) -> None:
        if self._steps is None:
            return
        try:
            self._log.write(self._directory / events_name(self._header.label))
        except OSError as error:
            self._refused(error, 0)

    def _close_files(self) -> None:
        if self._steps is not None:
            self._steps.close()
        for details in self._details:
            details.close()
        # Begun anew if the directory comes back: what was in the files may have gone with it.
        self._steps, self._details = None, []
