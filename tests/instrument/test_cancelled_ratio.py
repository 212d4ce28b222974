"""Ratios of probabilities of which both sides are trained, and others."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Categorical
from torch.nn import functional as F

from gradtui.autograd.cancelled_ratio import LOOKS, CancelledRatio
from gradtui.core.wiring import CANCELLED

Loss = Callable[[nn.Module, Tensor, Tensor], Tensor]
"""Of a net, what it sees, and what it has done."""


def told(loss: Loss, losses: int = 4) -> bool:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    ratio = CancelledRatio()
    for _ in range(losses):
        seen = torch.randn(16, 4)
        done = Categorical(logits=net(seen)).sample()
        ratio.look(loss(net, seen, done))
    return CANCELLED in dict(ratio.told)


def log_probs(net: nn.Module, seen: Tensor, done: Tensor) -> Tensor:
    return Categorical(logits=net(seen)).log_prob(done)


def clipped(ratio: Tensor) -> Tensor:
    worth = torch.linspace(-1, 1, len(ratio))
    return -torch.min(ratio * worth, ratio.clamp(0.8, 1.2) * worth).mean() + 0.5


def of_the_net_as_it_is(net: nn.Module, seen: Tensor, done: Tensor) -> Tensor:
    return clipped((log_probs(net, seen, done) - log_probs(net, seen, done)).exp())


def kept_with_its_history(net: nn.Module, seen: Tensor, done: Tensor) -> Tensor:
    now = log_probs(net, seen, done)
    return clipped((now - now).exp())


def of_probabilities(net: nn.Module, seen: Tensor, done: Tensor) -> Tensor:
    now, old = (log_probs(net, seen, done).exp() for _ in range(2))
    return clipped(now / old)


@pytest.mark.parametrize("loss", [of_the_net_as_it_is, of_probabilities, kept_with_its_history])
def test_both_sides_are_trained(loss: Loss) -> None:
    assert told(loss)
    assert not told(loss, 2)


def detached(net: nn.Module, seen: Tensor, done: Tensor) -> Tensor:
    """In the first pass of a rollout it is 1 as well, and has a gradient."""
    now = log_probs(net, seen, done)
    return clipped((now - now.detach()).exp())


def detached_probabilities(net: nn.Module, seen: Tensor, done: Tensor) -> Tensor:
    now = log_probs(net, seen, done).exp()
    return clipped(now / now.detach())


def of_two_nets(net: nn.Module, seen: Tensor, done: Tensor) -> Tensor:
    """Both of which are trained."""
    other = nn.Linear(4, 3)
    return clipped((log_probs(net, seen, done) - log_probs(other, seen, done)).exp())


def softmax_by_hand(net: nn.Module, seen: Tensor, done: Tensor) -> Tensor:
    scores = net(seen)
    powers = (scores - scores.max(1, keepdim=True).values).exp()
    return F.nll_loss((powers / powers.sum(1, keepdim=True)).log(), done)


@pytest.mark.parametrize(
    "loss",
    [detached, detached_probabilities, of_two_nets, softmax_by_hand],
    ids=lambda loss: loss.__name__,
)
def test_nothing_cancels(loss: Loss) -> None:
    assert not told(loss, LOOKS)
