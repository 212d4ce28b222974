"""Whether something else than the optimizer takes each step back."""

import copy
from collections.abc import Callable

import pytest
import torch
from torch import nn

from gradtui.core.wiring import MOVED_BETWEEN, PULLED_BACK, STEPS_UNDONE, WEIGHTS_LOADED
from gradtui.instrument.undone_steps import ENOUGH, LOOKS
from tests.instrument.seeing import watched

Between = Callable[[nn.Module], None]


def wiring(between: Between, steps: int = ENOUGH + 4) -> dict[str, str]:
    def train() -> None:
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
        getattr(between, "built", lambda net: None)(net)
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
    [lambda net: None, in_bounds, averages(0.2)],
    ids=["nobody", "in bounds", "averages"],
)
def test_who_leaves_most_of_a_step_may_write_what_he_likes(between: Between) -> None:
    assert wiring(between) == {}


def test_who_moves_the_weights_far_between_steps_is_told() -> None:
    assert [*wiring(of_unit_length)] == [MOVED_BETWEEN]


def towards(share: float, *, first: bool) -> Between:
    """Part of the way to the weights as they were at first, or to nothing, as a decay by hand."""
    kept: list[nn.Module] = []

    @torch.no_grad()
    def pull(net: nn.Module) -> None:
        for own, to in zip(net.parameters(), kept[0].parameters(), strict=True):
            own.lerp_(to if first else torch.zeros_like(to), share)

    def between(net: nn.Module) -> None:
        pull(net)

    def built(net: nn.Module) -> None:
        kept.append(copy.deepcopy(net))

    between.built = built  # type: ignore[attr-defined]
    return between


@pytest.mark.parametrize("share", [0.01, 0.05, 0.3])
def test_a_net_that_is_pulled_back_to_where_it_began(share: float) -> None:
    told = wiring(towards(share, first=True), steps=LOOKS)[PULLED_BACK]
    assert told.startswith(f"between steps 2.weight goes back by {100 * share:g} % of the way")


@pytest.mark.parametrize(("share", "first"), [(0.01, False), (0.05, False), (0.001, True)])
def test_a_decay_by_hand_is_no_way_back(share: float, first: bool) -> None:
    assert PULLED_BACK not in wiring(towards(share, first=first), steps=LOOKS)


@pytest.mark.parametrize("decay", [0.1, 0.5, 0.8])
def test_averages_that_follow_the_net_are_no_way_back(decay: float) -> None:
    assert PULLED_BACK not in wiring(averages(decay), steps=LOOKS)


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
