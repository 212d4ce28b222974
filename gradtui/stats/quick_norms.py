"""Norms of gradients, and nothing else, where they can be had in a few operations.

What a watched program pays at many steps: each line here is one that the processor has not seen since
the step before, and numpy's are dear then. So what is asked of all tensors is asked by `map`, and norms
are looked at as plain numbers.
"""

from collections.abc import Callable, Sequence
from math import inf, nan
from operator import attrgetter, itemgetter
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.linalg import vector_norm

from gradtui.core.layout import FloatArray
from gradtui.stats.cpu_pass import LEAST, LONGEST, THREADS_FROM, CpuPass, large_norm
from gradtui.stats.plan import PRESENCES, Plan
from gradtui.stats.reduction import NORM
from gradtui.stats.tensors import PLAIN_TYPES

FEW = 64
"""Tensors up to which an operation for each costs less than copying them side by side."""
STACKED, ALIKE = 4096, 4
"""Elements of a tensor, at most, and tensors of one shape, at least, that are stacked to be reduced
together."""
FLOAT32 = {torch.float32}
NOTHING = type(None)
_dtype = attrgetter("dtype")
_kind = attrgetter("dtype", "layout")
Pick = Callable[[Sequence[Tensor]], tuple[Tensor, ...]]


class StackedNorms:
    """Norms of dense float32 tensors on a CPU, planned for these shapes. Small ones of one shape are
    stacked, as many at a time as no thread is started for; others are read where they lie."""

    def __init__(self, shapes: Sequence[torch.Size]) -> None:
        numels = [shape.numel() for shape in shapes]
        alike: dict[torch.Size, list[int]] = {}
        for i, shape in enumerate(shapes):
            if len(shape) and numels[i] <= STACKED:
                alike.setdefault(shape, []).append(i)
        groups = {shape: group for shape, group in alike.items() if len(group) >= ALIKE}
        stacks = [
            (group[at : at + most], tuple(range(1, 1 + len(shape))))
            for shape, group in groups.items()
            for most in [(THREADS_FROM - 1) // numels[group[0]]]
            for at in range(0, len(group), most)
        ]
        stacked = {i for group in groups.values() for i in group}
        self._large = [i for i, numel in enumerate(numels) if numel > LONGEST]
        alone = [i for i in range(len(shapes)) if i not in stacked and i not in self._large]
        self.few = sum(numels[i] <= STACKED for i in alone) <= FEW
        """Whether this is the way that costs the least."""
        self._stacks = [(_picked(group), dims) for group, dims in stacks]
        self._alone = _picked(alone) if alone else None
        order = [*(i for group, _ in stacks for i in group), *alone, *self._large]
        self._sorted: Callable[[Sequence[float]], tuple[float, ...]] | None = None
        if order != sorted(order):
            self._sorted = _picked(np.argsort(order).tolist())
        self._least = LEAST[torch.float32] * np.sqrt(numels)
        self._safe = float(self._least.max(initial=0.0))

    def of(self, grads: Sequence[Tensor]) -> FloatArray | None:
        """[tensors] as `QuickNorms.of`. RuntimeError where they are not dense, or of other shapes."""
        found: list[float] = []
        for pick, dims in self._stacks:
            stack = torch.stack(pick(grads))  # of the widest type among them
            if stack.dtype is not torch.float32:
                return None
            found += vector_norm(stack, 2, dims).tolist()
        if self._alone is not None:
            alone = self._alone(grads)
            if set(map(_dtype, alone)) != FLOAT32:
                return None
            found += torch.stack(torch._foreach_norm(alone)).tolist()
        for i in self._large:
            found += large_norm(grads[i], torch.float32).tolist()
        norms = found if self._sorted is None else self._sorted(found)
        if not sum(norms) < inf:  # a NaN is not, either
            return None
        if min(norms) < self._safe:
            return self._with_care(np.array(norms), grads)
        return np.array(norms)

    def _with_care(self, norms: FloatArray, grads: Sequence[Tensor]) -> FloatArray | None:
        """Those whose squares float32 may not have held are taken again in float64."""
        small = np.flatnonzero(norms < self._least).tolist()
        again = [i for i in small if i not in self._large]
        if any(norms[i] != 0 or grads[i].any() for i in small if i in self._large):
            return None
        if again:
            wide = torch._foreach_norm([grads[i] for i in again], 2, torch.float64)
            norms[again] = torch.stack(wide).numpy()
        return norms


def _picked(places: Sequence[int]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    if len(places) > 1:
        return itemgetter(*places)
    return lambda given: (given[places[0]],)


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
        self._kinds = [signature[1:3] for signature in plan.signatures]
        plain = {(torch.float32, torch.strided)}
        self._listed = not self._remote and set(self._kinds) == plain
        """Whether there is a `StackedNorms` for what is there."""
        self._stacked: dict[tuple[int, ...], StackedNorms] = {}

    def of(self, grads: Sequence[Tensor | None]) -> FloatArray | Tensor | None:
        """[tensors] L2 norms, NaN where there is no gradient. On a CPU they are float64 and finite, and
        exact as those of `measure_norms`. On an accelerator they are a float64 tensor there, whatever
        they are, and nothing waits. None where they cannot be had like this, or are not finite. No
        gradient of them may be tracked."""
        types = set(map(type, grads))
        if types <= PLAIN_TYPES:
            there, given = self._all, cast("Sequence[Tensor]", grads)
        elif types <= PLAIN_TYPES | {NOTHING}:
            there = tuple(i for i in self._all if grads[i] is not None)
            given = [tensor for tensor in grads if tensor is not None]
        else:
            return None
        if not given:
            return None
        if self._listed and given[0].is_cpu:
            stacked = self._stacked.get(there) or self._stacking(there)
            if stacked.few:
                return self._on_host(stacked, there, given)
        kinds = set(map(_kind, given))
        dense = all(layout is torch.strided for _, layout in kinds)
        numels = self._numels if there is self._all else [self._numels[i] for i in there]
        if not dense or list(map(Tensor.numel, given)) != numels:
            return None
        if self._remote:
            return self._on_device(grads, there, given)
        return self._by_pass(self._plan.passes(there)[0], grads)

    def _stacking(self, there: tuple[int, ...]) -> StackedNorms:
        if len(self._stacked) > PRESENCES:
            self._stacked.clear()
        made = self._stacked[there] = StackedNorms([self._plan.shapes[i] for i in there])
        return made

    def _on_host(
        self, stacked: StackedNorms, there: tuple[int, ...], given: Sequence[Tensor]
    ) -> FloatArray | None:
        try:
            norms = stacked.of(given)
        except RuntimeError:  # sparse, or in other shapes
            return None
        if norms is None or there is self._all:
            return norms
        found = np.full(len(self._all), np.nan)
        found[list(there)] = norms
        return found

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

    def _on_device(
        self, grads: Sequence[Tensor | None], there: tuple[int, ...], given: Sequence[Tensor]
    ) -> Tensor | None:
        """[tensors]; `given` are those of `grads` at the places `there`."""
        plan = self._plan
        kinds = self._kinds if there is self._all else [self._kinds[i] for i in there]
        if list(map(_kind, given)) != kinds or any(t.device != plan.device for t in given):
            return None
        if self._kernels is not None:
            if not all(map(self._kernels.takes, given)):
                return None
            norms = self._kernels.statistics(grads)[NORM].clone()
        else:
            norms = torch.stack(torch._foreach_norm(list(given), 2, torch.float64))
        if there is self._all:
            return norms
        places = plan.places(there)
        if self._kernels is not None:
            norms = norms.index_select(0, places)
        return plan.numel.new_full((len(plan),), nan).index_copy_(0, places, norms)
