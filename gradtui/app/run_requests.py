"""What the list of runs asks the process that reads them, and what that answers. All of it can be
pickled."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gradtui.runstore.reader.runs import RunSummary


@dataclass(frozen=True, slots=True)
class ListRuns:
    """Which runs there are, no more than the newest `most`: answered with (name, time of the directory's
    last change in ns) of each, newest first."""

    home: Path
    most: int | None = None


@dataclass(frozen=True, slots=True)
class LookAt:
    """How runs are: answered with a `Look` each."""

    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Judge:
    """What the doctor says of a run: answered with a `Judgement`."""

    path: Path


@dataclass(frozen=True, slots=True)
class Compare:
    """What `gradtui compare` says of two runs, coloured as for a terminal where `color`: answered with
    text."""

    one: Path
    other: Path
    color: bool = True


@dataclass(frozen=True, slots=True)
class WritePage:
    """The HTML page of a run in a folder, under a name not yet taken: answered with its path."""

    path: Path
    folder: Path


Request = ListRuns | LookAt | Judge | Compare | WritePage


@dataclass(frozen=True, slots=True)
class Look:
    """One run: its state, bytes on disk, and a stamp that is another one once its files have changed."""

    summary: RunSummary
    size: int
    stamp: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """In place of an answer: why there is none, in a sentence."""

    why: str


class Examiner(Protocol):
    """Who reads, out of the screen's way. One request at a time."""

    def start(self, answered: Callable[[Request, object], None]) -> None:
        """`answered` is called in the running event loop."""

    @property
    def busy(self) -> bool: ...

    def ask(self, request: Request) -> None:
        """Only while it is not busy."""

    def end(self) -> None:
        """At once; what was under way is given up."""
