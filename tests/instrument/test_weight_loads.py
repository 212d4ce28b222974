"""Weights that are loaded into a model while it trains."""

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from gradtui.core.wiring import FEW_FOR_NORM, OWN_BACKWARD, WEIGHTS_LOADED
from gradtui.instrument.weight_loads import OFTEN, sums_of
from tests.instrument.seeing import watched


def wiring(between: Callable[[nn.Module, int], None], steps: int = 8) -> dict[str, str]:
    def train() -> None:
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        for step in range(steps):
            optimizer.zero_grad()
            net(torch.randn(5, 3)).pow(2).mean().backward()
            optimizer.step()
            between(net, step)

    found = watched(train)
    return dict(found[-1].info.wiring) if found else {}


def test_weights_that_are_put_back_again_and_again_are_told() -> None:
    first: list[dict[str, torch.Tensor]] = []

    def back(net: nn.Module, step: int) -> None:
        if not first:
            first.append(copy.deepcopy(net.state_dict()))
        net.load_state_dict(first[0])

    told = wiring(back, steps=OFTEN + 2)
    assert f"other weights into the model {OFTEN} times" in told[WEIGHTS_LOADED]
    assert wiring(back, steps=OFTEN + 1) == {}


def test_once_or_twice_is_no_habit() -> None:
    first: list[dict[str, torch.Tensor]] = []

    def back(net: nn.Module, step: int) -> None:
        if not first:
            first.append(copy.deepcopy(net.state_dict()))
        if step in (3, 5):
            net.load_state_dict(first[0])

    assert wiring(back) == {}


def test_averages_that_are_taken_back_are_no_news() -> None:
    def evaluate(net: nn.Module, step: int) -> None:
        own = copy.deepcopy(net.state_dict())
        net.load_state_dict({name: value * 0.5 for name, value in own.items()})
        net.load_state_dict(own)

    assert wiring(evaluate) == {}


def test_the_same_weights_and_those_of_another_net_are_no_news() -> None:
    other = nn.Linear(2, 2)

    def copied(net: nn.Module, step: int) -> None:
        net.load_state_dict(copy.deepcopy(net.state_dict()))

    def target(net: nn.Module, step: int) -> None:
        other.load_state_dict(copy.deepcopy(other.state_dict()))

    assert wiring(copied) == wiring(target) == {}


def test_a_target_net_that_is_copied_is_no_news() -> None:
    """It is not what the optimizer steps."""
    kept: list[nn.Module] = []

    def follow(net: nn.Module, step: int) -> None:
        if not kept:
            kept.append(copy.deepcopy(net))
        kept[0].load_state_dict(net.state_dict())

    assert wiring(follow) == {}


def test_what_another_device_holds_is_not_waited_for() -> None:
    away, here = nn.Linear(2, 2, device="meta"), nn.Linear(2, 2)
    assert sums_of(away, {id(p) for p in away.parameters()}) == ()
    assert len(sums_of(here, {id(here.bias)})) == 3
    assert sums_of(here, set()) == ()


def wiring_of(*layers: nn.Module, size: int = 8) -> dict[str, str]:
    def train() -> None:
        net = nn.Sequential(nn.Linear(3, 4), *layers, nn.ReLU(), nn.Linear(4, 1))
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        for _ in range(2):
            net(torch.randn(size, 3)).pow(2).mean().backward()
            optimizer.step()
            optimizer.zero_grad()

    return dict(watched(train)[-1].info.wiring)


def test_normalisation_over_one_or_two_values_is_told() -> None:
    pair = wiring_of(nn.BatchNorm1d(4), size=2)[FEW_FOR_NORM]
    assert pair.startswith("the normalisation takes mean and variance over 2 values")
    single = wiring_of(nn.GroupNorm(4, 4), nn.LayerNorm(4))[FEW_FOR_NORM]
    assert single.startswith("1 of 2 normalisations takes mean and variance over a single value")
    assert wiring_of(nn.BatchNorm1d(4), nn.GroupNorm(1, 4), nn.LayerNorm(4), size=3) == {}


class Twice(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        return 2 * x

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        return grad


class Own(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return Twice.apply(x)  # type: ignore[no-any-return, no-untyped-call]


def test_a_backward_that_was_written_by_hand_is_named() -> None:
    assert wiring_of(Own(), Own()) == {OWN_BACKWARD: "Twice"}
