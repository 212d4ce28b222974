"""Which runs are listed, in which order, which one is chosen and which are marked. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import isnan
from typing import Any

from gradtui.app.render.run_cells import state_words, verdict_cell
from gradtui.app.render.text import natural
from gradtui.app.run_row import RunRow
from gradtui.core.symptom import SYMPTOMS

WORST = (*SYMPTOMS,)
"""Verdicts in the order in which they are told, the most telling first."""
STATES = ("running", "crashed", "lost", "unreadable", "ended")


def _when(row: RunRow, now: float) -> Any:
    return None if isnan(row.started) else -row.started


def _duration(row: RunRow, now: float) -> Any:
    seconds = row.seconds(now)
    return None if isnan(seconds) else -seconds


def _state(row: RunRow, now: float) -> Any:
    if row.summary is None:
        return None
    return STATES.index(row.summary.state), row.summary.ending


def _steps(row: RunRow, now: float) -> Any:
    return None if row.summary is None or row.unreadable else -row.summary.steps


def _loss(row: RunRow, now: float) -> Any:
    value = row.judgement.final_loss if row.judgement is not None else None
    return None if value is None else (isnan(value), 0.0 if isnan(value) else value)


def _best(row: RunRow, now: float) -> Any:
    return row.judgement.best_loss if row.judgement is not None else None


def _verdict(row: RunRow, now: float) -> Any:
    told = row.judgement
    if told is None or not told.verdict:
        return None
    place = WORST.index(told.verdict) if told.verdict in WORST else len(WORST)
    return -told.severity, told.decided, place, told.verdict


def _size(row: RunRow, now: float) -> Any:
    return None if row.size < 0 else -row.size


def _note(row: RunRow, now: float) -> Any:
    note = row.summary.note if row.summary is not None else ""
    return natural(note) if note else None


def _command(row: RunRow, now: float) -> Any:
    command = row.summary.command if row.summary is not None else ()
    return natural(" ".join(command)) if command else None


KEYS: dict[str, Callable[[RunRow, float], Any]] = {
    "when": _when,
    "name": lambda row, now: natural(row.name),
    "duration": _duration,
    "state": _state,
    "steps": _steps,
    "loss": _loss,
    "best": _best,
    "verdict": _verdict,
    "size": _size,
    "note": _note,
    "command": _command,
}
"""What is sorted by -> a row's place, None where it is not known: the newest, longest, largest and
worst first, the lowest loss, words by the alphabet."""
SORTS: tuple[str, ...] = tuple(KEYS)


def arranged(rows: Iterable[RunRow], sort: str, reverse: bool, now: float) -> list[RunRow]:
    """Rows in order; those that it says nothing about come last, whichever way it goes. Rows that are
    alike in it stand as they do by name, the newest first."""
    key = KEYS[sort]
    placed = [(key(row, now), row) for row in sorted(rows, key=lambda r: r.name, reverse=True)]
    known = [pair for pair in placed if pair[0] is not None]
    known.sort(key=lambda pair: pair[0], reverse=reverse)
    return [row for _, row in known] + [row for place, row in placed if place is None]


def words_of(row: RunRow) -> str:
    """All that a filter looks at."""
    end = row.summary
    parts = [row.name, state_words(row)]
    if end is not None:
        parts += [" ".join(end.command), end.state, end.note, end.trouble]
    if row.judgement is not None:
        parts += [row.judgement.verdict, "".join(text for text, _ in verdict_cell(row))]
    return " ".join(parts).casefold()


def matching(rows: Iterable[RunRow], text: str) -> list[RunRow]:
    """Rows that have every word of `text` in their name, command, verdict, state or note."""
    words = text.casefold().split()
    if not words:
        return list(rows)
    return [row for row in rows if all(word in told for told in [words_of(row)] for word in words)]


@dataclass
class RunOrder:
    """The filter, the sort, the cursor and the marks, all by name: rows come, change and go."""

    text: str = ""
    sort: str = SORTS[0]
    reverse: bool = False
    current: str = ""
    wanted: str = ""
    """What somebody has chosen; while it is filtered out another one stands in. Until somebody has, the
    first row is chosen, whichever that is."""
    shown: tuple[str, ...] = ()
    marks: set[str] = field(default_factory=set)

    def arrange(self, rows: Sequence[RunRow], now: float) -> list[RunRow]:
        """The rows that are shown, in their order. Where the chosen one is not among them, that which
        has come into its place is."""
        found = arranged(matching(rows, self.text), self.sort, self.reverse, now)
        place = self.place if self.wanted else 0
        self.marks &= {row.name for row in rows}
        self.shown = tuple(row.name for row in found)
        if self.wanted in self.shown:
            self.current = self.wanted
        elif not self.wanted or self.current not in self.shown:
            self.current = self._at(place)
        return found

    @property
    def place(self) -> int:
        """Where the chosen run stands; 0 where it does not."""
        return self.shown.index(self.current) if self.current in self.shown else 0

    def select(self, place: int) -> None:
        """Choose by place, clamped to what is shown."""
        self.current = self.wanted = self._at(place)

    def _at(self, place: int) -> str:
        last = len(self.shown) - 1
        return self.shown[min(max(place, 0), last)] if self.shown else ""

    def sort_by(self, sort: str) -> None:
        """Sort by that; the other way round where it is so already."""
        self.sort, self.reverse = sort, self.sort == sort and not self.reverse

    def cycle_sort(self) -> None:
        self.sort, self.reverse = SORTS[(SORTS.index(self.sort) + 1) % len(SORTS)], False

    def toggle(self, name: str) -> None:
        """Mark a run, or no longer."""
        if name:
            self.marks ^= {name}

    def toggle_all(self) -> None:
        """Mark all that are shown; none of them where they all are."""
        shown = set(self.shown)
        self.marks = self.marks - shown if shown <= self.marks else self.marks | shown
