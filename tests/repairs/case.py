"""One sick training program, as anyone would write it, with its parts apart."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Data = Callable[[], tuple[Tensor, Tensor]]
Net = Callable[[], nn.Module]
Optimizer = Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]
Loss = Callable[[nn.Module, Tensor, Tensor], Tensor]
Hand = Callable[[nn.Module], Any]

PLACED: dict[str, Callable[..., Tensor]] = {}
"""What a prescription puts in place of an operation of a loss, by the name that it gives it."""


def operation(usual: Callable[..., Tensor], *names: str) -> Callable[..., Tensor]:
    """The program's own operation, or what has been put in its place under one of these names."""
    return next((PLACED[name] for name in names if name in PLACED), usual)


def entropy(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(model(inputs), targets)


def squares(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    return F.mse_loss(model(inputs), targets)


def sgd(lr: float, **more: Any) -> Optimizer:
    return lambda weights: torch.optim.SGD(weights, lr=lr, **more)


def adam(lr: float = 1e-3, **more: Any) -> Optimizer:
    return lambda weights: torch.optim.Adam(weights, lr=lr, **more)


def adamw(lr: float = 1e-3, **more: Any) -> Optimizer:
    return lambda weights: torch.optim.AdamW(weights, lr=lr, **more)


def rmsprop(lr: float, **more: Any) -> Optimizer:
    return lambda weights: torch.optim.RMSprop(weights, lr=lr, **more)


@dataclass(frozen=True)
class Case:
    name: str
    data: Data
    model: Net
    optimizer: Optimizer
    loss: Loss = entropy
    steps: int = 200
    batch: int = 64
    clip: float = 0.0
    after: Hand = lambda model: None
    """What the program does after each step, such as clipping a critic's weights."""
    half: str = ""
    """"weights" in float16, "autocast" to float16, "scaler": autocast with a GradScaler."""
