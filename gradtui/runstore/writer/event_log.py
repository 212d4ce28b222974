"""The lines of events.jsonl, kept until the disk takes them."""

from pathlib import Path
from time import time

from gradtui.core.event import Event, NonFiniteSeen
from gradtui.core.snapshot import NonFinite, Snapshot
from gradtui.runstore.files.disk import append_line
from gradtui.runstore.format.event_json import event_json, nonfinite_json
from gradtui.runstore.format.json_lines import dumps
from gradtui.runstore.format.records import RecordArray
from gradtui.runstore.writer.step_changes import Changes

KEPT = 1000
"""Lines that wait for a disk that refuses them."""
NEWS = 1.1
"""Factor by which what is lost has to grow to be told again before the end."""


class EventLog:
    """What one rank tells beside its steps; `write` puts it on disk."""

    def __init__(self, rank: int) -> None:
        self._rank = rank
        self._lines: list[str] = []
        self._changes = Changes()
        self._nonfinite = False
        self._lost = (0, 0)

    def event(self, event: Event, when: float) -> None:
        """An event that was told; the first non-finite step once, whoever says so."""
        if isinstance(event, NonFiniteSeen):
            if not self._nonfinite:
                seen = event.snapshot.nonfinite
                self._trouble(seen or NonFinite(event.snapshot.step, "", "", ""), when)
        else:
            self.line(event_json(event), when)

    def snapshot(self, snapshot: Snapshot, when: float) -> None:
        """What follows from a snapshot itself."""
        for line in self._changes.lines(snapshot):
            self.line(line, when)
        if snapshot.nonfinite is not None and not self._nonfinite:
            self._trouble(snapshot.nonfinite, when)

    def rows(self, records: RecordArray) -> None:
        """What follows from steps that were let through."""
        for line, when in self._changes.rows(records):
            self.line(line, when)

    def lost(self, count: int, bare: int, why: str, *, last: bool = False) -> None:
        """`count` steps in all are in no file, `bare` have scalars only; told where that is news,
        and in the `last` call in any case."""
        told_count, told_bare = self._lost
        more = count > told_count * NEWS or bare > told_bare * NEWS
        if more or (last and (count, bare) != self._lost):
            self._lost = (count, bare)
            self._lines = [line for line in self._lines if '"kind":"dropped"' not in line]
            self.line({"kind": "dropped", "count": count, "bare": bare, "why": why}, time())

    def line(self, data: dict[str, object], when: float) -> None:
        self._lines.append(dumps({"time": when, "rank": self._rank} | data))
        del self._lines[:-KEPT]

    def write(self, path: Path) -> None:
        """Raises OSError; what has not been written by then is kept."""
        while self._lines:
            append_line(path, self._lines[0])
            del self._lines[0]

    def _trouble(self, seen: NonFinite, when: float) -> None:
        self._nonfinite = True
        self.line(nonfinite_json(seen), when)
