"""What a verdict on a run rests on: what is known of it, and what is not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from gradtui.commands.assistant.series_answers import metric_names
from gradtui.commands.command_verdict import judged_run
from gradtui.commands.recorded import named_run
from gradtui.commands.report import FAILED, Report
from gradtui.core.errors import GradtuiError
from gradtui.core.event import RunInfo
from gradtui.core.logged import LAYERS
from gradtui.core.text import printable
from gradtui.runstore.files.reading import any_numbers, in_a_sentence
from gradtui.runstore.reader.load import Loaded, load
from gradtui.runstore.reader.metrics import metrics_of

SCHEMA = 1


def run_coverage(home: Path, run: str = "") -> dict[str, Any]:
    """Figures, then clauses on what is known and on what is not. Raises GradtuiError where nothing of
    the run can be judged."""
    with named_run(run, home) as named, in_a_sentence(named.path), any_numbers():
        loaded = load(named.directory)
        report = judged_run(named, run or named.path.name)
        if report.verdict == FAILED:
            raise GradtuiError(printable(report.error or "nothing is known of the run."))
        metrics = metric_names(metrics_of(loaded.ranks))
        return {
            "schema": SCHEMA,
            "run": str(named.path),
            "state": loaded.status.state,
            "covered": report.covered,
            "steps_taken": report.steps_taken,
            "steps_on_disk": steps_on_disk(loaded),
            "steps_measured": report.steps_measured,
            "steps_kept": len(loaded.block.steps),
            "weights_measured": int(loaded.block.has_weights.sum()),
            "activations_measured": int(loaded.block.has_activations.sum()),
            "tensors_seen": report.tensors_seen,
            "tensors_unseen": report.tensors_unseen,
            "ranks": len(loaded.ranks),
            "metrics": metrics,
            "known": list(known(report, loaded, metrics)),
            "unknown": list(unknown(report, loaded)),
        }


def steps_on_disk(loaded: Loaded) -> int:
    """Of the process that has most."""
    return max((rank.steps.count for rank in loaded.ranks), default=0)


def known(report: Report, loaded: Loaded, metrics: list[str]) -> Iterator[str]:
    """Clauses, the most telling first."""
    info, block = loaded.info, loaded.block
    if has_loss(loaded):
        yield "the loss of training"
    if info.task:
        classes = f" of {info.classes} classes" if info.classes else ""
        yield f"the task, {info.task}{classes}"
    if report.tensors_seen:
        rows = len(loaded.layout.rows)
        yield f"gradient norms of {report.tensors_seen:,} tensors in {rows:,} layers"
    if block.has_weights.any():
        yield f"weights and updates at {int(block.has_weights.sum()):,} kept steps"
    if block.has_activations.any():
        yield f"activations at {int(block.has_activations.sum()):,} kept steps"
    if info.clip:
        yield f"how gradients are clipped: {info.clip}"
    if metrics:
        yield f"what the program has logged: {len(metrics)} metric{'s' * (len(metrics) > 1)}"
    seen = loaded.first_nonfinite
    if seen is not None and seen.autopsy is not None and seen.autopsy.known:
        yield f"where the first NaN or infinity was born: {seen.autopsy.words}"


def unknown(report: Report, loaded: Loaded) -> Iterator[str]:
    """Sentences and clauses, the most telling first."""
    info, block = loaded.info, loaded.block
    if report.undecided_because:
        yield report.undecided_because
    yield from report.ending
    if info.attached is not None:
        before = f"{info.attached:,} steps" if info.attached >= 0 else "an unknown number of steps"
        yield (
            f"what came before: the process was attached to after {before}, so the first loss and the "
            "first weights are not known"
        )
    if not has_loss(loaded):
        yield "no loss was seen, so nothing tells whether it learns"
    missing = (report.steps_taken or 0) - (report.steps_measured or 0)
    if missing > 0 and info.logged is None:
        yield f"gradients of {missing:,} of {report.steps_taken:,} steps were not measured"
    thinned = (report.steps_measured or 0) - len(block.steps)
    if thinned > 0:
        yield f"norms of single layers of {thinned:,} measured steps are not kept"
    yield from _unseen(info)
    if info.logged is not None:
        yield from info.logged.limits
        if info.logged.gradients != LAYERS:
            yield "norms of single layers"
    elif not info.task:
        yield "the task, whether it is a classification or a regression"
    if not block.has_weights.any():
        yield "weights and updates were not measured"
    if not block.has_activations.any():
        yield "activations were not looked at, so dead and saturated units are not known of"
    seen = loaded.first_nonfinite
    if seen is not None and (seen.autopsy is None or not seen.autopsy.known):
        yield "where the first NaN or infinity was born; where it showed is in the verdict"


def _unseen(info: RunInfo) -> Iterator[str]:
    if info.unseen_tensors > 0:
        named = ", ".join(info.unseen_names)
        more = info.unseen_tensors - len(info.unseen_names)
        which = f": {named}" + (f" and {more:,} more" if more > 0 else "") if named else ""
        yield f"{info.unseen_tensors:,} parameters of which nothing was seen{which}"


def has_loss(loaded: Loaded) -> bool:
    """Whether any loss is known, or was one that is not finite."""
    return (
        bool(np.isfinite(loaded.block.scalars["loss"]).any()) or loaded.first_nonfinite is not None
    )
