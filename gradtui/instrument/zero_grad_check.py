"""Whether gradients are cleared between steps, and whether any is left when a step is taken.

One small gradient is compared with what it was: at each step, and at the end of each backward pass
and the beginning of the next. What lies there unchanged all the time is never cleared, however that
would be done. After the first steps nothing is looked at any more.
"""

import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from gradtui.core.wiring import NEVER_ZEROED, NO_GRADIENTS, Faults
from gradtui.instrument.exception_guard import ExceptionGuard
from gradtui.instrument.optimizer_numbers import parameters_of
from gradtui.instrument.step_listeners import StepListener
from gradtui.patching.cuda_capture import capturing

STEPS = 3
"""In a row that must agree."""
MOST = 12
"""Steps of all optimizers after which it is left open."""
PASSES = 64
"""Backward passes without a step after which it is."""
PART = 1 << 16
"""Elements of a larger gradient that are looked at, its first rows."""
KEPT = "what a step has gone by still lies in .grad when the next backward pass adds to it"
CLEARED = "zero_grad() is called between backward() and step()"
UNREACHED = (
    "the loss was made of a copy without its history, or the optimizer was given other tensors than "
    "the model's"
)
ALONE = (
    "backward() is called on a tensor without a history, on which no parameter has a part: requires_grad_() "
    "does not bring back what a comparison, a rounding, detach() or no_grad() has cut off"
)


class ZeroGradCheck(StepListener):
    def __init__(self, guard: ExceptionGuard, news: Callable[[], None]) -> None:
        self._guard, self._news = guard, news
        self.forget()

    def forget(self) -> None:
        self.told: Faults = ()
        self._doors = self._passes = self._empty = self._agreed = 0
        self._keeps = self._lacks = True
        """Whether that may still turn out to be so."""
        self._came = False
        """Whether a backward pass left gradients that were gone at the next step."""
        self._alone = True
        """Whether each began at a tensor that was made of nothing."""
        self._optimizer: weakref.ref[Optimizer] | None = None
        self._tensor: weakref.ref[Tensor] | None = None
        self._last: Tensor | None = None
        self._at_step: Tensor | None = None
        self._added: Tensor | None = None
        """Whether the last pass changed it."""
        self._flags: list[Tensor] = []

    def backward_begins(self, roots: Any) -> None:
        if self._keeps or self._lacks:
            self._alone = self._alone and isinstance(roots, Tensor) and roots.grad_fn is None
            self._run(self._begins)

    def backward_done(self) -> None:
        if self._keeps or self._lacks:
            self._run(self._over)

    def step_begins(self, optimizer: Optimizer, closure: bool) -> None:
        if self._keeps or self._lacks:
            self._run(lambda: self._step(optimizer, closure))

    def stop(self) -> None:
        self._keeps = self._lacks = False
        self._last = self._at_step = None
        self._flags = []

    def _run(self, look: Callable[[], None]) -> None:
        done = False
        with self._guard("whether gradients are cleared"):
            if not capturing():
                look()
                done = True
        if not done or not (self._keeps or self._lacks):
            self.stop()

    def _begins(self) -> None:
        self._passes += 1
        if self._passes > PASSES:
            self._keeps = self._lacks = False
        if self._last is None:
            return
        grad = self._grad()
        if grad is None or grad.shape != self._last.shape or grad.device != self._last.device:
            self._keeps = False
        else:
            self._agree((grad == self._last).all() & grad.any())

    def _over(self) -> None:
        if self._lacks and self._optimizer is not None:
            optimizer = self._optimizer()
            given = parameters_of(optimizer) if optimizer is not None else []
            self._came |= any(p.grad is not None for p in given)
        if self._keeps and self._last is not None:
            before, self._last = self._last, self._copy()
            if self._last is None or self._last.shape != before.shape:
                self._keeps = False
            else:  # it is the pass that adds to it, and not somebody's hand afterwards
                self._added = (self._last != before).any()

    def _step(self, optimizer: Optimizer, closure: bool) -> None:
        self._doors += 1
        if self._doors > MOST:
            self._keeps = self._lacks = False
            return
        given = [p for p in parameters_of(optimizer) if p.grad is not None]
        self._lacks = self._lacks and not given and not closure
        if self._optimizer is None:
            self._optimizer = weakref.ref(optimizer)
        if self._optimizer() is not optimizer:
            return
        passes, self._passes = self._passes, 0
        if self._lacks and passes:
            self._empty += 1
            if self._empty == STEPS:
                self._lacks = self._keeps = False
                unreached = ALONE if self._alone else UNREACHED
                self._tell(NO_GRADIENTS, CLEARED if self._came else unreached)
        elif self._keeps and given:
            self._compare(given, passes)

    def _compare(self, given: list[Tensor], passes: int) -> None:
        if self._tensor is None:
            plain = [p for p in given if type(p.grad) is Tensor and p.grad.is_floating_point()]
            plain = [p for p in plain if p.grad is not None and p.grad.layout is torch.strided]
            if not plain:
                self._keeps = False
                return
            self._tensor = weakref.ref(min(reversed(plain), key=lambda p: p.numel()))
        elif passes and self._at_step is not None:
            grad = self._grad()
            if grad is None:
                self._keeps = False
                return
            same = self._last is not None and self._last.shape == grad.shape
            if not same or self._added is None or self._added.device != grad.device:
                self._keeps = False
                return
            self._agree(self._added & (grad != self._at_step).any() & grad.any())
            self._agreed += 1
            if self._keeps and self._agreed == STEPS:
                self._keeps = False
                if bool(torch.stack(self._flags).all()):  # where a device must be waited for, once
                    self._tell(NEVER_ZEROED, KEPT)
        self._last = self._at_step = self._copy()
        self._added = None

    def _agree(self, flag: Tensor) -> None:
        self._flags.append(flag)
        if flag.is_cpu and not flag:
            self._keeps = False

    def _grad(self) -> Tensor | None:
        tensor = None if self._tensor is None else self._tensor()
        if tensor is None or tensor.grad is None:
            return None
        grad = tensor.grad.detach()
        rows = PART * len(grad) // grad.numel() if grad.dim() and grad.numel() > PART else 0
        return grad[:rows] if rows else grad

    def _copy(self) -> Tensor | None:
        grad = self._grad() if self._keeps else None
        return None if grad is None else grad.clone()

    def _tell(self, kind: str, words: str) -> None:
        self.told = (*self.told, (kind, words))
        self._news()
