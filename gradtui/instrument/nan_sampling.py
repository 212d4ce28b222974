"""Between two records: steps of which nothing is recorded are looked at all the same, where that is
cheap, so that a NaN is seen in the step in which it is born.

A NaN that is born on the way back reaches the first layers in the same pass: of the gradients, one
small one of these is looked at. Where numbers are on another device a look would wait for it, and
there is none.
"""

import weakref
from collections.abc import Sequence
from math import ceil, isfinite

import torch
from torch import Tensor
from torch.optim import Optimizer

from gradtui.instrument.budget import Ledger, Recent
from gradtui.instrument.cost_meter import CostMeter
from gradtui.instrument.loss_capture import LossCapture
from gradtui.instrument.nan_capture import NanCapture
from gradtui.instrument.param_groups import ParamGroup
from gradtui.patching.own_errors import is_ours

SHARE = 0.5
"""Of the budget, at most, for looking between records; the rest is for records."""
GLANCING, CLOSELY = 1, 2
"""How steps are looked at: at numbers alone, by what is in the way anyhow; or calls of models are
kept as well, which takes four times as long."""
GUESS = 8
"""What looking closely takes a step, in calls of the meter, until it has been tried: too little."""
IN_PASSING = 6
"""What being called at each step takes, in such calls: measured, some 10 microseconds between a
program's own work, where a call is 1.5."""
AGAIN = 100
"""Records after which it is tried anew: one odd measurement may not settle it for good."""
SMALL = 1 << 14
"""Elements of a gradient that is looked at, at most."""
TOWERS = 3
"""Parts of a model, by the first word of their names, of each of which one gradient is looked at."""
FALSE = 3
"""Suspicions that came to nothing, after which there are no more."""


class NanSampling:
    """`plan` after each record settles how the steps until the next one are looked at."""

    def __init__(
        self, meter: CostMeter, ledger: Ledger, losses: LossCapture, nan_capture: NanCapture
    ) -> None:
        self._meter, self._ledger, self._losses, self._nan_capture = (
            meter,
            ledger,
            losses,
            nan_capture,
        )
        self._seen: dict[int, tuple[object, list[weakref.ref[Tensor]]]] = {}
        self._level = 0
        self._cost, self._glance = Recent(), Recent()
        """Seconds a step, of looking closely and of a glance."""
        self._plans = self._looked = self._false = self._calls = 0
        self._suspected = False

    def know(self, optimizer: Optimizer, source: ParamGroup) -> None:
        """What this optimizer steps, in which order."""
        known = self._seen.get(id(optimizer))
        if known is None or known[0] is not source.layout:
            self._seen[id(optimizer)] = (source.layout, [weakref.ref(t) for t in firsts(source)])

    @property
    def glancing(self) -> bool:
        return self._level == GLANCING

    @property
    def looks(self) -> dict[int, list[weakref.ref[Tensor]]]:
        """By the optimizer's id, of which tensors the gradients are looked at."""
        return {key: tensors for key, (_, tensors) in self._seen.items()}

    def plan(self, passing: bool) -> bool:
        """Whether steps until the next record are looked at closely; `passing`: some come before it."""
        if self._level == CLOSELY and self._looked:
            self._cost.add(self._meter.lately_passed / self._looked)
        self._looked = 0
        self._plans += 1
        if self._plans % AGAIN == 0:
            self._cost, self._glance = Recent(), Recent()
        if not passing:
            self._level = 0
            return True
        self._level = self._affordable()
        return self._level == CLOSELY

    def suspects(self, optimizer: Optimizer) -> bool:
        """Whether the step that is about to be taken has to be recorded."""
        self._looked += 1
        self._meter.enter()
        try:
            return self._suspects(optimizer)
        finally:
            self._meter.leave()

    def glance(self, optimizer: Optimizer) -> bool:
        """The same, too short to be timed."""
        self._meter.calls += self._calls
        return self._suspects(optimizer)

    def _suspects(self, optimizer: Optimizer) -> bool:
        """Asked at each step: short, and in few calls."""
        if self._false >= FALSE or self._nan_capture.done:
            return False
        try:
            known = self._seen.get(id(optimizer))
            suspected = self._losses.broken or (known is not None and _broken(known[1]))
        except Exception as error:
            if not is_ours(error):
                raise
            self._false = FALSE
            return False
        self._suspected = suspected
        return suspected

    def found(self, lost: bool) -> None:
        """What became of the step: a suspicion that comes to nothing is held against the next."""
        if self._suspected and not lost:
            self._false += 1
        self._suspected = False

    def forget(self) -> None:
        self._seen = {}

    def _affordable(self) -> int:
        if self._nan_capture.done or self._false >= FALSE or not self._nan_capture.near:
            return 0
        part = SHARE * self._ledger.share * self._ledger.pace
        each = self._meter.each
        if (self._cost.value or GUESS * each) <= part:
            return CLOSELY
        self._calls = ceil(self._time() / each) + IN_PASSING
        return GLANCING if self._calls * each <= part else 0

    def _time(self) -> float:
        """Seconds for a glance at an optimizer's gradients, with the caches as a program leaves them."""
        began = self._meter.clock()
        for _, tensors in self._seen.values():
            _broken(tensors)
        passed = self._meter.clock() - began
        self._glance.add(passed / max(len(self._seen), 1))
        return self._glance.value


def firsts(source: ParamGroup) -> list[Tensor]:
    """Of the first layer of each part of the model the smallest tensor."""
    layout, at = source.layout, source.at
    if layout is None or at is None:
        return []
    best: dict[str, tuple[int, int, Tensor]] = {}
    for tensor, place in zip(source.tensors, at.tolist(), strict=True):
        info = layout.tensors[place]
        if info.structural_zero or tensor.numel() > SMALL:
            continue
        word = info.name.partition(".")[0]
        word = "" if word.isdecimal() else word  # a chain, of which each is the next one's input
        mine = (info.row, tensor.numel(), tensor)
        if word not in best or mine[:2] < best[word][:2]:
            best[word] = mine
    return [tensor for _, _, tensor in sorted(best.values(), key=lambda one: one[:2])[:TOWERS]]


def _broken(tensors: Sequence[weakref.ref[Tensor]]) -> bool:
    if torch._C._len_torch_dispatch_stack() or torch._C._len_torch_function_stack():
        return False  # somebody counts or records operations
    for ref in tensors:
        tensor = ref()
        grad = None if tensor is None else tensor.grad
        if type(grad) is not Tensor or grad.layout is not torch.strided or not grad.is_cpu:
            continue
        if not isfinite(grad.sum().item()):
            return True
    return False
