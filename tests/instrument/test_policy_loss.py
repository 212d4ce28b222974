"""The sign of the entropy in a policy's loss, read off graphs that are written in many ways."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.distributions import Categorical, Normal
from torch.nn import functional as F

from gradtui.autograd.policy_loss import (
    LEARNED_BY,
    LOOKS,
    PolicyLoss,
    even,
    parts_of,
    wrong_from_the_start,
)
from gradtui.core.wiring import ENTROPY_ADDED, EVEN_POLICY, PAIRED_ADVANTAGES, REVERSED_ADVANTAGES

ACTIONS = torch.tensor([0, 3, 1, 2, 0, 1])
GAINS = torch.tensor([1.0, -0.5, 2.0, 0.1, -1.0, 0.3])
Loss = Callable[[Tensor, float], Tensor]


def by_distribution(scores: Tensor, weight: float) -> Tensor:
    policy = Categorical(logits=scores)
    return -(GAINS * policy.log_prob(ACTIONS)).mean() - weight * policy.entropy().mean()


def by_probabilities(scores: Tensor, weight: float) -> Tensor:
    policy = Categorical(probs=F.softmax(scores, -1))
    return -(GAINS * policy.log_prob(ACTIONS) + weight * policy.entropy()).sum()


def by_hand(scores: Tensor, weight: float) -> Tensor:
    p = torch.softmax(scores, -1)
    chosen = p.gather(1, ACTIONS[:, None]).squeeze()
    return (-GAINS * torch.log(chosen)).mean() + weight * (p * torch.log(p)).sum(-1).mean()


def clipped(scores: Tensor, weight: float) -> Tensor:
    logs = F.log_softmax(scores, -1)
    mine = logs[range(6), ACTIONS]
    ratio = (mine - mine.detach()).exp()
    gain = torch.min(ratio * GAINS, ratio.clamp(0.8, 1.2) * GAINS).mean()
    value = (scores.sum(1) - GAINS).pow(2).mean()
    return -gain + 0.5 * value - weight * (-(logs.exp() * logs).sum(1)).mean()


def step_by_step(scores: Tensor, weight: float) -> Tensor:
    """As of a rollout whose steps are kept in lists."""
    policies = [Categorical(logits=one) for one in scores.split(2)]
    logs = torch.stack([p.log_prob(a) for p, a in zip(policies, ACTIONS.split(2), strict=True)])
    entropy = torch.stack([policy.entropy() for policy in policies]).mean()
    return -(logs * GAINS.view(3, 2)).mean() - weight * entropy


LOSSES: dict[str, Loss] = {
    loss.__name__: loss
    for loss in (by_distribution, by_probabilities, by_hand, clipped, step_by_step)
}


def entropy_added(root: object) -> bool:
    return ENTROPY_ADDED in dict(wrong_from_the_start(parts_of(root)))


def scores() -> Tensor:
    return torch.randn(6, 4, generator=torch.Generator().manual_seed(0)).requires_grad_() * 1.5


@pytest.mark.parametrize("name", LOSSES)
def test_it_is_told_where_it_makes_the_loss_larger(name: str) -> None:
    assert entropy_added(LOSSES[name](scores(), -0.1).grad_fn)
    assert not entropy_added(LOSSES[name](scores(), 0.1).grad_fn)


def test_an_objective_that_is_maximised_has_all_signs_the_other_way_round() -> None:
    table = scores()
    errors = (table.sum(1) - GAINS).pow(2).mean()
    for weight in (-0.1, 0.1):
        objective = -(by_distribution(table, weight) + 0.5 * errors)
        assert not entropy_added(objective.grad_fn)
    assert entropy_added((by_distribution(table, -0.1) + 0.5 * errors).grad_fn)


def test_the_gradient_agrees() -> None:
    """What is told is that a step along minus the entropy's part of the gradient lowers it."""
    for weight in (-0.1, 0.1):
        table = scores().detach().requires_grad_()
        part = by_distribution(table, weight) - by_distribution(table, 0.0)
        (slope,) = torch.autograd.grad(part, table)
        before = Categorical(logits=table).entropy().mean()
        after = Categorical(logits=table - 0.1 * slope / slope.norm()).entropy().mean()
        assert bool(after < before) is entropy_added(by_distribution(table, weight).grad_fn)


