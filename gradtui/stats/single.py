"""Tensors that are measured one by one: large ones where they lie, and odd ones of any kind."""

import torch
from torch import Tensor

from gradtui.stats.plan import Plan
from gradtui.stats.reduction import NORM, ROW, SUM, merge_rows, reduce_rows
from gradtui.stats.tensors import components, values, working_dtype

CHUNK = 256 * ROW
CHUNK_ELSEWHERE = 4096 * ROW
"""Elements for which a copy is made at a time, where one is needed."""


def single_stats(plan: Plan, tensor: Tensor, *, counts: bool = True) -> Tensor:
    """A local tensor of any kind -> [STATS] float64."""
    held = values(tensor)
    flat, dtype = held.flat, working_dtype(held.flat.dtype)
    if flat.dtype == dtype and plan.looks(flat.device):
        parts = [_reduce(plan, flat, counts, own=False)]
    else:
        chunks = torch.split(flat, chunk_size(plan, flat.device))
        parts = [_reduce(plan, some.to(dtype), counts, own=flat.dtype != dtype) for some in chunks]
    out = _merge(parts, dtype)
    if held.signed is not None:
        out[SUM] = held.signed.sum()
    return out


def single_change(plan: Plan, after: Tensor, before: Tensor, stride: int = 1) -> Tensor:
    """A local tensor and every `stride`-th of the `components` it had before -> [] norm of the
    difference, where `stride` is more than 1 as the elements in between would have it on average."""
    whole = components(after)
    flat = whole[::stride]
    dtype, size = working_dtype(flat.dtype), chunk_size(plan, flat.device)
    pairs = zip(torch.split(flat, size), torch.split(before, size), strict=True)
    parts = [_reduce(plan, new.to(dtype) - old.to(dtype), False, own=True) for new, old in pairs]
    norm = _merge(parts, dtype)[NORM]
    return norm if stride == 1 else norm * (len(whole) / len(flat)) ** 0.5


def chunk_size(plan: Plan, device: torch.device) -> int:
    """Elements for which a copy is made at a time."""
    return CHUNK if plan.looks(device) else CHUNK_ELSEWHERE


def _reduce(plan: Plan, x: Tensor, counts: bool, *, own: bool) -> Tensor:
    """[n] of a working type, which may be overwritten if `own` -> [STATS, 1] float64."""
    look = plan.looks(x.device)
    whole = len(x) - len(x) % ROW
    free = x if own or not look else plan.scratch(min(whole, CHUNK) or ROW, x.dtype, x.device)
    matrices, scratch = [], []
    if whole:
        matrices.append(x[:whole].view(-1, ROW))
        scratch.append(free[: len(free) - len(free) % ROW].view(-1, ROW))
    if rest := len(x) - whole:
        matrices.append(x[whole:].view(1, rest))
        scratch.append(free[-rest:].view(1, rest))
    partials = plan.partials(tuple(map(len, matrices)), x.dtype, x.device)
    parts = reduce_rows(matrices, partials, look=look, scratch=scratch, counts=counts)
    return merge_rows(parts.unsqueeze(1), x.dtype)


def _merge(parts: list[Tensor], dtype: torch.dtype) -> Tensor:
    """[STATS, 1] of each chunk -> [STATS], the chunks taken together."""
    if len(parts) == 1:
        return parts[0][:, 0]
    return merge_rows(torch.cat(parts, 1).unsqueeze(1), dtype)[:, 0]
