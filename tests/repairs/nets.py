"""Nets and data for the sick cases: stacks, nested blocks, functions in place of modules."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.verdicts.data import all_digits


def digits() -> tuple[Tensor, Tensor]:
    return all_digits()


def images() -> tuple[Tensor, Tensor]:
    x, y = all_digits()
    return x.view(-1, 1, 8, 8), y


def pixel_rows() -> tuple[Tensor, Tensor]:
    x, y = all_digits()
    return x.view(-1, 8, 8), y


def odd_digits() -> tuple[Tensor, Tensor]:
    x, y = all_digits()
    return x, (y % 2).float()


def curve(scale: float = 1.0) -> Callable[[], tuple[Tensor, Tensor]]:
    """Regression: a smooth function of eight numbers, its values `scale` wide."""

    def draw() -> tuple[Tensor, Tensor]:
        x = torch.randn(1024, 8)
        y = torch.sin(2 * x[:, :1]) + 0.5 * x[:, 1:2] * x[:, 2:3]
        return x, scale * y

    return draw


def recall(length: int, classes: int = 8) -> Callable[[], tuple[Tensor, Tensor]]:
    """The class is shown at the first time step and asked for at the last."""

    def draw() -> tuple[Tensor, Tensor]:
        labels = torch.randint(0, classes, (1024,))
        x = 0.1 * torch.randn(1024, length, classes)
        x[torch.arange(1024), 0, labels] += 1.0
        return x, labels

    return draw


class Blocks(nn.Module):
    """Blocks within a model of one's own."""

    def __init__(self, depth: int, act: Callable[[], nn.Module], width: int = 64) -> None:
        super().__init__()
        self.stem = nn.Linear(64, width)
        self.body = nn.ModuleList(
            nn.ModuleDict({"lin": nn.Linear(width, width), "act": act()}) for _ in range(depth)
        )
        self.head = nn.Linear(width, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for block in self.body:
            x = block["act"](block["lin"](x))
        return self.head(x)


class Functional(nn.Module):
    """The activation is a function that the model keeps."""

    def __init__(self, depth: int, act: Callable[[Tensor], Tensor], width: int = 64) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(64 if i == 0 else width, width) for i in range(depth))
        self.head = nn.Linear(width, 10)
        self.act = act

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = self.act(layer(x))
        return self.head(x)


class Shared(nn.Module):
    """One activation module for all layers, registered after them."""

    def __init__(self, depth: int, act: nn.Module, width: int = 64) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(64 if i == 0 else width, width) for i in range(depth))
        self.head = nn.Linear(width, 10)
        self.act = act

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = self.act(layer(x))
        return self.head(x)


def touched(net: nn.Module, part: str, init: Callable[[Tensor], Any]) -> nn.Module:
    """`net` with `init` applied to the parameters that have `part` in their name."""
    for name, weight in net.named_parameters():
        if part in name:
            init(weight)
    return net


def conv(depth: int, act: Callable[[], nn.Module], width: int = 8, std: float = 0.0) -> nn.Module:
    layers: list[nn.Module] = []
    for i in range(depth):
        layers += [nn.Conv2d(1 if i == 0 else width, width, 3, padding=1), act()]
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(16 * width, 10))
    return touched(net, "weight", lambda w: nn.init.normal_(w, std=std)) if std else net


class OneAnswer(nn.Module):
    """A softmax over a single value."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x)


def softmax_of_one(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return F.mse_loss(torch.softmax(model(x), 1)[:, 0], y)
