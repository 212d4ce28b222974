"""Tensors that are stepped together, and how they are measured."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.optim import Optimizer

from gradtui.core.layout import FloatArray, IntArray, Layout
from gradtui.instrument.budget import Budget, Detail, Ledger
from gradtui.instrument.layout_builder import LayoutBuilder
from gradtui.instrument.weak_tensors import GONE, WeakTensors
from gradtui.stats.step_tensors import StepTensors


def _sound(tensors: Sequence[Tensor]) -> bool:
    plain = [t.detach() for t in tensors if t.is_floating_point() and t.layout is torch.strided]
    plain = [t for t in plain if type(t) is Tensor and t.numel()]
    # Both ends tell: a NaN is the largest of what it is among. No copy of anything is made.
    return all(bool(torch.isfinite(torch.stack(torch.aminmax(t))).all()) for t in plain)


class ParamGroup:
    """`at` and `layout` are set once the tensors have a place among all others."""

    def __init__(self, tensors: Sequence[Tensor], budget: Budget) -> None:
        self.held = WeakTensors(tensors)
        self.ids = [id(tensor) for tensor in tensors]
        self.sum_of_ids = sum(self.ids)
        self.members = frozenset(self.ids)
        self.at: IntArray | None = None
        self.layout: Layout | None = None
        self.number = self.key = 0
        self.budget = budget
        self._measured = StepTensors(tensors)

    @property
    def tensors(self) -> list[Tensor]:
        return self.held.tensors()

    @property
    def outgrown(self) -> bool:
        """Whether the tensors have become others in type or shape, and are to be planned for anew."""
        return self._measured.strained and self._measured.outgrown(self.tensors)

    def gradients(self, grads: Sequence[Tensor | None], detail: Detail) -> dict[str, Tensor]:
        return self._measured.gradients(grads, counts=detail.counts, histograms=detail.histograms)

    def norms_alone(self) -> FloatArray | Tensor | None:
        """[tensors] L2 norms of the gradients, in a few operations; None where that will not do."""
        return self.norms_of([tensor.grad for tensor in self.held.tensors()])

    def norms_of(self, grads: Sequence[Tensor | None]) -> FloatArray | Tensor | None:
        """The same, of the gradients of `tensors` in their order."""
        return self._measured.norms(grads)

    def remember_weights(self) -> None:
        self._measured.remember(self.tensors)

    def weights(self, *, updates: bool = True) -> Tensor:
        """`updates`: the change since they were remembered is that of one step. NaN for tensors that
        are no longer there."""
        tensors = self.tensors
        found = self._measured.weights(tensors, updates=updates)
        for place, tensor in enumerate(tensors):  # a list of places would be waited for on a device
            if tensor is GONE:
                found[place] = torch.nan
        return found

    def states(self, optimizer: Optimizer) -> Tensor | None:
        """What this optimizer keeps of them, before `weights`; None where there is nothing of that."""
        return self._measured.states(self.tensors, optimizer)

    @property
    def all_gone(self) -> bool:
        return all(tensor is GONE for tensor in self.tensors)

    @property
    def bare(self) -> bool:
        """Whether none has a gradient."""
        return all(tensor.grad is None for tensor in self.tensors)

    def left(self) -> list[Tensor | None]:
        """The gradients that are there now; none where all of them have been cleared."""
        grads = [tensor.grad for tensor in self.tensors]
        return grads if any(g is not None and bool(g.any()) for g in grads) else [None] * len(grads)


class ParamGroups:
    """Made when first needed, and anew when the tensors of an optimizer change."""

    def __init__(self, layout_builder: LayoutBuilder, ledger: Ledger) -> None:
        self._layout_builder, self._ledger = layout_builder, ledger
        self._known: dict[int, ParamGroup] = {}

    def known(self, key: int, tensors: Sequence[Tensor]) -> ParamGroup | None:
        """The one that was made for this key, if it was for these tensors as they are."""
        known = self._known.get(key)
        if known is None or not known.held.are(tensors) or known.outgrown:
            return None
        return known

    def of(self, key: int, tensors: Sequence[Tensor]) -> ParamGroup:
        """`key` is an optimizer's id, or anything that no optimizer's id can be."""
        if (same := self.known(key, tensors)) is not None:
            return same
        known = self._known.get(key)
        made = ParamGroup(tensors, Budget(self._ledger) if known is None else known.budget)
        made.key = key
        self._known[key] = made
        return made

    def place(self, source: ParamGroup, word: str = "none") -> bool:
        """Whether there is a place for it in the layout, which may have to be made anew; `word` is
        said of the optimizer where there is none."""
        if source.layout is not None and source.layout is self._layout_builder.layout:
            return True
        at = self._layout_builder.at(source.tensors, word)
        source.at, source.layout = at, self._layout_builder.layout
        return at is not None

    def placed(self) -> list[ParamGroup]:
        """Those that have a place in a layout."""
        return [source for source in self._known.values() if source.layout is not None]

    def broken(self) -> list[ParamGroup]:
        """Those whose tensors hold a NaN or an infinity by now."""
        return [source for source in self.placed() if not _sound(source.tensors)]

    def budgets(self) -> list[Budget]:
        return [source.budget for source in self._known.values()]

    def drop(self, key: int) -> None:
        self._known.pop(key, None)

    def release(self) -> None:
        """Let go of every tensor."""
        self._known = {}