def test_other_losses_may_well_make_sure_of_their_answers() -> None:
    table = scores()
    p = table.softmax(-1)
    entropy = -(p * p.log()).sum(-1).mean()
    assert not entropy_added((F.cross_entropy(table, ACTIONS) + entropy).grad_fn)
    assert not entropy_added(entropy.grad_fn)  # test-time adaptation
    weighted = (F.cross_entropy(table, ACTIONS, reduction="none") * GAINS.abs()).mean()
    assert not entropy_added((weighted + entropy).grad_fn)
    positive = -(GAINS.abs() * p.log().gather(1, ACTIONS[:, None]).squeeze()).mean()
    assert not entropy_added((positive + entropy).grad_fn)  # examples that are weighed


def test_where_a_sign_is_not_known_nothing_is_told() -> None:
    table = scores()
    weight = torch.tensor(-0.1, requires_grad=True)
    policy = Categorical(logits=table)
    loss = -(GAINS * policy.log_prob(ACTIONS)).mean() - weight * policy.entropy().mean()
    assert not entropy_added(loss.grad_fn)
    assert not entropy_added(None)


def test_the_first_losses_are_looked_at() -> None:
    found = PolicyLoss()
    value = scores().pow(2).mean()
    found.look(value)
    assert (found.told, found.done) == ((), False)
    found.look(by_distribution(scores(), -0.1))
    assert found.done
    assert [kind for kind, _ in found.told] == [ENTROPY_ADDED]
    others = PolicyLoss()
    for _ in range(LOOKS):
        others.look(value)
    assert others.done


@pytest.mark.parametrize("column", ["advantages", "log-probabilities", ""])
def test_actions_that_meet_the_advantages_of_all_are_told(column: str) -> None:
    logs = F.log_softmax(scores(), -1).gather(1, ACTIONS[:, None])
    gains = GAINS[:, None] if column == "advantages" else GAINS
    logs = logs if column == "log-probabilities" else logs.squeeze(1)
    found = wrong_from_the_start(parts_of((-(logs * gains).mean()).grad_fn))
    assert [kind for kind, _ in found] == [PAIRED_ADVANTAGES] * bool(column)


@pytest.mark.parametrize(("weight", "told"), [(0.01, False), (0.5, False), (9.0, True)])
def test_an_entropy_that_outweighs_all_gains_is_told_of_a_policy_that_is_even(
    weight: float, told: bool
) -> None:
    table = 0.01 * scores()
    for loss in LOSSES.values():
        found = even(parts_of(loss(table, weight).grad_fn), 300)
        assert [kind for kind, _ in found] == [EVEN_POLICY] * told
    surer = scores()
    assert even(parts_of(by_distribution(surer, weight).grad_fn), 300) == ()


def test_it_is_asked_late_and_of_what_was_even_from_the_start() -> None:
    table = 0.01 * scores()
    found = PolicyLoss()
    found.look(by_distribution(table, 9.0))
    for passes, told in ((LEARNED_BY - 1, False), (LEARNED_BY, False), (2 * LEARNED_BY, True)):
        found.glance(by_distribution(table, 9.0), passes)
        assert [kind for kind, _ in found.told] == [EVEN_POLICY] * told
    found.glance(by_distribution(scores(), 9.0), 4 * LEARNED_BY)
    assert found.told == ()
    other = PolicyLoss()
    other.look(by_distribution(3 * scores(), 9.0))  # has become even, which may be best
    for _ in range(3):
        other.glance(by_distribution(table, 9.0), LEARNED_BY)
    assert other.told == ()


@pytest.mark.parametrize("made", [lambda logs: logs[:, None] * torch.ones(6, 6), lambda logs: logs])
def test_a_matrix_that_is_meant_is_not_told(made: Callable[[Tensor], Tensor]) -> None:
    logs = F.log_softmax(scores(), -1).gather(1, ACTIONS[:, None]).squeeze(1)
    assert wrong_from_the_start(parts_of((made(logs) * GAINS).mean().grad_fn)) == ()


