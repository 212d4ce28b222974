"""The list of recorded runs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gradtui.core.errors import GradtuiError
from gradtui.stream.places import run_paths
from gradtui.stream.reading import any_numbers, in_a_sentence
from gradtui.stream.status import read_ranks, status

UNREADABLE = "unreadable"
"""In place of a state: the header is damaged, or of another version."""


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
            header = read_ranks(path)[0].header
            ranks = status(path)
    except GradtuiError as error:
        return RunSummary(path.name, str(path), (), UNREADABLE, 0.0, 0, None, 0, str(error))
    steps = max((rank.last_step for rank in ranks.ranks), default=-1) + 1
    said, trouble = None, ""
    if verdict is not None and steps:
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
    )
