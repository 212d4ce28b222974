"""Gradients and weights -> one array of statistics, on the device of the tensors, without a sync.

Exact where a plain sum of squares is not: a gradient of 1e-30 has norm 1e-30, one of 3e38 a finite
norm, half precision is accumulated wider, and zero means zero. Nothing is modified but the plan's
own scratch memory, no graph is built, no random number drawn.
"""

from collections.abc import Collection, Sequence

import numpy as np
import torch
from torch import Tensor

from gradtui.core.layout import FloatArray
from gradtui.core.snapshot import Grad, Weight
from gradtui.stats.cpu_pass import CpuPass, suits
from gradtui.stats.plan import Plan, Sorted
from gradtui.stats.reduction import ABS_MAX, NONFINITE, NONZEROS, NORM, STATS
from gradtui.stats.single import single_change, single_stats
from gradtui.stats.tensors import components, moved

NORM_COLUMNS = [Grad.NORM, Grad.NONFINITE]
APART = 8
"""Tensors on an accelerator that are measured one by one, at most: the general way is cheaper for more."""


@torch.no_grad()
def measure_gradients(plan: Plan, grads: Sequence[Tensor | None], *, counts: bool = True) -> Tensor:
    """Gradients in the plan's order -> [tensors, Grad.COLUMNS] float64.

    A gradient that is None has NaN in every column; counts are NaN nowhere else. Empty ones have
    norm 0. NaN wins over inf in norm and abs_max. The sum is right to 1e-5 of the sum of magnitudes.
    Of sharded tensors this process's shards are measured. Without `counts`, which is cheaper, zeros
    and sums are NaN.
    """
    return _gradients(plan, plan.sort(grads), counts=counts)


def _gradients(plan: Plan, given: Sorted, *, counts: bool) -> Tensor:
    stats = _stats(plan, given, counts=counts)
    if counts:
        torch.sub(given.numel, stats[NONZEROS], out=stats[Grad.ZEROS])
    else:
        stats[Grad.ZEROS] = stats[Grad.SUM] = torch.nan
    if given.absent:
        stats += given.numel - given.numel  # NaN where there is no tensor
    return stats.t().clone(memory_format=torch.contiguous_format)  # also of one tensor


@torch.no_grad()
def measure_norms(plan: Plan, grads: Sequence[Tensor | None]) -> Tensor:
    """As `measure_gradients`, but norms and counts of what is not finite alone: the other columns are
    NaN. Several times cheaper. On an accelerator what is not finite is not counted: 1 stands for any
    number of them; where passes on GPUs measure all of them nothing is left out."""
    given = plan.sort(grads)
    if plan.gpus:
        return _gradients(plan, given, counts=plan.on_gpus and not given.alone)
    if plan.batches or given.foreach or plan.device.type != "cpu":
        return _norms_on_device(plan, given)
    table = np.full((len(plan), Grad.COLUMNS), np.nan)
    for one in given.passes:
        table[one.members[:, None], NORM_COLUMNS] = _norms_by_pass(plan, given, one)
    for i, tensor in given.alone.items():
        table[i, NORM_COLUMNS] = _norm_with_care(plan, tensor)
    return torch.from_numpy(table)


def _norms_by_pass(plan: Plan, given: Sorted, one: CpuPass) -> FloatArray:
    """[members, NORM_COLUMNS]"""
    norms, unsure = one.norms(given.of(one))
    found = np.stack([norms, np.zeros_like(norms)], axis=1)
    for at in np.flatnonzero(unsure).tolist():
        found[at] = _norm_with_care(plan, given.of(one)[int(one.members[at])])
    return found


def _norms_on_device(plan: Plan, given: Sorted) -> Tensor:
    """As `measure_norms`, without a wait, a copy of any tensor, or memory that grows with them. Squares
    are float64's, so that none is lost and a norm says by itself whether all elements are finite."""
    measured = [*given.foreach, *(tuple(one.members.tolist()) for one in given.passes)]
    taken = {i for members in measured for i in members}
    apart = _left(given, taken) if len(taken) < len(plan) else {}
    if len(apart) > APART:
        return _gradients(plan, given, counts=False)
    table = plan.numel.new_full((len(plan), Grad.COLUMNS), torch.nan)
    norms, counts = table[:, Grad.NORM], table[:, Grad.NONFINITE]
    found = [_norms_by_foreach(plan, given, members) for members in given.foreach]
    found += [torch.from_numpy(_norms_by_pass(plan, given, one)) for one in given.passes]
    for members, numbers in zip(measured, found, strict=True):
        places, numbers = plan.places(members), moved(numbers, plan.device)
        norms.index_copy_(0, places, numbers[:, 0])
        counts.index_copy_(0, places, numbers[:, 1])
    for i, tensor in apart.items():
        stats = moved(single_stats(plan, tensor, counts=False), plan.device)
        norms[i], counts[i] = stats[NORM], stats[NONFINITE]
    return table


