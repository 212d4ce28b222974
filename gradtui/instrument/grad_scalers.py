"""Gradient scaling: what the scale is, and the steps that a scaler throws away."""

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from gradtui.instrument.exception_guard import ExceptionGuard
from gradtui.instrument.loss_capture import LossCapture
from gradtui.instrument.patches import Begun, Patches
from gradtui.instrument.step_listeners import StepListeners


@dataclass(frozen=True, slots=True)
class Scaling:
    """One call of GradScaler.step; `scale` is [] float64."""

    scale: Tensor | None

    @property
    def parts(self) -> dict[str, Tensor]:
        """As a part of a record."""
        return {} if self.scale is None else {"scale": self.scale}


class SkippedSteps:
    """Tells overflow that a smaller loss scale ends from numbers that no scale makes finite."""

    ASKED = 8
    """Steps in a row that are thrown away, after which the scale is asked for: it may be on another
    device."""
    FLOOR = 1.0
    """A smaller scale makes gradients smaller than they are without a scaler."""

    def __init__(self) -> None:
        self._last, self._count = -1, 0

    def beyond_scaling(self, step: int, scaling: Scaling, apart: int) -> bool:
        """Whether no scale would have helped in this step, one that was thrown away. `apart`: how far
        steps of one optimizer lie apart."""
        self._count = self._count + 1 if step - self._last <= apart else 1
        self._last = step
        if self._count < self.ASKED or scaling.scale is None:
            return False
        return float(scaling.scale) < self.FLOOR


class GradScalers:
    def __init__(
        self, guard: ExceptionGuard, losses: LossCapture, listeners: StepListeners
    ) -> None:
        self._guard, self._listeners = guard, listeners
        self._losses = losses
        self.current: Scaling | None = None
        self.seen = False
        """Whether any scaler that is enabled has been used."""
        self.recorded: Callable[[Any], None] | None = None
        """Given the loss that is scaled while a CUDA graph is recorded."""
        self._scaler: weakref.ref[Any] | None = None
        """That of the last loss, until it steps."""

    def install(self, patches: Patches) -> None:
        scaler = torch.amp.GradScaler
        patches.enclose(scaler, "scale", ("self", "outputs"), self._scale, recorded=self._recorded)
        patches.enclose(scaler, "step", ("self", "optimizer"), self._step)

    def forget(self) -> None:
        self.current = self._scaler = None

    def still_scaled(self, optimizer: Optimizer) -> bool:
        """Whether the gradients that a scaler's loss has left are still multiplied by its scale."""
        scaler = None if self._scaler is None else self._scaler()
        if scaler is None or not scaler.is_enabled():
            return False
        state = scaler._per_optimizer_states.get(id(optimizer))
        return state is None or state["stage"].name == "READY"

    def _scale(self, scaler: Any, outputs: Any) -> Begun:
        self._scaler = weakref.ref(scaler)
        out = yield
        if isinstance(out, Tensor) and out is not outputs:
            with self._guard("scaling a loss"):
                if out.numel() == 1:
                    self._losses.unscaled(out, outputs)

    def _recorded(self, scaler: Any, outputs: Any) -> None:
        del scaler
        if self.recorded is not None:
            self.recorded(outputs)

    def _step(self, scaler: Any, optimizer: Any) -> Begun:
        meter = self._guard.meter
        before = meter.steps
        self._scaler = None
        with self._guard("a scaler's step"):
            self.current = _scaling(scaler)
            self.seen = self.seen or self.current is not None
        try:
            yield
        finally:
            self.current = None
        if meter.steps == before:
            with self._guard("a skipped step"):
                scaling = _scaling(scaler)
                if scaling is not None and _found_inf(scaler, optimizer):
                    self._listeners.step_skipped(optimizer, scaling)


def _scaling(scaler: Any) -> Scaling | None:
    if not scaler.is_enabled():
        return None
    scale = scaler._scale
    return Scaling(None if scale is None else scale.detach().to(torch.float64, copy=True))


def _found_inf(scaler: Any, optimizer: Any) -> bool:
    """Whether that is why there was no step. The scaler itself has waited for this number."""
    found = scaler._per_optimizer_states[id(optimizer)]["found_inf_per_device"]
    return any(float(value) > 0 for value in found.values())
