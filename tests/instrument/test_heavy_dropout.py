"""Dropout that drops nearly everything, and modules that a model does not know of."""

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from gradtui.instrument.heavy_dropout import heavy_dropout
from tests.instrument.seeing import watched

LABELS = torch.tensor([0, 1, 2, 0])


def test_what_drops_most_is_named() -> None:
    net = nn.Sequential(nn.Dropout(0.95), nn.Linear(3, 3), nn.Dropout2d(0.8), nn.Dropout(0.5))
    ((kind, words),) = heavy_dropout([net])
    assert (kind, words) == ("heavy_dropout", "80 % is dropped by 0, 2")
    many = nn.ModuleList([nn.Dropout(0.9) for _ in range(5)])
    assert heavy_dropout([many])[0][1] == "90 % is dropped by 0, 1, 2 and 2 more"


def test_what_is_not_at_work_or_not_torchs_is_not() -> None:
    class Own(nn.Module):
        p = 0.95

    assert heavy_dropout([nn.Dropout(0.95).eval(), Own(), nn.Dropout(0.5)]) == ()


class Listed(nn.Module):
    def __init__(self, held: Any) -> None:
        super().__init__()
        self.held = held
        self.out = nn.Linear(6, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = self.held.values() if isinstance(self.held, dict) else self.held
        for part in parts:
            x = torch.tanh(part(x))
        return self.out(x)  # type: ignore[no-any-return]


def wiring(net: Listed, *more: nn.Module) -> dict[str, str]:
    every = [p for part in (net, *more) for p in part.parameters()]
    optimizer = torch.optim.SGD(every, lr=0.1)

    def train() -> None:
        for _ in range(2):
            optimizer.zero_grad()
            F.cross_entropy(net(torch.randn(4, 6)), LABELS).backward()
            optimizer.step()

    return dict(watched(train)[0].info.wiring)


def test_modules_in_a_plain_list_or_dict_are_told() -> None:
    parts = [nn.Linear(6, 6) for _ in range(3)]
    told = wiring(Listed(parts))["unregistered"]
    assert told.startswith("held is a plain list of 3 modules")
    assert "6 tensors of theirs" in told
    named = wiring(Listed({"a": nn.Linear(6, 6)}))["unregistered"]
    assert named.startswith("held is a plain dict of 1 modules")


def test_what_is_registered_stepped_or_frozen_is_not() -> None:
    assert "unregistered" not in wiring(Listed(nn.ModuleList([nn.Linear(6, 6)])))
    part = nn.Linear(6, 6)
    assert "unregistered" not in wiring(Listed([part]), part)
    assert "unregistered" not in wiring(Listed([nn.Linear(6, 6).requires_grad_(False)]))
