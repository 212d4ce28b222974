"""How the magnitudes of each gradient spread, by binary exponent: scale-free and exact."""

from collections.abc import Sequence

import torch
from torch import Tensor

from gradtui.core.snapshot import HIST_BINS, HIST_LOW
from gradtui.stats.plan import Plan
from gradtui.stats.single import chunk_size
from gradtui.stats.tensors import moved, values

_SHARE = 4
"""A chunk is that part of what is copied elsewhere at a time: counting needs several copies."""
_NONFINITE = 255
"""The exponent bits of float32 infinities and NaN; those of 2^-126, the least normal, are 1."""
_FIRST_NORMAL = -126 - HIST_LOW
_OUTSIDE = HIST_BINS
"""The bin of zeros and non-finite values, which are not reported."""


@torch.no_grad()
def histogram(plan: Plan, grads: Sequence[Tensor | None]) -> Tensor:
    """Gradients in the plan's order -> [tensors, HIST_BINS] int32 counts of floor(log2|g|).

    Bins, zeros and non-finite elements add up to the element count; no gradient, no counts. What
    lies outside float32's range (float64 only) is counted in the first and the last bin.
    """
    given = plan.sort(grads)
    if plan.in_one_gpu_pass and not given.alone:
        return plan.gpus[0].histogram(given.held)
    out = torch.zeros(len(plan), HIST_BINS, dtype=torch.int32, device=plan.device)
    for batch in plan.batches:
        for rows in batch.rows:
            counts = _count(rows.fill(given.held), batch.look)
            owners = moved(rows.owners, plan.device)
            out.index_add_(0, owners, moved(counts, plan.device))
    for one in given.passes:
        for members, matrix in one.matrices(given.of(one)):
            counts = _count(matrix, look=True).to(plan.device)
            out.index_add_(0, torch.from_numpy(members).to(plan.device), counts)
    for gpu in plan.gpus:
        there = moved(gpu.histogram(given.held), plan.device)
        out.index_copy_(0, plan.places(gpu.members), there)
    for i, tensor in given.alone.items():
        flat = values(tensor).flat
        for some in torch.split(flat, chunk_size(plan, flat.device) // _SHARE):
            if len(some):
                counts = _count(some.unsqueeze(0), plan.looks(flat.device))[0]
                out[i] += moved(counts, plan.device)
    return out


def _count(x: Tensor, look: bool) -> Tensor:
    """[rows, n] real -> [rows, HIST_BINS] int32."""
    if x.dtype in (torch.float16, torch.bfloat16):
        x = x.to(torch.float32)
    if look and x.dtype == torch.float32:
        counts = _by_exponent(x)
        small = int(counts[:, 0].sum())
        if not small or small == int((x == 0).sum()):  # else there are subnormals among them
            normal = counts[:, 1:_NONFINITE]
            return torch.nn.functional.pad(normal, (_FIRST_NORMAL, HIST_BINS - _FIRST_NORMAL - 254))
    bins = _bins(x)
    if look:
        return _by_value(bins, HIST_BINS + 1)[:, :HIST_BINS]
    # bincount makes the host wait and scatter_add is not deterministic: sort and find the edges.
    ordered = bins.to(torch.int16).sort(1).values
    edges = torch.arange(HIST_BINS + 1, dtype=torch.int16, device=x.device)
    places = torch.searchsorted(ordered, edges.expand(len(x), -1).contiguous())
    return places.diff(dim=1).to(torch.int32)


def _by_exponent(x: Tensor) -> Tensor:
    """[rows, n] float32 -> [rows, 256] int32, how often each value of the exponent's bits occurs."""
    bits = x.view(torch.int32) >> 23
    if len(x) > 1:
        return _by_value(bits.bitwise_and_(_NONFINITE), _NONFINITE + 1)
    # The sign, which is the ninth bit, is lost on the way to a byte; bytes are counted fastest.
    counts = torch.bincount(bits.view(-1).to(torch.uint8), minlength=_NONFINITE + 1)
    return counts.view(1, -1).to(torch.int32)


def _by_value(bins: Tensor, size: int) -> Tensor:
    """[rows, n] int32 below size -> [rows, size] int32, how often each occurs."""
    lines = torch.arange(0, len(bins) * size, size, dtype=bins.dtype).unsqueeze(1)
    counts = torch.bincount((bins + lines).view(-1), minlength=len(bins) * size)
    return counts.view(-1, size).to(torch.int32)


def _bins(x: Tensor) -> Tensor:
    """[rows, n] -> bin of each element, int32; _OUTSIDE for zeros and non-finite values."""
    mantissa, exponent = torch.frexp(x)  # |mantissa| in [0.5, 1): log2|x| in [exponent - 1, ...)
    bins = (exponent - (HIST_LOW + 1)).clamp_(0, HIST_BINS - 1)
    return bins.masked_fill_((mantissa == 0) | ~x.isfinite(), _OUTSIDE)