def critic(short: Tensor, kind: str) -> Tensor:
    """Values that fall short of their targets by so much, as part of a loss."""
    values = torch.zeros_like(short, requires_grad=True) * 1.0
    losses: dict[str, Callable[[], Tensor]] = {
        "mse": lambda: F.mse_loss(values, short),
        "mse turned": lambda: F.mse_loss(short, values),
        "huber": lambda: F.smooth_l1_loss(values, short),
        "squares": lambda: (values - short).pow(2).mean(),
        "squares turned": lambda: ((short - values) ** 2).mean(),
    }
    return 0.5 * losses[kind]()


CRITICS = ("mse", "mse turned", "huber", "squares", "squares turned")


@pytest.mark.parametrize("kind", CRITICS)
def test_advantages_that_are_the_wrong_way_round(kind: str) -> None:
    torch.manual_seed(0)
    short, acts = torch.randn(24), torch.randint(0, 4, (24,))
    normed = 3 * (short - short.mean()) / short.std()
    logs = Categorical(logits=torch.randn(24, 4).requires_grad_() * 1.0).log_prob(acts)

    def told(policy: Tensor) -> bool:
        loss = policy + critic(short, kind)
        return REVERSED_ADVANTAGES in dict(wrong_from_the_start(parts_of(loss.grad_fn)))

    for worth in (short, normed):
        assert not told(-(logs * worth).mean())
        assert not told((-worth * logs).sum())
        assert told((logs * worth).mean())
        assert told(-(logs * -worth).mean())
    ratio = (logs - logs.detach()).exp()
    assert not told(-torch.min(ratio * normed, ratio.clamp(0.8, 1.2) * normed).mean())


def by_logits(table: Tensor, acts: Tensor) -> Tensor:
    return Categorical(logits=table).log_prob(acts)


def by_difference(table: Tensor, acts: Tensor) -> Tensor:
    return table.gather(1, acts[:, None])[:, 0] - table.logsumexp(1)


def by_mean(table: Tensor, acts: Tensor) -> Tensor:
    return Normal(table, table[0].exp()).log_prob(acts[:, None] * 0.3).sum(-1)


@pytest.mark.parametrize("logarithms", [by_logits, by_difference, by_mean])
def test_the_minus_may_stand_anywhere(logarithms: Callable[[Tensor, Tensor], Tensor]) -> None:
    torch.manual_seed(0)
    short, acts = torch.randn(24), torch.randint(0, 4, (24,))
    logs = logarithms(torch.randn(24, 4).requires_grad_() * 1.0, acts)
    mask = torch.ones(24)

    def told(policy: Tensor) -> bool:
        loss = policy + critic(short, "mse")
        return REVERSED_ADVANTAGES in dict(wrong_from_the_start(parts_of(loss.grad_fn)))

    for right in (
        -logs * short,
        -1 * logs * short,
        (0 - logs) * short * mask,
        (logs / -1) * mask * short,
        logs * -short,
    ):
        assert not told(right.mean())
        assert told(-right.mean())
    each = [-log * worth for log, worth in zip(logs, short, strict=True)]
    assert not told(torch.stack(each).sum())
    assert told(torch.stack([-one for one in each]).sum())


def test_a_likelihood_taken_apart_has_its_minus() -> None:
    torch.manual_seed(0)
    short, acts = torch.randn(24), torch.randint(0, 4, (24,))
    table = torch.randn(24, 4).requires_grad_() * 1.0
    unlikely = table.logsumexp(1) - table.gather(1, acts[:, None])[:, 0]
    for sign, wrong in ((1, False), (-1, True)):
        loss = sign * (unlikely * short).mean() + critic(short, "mse")
        kinds = dict(wrong_from_the_start(parts_of(loss.grad_fn)))
        assert (REVERSED_ADVANTAGES in kinds) is wrong


def test_what_the_critic_says_of_others_tells_nothing() -> None:
    torch.manual_seed(0)
    acts = torch.randint(0, 4, (24,))
    logs = Categorical(logits=torch.randn(24, 4).requires_grad_() * 1.0).log_prob(acts)
    for worth in (torch.randn(24), torch.ones(24)):
        loss = (logs * worth).mean() + critic(torch.randn(24), "mse")
        assert wrong_from_the_start(parts_of(loss.grad_fn)) == ()
    few = (logs[:8] * torch.arange(8.0)).mean() + critic(torch.arange(8.0), "mse")
    assert wrong_from_the_start(parts_of(few.grad_fn)) == ()
