"""Ranks into one run, without any of them having had to talk to another.

Shards add up: norms by the root of the sum of squares, largest values by the maximum, counts and
sums by adding. Replicas are the same everywhere and count once; where they are not, the one with
the most non-finite elements is shown.
"""

from collections.abc import Sequence
from functools import reduce

import numpy as np

from gradtui.core.layout import BoolArray, FloatArray, IntArray, Layout
from gradtui.core.snapshot import Act, Grad, State, Weight
from gradtui.runstore.format.block import Block, empty
from gradtui.runstore.format.records import NONFINITE, SKIPPED

GRAD_NORMS, GRAD_TOPS = [Grad.NORM], [Grad.ABS_MAX]
STATE_NORMS, STATE_TOPS = [State.FIRST, State.SECOND], [State.LR, State.STEPS]
WEIGHT_NORMS, WEIGHT_TOPS = [Weight.NORM, Weight.UPDATE], [Weight.ABS_MAX]


def merged(blocks: Sequence[Block], layout: Layout, bare: Sequence[Block] = ()) -> Block:
    """Blocks of the ranks, lowest first, all mapped to `layout` -> one block of all their steps. `bare`:
    of ranks whose tensors are not read, the scalars of some of these steps."""
    if len(blocks) == 1 and not bare:
        return blocks[0]
    steps: IntArray = reduce(np.union1d, [block.steps for block in blocks])
    shards = np.array([t.placement == "shard" for t in layout.tensors], dtype=np.bool_)
    at = [np.searchsorted(steps, block.steps) for block in blocks]
    out = empty(layout, len(steps))
    for block, where in zip(blocks, at, strict=True):
        out.grads[where] = _tensors(
            out.grads[where], block.grads, shards, GRAD_NORMS, GRAD_TOPS, Grad.NONFINITE
        )
        out.weights[where] = _tensors(
            out.weights[where],
            block.weights,
            shards,
            WEIGHT_NORMS,
            WEIGHT_TOPS,
            Weight.NONFINITE,
        )
        out.has_weights[where] |= block.has_weights
        out.has_activations[where] |= block.has_activations
        for step, counts in block.histograms.items():
            known = out.histograms.get(step)
            here = shards[:, None]
            out.histograms[step] = (
                counts if known is None else np.where(here, known + counts, known)
            )
        for step, columns in block.states.items():
            before = out.states.get(step)
            out.states[step] = (
                columns
                if before is None
                else _tensors(before, columns, shards, STATE_NORMS, STATE_TOPS, State.NONFINITE)
            )
    out.activations = _activations([b.activations for b in blocks], at, out.activations.shape)
    every = [*blocks, *bare]
    _scalars(every, at + [np.searchsorted(steps, block.steps) for block in bare], out)
    return out


def hypot(one: FloatArray, other: FloatArray) -> FloatArray:
    """Root of the sum of squares; NaN wins over infinity."""
    out = np.hypot(one, other)
    out[np.isnan(one) | np.isnan(other)] = np.nan
    return out


def _tensors(
    one: FloatArray,
    other: FloatArray,
    shards: BoolArray,
    norms: list[int],
    tops: list[int],
    nonfinite: int,
) -> FloatArray:
    """[n, tensors, columns] of two ranks; what is NaN in the column `nonfinite` is missing."""
    both = one + other
    both[..., norms] = hypot(one[..., norms], other[..., norms])
    both[..., tops] = np.maximum(one[..., tops], other[..., tops])
    ours, theirs = np.isnan(one[..., nonfinite]), np.isnan(other[..., nonfinite])
    worse = ~ours & (other[..., nonfinite] > one[..., nonfinite])
    replica = np.where((ours | worse)[..., None], other, one)
    shard = np.where(ours[..., None], other, np.where(theirs[..., None], one, both))
    return np.where(shards[:, None], shard, replica)


