"""Gradients that are cleared between the backward passes of a step: by mistake, and on purpose."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gradtui.core.event import Started
from gradtui.core.wiring import DROPPED_PASSES
from gradtui.instrument.watcher import Watcher
from tests.instrument.kept import Kept

PASSES, STEPS = 4, 8
Train = Callable[[nn.Module, torch.optim.Optimizer], None]


def batch() -> tuple[Tensor, Tensor]:
    return torch.randn(16, 6), torch.randint(0, 3, (16,))


def told(train: Train) -> dict[str, str]:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3))
    optimizer = torch.optim.SGD(net.parameters(), 0.05)
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append)
    for _ in range(STEPS):
        train(net, optimizer)
    watcher.close()
    assert sink.log == []
    assert watcher._dropped_passes._left is None  # nothing is kept
    return dict([e for e in sink.events if isinstance(e, Started)][-1].info.wiring)


def within_the_loop(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    for _ in range(PASSES):
        x, y = batch()
        optimizer.zero_grad()
        (F.cross_entropy(net(x), y) / PASSES).backward()
    nn.utils.clip_grad_norm_(net.parameters(), 0.01)
    optimizer.step()


def to_zeros(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    for _ in range(2):
        x, y = batch()
        optimizer.zero_grad(set_to_none=False)
        F.cross_entropy(net(x), y).backward()
    optimizer.step()


@pytest.mark.parametrize(("train", "passes"), [(within_the_loop, PASSES), (to_zeros, 2)])
def test_all_but_the_last_pass_count_for_nothing(train: Train, passes: int) -> None:
    words = told(train)[DROPPED_PASSES]
    assert f"between the {passes} backward passes of a step: {passes - 1} of them" in words


def once(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    x, y = batch()
    optimizer.zero_grad()
    F.cross_entropy(net(x), y).backward()
    optimizer.step()


def summed(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    optimizer.zero_grad()
    for _ in range(PASSES):
        x, y = batch()
        F.cross_entropy(net(x), y).backward()
    optimizer.step()


def adversarial(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    x, y = batch()
    x.requires_grad_()
    F.cross_entropy(net(x), y).backward()
    assert x.grad is not None
    optimizer.zero_grad()
    F.cross_entropy(net(x.detach() + 0.1 * x.grad.sign()), y).backward()
    optimizer.step()


def sharpness(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    x, y = batch()
    F.cross_entropy(net(x), y).backward()
    with torch.no_grad():
        moves = [0.05 * p.grad for p in net.parameters() if p.grad is not None]
        for p, move in zip(net.parameters(), moves, strict=True):
            p += move
    optimizer.zero_grad()
    F.cross_entropy(net(x), y).backward()
    with torch.no_grad():
        for p, move in zip(net.parameters(), moves, strict=True):
            p -= move
    optimizer.step()


def each_by_itself(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Gradients of examples, clipped and added up by hand."""
    sums = [torch.zeros_like(p) for p in net.parameters()]
    for _ in range(PASSES):
        x, y = batch()
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        for sum_, p in zip(sums, net.parameters(), strict=True):
            assert p.grad is not None
            sum_ += p.grad
    for sum_, p in zip(sums, net.parameters(), strict=True):
        assert p.grad is not None
        p.grad.copy_(sum_)
    optimizer.step()


def looked_at(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """The gradient of one term, for a log."""
    x, y = batch()
    scores = net(x)
    first = F.cross_entropy(scores, y)
    optimizer.zero_grad()
    first.backward(retain_graph=True)
    optimizer.zero_grad()
    (first + scores.square().mean()).backward()
    optimizer.step()


def two_optimizers(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    maker = nn.Linear(6, 6)
    other = torch.optim.SGD(maker.parameters(), 0.05)
    x, y = batch()
    F.cross_entropy(net(maker(x)), y).backward()
    other.step()
    optimizer.zero_grad()
    F.cross_entropy(net(maker(x).detach()), y).backward()
    optimizer.step()


@pytest.mark.parametrize(
    "train",
    [once, summed, adversarial, sharpness, each_by_itself, looked_at, two_optimizers],
)
def test_clearing_that_is_meant(train: Train) -> None:
    assert DROPPED_PASSES not in told(train)
