"""Data for the cases: digits, and small made-up tasks."""

import math
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from gradtui.lab.data.sets import digits as lab

Draw = Callable[[], tuple[Tensor, Tensor]]
"""The next batch."""


@cache
def all_digits() -> tuple[Tensor, Tensor]:
    task = lab.digits()
    return task.inputs, task.targets


def batches(x: Tensor, y: Tensor, size: int) -> Draw:
    """Shuffled, drawn from the global generator."""

    def draw() -> tuple[Tensor, Tensor]:
        index = torch.randint(0, len(x), (size,))
        return x[index], y[index]

    return draw


def digits(size: int = 64) -> Draw:
    return batches(*all_digits(), size)


def images(size: int = 32) -> Draw:
    x, y = all_digits()
    return batches(x.view(-1, 1, 8, 8), y, size)


def rows(size: int = 32) -> Draw:
    x, y = all_digits()
    return batches(x.view(-1, 8, 8), y, size)


def function(
    size: int = 64, *, scale: float = 1.0, shift: float = 0.0, noise: float = 0.05
) -> Draw:
    """Regression: a smooth function of eight numbers."""
    x = torch.randn(1024, 8)
    y = torch.sin(x[:, :1] * 2) + 0.5 * x[:, 1:2] * x[:, 2:3] + noise * torch.randn(1024, 1)
    return batches(x, y * scale + shift, size)


def memory(size: int = 32, *, length: int = 20, classes: int = 8) -> Draw:
    """The class is shown at the first time step and asked for at the last."""
    labels = torch.randint(0, classes, (512,))
    x = 0.1 * torch.randn(512, length, classes)
    x[torch.arange(512), 0, labels] += 1.0
    return batches(x, labels, size)


def text(size: int = 16, *, length: int = 16, letters: int = 12) -> Draw:
    """Sequences in which each letter nearly decides the next."""
    step = torch.randperm(letters)

    def draw() -> tuple[Tensor, Tensor]:
        out = [torch.randint(0, letters, (size,))]
        for _ in range(length):
            odd = torch.rand(size) < 0.1
            out.append(torch.where(odd, torch.randint(0, letters, (size,)), step[out[-1]]))
        whole = torch.stack(out, 1)
        return whole[:, :-1], whole[:, 1:]

    return draw


def ring(size: int) -> Tensor:
    """Points on a circle, for generators to learn."""
    turn = 2 * math.pi * torch.rand(size)
    return torch.stack([turn.cos(), turn.sin()], 1) + 0.05 * torch.randn(size, 2)