def _activations(
    values: Sequence[FloatArray], at: Sequence[IntArray], shape: tuple[int, ...]
) -> FloatArray:
    """Each rank sees its own part of the batch: means of means, the least share of dead units."""
    every = np.full((len(values), *shape), np.nan)
    for rank, (part, where) in enumerate(zip(values, at, strict=True)):
        every[rank, where] = part
    known = ~np.isnan(every[..., Act.NONFINITE])
    count = known.sum(axis=0)
    out = np.full(shape, np.nan)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        for column in (Act.VARIANCE, Act.SATURATED):
            out[..., column] = np.where(known, every[..., column], 0.0).sum(axis=0) / count
        for column in (Act.RMS, Act.SIGNAL):
            squares = np.where(known, np.square(every[..., column]), 0.0)
            out[..., column] = np.sqrt(squares.sum(axis=0) / count)
    dead = np.where(known, every[..., Act.DEAD], np.inf).min(axis=0)
    out[..., Act.DEAD] = np.where(count > 0, dead, np.nan)
    counts = np.where(known, every[..., Act.NONFINITE], 0.0).sum(axis=0)
    out[..., Act.NONFINITE] = np.where(count > 0, counts, np.nan)
    return out


def _scalars(blocks: Sequence[Block], at: Sequence[IntArray], out: Block) -> None:
    """Losses are averaged, times and flags are those of the worst, the rest the lowest rank's."""
    scalars = out.scalars
    ranks = np.zeros(len(out), np.int64)
    means = {name: np.zeros(len(out)) for name in ("loss", "objective", "accuracy")}
    squares = np.zeros(len(out))
    replicas = np.zeros(len(out))
    cut_squares, cut_replicas = np.zeros(len(out)), np.zeros(len(out))
    for block, where in reversed(list(zip(blocks, at, strict=True))):
        seconds, overhead = scalars["seconds"][where], scalars["overhead"][where]
        flags = scalars["flags"][where]
        scalars[where] = block.scalars
        scalars["seconds"][where] = np.maximum(seconds, block.scalars["seconds"])
        scalars["overhead"][where] = np.maximum(overhead, block.scalars["overhead"])
        scalars["flags"][where] |= flags & (NONFINITE | SKIPPED)
        for name, total in means.items():
            total[where] += block.scalars[name]
        ranks[where] += 1
        sharded = block.scalars["sharded_norm"]
        with np.errstate(invalid="ignore", over="ignore"):  # of what a damaged file holds
            squares[where] = hypot(squares[where], np.asarray(sharded, np.float64))
            replicas[where] = replicated(block.scalars["total_norm"], sharded)
            cut = _cut(block)  # of a rank's shards and of its replicas alike
            cut_squares[where] = hypot(cut_squares[where], sharded * cut)
            cut_replicas[where] = replicas[where] * cut
    for name, total in means.items():
        scalars[name] = total / np.maximum(ranks, 1)
    scalars["sharded_norm"] = squares
    scalars["total_norm"] = hypot(replicas, squares)
    scalars["clipped_norm"] = hypot(cut_replicas, cut_squares)


def _cut(block: Block) -> FloatArray:
    """By what clipping shortened the gradient; NaN where nothing clips."""
    total, clipped = block.scalars["total_norm"], block.scalars["clipped_norm"]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        return np.asarray(np.where(total > 0, clipped / total, clipped), np.float64)


def replicated(total: FloatArray, sharded: FloatArray) -> FloatArray:
    """Norm of the replicas on a rank, from those of all its parameters and of its shards."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        ratio = np.where(total > 0, sharded / total, 0.0)
        out = total * np.sqrt(np.maximum(1.0 - ratio * ratio, 0.0))
    broken = ~np.isfinite(total)
    # A total that is not finite comes from the shards where they are not finite either.
    return np.asarray(np.where(broken, np.where(np.isfinite(sharded), total, 0.0), out))


def complete(
    blocks: Sequence[Block], progress: Sequence[int], sparse: Sequence[bool] = ()
) -> list[Block]:
    """Only steps that every rank has kept that has taken them; non-finite ones in any case.

    `progress` is the last step of each rank. Those that are `sparse` keep few of their steps, as another has
    the same tensors: what they have not kept does not count.
    """
    if len(blocks) == 1:
        return list(blocks)
    steps: IntArray = reduce(np.union1d, [block.steps for block in blocks])
    good = np.ones(len(steps), np.bool_)
    broken = np.zeros(len(steps), np.bool_)
    few = sparse or [False] * len(blocks)
    for block, last, seldom in zip(blocks, progress, few, strict=True):
        if not seldom:
            good &= np.isin(steps, block.steps) | (steps > last)
        broken |= np.isin(steps, block.steps[block.broken])
    wanted = steps[good | broken]
    return [block.take(np.isin(block.steps, wanted)) for block in blocks]
