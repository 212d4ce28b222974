"""Whether something else than the optimizer takes each step back."""

import copy
from collections.abc import Callable

import pytest
import torch
from torch import nn

from gradtui.core.wiring import STEPS_UNDONE, WEIGHTS_LOADED
from gradtui.instrument.undone_steps import ENOUGH
from tests.instrument.seeing import watched

Between = Callable[[nn.Module], None]


def wiring(between: Between, steps: int = ENOUGH + 4) -> dict[str, str]:
    def train() -> None:
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        for _ in range(steps):
            optimizer.zero_grad()
            net(torch.randn(5, 3)).pow(2).mean().backward()
            optimizer.step()
            between(net)

    return dict(watched(train)[-1].info.wiring)


def averages(decay: float) -> Between:
    kept: list[nn.Module] = []

    @torch.no_grad()
    def copied(net: nn.Module) -> None:
        if not kept:
            kept.append(copy.deepcopy(net))
        for mean, own in zip(kept[0].parameters(), net.parameters(), strict=True):
            mean.mul_(decay).add_(own, alpha=1 - decay)
            own.copy_(mean)

    return copied


def test_averages_that_are_copied_into_the_model_are_told() -> None:
    told = wiring(averages(0.99))[STEPS_UNDONE]
    assert "1 % of a step is left in 2.weight" in told


@torch.no_grad()
def in_bounds(net: nn.Module) -> None:
    for one in net.parameters():
        one.clamp_(-1, 1)


@torch.no_grad()
def of_unit_length(net: nn.Module) -> None:
    for one in net.parameters():
        one.div_(one.norm().clamp_min(1e-6)).mul_(one.norm())


@pytest.mark.parametrize(
    "between",
    [lambda net: None, in_bounds, of_unit_length, averages(0.2)],
    ids=["nobody", "in bounds", "of unit length", "averages"],
)
def test_who_leaves_most_of_a_step_may_write_what_he_likes(between: Between) -> None:
    assert wiring(between) == {}


def test_a_step_that_is_taken_back_now_and_then_is_no_habit() -> None:
    states: list[dict[str, torch.Tensor]] = []

    def now_and_then(net: nn.Module) -> None:
        states.append(copy.deepcopy(net.state_dict()))
        if len(states) % 4 == 0:
            with torch.no_grad():
                for one, old in zip(net.parameters(), states[-3].values(), strict=True):
                    one.copy_(old)

    assert wiring(now_and_then, steps=60) == {}


def evaluated(*, restored: bool) -> Between:
    """Slow averages are copied into the model at each tenth step, and the weights put back or not."""
    kept: list[nn.Module] = []
    steps = [0]

    @torch.no_grad()
    def evaluate(net: nn.Module) -> None:
        if not kept:
            kept.append(copy.deepcopy(net))
        steps[0] += 1
        for mean, own in zip(kept[0].parameters(), net.parameters(), strict=True):
            mean.lerp_(own, 0.001)
            if steps[0] % 10 == 0:
                mine = own.clone()
                own.copy_(mean)
                if restored:
                    own.copy_(mine)

    return evaluate


def test_averages_that_are_not_taken_back_after_an_evaluation() -> None:
    (words,) = wiring(evaluated(restored=False), steps=60).values()
    assert words.startswith("4 times in the first 40 steps that were looked at")
    assert WEIGHTS_LOADED in wiring(evaluated(restored=False), steps=60)
    assert wiring(evaluated(restored=True), steps=70) == {}
