"""The training loop that most cases share; what is unusual about one is written out there."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.verdicts.data import Draw

Loss = Callable[[Tensor, Tensor], Tensor]


def train(
    net: nn.Module,
    draw: Draw,
    optimizer: torch.optim.Optimizer,
    steps: int,
    *,
    loss: Loss = F.cross_entropy,
    clip: float = 0.0,
    limit: float = 0.0,
    schedule: Any = None,
    cast: torch.dtype | None = None,
) -> None:
    """`clip`: of the norm of the gradient; `limit`: of each of its values."""
    for _ in range(steps):
        x, y = draw()
        optimizer.zero_grad()
        value = loss(net(x if cast is None else x.to(cast)), y)
        value.backward()
        if clip:
            nn.utils.clip_grad_norm_(net.parameters(), clip)
        if limit:
            nn.utils.clip_grad_value_(net.parameters(), limit)
        optimizer.step()
        if schedule is not None:
            schedule.step()


def sgd(net: nn.Module, lr: float, **more: Any) -> torch.optim.Optimizer:
    return torch.optim.SGD(net.parameters(), lr=lr, **more)


def adam(net: nn.Module, lr: float = 1e-3, **more: Any) -> torch.optim.Optimizer:
    return torch.optim.Adam(net.parameters(), lr=lr, **more)


def adamw(net: nn.Module, lr: float = 1e-3, **more: Any) -> torch.optim.Optimizer:
    return torch.optim.AdamW(net.parameters(), lr=lr, **more)


def letters_loss(answers: Tensor, wanted: Tensor) -> Tensor:
    return F.cross_entropy(answers.flatten(0, 1), wanted.flatten())
