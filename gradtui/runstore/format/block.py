"""A stretch of kept steps in arrays: what one rank's files hold, and what merging them gives."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from gradtui.core.layout import BoolArray, FloatArray, IntArray, Layout
from gradtui.core.snapshot import Act, Grad, NonFinite, Snapshot, U32Array, Weight
from gradtui.runstore.format.records import (
    FLOATS,
    NONFINITE,
    RAISED,
    SKIPPED,
    STAGES,
    STEP,
    RecordArray,
)


@dataclass(slots=True)
class Block:
    """n steps in rising order, as measured; all of one layout.

    A gradient that is missing is NaN in all columns, and so is what was not measured.
    """

    scalars: RecordArray
    """[n] STEP"""
    grads: FloatArray
    """[n, tensors, Grad.COLUMNS]"""
    weights: FloatArray
    """[n, tensors, Weight.COLUMNS]"""
    activations: FloatArray
    """[n, rows, Act.COLUMNS]"""
    has_weights: BoolArray
    has_activations: BoolArray
    histograms: dict[int, U32Array] = field(default_factory=dict)
    """Step -> [tensors, HIST_BINS]"""
    states: dict[int, FloatArray] = field(default_factory=dict)
    """Step -> [tensors, State.COLUMNS]"""

    def __len__(self) -> int:
        return len(self.scalars)

    @property
    def steps(self) -> IntArray:
        return np.asarray(self.scalars["step"], np.int64)

    @property
    def broken(self) -> BoolArray:
        """[n] True where some gradient or weight was not finite."""
        return np.asarray(self.scalars["flags"] & NONFINITE != 0)

    def take(self, at: IntArray | BoolArray | slice) -> "Block":
        """Some of the steps."""
        scalars = self.scalars[at]
        kept = set(scalars["step"].tolist()) if self.histograms or self.states else ()
        return Block(
            scalars,
            self.grads[at],
            self.weights[at],
            self.activations[at],
            self.has_weights[at],
            self.has_activations[at],
            {step: counts for step, counts in self.histograms.items() if step in kept},
            {step: columns for step, columns in self.states.items() if step in kept},
        )


def block_bytes(layout: Layout) -> int:
    """Of one step in a block."""
    tensors, rows = len(layout.tensors), len(layout.rows)
    return STEP.itemsize + 8 * (tensors * (Grad.COLUMNS + Weight.COLUMNS) + rows * Act.COLUMNS)


def empty(layout: Layout, count: int = 0, grads: FloatArray | None = None) -> Block:
    """`count` steps of which nothing is known yet, but for the gradients where they are given."""
    tensors, rows = len(layout.tensors), len(layout.rows)
    if grads is None:
        grads = np.full((count, tensors, Grad.COLUMNS), np.nan)
    return Block(
        np.zeros(count, STEP),
        grads,
        np.full((count, tensors, Weight.COLUMNS), np.nan),
        np.full((count, rows, Act.COLUMNS), np.nan),
        np.zeros(count, np.bool_),
        np.zeros(count, np.bool_),
    )


def joined(blocks: Sequence[Block]) -> Block:
    """Blocks of one layout, one after the other; at least one."""
    if len(blocks) == 1:
        return blocks[0]
    histograms: dict[int, U32Array] = {}
    states: dict[int, FloatArray] = {}
    for block in blocks:
        histograms |= block.histograms
        states |= block.states
    return Block(
        np.concatenate([b.scalars for b in blocks]),
        np.concatenate([b.grads for b in blocks]),
        np.concatenate([b.weights for b in blocks]),
        np.concatenate([b.activations for b in blocks]),
        np.concatenate([b.has_weights for b in blocks]),
        np.concatenate([b.has_activations for b in blocks]),
        histograms,
        states,
    )


def picked(block: Block, most: int, recent: int = 0) -> Block:
    """At most about `most` of the steps: the first, the last, the `recent` latest, those that are
    not finite (at most a quarter), and others evenly spaced, with weights where there are some."""
    count = len(block)
    if count <= most:
        return block
    broken = np.flatnonzero(block.broken)
    broken = np.concatenate([broken[: most // 8], broken[-(most // 8) :]])
    edges = np.linspace(0, count, most - len(np.unique(broken)) - recent + 1).astype(np.int64)
    # Within each stretch a step with weights and activations tells more than one without.
    rank = np.arange(count) + count * ~(block.has_weights | block.has_activations)
    firsts = np.minimum.reduceat(rank, edges[:-1]) % count
    late = np.arange(count - max(recent, 1), count)
    return block.take(np.unique(np.concatenate([[0], firsts, broken, late])))


def aligned(block: Block, most: int, recent: int) -> Block:
    """As `picked`, but what is evenly spaced are multiples of a power of two: a History keeps them
    when it thins."""
    if len(block) <= most:
        return block
    return block.take(aligned_places(block.steps, block.broken, most, recent))


def aligned_places(steps: IntArray, broken: BoolArray, most: int, recent: int) -> IntArray:
    """Which of more than `most` steps `aligned` picks."""
    lost = np.flatnonzero(broken)
    lost = np.concatenate([lost[: most // 8], lost[-(most // 8) :]])
    room, stride = max(most - len(np.unique(lost)) - recent, 1), 1
    while np.count_nonzero(steps % stride == 0) > room:
        stride *= 2
    even = np.flatnonzero(steps % stride == 0)
    late = np.arange(len(steps) - recent, len(steps))
    return np.unique(np.concatenate([[0], even, lost, late]))


def snapshots_of(
    block: Block, run: int, nonfinite: dict[int, NonFinite] | None = None
) -> list[Snapshot]:
    """One snapshot a step; its arrays are views. `nonfinite` tells by step where it showed."""
    seen = nonfinite or {}
    names = (
        "step",
        "optimizer",
        "evaluation",
        "stage",
        "flags",
        "backwards",
        "objective",
        "time",
        *FLOATS,
    )
    columns = [block.scalars[name].tolist() for name in names]
    out = []
    for i, (
        step,
        optimizer,
        evaluation,
        stage,
        flags,
        backwards,
        objective,
        time,
        *floats,
    ) in enumerate(zip(*columns, strict=True)):
        out.append(
            Snapshot(
                run=run,
                step=step,
                grads=block.grads[i],
                stage=STAGES[min(stage, len(STAGES) - 1)],
                skipped=bool(flags & SKIPPED),
                raised=bool(flags & RAISED),
                weights=block.weights[i] if block.has_weights[i] else None,
                activations=block.activations[i] if block.has_activations[i] else None,
                histograms=block.histograms.get(step),
                states=block.states.get(step),
                nonfinite=seen.get(step),
                optimizer=optimizer,
                evaluation=evaluation,
                backwards=backwards,
                objective=objective,
                time=time,
                **dict(zip(FLOATS, floats, strict=True)),
            )
        )
    return out
