"""What is to be read next of all the runs, and what has been read. Pure: an `Examiner` reads.

Names come first, then how each run is, the newest first, then verdicts, which cost time. A run that
goes on is looked at anew every few seconds, and judged anew as often as that takes a small share of
the time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from gradtui.app.run_requests import Judge, ListRuns, Look, LookAt
from gradtui.app.run_row import Judgement, RunRow
from gradtui.runstore.ranks.process_status import LOST, RUNNING
from gradtui.runstore.reader.runs import UNREADABLE

BATCH = 16
"""Runs that are looked at with one request: it takes some 50 ms."""
AGAIN = {RUNNING: 2.0, LOST: 30.0, UNREADABLE: 30.0}
"""Seconds after which a run in such a state is looked at again."""
LISTED = 3.0
"""Seconds after which the folder is listed again."""
LEAST, SHARE = 5.0, 20.0
"""A running run is judged again after so many seconds, and so many times what judging it has taken."""
IDLE = 0.5
"""Seconds for which nobody looks again whether anything is due: a thousand rows take some milliseconds."""


class RunSurvey:
    """All that is known of the runs of a folder. `known` are judgements of earlier times, by path."""

    def __init__(
        self, home: Path, known: Mapping[str, Judgement] | None = None, most: int | None = None
    ) -> None:
        self.home = home
        self.most = most
        self.rows: dict[str, RunRow] = {}
        self.changed = True
        """Whether anything is another one since the last `seen`."""
        self._known = dict(known or {})
        self._looked: dict[str, float] = {}
        self._judge_after: dict[str, float] = {}
        self._asked: dict[str, float] = {}
        self._modified: dict[str, int] = {}
        self._listed = -LISTED
        self._idle_until = 0.0
        self.listed = False
        """Whether it is known what there is."""

    # What is there

    def list_names(self, found: Sequence[tuple[str, int]], now: float) -> None:
        """Names of runs and when their directories have changed, newest first."""
        self._listed, self._idle_until = now, 0.0
        self.changed |= not self.listed
        self.listed = True
        names = {name for name, _ in found}
        for gone in self.rows.keys() - names:
            self.forget(gone)
        for name, modified in found:
            if name not in self.rows:
                self.rows[name] = RunRow(name, self.home / name)
                self.changed = True
            elif modified != self._modified.get(name):
                self._looked.pop(name, None)
            self._modified[name] = modified

    def forget(self, name: str) -> None:
        """A run that is no longer there."""
        self.rows.pop(name, None)
        self._looked.pop(name, None)
        self._judge_after.pop(name, None)
        self._modified.pop(name, None)
        self.changed = True

    def look_again(self, name: str) -> None:
        """Something about a run has been changed here."""
        self._looked.pop(name, None)
        self._idle_until = 0.0

    def renote(self, name: str, note: str) -> None:
        """A note has been written on a run."""
        row = self.rows.get(name)
        if row is not None and row.summary is not None:
            self._put(replace(row, summary=replace(row.summary, note=note)))
        self.look_again(name)

    # What is to be read

    def next_request(self, now: float) -> ListRuns | LookAt | Judge | None:
        """What to read now; None where all is known for the moment."""
        if now < self._idle_until:
            return None
        if now - self._listed >= LISTED:
            self._listed = now
            return ListRuns(self.home, self.most)
        due = [row for row in self._newest_first() if self._to_look_at(row, now)][:BATCH]
        if due:
            return LookAt(tuple(row.path for row in due))
        wanted = next((row for row in self._newest_first() if self._to_judge(row, now)), None)
        if wanted is None:
            self._idle_until = now + IDLE
            return None
        self._asked[wanted.name] = now
        return Judge(wanted.path)

    def _newest_first(self) -> Iterable[RunRow]:
        return (self.rows[name] for name in sorted(self.rows, reverse=True))

    def _to_look_at(self, row: RunRow, now: float) -> bool:
        last = self._looked.get(row.name)
        if row.summary is None or last is None:
            return last is None
        again = AGAIN.get(row.summary.state)
        return again is not None and now - last >= again

    def _to_judge(self, row: RunRow, now: float) -> bool:
        return not row.judged and now >= self._judge_after.get(row.name, now)

    # What has been read

    def take_looks(self, request: LookAt, looks: Sequence[Look], now: float) -> None:
        for path, look in zip(request.paths, looks, strict=True):
            self._looked[path.name] = now
            row = self.rows.get(path.name)
            if row is None:
                continue
            known = self._known.get(str(path))
            fits = known is not None and known.stamp == look.stamp
            # One that the files have outgrown stays in sight until the next has been worked out.
            told = known if fits else row.judgement
            self._put(
                replace(row, summary=look.summary, size=look.size, stamp=look.stamp, judgement=told)
            )

    def take_judgement(self, request: Judge, told: Judgement, now: float) -> None:
        """Of a run that goes on it is of a moment ago: it counts until the next."""
        row = self.rows.get(request.path.name)
        if row is None or row.summary is None:
            return
        took = now - self._asked.get(row.name, now)
        if row.running:
            self._judge_after[row.name] = now + max(LEAST, SHARE * took)
        else:
            self._known[str(row.path)] = told
            if told.stamp != row.stamp:  # its files have changed since they were looked at
                self.look_again(row.name)
        self._put(replace(row, judgement=told))

    def _put(self, row: RunRow) -> None:
        self._idle_until = 0.0
        if self.rows.get(row.name) != row:
            self.rows[row.name] = row
            self.changed = True

    def seen(self) -> bool:
        """Whether anything has changed since the last call."""
        changed, self.changed = self.changed, False
        return changed

    @property
    def judgements(self) -> dict[str, Judgement]:
        """Of runs that are over, by path: what is worth being remembered. Trouble is looked for anew."""
        return {
            str(row.path): told
            for row in self.rows.values()
            if (told := row.judgement) is not None
            and not (told.trouble or row.running)
            and row.judged
        }
