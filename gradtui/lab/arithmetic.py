"""Float32, half, bfloat16, master weights, autocast and loss scaling behind one set of verbs."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

from gradtui.lab.scenario import schema

DTYPES = {
    "float32": torch.float32,
    "float64": torch.float64,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}
GRAD_SCALER_DEFAULT = 2.0**16


class Arithmetic:
    """How numbers are held while training.

    float16 with a loss scale keeps float32 master weights (Micikevicius et al. 2018): the optimizer
    works on the masters, the model on their half-precision copies. amp_float16 is torch's own
    autocast with a GradScaler. `parameters` are what the optimizer updates and the probe reads.
    """

    def __init__(self, wanted: schema.Precision, module: nn.Module, device: torch.device) -> None:
        self.kind = wanted.kind
        self.device = device
        self.autocast_dtype: torch.dtype | None = None
        self.scaler: torch.amp.GradScaler | None = None
        self.static_scale = 1.0
        if wanted.kind.startswith("amp_"):
            self.autocast_dtype = DTYPES[wanted.kind.removeprefix("amp_")]
            module.to(device)
        else:
            module.to(device=device, dtype=DTYPES[wanted.kind])
        if wanted.kind == "amp_float16":
            scale = GRAD_SCALER_DEFAULT if wanted.loss_scale is None else wanted.loss_scale
            self.scaler = torch.amp.GradScaler(device.type, init_scale=scale)
        self.copies = [p for p in module.parameters() if p.requires_grad]
        self.parameters: Sequence[Tensor] = self.copies
        if wanted.kind == "float16" and wanted.loss_scale is not None:
            self.static_scale = wanted.loss_scale
            self.parameters = [p.detach().float().requires_grad_() for p in self.copies]

    @property
    def input_dtype(self) -> torch.dtype:
        return DTYPES.get(self.kind, torch.float32)

    @property
    def scale(self) -> float:
        """The loss scale in force, NaN where there is none."""
        if self.scaler is not None:
            return self.scaler.get_scale()
        return self.static_scale if self.has_masters else float("nan")

    @property
    def has_masters(self) -> bool:
        return self.parameters is not self.copies

    def forward_context(self) -> AbstractContextManager[object]:
        if self.autocast_dtype is None:
            return nullcontext()
        return torch.autocast(self.device.type, dtype=self.autocast_dtype)

    def backward(self, loss: Tensor) -> None:
        scaled = loss if self.scaler is None else self.scaler.scale(loss)
        torch.autograd.backward([scaled * self.static_scale if self.has_masters else scaled])

    def unscale(self, optimizer: torch.optim.Optimizer) -> None:
        """Leave true gradients, unscaled, on `parameters`."""
        if self.scaler is not None:
            self.scaler.unscale_(optimizer)
        if self.has_masters:
            for master, copy in zip(self.parameters, self.copies, strict=True):
                grad = copy.grad
                master.grad = None if grad is None else grad.float().div_(self.static_scale)
                copy.grad = None

    def step(self, optimizer: torch.optim.Optimizer) -> bool:
        """Update; True where the scaler threw the step away because a gradient overflowed."""
        if self.scaler is None:
            optimizer.step()
            if self.has_masters:
                with torch.no_grad():
                    for master, copy in zip(self.parameters, self.copies, strict=True):
                        copy.copy_(master)
            return False
        before = self.scaler.get_scale()
        self.scaler.step(optimizer)
        self.scaler.update()
        return self.scaler.get_scale() < before
