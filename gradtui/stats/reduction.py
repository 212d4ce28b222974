"""Exact statistics of the rows of matrices, two ways: looking at values, and without ever.

On a CPU a look is free, so the cheap float32 reductions are used, and redone with care where the
largest value says that squares may leave float32's range. On an accelerator a look would make the
host wait, so everything is accumulated in float64, where no float32 square is lost.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np
import torch
from torch import Tensor
from torch.linalg import vector_norm

ROW = 4096
"""Longest row that is summed in float32: rounding stays well below 1e-5."""
AT_ONCE = 1 << 18
"""Elements of which copies are made at a time where values have to be looked at with care."""

NORM, ABS_MAX, NONZEROS, NONFINITE, SUM = range(5)
STATS = 5
"""Lines of a [STATS, n] float64 tensor: Grad's columns, but counting what is not zero, so that
rows may be padded with zeros."""

_SAFE = {torch.float32: (1e-14, 1e17), torch.float64: (1e-140, 1e148)}
"""Row maxima for which the sum of ROW squares neither overflows nor loses digits to underflow."""


class Partials:
    """Room for the statistics of the rows of some matrices, side by side, and a last row of zeros.

    Reused from step to step; `narrow` is in the working type of the matrices.
    """

    def __init__(self, rows: Sequence[int], dtype: torch.dtype, device: torch.device) -> None:
        edges = list(accumulate(rows, initial=0))
        self.slices = [slice(a, b) for a, b in pairwise(edges)]
        self.narrow = torch.zeros(STATS, edges[-1] + 1, dtype=dtype, device=device)
        self.top = self.narrow[ABS_MAX]
        self.low = self.narrow[NORM]
        self.of = [[line[s] for line in self.narrow] for s in self.slices]

    def wide(self) -> Tensor:
        return self.narrow.to(torch.float64, copy=True)


def reduce_rows(
    matrices: Sequence[Tensor],
    partials: Partials,
    *,
    look: bool,
    scratch: Sequence[Tensor],
    counts: bool = True,
) -> Tensor:
    """Matrices [rows, <= ROW], float32 or float64 -> [STATS, all rows + 1] float64.

    `scratch` has their widths, any number of rows, and is overwritten; it may be the matrices
    themselves. Without `counts` the lines NONZEROS and SUM are not filled in.
    """
    if not look:
        return _accumulate(matrices, partials, counts)
    for x, of in zip(matrices, partials.of, strict=True):
        torch.amax(x, 1, out=of[ABS_MAX])
        torch.amin(x, 1, out=of[NORM])  # kept there until the norm is known
    torch.maximum(partials.top, partials.low.neg_(), out=partials.top)
    top = partials.top.numpy()
    low, high = _SAFE[partials.narrow.dtype]
    safe = bool(np.all(((top >= low) & (top <= high)) | (top == 0)))
    if safe:
        for x, of in zip(matrices, partials.of, strict=True):
            vector_norm(x, 2, dim=1, out=of[NORM])
            if counts:
                torch.sum(x, 1, out=of[SUM])
        partials.low[-1] = 0
        careful = None
    else:
        careful = _with_care(matrices, partials, bool(np.isfinite(top).all()), counts)
    if counts:
        for x, of, free in zip(matrices, partials.of, scratch, strict=True):
            step = len(free) or 1
            for at in range(0, len(x), step):
                some, line = x[at : at + step], of[NONZEROS][at : at + step]
                torch.sum(torch.ne(some, 0, out=free[: len(some)]), 1, out=line)
    if careful is None:
        return partials.wide()
    careful[NONZEROS] = partials.narrow[NONZEROS]
    return careful


def _with_care(
    matrices: Sequence[Tensor], partials: Partials, finite: bool, counts: bool
) -> Tensor:
    """As `reduce_rows`, for values whose squares float32 cannot hold, or that are not finite."""
    wide = partials.wide()
    wide[NORM] = 0
    for x, rows in zip(matrices, partials.slices, strict=True):
        step = max(AT_ONCE // x.shape[1], 1) if x.numel() else 1
        lines = torch.split(wide[:, rows], step, 1)
        for some, out in zip(torch.split(x, step), lines, strict=True):
            out[NORM] = _scaled_norm(some, out[ABS_MAX])
            if counts:
                out[SUM] = some.sum(1, dtype=torch.float64)
            if not finite:
                out[NONFINITE] = some.shape[1] - some.isfinite().sum(1)
    return wide


def _accumulate(matrices: Sequence[Tensor], partials: Partials, counts: bool) -> Tensor:
    """As `reduce_rows`, by operations that never make the host wait."""
    wide = partials.wide()
    for x, rows in zip(matrices, partials.slices, strict=True):
        out = wide[:, rows]
        out[ABS_MAX] = vector_norm(x, torch.inf, dim=1)
        if x.dtype == torch.float64:
            out[NORM] = _scaled_norm(x, out[ABS_MAX])
        else:
            vector_norm(x, 2, dim=1, dtype=torch.float64, out=out[NORM])
        vector_norm(x - x, 0, dim=1, dtype=torch.float64, out=out[NONFINITE])
        if counts:
            torch.sum(x, 1, dtype=torch.float64, out=out[SUM])
            vector_norm(x, 0, dim=1, dtype=torch.float64, out=out[NONZEROS])
    return wide


def merge_rows(parts: Tensor, dtype: torch.dtype) -> Tensor:
    """[STATS, n, rows] of matrices of a working type -> [STATS, n], the rows taken together."""
    merged = parts.sum(-1)
    top = parts[ABS_MAX].amax(-1)
    if dtype == torch.float64:
        merged[NORM] = _scaled_norm(parts[NORM], parts[NORM].amax(-1))
    else:
        merged[NORM] = vector_norm(parts[NORM], 2, dim=-1)
    merged[ABS_MAX] = top
    return merged


def _scaled_norm(x: Tensor, top: Tensor) -> Tensor:
    """[rows, n], [rows] float64 -> [rows] float64: norms of the rows divided by their maxima."""
    scale = torch.where((top > 0) & top.isfinite(), top, 1.0)
    norms: Tensor = vector_norm(x / scale.to(x.dtype).unsqueeze(1), 2, dim=1)
    return norms.to(torch.float64) * scale
