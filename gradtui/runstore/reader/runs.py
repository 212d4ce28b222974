"""The list of recorded runs."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradtui.core.ending import ending_word, one_line, signal_name, trouble_sentences
from gradtui.core.errors import GradtuiError
from gradtui.runstore.files.reading import any_numbers, in_a_sentence
from gradtui.runstore.files.run_folders import run_paths
from gradtui.runstore.format.note_file import read_note
from gradtui.runstore.ranks.process_status import CRASHED, RUNNING, ranks_status, read_ranks
from gradtui.runstore.ranks.rank_files import RankFiles
from gradtui.runstore.reader.ending import ending_of, steps_taken

UNREADABLE = "unreadable"
"""In place of a state: the header is damaged, or of another version."""
MOST_SECONDS = 1 << 40
"""Since 1970: what is beyond is no time."""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One line of `gradtui runs`. `state` is "running", "ended", "crashed", "lost" or "unreadable"."""

    name: str
    path: str
    command: tuple[str, ...]
    state: str
    started: float
    steps: int
    verdict: str | None
    ranks: int = 1
    trouble: str = ""
    """Why it cannot be read, or not be judged, in one sentence."""
    exit_code: int | None = None
    """What the command ended with, 128+n after signal n; None while it runs or nobody knows."""
    signal: str | None = None
    """The name of the signal that ended it."""
    exception: str | None = None
    """The exception that ended it, on one line."""
    last_step: int = -1
    """The last step on disk."""
    whole: bool = True
    """Whether the record has an end of its own, or the run goes on."""
    dropped: dict[str, Any] | None = None
    """What the disk did not take: `count` steps in all, `bare` with scalars only, and `why`."""
    lost: tuple[str, ...] = ()
    """The same in sentences."""
    note: str = ""
    """What somebody has noted about it."""
    last_time: float | None = None
    """Seconds since 1970 of its last step or event on disk; None where there is none."""

    @property
    def ending(self) -> str:
        """The state, and how it came to that: "running", "ended", "exited with 3", "killed by
        SIGKILL", "failed", "lost"."""
        if self.state == RUNNING or not (self.exit_code or self.exception):
            return "failed" if self.state == CRASHED else self.state
        return ending_word(self.exit_code) if self.exit_code else "failed"

    @property
    def short(self) -> bool:
        """Whether it ended badly, or its record breaks off or has gaps: what is said of it is said of
        what there is."""
        return self.ending != self.state or not self.whole or bool(self.lost)


def list_runs(
    home: Path, verdict: Callable[[Path], str] | None = None, *, most: int | None = None
) -> list[RunSummary]:
    """The runs in `home`, newest first; `verdict` is asked about each that has taken steps.

    A run whose verdict raises GradtuiError has none.
    """
    return [summary(path, verdict) for path in run_paths(home)[:most]]


def summary(path: Path, verdict: Callable[[Path], str] | None = None) -> RunSummary:
    """What is known of one run; never raises."""
    try:
        with in_a_sentence(path):
            found = read_ranks(path)
            header = found[0].header
            told = [rank.events.poll() for rank in found]
            ranks = ranks_status(found, told, time.time())
            events = [line for lines in told for line in lines]
            end = ending_of(path, events, running=ranks.state == RUNNING)
    except GradtuiError as error:
        return RunSummary(
            path.name, str(path), (), UNREADABLE, 0.0, 0, None, 0, str(error), note=read_note(path)
        )
    last = max((rank.last_step for rank in ranks.ranks), default=-1)
    steps = steps_taken(last, events)
    said, trouble = None, ""
    if verdict is not None and last >= 0:
        try:
            with in_a_sentence(path), any_numbers():
                said = verdict(path)
        except GradtuiError as error:
            trouble = str(error)
    return RunSummary(
        path.name,
        str(path),
        header.command,
        ranks.state,
        header.started,
        steps,
        said,
        len(ranks.ranks),
        trouble,
        end.code,
        signal_name(end.code),
        one_line(end.exception) or None,
        last,
        end.whole,
        {"count": end.dropped, "bare": end.bare, "why": end.why} if end.troubled else None,
        trouble_sentences(end),
        read_note(path),
        _last_time(found, events),
    )


def _last_time(ranks: Sequence[RankFiles], events: Sequence[dict[str, Any]]) -> float | None:
    told = [line.get("time") for line in events]
    times = [float(time) for time in told if isinstance(time, float | int) and time < MOST_SECONDS]
    for rank in ranks:
        times += [float(time) for time in rank.newest["time"]]
    return max((time for time in times if math.isfinite(time)), default=None)
