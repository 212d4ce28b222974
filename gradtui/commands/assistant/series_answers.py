"""Answers on quantities over the steps: loss, learning rate, norms of the whole model, logged metrics."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gradtui.commands.assistant.curve_values import curve_json, thinning
from gradtui.commands.page.curves import Thinning
from gradtui.commands.page.scalars import chunk_of
from gradtui.commands.recorded import named_run
from gradtui.core.errors import UsageError
from gradtui.core.metric import Metric, Metrics
from gradtui.core.snapshot import NonFinite
from gradtui.core.text import did_you_mean, printable
from gradtui.runstore.files.reading import any_numbers, in_a_sentence
from gradtui.runstore.ranks.rank_files import RankFiles
from gradtui.runstore.reader.load import load
from gradtui.runstore.reader.metrics import metrics_of
from gradtui.runstore.reader.step_chunks import step_chunks

SCHEMA = 1
SCALARS = {"loss": "loss", "lr": "lr", "total_norm": "norm", "clipped_norm": "clipped"}
"""What can be asked for of every run -> what the page calls it."""
WORDS = {
    "loss": "loss of each step, the mean over its micro-batches",
    "lr": "learning rate of the first parameter group",
    "total_norm": "L2 norm of the gradient of all parameters, before clipping",
    "clipped_norm": "the same after clipping",
}
METRIC = "metric:"
"""Before the name of a metric that is called as one of these."""


def run_series(
    home: Path,
    name: str = "loss",
    run: str = "",
    since: int | None = None,
    until: int | None = None,
    points: int = 60,
    optimizer: int | None = None,
) -> dict[str, Any]:
    """A quantity at the steps `since` to `until`, thinned to about `points` values that were measured."""
    with named_run(run, home) as named, in_a_sentence(named.path), any_numbers():
        loaded = load(named.directory)
        metrics = metrics_of(loaded.ranks)
        names = {called(own): own for own in metrics}
        known = [*SCALARS, *names]
        if name not in known:
            hint = did_you_mean(name, known) or f": it has {', '.join(map(printable, known))}."
            raise UsageError(f"the run has no series {printable(name)!r}{hint}")
        if name in SCALARS:
            ranks = [rank for rank in loaded.ranks if rank.layout is not None]
            found = _Scalar(ranks, loaded.first_nonfinite, since, until, points, optimizer)
            told = found.told(SCALARS[name])
        else:
            told = _metric(metrics[names[name]], since, until, points)
        what = WORDS.get(name, "logged by the program; the last step that had begun then")
        return {
            "schema": SCHEMA,
            "run": str(named.path),
            "name": name,
            "what": what,
            **told,
            "names": known,
        }


def called(metric: str) -> str:
    """The name that a metric is asked for by."""
    return METRIC + metric if metric in SCALARS else metric


class _Scalar:
    """Goes through the steps of a run once, and never holds many of them."""

    def __init__(
        self,
        ranks: Sequence[RankFiles],
        first: NonFinite | None,
        since: int | None,
        until: int | None,
        points: int,
        optimizer: int | None,
    ) -> None:
        last = max((rank.last_step for rank in ranks), default=-1)
        self._ranks, self._first, self._optimizer = ranks, first, optimizer
        self._begin = max(since or 0, 0)
        self._end = last if until is None else min(until, last)
        self._points = points

    def told(self, name: str) -> dict[str, Any]:
        kept = thinning(self._begin, self._end, self._points)
        count, optimizers = 0, set[int]()
        for records in step_chunks(self._ranks):
            steps = np.asarray(records["step"], np.int64)
            records = records[(steps >= self._begin) & (steps <= self._end)]
            if not len(records):
                continue
            chunk = chunk_of(records, self._first)
            optimizers.update(np.unique(chunk.optimizer).tolist())
            own = chunk.optimizer == self._optimizer
            if self._optimizer is None:
                own = np.ones(len(records), np.bool_)
            values, broken = chunk.values[name][own], chunk.broken[name][own]
            count += int((np.isfinite(values) | broken).sum())
            kept.add(chunk.steps[own] - self._begin, values, broken, chunk.skipped[own])
        there = self._end >= self._begin
        return _told(kept, self._begin, self._end, there) | {
            "points": count,
            "optimizers": len(optimizers),
        }


def _metric(metric: Metric, since: int | None, until: int | None, points: int) -> dict[str, Any]:
    steps = np.maximum(metric.step, 0)
    begin = max(since or 0, 0)
    end = int(steps[-1]) if until is None else min(until, int(steps[-1]))
    inside = (steps >= begin) & (steps <= end)
    kept = thinning(begin, end, points)
    every = np.ones(int(inside.sum()), np.bool_)
    kept.add(steps[inside] - begin, metric.value[inside], every, ~every)
    count = int(inside.sum())
    return _told(kept, begin, end, end >= begin) | {"points": count, "optimizers": 0}


def _told(kept: Thinning, begin: int, end: int, there: bool) -> dict[str, Any]:
    curve, skipped = curve_json(kept.curve(""), begin)
    return {
        "first_step": begin if there else None,
        "last_step": end if there else None,
        "series": curve,
        "skipped": skipped,
    }


def metric_names(metrics: Metrics) -> list[str]:
    """As they are asked for."""
    return [called(name) for name in metrics]
