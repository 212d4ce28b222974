"""What the app is told of a run beside its source: a scenario of the lab, or a command's record."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from gradtui.core.facts import Facts
from gradtui.lab.scenario.schema import Scenario
from gradtui.runstore.writer.ports import Source

Mode = Literal["lab", "run", "attach", "replay"]
"""lab: scenarios, trained in this process. run: a command that this process has started. attach: one
that another process has started. replay: one that is over, played again."""


class Child(Protocol):
    """The command that was started for this screen."""

    pid: int

    def look(self) -> int | None:
        """Its exit code once it has ended, 128+n after signal n. Called at every tick, so that a
        command that was asked to end is asked again, more and more firmly."""

    def stop(self) -> None:
        """Ask it to end, and what it has started with it."""

    def forward(self, number: int) -> None:
        """Pass a signal on."""

    @property
    def stopping(self) -> str:
        """What is being done to end it, in words; empty while it may go on."""


@dataclass(frozen=True, slots=True)
class BesideRun:
    """Another recorded run, whose norms stand beside those of the one that is watched."""

    name: str
    scenario: Scenario
    """What stands in a scenario's place: its command line."""
    source: Source
    run: int
    """The number that its events and snapshots have."""


@dataclass(frozen=True, slots=True)
class WatchedRun:
    """A run that is recorded in `directory`."""

    mode: Mode
    directory: Path
    command: str
    """Its command line, in words."""
    child: Child | None = None
    speed: float = 1.0
    """Of a replay, in recorded seconds a second."""
    at: int | Literal["alarm"] | None = None
    """Where a replay begins, held; None = at the beginning, playing."""
    whole: Callable[[], Facts] | None = None
    """All of a replay's facts, to look for the first alarm in."""
    let_go: Callable[[], object] | None = None
    """Of a process that was attached to while it trained: notes that it is to be let go of once this app
    has ended."""
    stop_on: str = ""
    """How bad it has to be ("nonfinite", "sick") for the person to be asked whether to end it; "" never."""
    alarmed: Callable[[str, int, str], None] | None = None
    """Told of the first critical finding that counts: its symptom, the step, and the evidence."""
    beside: BesideRun | None = None
    """Another run to compare it with."""
