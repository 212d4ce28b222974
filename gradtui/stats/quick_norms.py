"""Norms of gradients, and nothing else, where they can be had in a few operations.

What a watched program pays at many steps: each line here is one that the processor has not seen since
the step before.
"""

from collections.abc import Sequence
from operator import attrgetter
from typing import cast

import numpy as np
import torch
from torch import Tensor

from gradtui.core.layout import FloatArray
from gradtui.stats.cpu_pass import LEAST, LONGEST, CpuPass
from gradtui.stats.plan import Plan
from gradtui.stats.reduction import NORM
from gradtui.stats.tensors import PLAIN_TYPES

FEW = 64
"""Tensors up to which an operation for each costs less than copying them side by side."""
NOTHING = type(None)
_kind = attrgetter("dtype", "layout")


class QuickNorms:
    """Of tensors that a plan was made for, which has the scratch memory."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._numels = [shape.numel() for shape in plan.shapes]
        self._all = tuple(range(len(plan)))
        self._kernels = plan.gpus[0] if plan.in_one_gpu_pass else None
        self._remote = plan.in_one_list or self._kernels is not None
        self.possible = plan.in_one_pass or self._remote
        """Whether they may be asked for."""
        few = not self._remote and len(plan) <= FEW and max(self._numels, default=0) <= LONGEST
        kinds = {signature[1:] for signature in plan.signatures}
        self._kinds = kinds if few and kinds == {(torch.float32, torch.strided)} else set()
        """Types of tensors of which norms are taken one by one; none where they are not."""
        self._least = LEAST[torch.float32] * np.sqrt(self._numels)

    @torch.no_grad()
    def of(self, grads: Sequence[Tensor | None]) -> FloatArray | Tensor | None:
        """[tensors] L2 norms, NaN where there is no gradient. On a CPU they are float64 and finite, and
        exact as those of `measure_norms`. On an accelerator they are a float64 tensor there, whatever
        they are, and nothing waits. None where they cannot be had like this, or are not finite."""
        types = list(map(type, grads))
        if PLAIN_TYPES.issuperset(types):
            there, given = self._all, cast("Sequence[Tensor]", grads)
            kinds = set(map(_kind, given))
            here = kinds == self._kinds and given[0].is_cpu
            if here and (found := self._one_by_one(given)) is not None:
                return found
        else:
            there = tuple(i for i in self._all if types[i] is not NOTHING)
            given = [tensor for tensor in grads if tensor is not None]
            if not PLAIN_TYPES.issuperset(map(type, given)):
                return None
            kinds = set(map(_kind, given))
        dense = all(layout is torch.strided for _, layout in kinds)
        numels = self._numels if there is self._all else [self._numels[i] for i in there]
        if not given or not dense or list(map(Tensor.numel, given)) != numels:
            return None
        if self._remote:
            return self._on_device(given) if len(given) == len(grads) else None
        return self._by_pass(self._plan.passes(there)[0], grads)

    def _one_by_one(self, grads: Sequence[Tensor]) -> FloatArray | None:
        """None where any has to be taken with care."""
        norms = torch.stack(torch._foreach_norm(list(grads))).numpy()
        if (norms >= self._least).all() and norms.max() < np.inf:
            return norms.astype(np.float64)
        return None

    def _by_pass(self, one: CpuPass, grads: Sequence[Tensor | None]) -> FloatArray | None:
        tensors = cast("Sequence[Tensor]", grads)
        if not tensors[int(one.members[0])].is_cpu:
            return None
        try:
            norms, unsure = one.norms(tensors)
        except RuntimeError:  # as many elements, in another shape
            return None
        for at in np.flatnonzero(unsure).tolist():
            if norms[at] != 0 or tensors[int(one.members[at])].any():
                return None
        found = np.full(len(grads), np.nan)
        found[one.members] = norms
        return found

    def _on_device(self, given: Sequence[Tensor]) -> Tensor | None:
        if self._kernels is not None:
            planned = list(map(_kind, given)) == [
                signature[1:] for signature in self._plan.signatures
            ]
            if not planned or not self._plan.lie_there(given):
                return None
            return self._kernels.statistics(given)[NORM].clone()
        if given[0].device != self._plan.device:
            return None
        return torch.stack(torch._foreach_norm(list(given), 2, torch.float64))
