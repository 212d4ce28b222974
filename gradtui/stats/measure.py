"""Gradients and weights -> one array of statistics, on the device of the tensors, without a sync.

Exact where a plain sum of squares is not: a gradient of 1e-30 has norm 1e-30, one of 3e38 a finite
norm, half precision is accumulated wider, and zero means zero. Nothing is modified but the plan's
own scratch memory, no graph is built, no random number drawn.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from gradtui.core.snapshot import Grad, Weight
from gradtui.stats.plan import Plan, Sorted
from gradtui.stats.reduction import ABS_MAX, NONFINITE, NONZEROS, NORM, STATS
from gradtui.stats.single import single_change, single_stats
from gradtui.stats.tensors import components


@torch.no_grad()
def measure_gradients(plan: Plan, grads: Sequence[Tensor | None], *, counts: bool = True) -> Tensor:
    """Gradients in the plan's order -> [tensors, Grad.COLUMNS] float64.

    A gradient that is None has NaN in every column; counts are NaN nowhere else. Empty ones have
    norm 0. NaN wins over inf in norm and abs_max. The sum is right to 1e-5 of the sum of magnitudes.
    Of sharded tensors this process's shards are measured. Without `counts`, which is cheaper, zeros
    and sums are NaN.
    """
    given = plan.sort(grads)
    stats = _stats(plan, given, counts=counts)
    if counts:
        torch.sub(given.numel, stats[NONZEROS], out=stats[Grad.ZEROS])
    else:
        stats[Grad.ZEROS] = stats[Grad.SUM] = torch.nan
    if given.absent:
        stats += given.numel - given.numel  # NaN where there is no tensor
    return stats.t().contiguous()


@torch.no_grad()
def clone(plan: Plan, weights: Sequence[Tensor], reuse: list[Tensor] | None = None) -> list[Tensor]:
    """The weights as they are now, for `measure_weights`, in an order that only the plan knows: of
    large tensors the elements that the plan samples, so that the copy has a bounded size.

    `reuse` takes the memory of an earlier call.
    """
    given = plan.sort(weights)
    sources = [rows.fill(given.held) for batch in plan.batches for rows in batch.rows]
    sources += [_sample(plan, i, tensor) for i, tensor in given.alone.items()]
    if reuse is None:
        with torch.inference_mode(False):
            return [source.clone() for source in sources]
    torch._foreach_copy_(reuse, sources)
    return reuse


@torch.no_grad()
def measure_weights(
    plan: Plan, weights: Sequence[Tensor], before: Sequence[Tensor] | None = None
) -> Tensor:
    """Weights in the plan's order -> [tensors, Weight.COLUMNS] float64.

    UPDATE is the norm of the change since `before`, which `clone` made with the same plan; NaN
    without it. Differences are taken in float32, in float64 for float64 weights. Of tensors that the
    plan samples (65,536 elements or more, where all of these together have more than 4 million) it is
    an estimate; see `sample`.
    """
    given = plan.sort(weights)
    stats = _stats(plan, given, counts=False)
    out = stats.new_full((len(plan), Weight.COLUMNS), torch.nan)
    out[:, Weight.NORM] = stats[NORM]
    out[:, Weight.ABS_MAX] = stats[ABS_MAX]
    out[:, Weight.NONFINITE] = stats[NONFINITE]
    if before is not None:
        out[:, Weight.UPDATE] = _changes(plan, given, list(before))
    return out


def _stats(plan: Plan, given: Sorted, *, counts: bool) -> Tensor:
    """[STATS, tensors], 0 for those that are missing."""
    found = []
    for batch in plan.batches:
        matrices = [rows.fill(given.held) for rows in batch.rows]
        found.append(batch.reduce(matrices, counts=counts).to(plan.device, non_blocking=True))
    stats = _together(plan, found)
    for i, tensor in given.alone.items():
        stats[:, i] = single_stats(plan, tensor, counts=counts).to(plan.device, non_blocking=True)
    stats[ABS_MAX].abs_()  # the largest of zeros may be -0.0
    return stats


def _changes(plan: Plan, given: Sorted, before: list[Tensor]) -> Tensor:
    """[tensors] norm of the change. The batches' buffers still hold the weights."""
    found = []
    for batch in plan.batches:
        matrices = [rows.buffer.sub_(before.pop(0)) for rows in batch.rows]
        found.append(batch.reduce(matrices, counts=False).to(plan.device, non_blocking=True))
    norms = _together(plan, found)[NORM]
    for (i, tensor), old in zip(given.alone.items(), before, strict=True):
        norms[i] = single_change(plan, tensor, old, plan.strides.get(i, 1))
    return norms


def _sample(plan: Plan, i: int, tensor: Tensor) -> Tensor:
    return components(tensor)[:: plan.strides.get(i, 1)]


def _together(plan: Plan, found: list[Tensor]) -> Tensor:
    """Sum of [STATS, tensors] in which each batch has filled in its own tensors."""
    if not found:
        return torch.zeros(STATS, len(plan), dtype=torch.float64, device=plan.device)
    total = found[0]
    for more in found[1:]:
        total = total + more
    return total