def _norms_by_foreach(plan: Plan, given: Sorted, members: Sequence[int]) -> Tensor:
    """[members, NORM_COLUMNS]"""
    tensors = [tensor for i in members if (tensor := given.at(i)) is not None]
    norms = torch.stack(torch._foreach_norm(tensors, 2, torch.float64))
    return torch.stack([norms, (~norms.isfinite()).double()], dim=1)


def _left(given: Sorted, taken: Collection[int]) -> dict[int, Tensor]:
    """Tensors that are there and not in `taken`, by their place in the plan."""
    left = (i for i in range(len(given.held)) if i not in taken)
    return {i: tensor for i in left if (tensor := given.at(i)) is not None}


def _norm_with_care(plan: Plan, tensor: Tensor) -> FloatArray:
    """[NORM_COLUMNS]"""
    if suits(tensor) and not tensor.any():
        return np.zeros(len(NORM_COLUMNS))  # the usual reason
    found: FloatArray = single_stats(plan, tensor, counts=False).numpy()
    return found[[NORM, NONFINITE]]


@torch.no_grad()
def clone(plan: Plan, weights: Sequence[Tensor], reuse: list[Tensor] | None = None) -> list[Tensor]:
    """The weights as they are now, for `measure_weights`, in an order that only the plan knows: of
    large tensors the elements that the plan samples, so that the copy has a bounded size.

    `reuse` takes the memory of an earlier call.
    """
    given = plan.sort(weights)
    sources = [rows.fill(given.held) for batch in plan.batches for rows in batch.rows]
    sources += [_sample(plan, i, tensor) for i, tensor in _one_by_one(plan, given)]
    copies, rest = [], None if reuse is None else reuse[len(sources) :]
    for one in given.passes:
        size = None if rest is None else one.copied(plan.sampled)
        copies += one.copy(given.of(one), plan.sampled, None if rest is None else rest[:size])
        rest = None if rest is None else rest[size:]
    for at, gpu in enumerate(plan.gpus):
        copies.append(gpu.copy(given.held, None if rest is None else rest[at]))
    if reuse is None:
        with torch.inference_mode(False):
            return [*(source.clone() for source in sources), *copies]
    if sources:
        torch._foreach_copy_(reuse[: len(sources)], sources)
    return reuse


def _one_by_one(plan: Plan, given: Sorted) -> list[tuple[int, Tensor]]:
    """Tensors whose change is measured one by one."""
    sampled = [(i, part) for i in sorted(plan.sampled) if (part := given.held[i]) is not None]
    return [*given.alone.items(), *sampled]


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
    if plan.in_one_gpu_pass and not given.alone:
        return plan.gpus[0].statistics(given.held)
    found = []
    for batch in plan.batches:
        matrices = [rows.fill(given.held) for rows in batch.rows]
        found.append(moved(batch.reduce(matrices, counts=counts), plan.device))
    stats = _together(plan, found)
    alone = dict(given.alone)
    for one in given.passes:
        numbers, unsure = one.statistics(given.of(one), counts=counts)
        stats[:, one.members] = torch.from_numpy(numbers).to(plan.device)
        alone.update((i, given.of(one)[i]) for i in one.members[unsure].tolist())
    for gpu in plan.gpus:
        numbers_there = moved(gpu.statistics(given.held), plan.device)
        stats.index_copy_(1, plan.places(gpu.members), numbers_there)
    for i, tensor in alone.items():
        stats[:, i] = moved(single_stats(plan, tensor, counts=counts), plan.device)
    stats[ABS_MAX].abs_()  # the largest of zeros may be -0.0
    return stats


def _changes(plan: Plan, given: Sorted, before: list[Tensor]) -> Tensor:
    """[tensors] norm of the change. The batches' buffers still hold the weights."""
    found = []
    for batch in plan.batches:
        matrices = [rows.buffer.sub_(before.pop(0)) for rows in batch.rows]
        found.append(moved(batch.reduce(matrices, counts=False), plan.device))
    norms = _together(plan, found)[NORM]
    for i, tensor in _one_by_one(plan, given):
        norms[i] = single_change(plan, tensor, before.pop(0), plan.strides.get(i, 1))
    for one in given.passes:
        kept = [before.pop(0) for _ in range(one.copied(plan.sampled))]
        changes, unsure = one.changes(given.of(one), kept, plan.sampled)
        for at in np.flatnonzero(unsure).tolist():
            i = int(one.members[at])
            if i not in plan.sampled:
                change = one.difference(given.of(one), kept, at, plan.sampled)
                changes[at] = _norm_with_care(plan, change)[0]
        mine = [at for at, i in enumerate(one.members.tolist()) if i not in plan.sampled]
        norms[one.members[mine]] = torch.from_numpy(changes[mine]).to(plan.device)
    for gpu in plan.gpus:
        found_there = moved(gpu.changes(given.held, before.pop(0)), plan.device)
        norms.index_copy_(0, plan.places(gpu.members), found_there)
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
