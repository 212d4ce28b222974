"""A whole run at once, as arrays: no snapshot is made, however long it was."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gradtui.core.event import RunInfo
from gradtui.core.facts import SCALARS, Facts, before_clipping, merged_norms
from gradtui.core.layout import Layout
from gradtui.core.rank_facts import RankFacts
from gradtui.core.snapshot import NonFinite
from gradtui.runstore.files.reading import any_numbers, in_a_sentence
from gradtui.runstore.format.block import Block, empty, picked
from gradtui.runstore.format.event_json import nonfinite_from
from gradtui.runstore.format.layout_mapping import whole
from gradtui.runstore.format.records import SKIPPED, STAGES
from gradtui.runstore.ranks.attempts import attempts_of
from gradtui.runstore.ranks.merge import complete
from gradtui.runstore.ranks.process_status import Ranks, ranks_status, read_attempts
from gradtui.runstore.ranks.rank_files import RankFiles
from gradtui.runstore.ranks.rank_sync import joined_in
from gradtui.runstore.ranks.replica_agreement import agreement
from gradtui.runstore.ranks.replicas import beside, roles
from gradtui.runstore.ranks.weight_agreement import drift
from gradtui.runstore.reader.scalar_files import scalars_of


@dataclass(frozen=True, slots=True)
class Loaded:
    """All kept steps of a run, its ranks merged, and what was told about it. The block has no histograms
    where nobody has asked for them."""

    layout: Layout
    info: RunInfo
    block: Block
    events: tuple[dict[str, Any], ...]
    first_nonfinite: NonFinite | None
    ranks: tuple[RankFiles, ...]
    status: Ranks
    together: RankFacts


LEAST = 16
EMPTY = RunInfo("", "", "", "", "", 0, 0, 0)


def load(directory: Path | str, *, histograms: bool = False) -> Loaded:
    """Read a run, live or over, its `histograms` where they are wanted: of many tensors they are most of
    what there is, and no verdict hangs on them. Raises GradtuiError where the directory holds none."""
    with in_a_sentence(Path(directory)), any_numbers():
        return _load(Path(directory), histograms)


def _load(directory: Path, histograms: bool) -> Loaded:
    attempts = read_attempts(directory)
    ranks = attempts[-1]
    begun = [rank for rank in ranks if rank.layout is not None]
    layout = whole([rank.layout for rank in begun if rank.layout is not None] or [Layout((), ())])
    info = begun[0].header.generations[-1].info if begun else EMPTY
    parts = roles(begun)
    progress = [rank.last_step for rank in parts.leads]
    blocks = [rank.poll(layout, histograms=histograms) for rank in parts.leads]
    told = [rank.events.poll() for rank in ranks]
    state = ranks_status(ranks, told, time.time())
    events = tuple(line for lines in told for line in lines)
    seen = [found for line in events if (found := nonfinite_from(line)) is not None]
    first = min(seen, key=lambda found: found.step, default=None)
    apart = agreement(ranks)
    restart = ranks[0].header.restart
    together = RankFacts(attempts_of(attempts[:-1]), apart, restart, drift(ranks, apart))
    block = _merged(blocks, progress, layout, parts.replicas)
    return Loaded(layout, info, block, events, first, tuple(ranks), state, together)


def _merged(
    blocks: Sequence[Block],
    progress: Sequence[int],
    layout: Layout,
    replicas: Sequence[RankFiles],
) -> Block:
    if not blocks:
        return empty(layout)
    whole = complete(blocks, progress)
    return joined_in(whole, layout, lambda steps, known: beside(replicas, steps, known, layout))


def load_facts(directory: Path | str, max_steps: int = 4096) -> Facts:
    """The facts of a run for `diagnose`, at most about `max_steps` of its kept steps.

    Measurements of weights and activations whose own step was thinned away are filed under the next
    kept one. Raises GradtuiError where the directory holds no run.
    """
    return facts_of(load(directory), max_steps)


def facts_of(loaded: Loaded, max_steps: int = 4096) -> Facts:
    """As `load_facts`, of a run that is loaded; never fewer than LEAST steps where there are more."""
    layout = loaded.layout
    max_steps = max(max_steps, LEAST)
    block = picked(loaded.block, max_steps, recent=min(256, max_steps // 4))
    clipped = block.scalars["stage"] == STAGES.index("clipped")
    coefficient = np.array(block.scalars["clip_coefficient"], np.float64)
    grads = before_clipping(block.grads, clipped, coefficient)
    norms = merged_norms(grads, layout)
    return Facts(
        layout=layout,
        info=loaded.info,
        steps=block.steps,
        **{name: np.array(block.scalars[name], np.float64) for name in SCALARS},
        skipped=(block.scalars["flags"] & SKIPPED) != 0,
        optimizer=np.array(block.scalars["optimizer"], np.int64),
        grads=grads,
        weights=block.weights,
        activations=block.activations,
        total_norm=norms.total,
        row_norms=norms.rows,
        judged_norms=norms.judged,
        has_weights=block.has_weights,
        has_activations=block.has_activations,
        first_nonfinite=loaded.first_nonfinite,
        time=np.array(block.scalars["time"], np.float64),
        extremes=None,
        ranks=loaded.together,
        states=block.states,
        every=scalars_of([rank for rank in loaded.ranks if rank.layout is not None]),
    )
