"""Answers on quantities over the steps: loss, learning rate, norms of the whole model, logged metrics."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gradtui.commands.assistant.curve_values import curve_json, thinning
from gradtui.commands.page.curves import Thinning
from gradtui.commands.page.scalars import chunk_of
from gradtui.commands.recorded import named_run
from gradtui.core.errors import UsageError
from gradtui.core.metric import Metric, Metrics
from gradtui.core.text import did_you_mean, printable
from gradtui.runstore.files.reading import any_numbers, in_a_sentence
from gradtui.runstore.reader.load import Loaded, load
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
            told = scalar_told(loaded, SCALARS[name], since, until, points, optimizer)
        else:
            told = metric_told(metrics[names[name]], since, until, points)
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


class Window(NamedTuple):
    """The steps that are looked at, the last one included, and about how many values are to be left."""

    begin: int
    end: int
    points: int

    @property
    def empty(self) -> bool:
        return self.end < self.begin


def window(last: int, since: int | None, until: int | None, points: int) -> Window:
    """`last`: the last step there is."""
    return Window(since or 0, last if until is None else min(until, last), points)


def scalar_told(
    loaded: Loaded,
    name: str,
    since: int | None,
    until: int | None,
    points: int,
    optimizer: int | None,
) -> dict[str, Any]:
    """Of one of SCALARS. Goes through the steps once, and never holds many of them."""
    ranks = [rank for rank in loaded.ranks if rank.layout is not None]
    wanted = window(max((rank.last_step for rank in ranks), default=-1), since, until, points)
    kept = thinning(wanted.begin, wanted.end, points)
    count, optimizers = 0, set[int]()
    for records in step_chunks(ranks):
        steps = np.asarray(records["step"], np.int64)
        chunk = chunk_of(
            records[(steps >= wanted.begin) & (steps <= wanted.end)], loaded.first_nonfinite
        )
        optimizers.update(np.unique(chunk.optimizer).tolist())
        own = np.ones(len(chunk.steps), np.bool_)
        if optimizer is not None:
            own = np.asarray(chunk.optimizer == optimizer)
        values, broken = chunk.values[name][own], chunk.broken[name][own]
        count += int((np.isfinite(values) | broken).sum())
        kept.add(chunk.steps[own] - wanted.begin, values, broken, chunk.skipped[own])
    return _told(kept, wanted) | {"points": count, "optimizers": len(optimizers)}


def metric_told(
    metric: Metric, since: int | None, until: int | None, points: int
) -> dict[str, Any]:
    """Of what the program has logged; before the first step counts as there."""
    steps = np.maximum(metric.step, 0)
    wanted = window(int(steps[-1]), since, until, points)
    inside = (steps >= wanted.begin) & (steps <= wanted.end)
    kept = thinning(wanted.begin, wanted.end, points)
    kept.add_measured(steps[inside] - wanted.begin, metric.value[inside])
    return _told(kept, wanted) | {"points": int(inside.sum()), "optimizers": 0}


def _told(kept: Thinning, wanted: Window) -> dict[str, Any]:
    curve, skipped = curve_json(kept.curve(""), wanted.begin)
    return {
        "first_step": None if wanted.empty else wanted.begin,
        "last_step": None if wanted.empty else wanted.end,
        "series": curve,
        "skipped": skipped,
    }


def metric_names(metrics: Metrics) -> list[str]:
    """As they are asked for."""
    return [called(name) for name in metrics]
