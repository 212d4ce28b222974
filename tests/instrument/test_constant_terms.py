"""Derivatives that are part of a loss as mere numbers, and all the ways in which they are meant to be."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gradtui.core.wiring import DERIVATIVE_CUT
from tests.verdicts.watched import record

Step = Callable[[nn.Module, Tensor], Tensor]


def equation(net: nn.Module, x: Tensor, *, graph: bool) -> Tensor:
    x = x.requires_grad_()
    u = net(x)
    (slope,) = torch.autograd.grad(u, x, torch.ones_like(u), create_graph=graph, retain_graph=True)
    return (slope - x).pow(2).mean() + 10 * net(torch.zeros(1, 4)).pow(2).mean()


def driven(net: nn.Module, x: Tensor, *, graph: bool) -> Tensor:
    """Its solution is in the equation as well, beside something that drives it."""
    x = x.requires_grad_()
    u = net(x)
    (slope,) = torch.autograd.grad(u.sum(), x, create_graph=graph, retain_graph=True)
    rest = slope.sum(1, keepdim=True) - 1.5 * u - x.cos().sum(1, keepdim=True)
    return F.mse_loss(rest, torch.zeros_like(rest)) + rest.abs().pow(2).mean()


def penalty(net: nn.Module, x: Tensor, *, graph: bool) -> Tensor:
    """Of a critic: the term hangs on nothing at all where it has no graph, as a constant does."""
    x = x.requires_grad_()
    (slope,) = torch.autograd.grad(net(x).sum(), x, create_graph=graph, retain_graph=True)
    return net(x + 1).mean() - net(x).mean() + 10 * (slope.norm(dim=1) - 1).pow(2).mean()


def saliency(net: nn.Module, x: Tensor) -> Tensor:
    x = x.requires_grad_()
    torch.autograd.grad(net(x).sum(), x, retain_graph=True)
    return 1 - net(x).sigmoid().mean()


def energies(net: nn.Module, x: Tensor) -> Tensor:
    """Beside a fixed energy, of data and of what Langevin's sampling has made."""
    made = x.clone().requires_grad_()
    for _ in range(3):
        energy = (net(made) + made.square().sum(1, keepdim=True) / 2).sum()
        (slope,) = torch.autograd.grad(energy, made)
        made = (made - 0.1 * slope).detach().requires_grad_()
    made = made.detach()
    return (net(x) + x.square().sum(1, keepdim=True)).mean() - (net(made) + made.square()).mean()


def adversarial(net: nn.Module, x: Tensor) -> Tensor:
    x = x.requires_grad_()
    (slope,) = torch.autograd.grad(F.mse_loss(net(x), torch.ones(8, 1)), x)
    total: Tensor | float = 0.0
    total = total + F.mse_loss(net((x + 0.1 * slope.sign()).detach()), torch.ones(8, 1))
    assert isinstance(total, Tensor)
    return total


def sampling(net: nn.Module, x: Tensor) -> Tensor:
    made = x.clone().requires_grad_()
    for _ in range(3):
        (slope,) = torch.autograd.grad(net(made).sum(), made)
        made = (made - 0.1 * slope).detach().requires_grad_()
    return net(x).mean() - net(made.detach()).mean() + 0.1 * net(x).pow(2).mean()


def told(step: Step) -> list[str]:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)

    def train(seed: int) -> None:
        for _ in range(6):
            loss = step(net, torch.randn(8, 4))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return [kind for kind, _ in record(train, 0).info.wiring if kind == DERIVATIVE_CUT]


@pytest.mark.parametrize("made", [equation, driven])
def test_a_derivative_without_a_graph_is_told(made: Callable[..., Tensor]) -> None:
    assert told(partial(made, graph=False)) == [DERIVATIVE_CUT]
    assert told(partial(made, graph=True)) == []


@pytest.mark.parametrize("graph", [False, True])
def test_of_a_mere_number_it_is_not_known_where_it_comes_from(graph: bool) -> None:
    assert told(lambda net, x: penalty(net, x, graph=graph)) == []


@pytest.mark.parametrize("made", [adversarial, sampling, saliency, energies])
def test_steps_by_derivatives_are_meant_to_have_none(made: Step) -> None:
    assert told(made) == []
