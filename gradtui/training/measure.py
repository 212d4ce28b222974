"""Gradients and weights -> one array of statistics, on the device of the tensors, without a sync.

Exact where a plain sum of squares is not: a gradient of 1e-30 has norm 1e-30, one of 3e38 a finite
norm, half precision is accumulated wider, and zero means zero. Nothing is modified but the plan's
own scratch memory, no graph is built, no random number drawn.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from gradtui.core.snapshot import Grad, Weight
from gradtui.training.plan import Plan
from gradtui.training.reduction import (
    ABS_MAX,
    NONFINITE,
    NONZEROS,
    NORM,
    ROW,
    STATS,
    SUM,
    merge_rows,
    row_stats,
)
from gradtui.training.tensors import Values, local, values, working_dtype

CHUNK = 512 * ROW
"""Elements of a large tensor that are worked on at a time, which bounds scratch memory."""


@torch.no_grad()
def measure_gradients(plan: Plan, grads: Sequence[Tensor | None]) -> Tensor:
    """Gradients in the plan's order -> [tensors, Grad.COLUMNS] float64.

    A gradient that is None has NaN in every column; counts are NaN nowhere else. Empty ones have
    norm 0. NaN wins over inf in norm and abs_max. Sharded tensors are measured shard by shard.
    """
    stats, numel = _measure(plan, grads)
    out = torch.empty(len(plan), Grad.COLUMNS, dtype=torch.float64, device=stats.device)
    out[:, Grad.NORM] = stats[:, NORM]
    out[:, Grad.ABS_MAX] = stats[:, ABS_MAX].abs()
    out[:, Grad.ZEROS] = numel - stats[:, NONZEROS]
    out[:, Grad.NONFINITE] = stats[:, NONFINITE]
    out[:, Grad.SUM] = stats[:, SUM]
    for i, grad in enumerate(grads):
        if grad is None:
            out[i].fill_(torch.nan)
    return out


@torch.no_grad()
def clone(plan: Plan, tensors: Sequence[Tensor], reuse: list[Tensor] | None = None) -> list[Tensor]:
    """Copies of the tensors as they are now; `reuse` takes the memory of an earlier call."""
    if reuse is None:
        return [local(t).detach().clone() for t in tensors]
    torch._foreach_copy_(reuse, [local(t) for t in tensors])
    return reuse


@torch.no_grad()
def measure_weights(
    plan: Plan, weights: Sequence[Tensor], before: Sequence[Tensor] | None = None
) -> Tensor:
    """Weights in the plan's order -> [tensors, Weight.COLUMNS] float64.

    UPDATE is the norm of weights minus `before` (from `clone`), NaN without it.
    """
    stats, _ = _measure(plan, weights)
    out = torch.empty(len(plan), Weight.COLUMNS, dtype=torch.float64, device=stats.device)
    out[:, Weight.NORM] = stats[:, NORM]
    out[:, Weight.ABS_MAX] = stats[:, ABS_MAX].abs()
    out[:, Weight.NONFINITE] = stats[:, NONFINITE]
    out[:, Weight.UPDATE] = torch.nan
    if before is not None:
        changes = []
        for new, old in zip(weights, before, strict=True):
            new = local(new)
            wide = torch.complex128 if new.is_complex() else torch.float64
            changes.append(new.to(wide) - old.to(wide))
        out[:, Weight.UPDATE] = _measure(Plan(changes, look=plan.look), changes)[0][:, NORM]
    return out


def _measure(plan: Plan, tensors: Sequence[Tensor | None]) -> tuple[Tensor, Tensor]:
    """[tensors, STATS] and element counts [tensors], None counting as 0."""
    if len(tensors) != len(plan):
        raise ValueError(f"{len(tensors)} tensors for a plan of {len(plan)}")
    held: list[Tensor | None] = [None if t is None else local(t) for t in tensors]
    numel = [0 if t is None else t.numel() for t in held]
    alone: list[tuple[int, Tensor]] = []
    for i, tensor in enumerate(held):
        if tensor is not None and not plan.fits(i, tensor):
            alone.append((i, tensor))
            held[i] = None
    columns, order = [], []
    for batch in plan.batches:
        columns.append(batch.stats(held).to(plan.device, non_blocking=True))
        order += batch.members
    seen = set(order)
    for i, tensor in alone:
        if i in seen:
            raise NotImplementedError
        columns.append(_alone(plan, values(tensor)).to(plan.device, non_blocking=True))
        order.append(i)
    missing = sorted(set(range(len(plan))) - set(order))
    columns.append(torch.zeros(STATS, len(missing), dtype=torch.float64, device=plan.device))
    stats = plan.in_order(torch.cat(columns, 1), order + missing)
    return stats, torch.tensor(numel, dtype=torch.float64).to(plan.device, non_blocking=True)


def _alone(plan: Plan, held: Values) -> Tensor:
    """One tensor's stored values -> [STATS, 1] float64."""
    flat = held.flat
    look, dtype = plan.looks(flat.device), working_dtype(flat.dtype)
    width = ROW if len(flat) > ROW else max(len(flat), 1)
    whole = len(flat) // width
    parts = torch.zeros(STATS, whole + 1, dtype=torch.float64, device=flat.device)
    for at in range(0, whole, CHUNK // ROW):
        some = flat[at * width : min(at + CHUNK // ROW, whole) * width].view(-1, width).to(dtype)
        row_stats(some, parts[:, at : at + len(some)], look)
    if rest := len(flat) - whole * width:
        row_stats(flat[-rest:].view(1, -1).to(dtype), parts[:, whole:], look)
    out = merge_rows(parts.unsqueeze(1))
    if held.signed is not None:
        out[SUM] = held.signed.sum()
    return out
