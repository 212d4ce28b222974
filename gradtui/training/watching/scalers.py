"""Gradient scaling: what the scale is, and the steps that a scaler throws away."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from gradtui.training.watching.losses import Losses
from gradtui.training.watching.patches import Patches
from gradtui.training.watching.quiet import Quiet


@dataclass(slots=True)
class Scaling:
    """One call of GradScaler.step. `stepped` becomes True when an optimizer's step begins in it."""

    scale: Tensor | None
    stepped: bool = False


class Scalers:
    def __init__(self, quiet: Quiet, losses: Losses) -> None:
        self._quiet = quiet
        self._losses = losses
        self.current: Scaling | None = None
        self.skipped: Callable[[Any, Scaling], None] = lambda optimizer, scaling: None

    def install(self, patches: Patches) -> None:
        patches.wrap(torch.amp.GradScaler, "scale", self._scale)
        patches.wrap(torch.amp.GradScaler, "step", self._step)

    def forget(self) -> None:
        self.current = None

    def _scale(self, original: Callable[..., Any], scaler: Any, outputs: Any, *a: Any) -> Any:
        out = original(scaler, outputs, *a)
        if isinstance(out, Tensor) and out is not outputs and not torch.compiler.is_compiling():
            with self._quiet("scaling a loss"):
                if out.numel() == 1:
                    self._losses.unscaled(out, outputs)
        return out

    def _step(
        self, original: Callable[..., Any], scaler: Any, optimizer: Any, *args: Any, **kwargs: Any
    ) -> Any:
        scaling = None
        with self._quiet("a scaler's step"):
            if scaler.is_enabled():
                scale = scaler._scale
                scaling = Scaling(None if scale is None else scale.detach().double().clone())
        self.current = scaling
        try:
            out = original(scaler, optimizer, *args, **kwargs)
        finally:
            self.current = None
        if scaling is not None and not scaling.stepped:
            with self._quiet("a skipped step"):
                self.skipped(optimizer, scaling)
        return out
