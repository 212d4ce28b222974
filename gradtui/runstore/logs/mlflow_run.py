"""Runs as both of MLflow's local stores have them: which is meant, and its points in one order.

Pure: no file is opened here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from gradtui.core.errors import UsageError
from gradtui.core.text import listed, printable
from gradtui.runstore.logs.limits import CUT, MOST_POINTS
from gradtui.runstore.logs.series import Collector, Log

NAMED = 6
"""Runs that a question names."""
SHORTEST = 6
"""Characters of a run's number that stand for it."""
PLAIN = re.compile(r"[\w.+@-]+")
"""Names that can stand in a path as they are."""
BAD_ENDS = {"FAILED": "failed", "KILLED": "killed"}
DELETED = "it is deleted in MLflow, which keeps deleted runs until `mlflow gc`"


@dataclass(frozen=True, slots=True)
class StoredRun:
    """One run of a store."""

    number: str
    """MLflow's run_id."""
    path: Path
    """As a person names it."""
    name: str = ""
    experiment: str = ""
    begun: int = 0
    """Milliseconds since 1970."""
    status: str = ""
    """FINISHED, FAILED, ...; "" where it is not known."""
    deleted: bool = False

    @property
    def words(self) -> str:
        """ "exp/nosy-carp-481"."""
        return "/".join(printable(word) for word in (self.experiment, self.name) if word)

    @property
    def limits(self) -> tuple[str, ...]:
        end = BAD_ENDS.get(self.status)
        ended = (f"MLflow has it as {end}",) if end else ()
        return (*ended, DELETED) if self.deleted else ended


@dataclass(slots=True)
class Points:
    """Of one metric, in the order in which the store took them: seconds since 1970, steps, values."""

    times: list[float] = field(default_factory=list)
    steps: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, time: float, step: float, value: float) -> None:
        self.times.append(time)
        self.steps.append(step)
        self.values.append(value)


def meant(runs: Sequence[StoredRun], word: str) -> list[StoredRun]:
    """Those that a word behind the store's name means: a run_id or its beginning, a run's name, an
    experiment's, or both with a "/" between. A deleted run has to be named by its run_id."""
    exact = [run for run in runs if run.number == word]
    if exact:
        return exact
    there = [run for run in runs if not run.deleted]
    if not word:
        return there
    named = [run for run in there if word in (run.name, f"{run.experiment}/{run.name}")]
    named = named or [run for run in there if f"{run.experiment}/{run.number}" == word]
    named = named or [run for run in there if run.experiment == word]
    if named or len(word) < SHORTEST:
        return named
    return [run for run in there if run.number.startswith(word)]


def suffix(run: StoredRun, runs: Sequence[StoredRun]) -> str:
    """What stands for one of the runs behind the store's name: its name, where no other has it."""
    same = [one for one in runs if run.name in (one.name, one.experiment, one.number)]
    return run.name if PLAIN.fullmatch(run.name) and len(same) == 1 else run.number


def question(path: Path, runs: Sequence[StoredRun]) -> UsageError:
    """That several runs are there, the newest first."""
    newest = sorted(runs, key=lambda run: -run.begun)
    names = [_asked(run) for run in newest]
    return UsageError(
        f"{printable(str(path))} holds {len(runs)} runs: name one of {listed(names, NAMED)}."
    )


def _asked(run: StoredRun) -> str:
    path = printable(str(run.path))
    return f"{path} ({run.words})" if run.words and run.path.name != run.name else path


def log_of(
    run: StoredRun, metrics: Mapping[tuple[str, str], Points], more: Sequence[str], *, cut: bool
) -> Log:
    """{(name, source): points} and clauses on what was left out of them; `cut`: there are more points than
    are read."""
    collector = Collector(MOST_POINTS)
    collect(metrics, collector)
    limits = (*run.limits, *more, *([CUT] if cut else []))
    return Log(collector.series(), limits, files=(run.words or run.number,))


def collect(metrics: Mapping[tuple[str, str], Points], collector: Collector) -> None:
    """{(name, source): points} -> one order of all, by time. Points of one metric keep the order of the
    store also where a clock went back; of one time they stand as the mapping has its metrics."""
    keys = list(metrics)
    if not keys:
        return
    which = np.repeat(np.arange(len(keys)), [len(metrics[key].times) for key in keys])
    when = np.concatenate([_rising(metrics[key].times) for key in keys])
    at = [0] * len(keys)
    for i in which[np.argsort(when, kind="stable")].tolist():
        points, place = metrics[keys[i]], at[i]
        at[i] += 1
        name, source = keys[i]
        collector.scalar(
            name, points.steps[place], points.values[place], points.times[place], source
        )


def _rising(times: Sequence[float]) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.maximum.accumulate(np.nan_to_num(np.array(times, np.float64), nan=-np.inf))
