"""Steps that are let through: counted, cheap, and never mistaken for others."""

import pytest
import torch
from torch import nn

from tests.instrument.kept import Kept, norm


def train(net: nn.Module, optimizer: torch.optim.Optimizer, micro: int = 1) -> tuple[float, float]:
    """The loss and the norm of the first gradient."""
    optimizer.zero_grad()
    losses = []
    for _ in range(micro):
        loss = net(torch.randn(4, 3)).square().mean()
        loss.backward()
        losses.append(loss.item())
    gradient = next(net.parameters()).grad
    assert gradient is not None
    told = norm(gradient)
    optimizer.step()
    return sum(losses) / micro, told


def matches(kept: Kept, truth: list[tuple[float, float]]) -> None:
    """What was recorded is right, and of the steps that it says."""
    assert 1 < len(kept.snapshots) < len(truth)
    for at, snapshot in enumerate(kept.snapshots):
        loss, first = truth[snapshot.step]
        assert snapshot.loss == pytest.approx(loss, rel=1e-6)
        assert next(iter(kept.norms(at).values())) == pytest.approx(first, rel=1e-5)


def test_steps_between_are_counted_and_losses_are_those_of_the_step(scarce: Kept) -> None:
    net = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    matches(scarce, [train(net, optimizer, micro=2) for _ in range(3000)])


def test_two_optimizers(scarce: Kept) -> None:
    nets = [nn.Linear(3, 2), nn.Linear(3, 5)]
    optimizers = [torch.optim.SGD(net.parameters(), lr=0.01) for net in nets]
    truth = [train(nets[i % 2], optimizers[i % 2]) for i in range(3000)]
    matches(scarce, truth)
    assert {snapshot.optimizer for snapshot in scarce.snapshots} == {0, 1}
    assert all(snapshot.step % 2 == snapshot.optimizer for snapshot in scarce.snapshots)


def test_a_step_within_a_step_and_one_that_raises(scarce: Kept) -> None:
    class Twice(torch.optim.SGD):
        fail = False

        def step(self, closure: object = None) -> None:
            if self.fail:
                raise ValueError("no")
            super().step()
            super().step()

    net = nn.Linear(3, 2)
    optimizer = Twice(net.parameters(), lr=0.01)
    truth = []
    for i in range(2000):
        optimizer.fail = i % 100 == 99
        if optimizer.fail:
            with pytest.raises(ValueError, match="no"):
                train(net, optimizer)
            truth.append((float("nan"), float("nan")))
        else:
            truth.append(train(net, optimizer))
    matches(scarce, truth)


def test_closures(scarce: Kept) -> None:
    net = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    truth: list[tuple[float, float]] = []

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = net(torch.randn(4, 3)).square().mean()
        loss.backward()
        assert net.weight.grad is not None
        truth.append((loss.item(), norm(net.weight.grad)))
        return loss

    for _ in range(3000):
        optimizer.step(closure)  # type: ignore[arg-type]
    matches(scarce, truth)


def test_steps_within_backward(scarce: Kept) -> None:
    net = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    own = {p: torch.optim.SGD([p], lr=0.01) for p in net.parameters()}
    truth: list[tuple[float, float]] = []
    first = next(net.parameters())

    def update(p: torch.Tensor) -> None:
        if p is first:
            assert p.grad is not None
            truth.append((float(loss.detach()), norm(p.grad)))
        own[p].step()  # type: ignore[index]
        p.grad = None

    for p in net.parameters():
        p.register_post_accumulate_grad_hook(update)
    for _ in range(1500):
        loss = net(torch.randn(4, 3)).square().mean()
        loss.backward()
    matches(scarce, truth)


def test_clipping_of_steps_between_is_forgotten(scarce: Kept) -> None:
    net = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    factors = []
    for i in range(3000):
        optimizer.zero_grad()
        net(torch.randn(4, 3)).square().mean().backward()
        before = nn.utils.clip_grad_norm_(net.parameters(), 0.1 + 0.001 * (i % 7))
        factors.append(min(1.0, (0.1 + 0.001 * (i % 7)) / (before.item() + 1e-6)))
        optimizer.step()
    assert 1 < len(scarce.snapshots) < 3000
    for snapshot in scarce.snapshots:
        assert snapshot.stage == "clipped"
        assert snapshot.clip_coefficient == pytest.approx(factors[snapshot.step], rel=1e-4)


def test_an_optimizer_that_comes_later_is_seen_from_its_first_step(scarce: Kept) -> None:
    net, late = nn.Linear(3, 2), nn.Linear(3, 2)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    for _ in range(2000):
        train(net, optimizer)
    loss, _ = train(late, torch.optim.Adam(late.parameters()))
    seen = [s for s in scarce.snapshots if s.optimizer == 1]
    assert [s.step for s in seen] == [2000]
    assert seen[0].loss == pytest.approx(loss)


def test_updates_by_hand(scarce: Kept) -> None:
    net = nn.Linear(3, 2)
    truth = []
    for i in range(1500):
        net.zero_grad(set_to_none=i % 2 == 0)
        loss = net(torch.randn(4, 3)).square().mean()
        loss.backward()
        assert net.weight.grad is not None
        truth.append((loss.item(), norm(net.weight.grad)))
        with torch.no_grad():
            for p in net.parameters():
                assert p.grad is not None
                p -= 0.01 * p.grad
    matches(scarce, truth)
