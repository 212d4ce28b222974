"""What the list of runs knows of one of them, as far as it has been read."""

import time
from calendar import timegm
from dataclasses import dataclass
from math import nan
from pathlib import Path

from gradtui.core.symptom import Severity
from gradtui.runstore.ranks.process_status import CRASHED, LOST, RUNNING
from gradtui.runstore.reader.runs import UNREADABLE, RunSummary


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the doctor says of a run, and how its loss went. It is of the files that `stamp` tells from
    later ones."""

    stamp: str
    verdict: str = ""
    """Empty where there is none."""
    severity: int = Severity.OK
    decided: bool = False
    evidence: str = ""
    """Of the first finding, or what is missing for a verdict; a sentence or a clause."""
    since: int = -1
    """The step since which that holds."""
    final_loss: float | None = None
    best_loss: float | None = None
    best_step: int = -1
    trouble: str = ""
    """Why it cannot be judged, in one sentence."""


def named_time(name: str) -> float:
    """When a run was started, from its name: "20261121-063337-train-3f9a07", UTC; NaN without one."""
    try:
        then = time.strptime(name[: len("20261121-063337")], "%Y%m%d-%H%M%S")
        return float(timegm(then))
    except (ValueError, OverflowError):
        return nan


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run. `summary` is None until it has been read, `judgement` until it has been judged."""

    name: str
    path: Path
    summary: RunSummary | None = None
    size: int = -1
    """Bytes on disk."""
    stamp: str = ""
    """Another one once its files have changed."""
    judgement: Judgement | None = None

    @property
    def running(self) -> bool:
        return self.summary is not None and self.summary.state == RUNNING

    @property
    def unreadable(self) -> bool:
        return self.summary is not None and self.summary.state == UNREADABLE

    @property
    def troubled(self) -> bool:
        """Whether it did not end as it should have."""
        end = self.summary
        return end is not None and (
            end.state in (CRASHED, LOST, UNREADABLE) or bool(end.exit_code or end.lost)
        )

    @property
    def judged(self) -> bool:
        """Whether all is known of it that is going to be: there is no verdict on a run without steps."""
        if self.summary is None:
            return False
        if self.unreadable or self.summary.last_step < 0:
            return True
        return self.judgement is not None and self.judgement.stamp == self.stamp

    @property
    def started(self) -> float:
        """Seconds since 1970: as its header has it, else as its name does; NaN where neither is known."""
        if self.summary is not None and self.summary.started > 0:
            return self.summary.started
        return named_time(self.name)

    def seconds(self, now: float) -> float:
        """How long it has taken, or takes so far; NaN where that is not known."""
        if self.summary is None or self.unreadable or not self.started > 0:
            return nan
        end = now if self.running else self.summary.last_time
        return nan if end is None else max(end - self.started, 0.0)
