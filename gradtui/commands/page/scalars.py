"""Curves of a run: of a recorded one from its files, of one in memory from its facts."""

from collections.abc import Sequence

import numpy as np

from gradtui.commands.page.curves import Chunk, RunCurves
from gradtui.core.facts import Facts
from gradtui.core.layout import BoolArray, FloatArray
from gradtui.core.snapshot import NonFinite
from gradtui.runstore.format.records import NONFINITE, SKIPPED, RecordArray, measured
from gradtui.runstore.ranks.rank_files import RankFiles
from gradtui.runstore.reader.scalar_files import scalars_of
from gradtui.runstore.reader.step_chunks import step_chunks


def curves_of_files(ranks: Sequence[RankFiles], first: NonFinite | None) -> RunCurves:
    """All steps of all ranks, whatever of their gradients is kept."""
    known = [rank for rank in ranks if rank.layout is not None]
    last = max((rank.last_step for rank in known), default=-1)
    # A header names those that there were when it was written.
    optimizers = int(scalars_of(known).optimizer.max(initial=0)) + 1
    out = RunCurves(last, optimizers)
    for records in step_chunks(known):
        out.add(chunk_of(records, first))
    return out


def curves_of_facts(facts: Facts) -> RunCurves:
    """Of a run whose every step is in memory."""
    last = int(facts.steps[-1]) if len(facts) else -1
    out = RunCurves(last, int(facts.optimizer.max()) + 1 if len(facts) else 1)
    values = {
        "loss": facts.loss,
        "norm": facts.total_norm,
        "clipped": facts.total_norm * facts.clip_coefficient,
        "lr": facts.lr,
    }
    broken = _broken(values, _late(facts.steps, facts.first_nonfinite), np.isnan(facts.total_norm))
    out.add(Chunk(facts.steps, facts.optimizer, values, broken, facts.skipped))
    return out


def chunk_of(records: RecordArray, first: NonFinite | None) -> Chunk:
    """[n] of these steps; `first` is where the run was not finite for the first time."""
    steps = np.asarray(records["step"], np.int64)
    names = {"loss": "loss", "norm": "total_norm", "clipped": "clipped_norm", "lr": "lr"}
    values = {name: np.asarray(records[field], np.float64) for name, field in names.items()}
    flagged = np.asarray(records["flags"] & NONFINITE != 0)
    skipped = np.asarray(records["flags"] & SKIPPED != 0)
    norms = flagged & measured(records)
    losses = _late(steps, first) | (flagged & ~skipped)
    return Chunk(
        steps,
        np.asarray(records["optimizer"], np.int64),
        values,
        _broken(values, losses, norms),
        skipped,
    )


def _late(steps: np.ndarray, first: NonFinite | None) -> BoolArray:
    """Where a loss that is NaN has been lost; before that it is one that nobody has seen."""
    return np.asarray(steps >= first.step) if first is not None else np.zeros(len(steps), np.bool_)


def _broken(
    values: dict[str, FloatArray], losses: BoolArray, norms: BoolArray
) -> dict[str, BoolArray]:
    clipped = norms & ~np.isnan(values["norm"])
    known = {"loss": losses, "norm": norms, "clipped": clipped, "lr": np.zeros_like(norms)}
    return {name: known[name] | np.isinf(values[name]) for name in values}
