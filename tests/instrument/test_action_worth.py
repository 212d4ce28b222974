"""What a policy's actions are paid, beside the rewards that the program has under their names."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.distributions import Categorical

from gradtui.autograd.action_worth import ADVANTAGES, RETURNS, REWARDS, Paid, kind_of, wrongly_paid
from gradtui.autograd.policy_loss import PolicyLoss
from gradtui.core.wiring import PAST_REWARDS, REVERSED_ADVANTAGES
from gradtui.instrument.reward_variables import reward_variables

SHAPES = ((12,), (12, 16), (16, 12), (40,))


def to_come(rewards: Tensor, discount: float) -> Tensor:
    total, out = torch.zeros_like(rewards[0]), []
    for reward in rewards.flip(0):
        total = reward + discount * total
        out.append(total)
    return torch.stack(out).flip(0)


def so_far(rewards: Tensor, discount: float, *, own: bool) -> Tensor:
    total, out = torch.zeros_like(rewards[0]), []
    for reward in rewards:
        before, total = total, reward + discount * total
        out.append(total if own else before)
    return torch.stack(out)


def turned(table: Tensor) -> Tensor:
    return table.T if table.dim() == 2 else table


def kinds(worth: Tensor, **variables: Tensor) -> list[str]:
    found = wrongly_paid(worth, [Paid(name, values) for name, values in variables.items()])
    return [kind for kind, _ in found]


@given(
    seed=st.integers(0, 1000),
    shape=st.sampled_from(SHAPES),
    discount=st.sampled_from((0.3, 0.9, 0.99, 1.0)),
    sparse=st.booleans(),
    normed=st.sampled_from(("", "all", "steps", "episodes")),
)
def test_returns_are_told_from_their_negative_and_from_the_past(
    seed: int, shape: tuple[int, ...], discount: float, sparse: bool, normed: str
) -> None:
    drawn = torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    rews = (drawn < 0.4).double() if sparse else drawn - 0.3

    def paid(worth: Tensor) -> Tensor:
        if normed == "all" or (normed and worth.dim() == 1):
            return (worth - worth.mean()) / (worth.std() + 1e-6)
        if not normed:
            return worth
        dim = 0 if normed == "episodes" else 1
        return (worth - worth.mean(dim, keepdim=True)) / (worth.std(dim, keepdim=True) + 1e-6)

    right = paid(to_come(rews, discount))
    assert kinds(right, rews=rews) == []
    assert kinds(turned(right), rews=turned(rews)) == []
    near = discount > 0.9  # what is to come is then nearly all there is less what has been
    assert near or PAST_REWARDS not in kinds(-right, rews=rews)
    for own in (True, False):
        wrong = paid(so_far(rews, discount, own=own))
        assert REVERSED_ADVANTAGES not in kinds(wrong, rews=rews) or near
        if not near:
            assert kinds(wrong, rews=rews) != []


@pytest.mark.parametrize("shape", SHAPES)
def test_known_cases(shape: tuple[int, ...]) -> None:
    rews = torch.rand(shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    right = to_come(rews, 0.9)
    assert kinds(-right, rews=rews) == [REVERSED_ADVANTAGES]
    assert kinds(-right, returns=right) == [REVERSED_ADVANTAGES]
    for own in (True, False):
        assert kinds(so_far(rews, 0.9, own=own), rews=rews) == [PAST_REWARDS]
        assert kinds(turned(so_far(rews, 0.9, own=own)), rewards=rews) == [PAST_REWARDS]
    noisy = to_come(rews + 0.5 * torch.rand_like(rews), 0.9)  # as of generalised advantages
    assert kinds(noisy, rews=rews) == []


def test_rewards_that_are_all_alike_as_of_a_pole() -> None:
    ones = torch.ones(20, dtype=torch.float64)
    right = to_come(ones, 0.99)
    normed = (right - right.mean()) / right.std()
    assert kinds(normed, rewards=ones, returns=right) == []
    assert kinds(normed, rewards=ones) == []
    assert kinds(-normed, rewards=ones, returns=right) == [REVERSED_ADVANTAGES]
    assert kinds(-normed, rewards=ones) == []  # either may be meant
    past = so_far(ones, 0.99, own=True)
    assert kinds((past - past.mean()) / past.std(), rewards=ones, returns=past) == [PAST_REWARDS]
    assert kinds(past, rewards=ones) == [PAST_REWARDS]
    assert kinds(to_come(-ones, 0.99), rewards=-ones) == []


def test_a_reward_at_the_end() -> None:
    last = torch.zeros(12, dtype=torch.float64)
    for value in (1.0, -0.3):
        last[-1] = value
        for discount in (0.9, 1.0):
            assert kinds(to_come(last, discount), rewards=last) == []
            assert kinds(so_far(last, discount, own=True), rewards=last) == [PAST_REWARDS]
        assert kinds(-to_come(last, 0.9), rewards=last) == [REVERSED_ADVANTAGES]


def test_costs_are_to_become_rare() -> None:
    cost = torch.rand(64, dtype=torch.float64)
    assert kinds(-(cost - cost.mean()), cost=cost) == []
    assert kinds(-(cost - cost.mean()), tour_length=cost) == []
    assert kinds(-(cost - cost.mean()), reward=-cost) == []
    assert kinds(cost - cost.mean(), reward=-cost) == [REVERSED_ADVANTAGES]
    # Of names that do not agree nothing is told.
    assert kinds(cost, reward=-cost, returns=cost) == []


def test_numbers_that_are_not_finite_tell_nothing() -> None:
    r = torch.randn(32, dtype=torch.float64)
    spoilt = r.clone()
    spoilt[3] = torch.nan
    assert kinds(-spoilt, r=r) == []
    assert kinds(-r, r=spoilt) == []
    assert kinds(-r, r=spoilt, rewards=r) == [REVERSED_ADVANTAGES]


def test_masked_and_few() -> None:
    r = torch.randn(32, dtype=torch.float64)
    mask = (torch.arange(32) % 3 > 0).double()
    assert kinds(-r * mask, r=r) == [REVERSED_ADVANTAGES]
    assert kinds(-r[:6], r=r[:6]) == []
    assert kinds(torch.zeros(32), r=r) == []
    assert kinds(-r, r=torch.ones(32)) == []
    assert kinds(-r, advantages=r) == [REVERSED_ADVANTAGES]
    assert kinds(-r - 0.3 * torch.randn(32), advantages=r) == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("rewards", REWARDS),
        ("policy.rewards", REWARDS),
        ("batch_rews", REWARDS),
        ("episodeRewards", REWARDS),
        ("R", REWARDS),
        ("G", RETURNS),
        ("returns", RETURNS),
        ("adv", ADVANTAGES),
        ("cost_returns", frozenset()),
        ("grads", frozenset()),
        ("returned_lengths", frozenset()),
        ("router", frozenset()),
    ],
)
def test_names(name: str, kind: frozenset[str]) -> None:
    assert kind_of(name) == kind


# --- What is in sight


def held() -> dict[str, Tensor]:
    return {one.name: one.values for one in reward_variables()}


def test_lists_arrays_attributes_and_entries() -> None:
    rewards = [float(i) for i in range(10)]
    rews = [torch.full((3,), float(i)) for i in range(4)]
    returns = np.arange(12).reshape(3, 4)
    batch = {"adv": torch.arange(9.0), "obs": torch.zeros(9)}
    agent = SimpleNamespace(rewards=rewards)
    found = held()
    assert {*found} == {"rewards", "rews", "returns", "batch.adv", "agent.rewards"}
    assert found["rewards"].tolist() == rewards
    assert found["rews"].shape == (4, 3)
    assert found["returns"].shape == returns.shape
    assert batch["adv"].equal(found["batch.adv"].float())
    assert agent.rewards == found["agent.rewards"].tolist()
    assert rews[3].tolist() == found["rews"][3].tolist()


def test_what_is_not_read() -> None:
    class Lazy:
        def __getattr__(self, name: str) -> object:
            raise AssertionError(name)

    reward = Lazy()
    rewards = [1.0, torch.ones(2), "three"] * 4
    returns = torch.ones(9, requires_grad=True)
    ret = torch.ones(9).to_sparse()
    rews = [torch.ones(3), torch.ones(4)] * 5
    adv = torch.ones(3)
    r = np.array(["x"] * 9)
    before = (reward, rewards, returns, ret, rews, adv, r)
    assert held() == {}
    assert len(before) == 7


def test_callers_are_asked_as_well() -> None:
    def asks(returns: Tensor) -> dict[str, Tensor]:
        assert returns.numel() == 8
        return held()

    rews = torch.arange(8.0)
    found = asks(rews * 2)
    assert found["rews"].tolist() == rews.tolist()
    assert found["returns"].tolist() == (2 * rews).tolist()


def rollout(net: nn.Module, sign: float, way: str) -> tuple[Tensor, list[Paid]]:
    """The loss of twelve steps, and their rewards and returns."""
    logs, rewards = [], []
    for _ in range(12):
        policy = Categorical(logits=net(torch.randn(5)))
        action = policy.sample()
        logs.append(policy.log_prob(action))
        rewards.append(float(action == 1) + 0.1 * float(torch.randn(())))
    returns = to_come(torch.tensor(rewards), 0.9)
    known = [Paid("rewards", torch.tensor(rewards)), Paid("returns", returns)]
    pairs = list(zip(logs, returns, strict=True))
    if way == "list":
        return torch.stack([-sign * log * worth for log, worth in pairs]).sum(), known
    if way == "sum":
        loss = torch.zeros(())
        for log, worth in pairs:
            loss = loss - sign * log * float(worth)
        return loss, known
    return -sign * (torch.stack(logs) * (returns - returns.mean())).mean(), known


@pytest.mark.parametrize("way", ["list", "sum", "tensor"])
def test_a_policy_without_its_minus(way: str) -> None:
    for sign, wrong in ((1.0, False), (-1.0, True)):
        torch.manual_seed(0)
        net, found = nn.Linear(5, 3), PolicyLoss()
        for _ in range(3):
            loss, known = rollout(net, sign, way)
            found.look(loss, known.copy)
        assert [kind for kind, _ in found.told] == [REVERSED_ADVANTAGES] * wrong


def test_two_that_play_against_each_other_are_told_nothing() -> None:
    torch.manual_seed(0)
    net, found = nn.Linear(5, 3), PolicyLoss()
    for turn in range(6):
        loss, known = rollout(net, (-1.0) ** turn, "tensor")
        found.look(loss, known.copy)
    assert found.told == ()
