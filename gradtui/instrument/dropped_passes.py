"""Whether gradients are cleared between the backward passes of one step, so that only the last one counts.

One small gradient is looked at, on a CPU, in the first steps of a program with one optimizer. Where a pass
is of something else than what is trained (an input that is perturbed), where weights change between passes,
where a graph is kept for more passes, or where a step goes by other gradients than those of the last pass,
clearing is meant.
"""

import weakref
from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from gradtui.autograd.leaves import only_parameters
from gradtui.core.wiring import DROPPED_PASSES, Faults
from gradtui.instrument.exception_guard import ExceptionGuard
from gradtui.instrument.optimizer_numbers import parameters_of
from gradtui.instrument.step_listeners import FirstLooks
from gradtui.instrument.weak_tensors import smallest_gradient

STEPS = 3
"""In a row that must agree, after the first."""
NODES = 3000
"""A graph with more is not looked through."""
SAME_WAY = 0.999
"""Cosine of the gradient at the step and after the last pass: clipping makes it shorter, and no more."""


class DroppedPasses(FirstLooks):
    """`kept` says whether the graph of the last pass was kept."""

    def __init__(
        self, guard: ExceptionGuard, kept: Callable[[], bool], news: Callable[[], None]
    ) -> None:
        super().__init__(guard, "passes that count for nothing")
        self._kept, self._news = kept, news
        self.forget()

    def forget(self) -> None:
        self.told: Faults = ()
        self._open = True
        """Whether it may still turn out to be so."""
        self._passes = self._dropped = self._agreed = 0
        """The first two since the last step."""
        self._optimizer: weakref.ref[Optimizer] | None = None
        self._tensor: weakref.ref[Tensor] | None = None
        self._left: Tensor | None = None
        """What the last pass left, and how often the weight had been written to by then."""
        self._version = 0

    def stop(self) -> None:
        self._open, self._left = False, None

    def backward_begins(self, roots: Any) -> None:
        if self._open and self._tensor is not None:
            self._run(lambda: self._begins(roots))

    def backward_done(self) -> None:
        if self._open and self._tensor is not None:
            self._run(self._done)

    def step_begins(self, optimizer: Optimizer, closure: bool) -> None:
        if self._open:
            self._run(lambda: self._step(optimizer, closure))

    def _begins(self, roots: Any) -> bool:
        # Not looked through before there is a step with several: most programs have none.
        if self._agreed and not (
            isinstance(roots, Tensor) and only_parameters(roots.grad_fn, NODES)
        ):
            return False
        if not self._passes:
            return True
        tensor, grad = self._now()
        cleared = tensor is not None and (grad is None or not bool(grad.any()))
        if tensor is None or not cleared or self._left is None or tensor._version != self._version:
            return False
        self._dropped += 1
        return True

    def _done(self) -> bool:
        tensor, grad = self._now()
        self._passes += 1
        if tensor is None or grad is None or self._kept():
            return False
        self._left, self._version = grad.clone(), tensor._version
        return True

    def _step(self, optimizer: Optimizer, closure: bool) -> bool:
        if closure:
            return False
        if self._optimizer is None:
            self._optimizer = weakref.ref(optimizer)
            self._tensor = smallest_gradient(parameters_of(optimizer))
            return self._tensor is not None
        if self._optimizer() is not optimizer:
            return False
        passes, dropped = self._passes, self._dropped
        self._passes = self._dropped = 0
        _, grad = self._now()
        if passes < 2 or dropped != passes - 1 or grad is None or self._left is None:
            return False
        mine, last = grad.flatten().double(), self._left.flatten().double()
        if not mine @ last >= SAME_WAY * mine.norm() * last.norm() > 0:
            return False
        self._agreed += 1
        if self._agreed < STEPS:
            return True
        words = (
            f"gradients are cleared between the {passes} backward passes of a step: {dropped} of them count "
            "for nothing"
        )
        self.told = ((DROPPED_PASSES, words),)
        self._news()
        return False

    def _now(self) -> tuple[Tensor | None, Tensor | None]:
        tensor = None if self._tensor is None else self._tensor()
        grad = None if tensor is None else tensor.grad
        return tensor, None if grad is None else grad.detach()
