"""Steps that are let through leave their number, time, loss and learning rate."""

import gc
import time
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from gradtui.core.snapshot import Weight
from gradtui.instrument import budget
from gradtui.instrument.watcher import Watcher
from tests.instrument.kept import Kept, norm

STEPS = 400


def scalars(kept: Kept) -> dict[int, tuple[float, float, int, int]]:
    """Step -> loss, learning rate, optimizer and backward passes, of every step."""
    told = {s.step: (s.loss, s.lr, s.optimizer, s.backwards) for s in kept.snapshots}
    passed = {step: (row[2], row[3], row[4], row[5]) for step, row in kept.rows.items()}
    assert len(kept.rows) > STEPS // 2
    assert not told.keys() & passed.keys()
    return told | passed


def loss_of(net: nn.Module) -> Tensor:
    loss: Tensor = net(torch.randn(4, 3)).square().mean()
    return loss


def net_and(kind: Callable[..., Optimizer], lr: float = 0.1) -> tuple[nn.Module, Optimizer]:
    net = nn.Linear(3, 2)
    return net, kind(net.parameters(), lr=lr)


def test_every_step_has_its_own_loss_rate_and_time(scarce: Kept) -> None:
    net, optimizer = net_and(torch.optim.SGD)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.99)
    truth, times = {}, [time.time()]
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(net)
        loss.backward()
        truth[step] = (loss.item(), optimizer.param_groups[0]["lr"], 0, 1)
        optimizer.step()
        schedule.step()
        times.append(time.time())
    assert scalars(scarce) == truth
    for step, row in scarce.rows.items():
        assert times[step] <= row[1] <= times[step + 1]
    for snapshot in scarce.snapshots:
        assert times[snapshot.step] <= snapshot.time <= times[snapshot.step + 1]


def test_two_optimizers_in_turns_and_of_one_loss(scarce: Kept) -> None:
    pairs = [net_and(torch.optim.SGD, 0.1), net_and(torch.optim.SGD, 0.2)]
    truth = {}
    for step in range(0, STEPS, 2):
        losses = [loss_of(net) for net, _ in pairs]
        if step % 3:
            torch.autograd.backward(sum(losses))  # type: ignore[arg-type]
            values = [sum(losses).item()] * 2  # type: ignore[union-attr]
            for _, optimizer in pairs:
                optimizer.step()
        else:
            values = [loss.item() for loss in losses]
            for loss, (_, optimizer) in zip(losses, pairs, strict=True):
                loss.backward()
                optimizer.step()
        truth |= {step + i: (values[i], 0.1 * (i + 1), i, 1) for i in range(2)}
        for _, optimizer in pairs:
            optimizer.zero_grad()
    assert scalars(scarce) == truth


def test_accumulated_steps_say_of_how_many_passes(scarce: Kept) -> None:
    net, optimizer = net_and(torch.optim.SGD)
    for _ in range(STEPS):
        optimizer.zero_grad()
        for _ in range(3):
            loss_of(net).backward()
        optimizer.step()
    assert {found[3] for found in scalars(scarce).values()} == {3}


@pytest.mark.parametrize("evaluations", [1, 3])
def test_the_loss_of_a_closure_is_that_of_its_last_evaluation(
    scarce: Kept, evaluations: int
) -> None:
    class Often(torch.optim.SGD):
        def step(self, closure: object = None) -> None:
            for _ in range(evaluations - 1):
                closure()  # type: ignore[operator]
            super().step(closure)  # type: ignore[arg-type]

    net, optimizer = net_and(Often)
    last: list[float] = []

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = loss_of(net)
        loss.backward()
        last[:] = [loss.item()]
        return loss

    truth = {}
    for step in range(STEPS):
        optimizer.step(closure)  # type: ignore[arg-type]
        truth[step] = (last[0], 0.1, 0, 1)
    assert scalars(scarce) == truth


def test_micro_batches_before_a_closure_belong_to_its_step(scarce: Kept) -> None:
    """As frameworks accumulate: the last one's backward pass is within the step."""
    net, optimizer = net_and(torch.optim.SGD, lr=0.01)
    truth = {}
    for step in range(STEPS):
        losses = [loss_of(net) for _ in range(3)]
        optimizer.zero_grad()
        for loss in losses[:2]:
            (loss / 3).backward()
        optimizer.step(lambda last=losses[2]: (last / 3).backward() or last)  # type: ignore[misc]
        truth[step] = sum(loss.item() for loss in losses) / 3
    found = scalars(scarce)
    assert [found[step][0] for step in range(STEPS)] == pytest.approx([*truth.values()], rel=1e-5)
    assert {found[step][3] for step in range(STEPS)} == {3}


def test_skipped_steps_are_there_and_losses_are_without_the_scale(scarce: Kept) -> None:
    net, optimizer = net_and(torch.optim.SGD)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10, growth_interval=10**9)
    losses, skipped, scales = [], [], []
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(net)
        scaler.scale(loss).backward()
        if step % 50 == 40:
            assert isinstance(net.weight, Tensor)
            assert net.weight.grad is not None
            net.weight.grad[0, 0] = float("inf")
        losses.append(loss.item())
        skipped.append(step % 50 == 40)
        scales.append(scaler.get_scale())
        scaler.step(optimizer)
        scaler.update()
    found = scalars(scarce)
    assert [found[step][0] for step in range(STEPS)] == losses
    told = {s.step: (s.skipped, s.loss_scale) for s in scarce.snapshots}
    told |= {step: (row[8], row[6]) for step, row in scarce.rows.items()}
    assert [told[step][0] for step in range(STEPS)] == skipped
    assert [told[step][1] for step in range(STEPS)] == scales


def test_optimizers_that_step_within_the_backward_pass(scarce: Kept) -> None:
    net = nn.Linear(3, 2)
    own = {p: torch.optim.SGD([p], lr=0.01) for p in net.parameters()}

    def update(p: Tensor) -> None:
        own[p].step()  # type: ignore[index]
        p.grad = None

    for p in net.parameters():
        p.register_post_accumulate_grad_hook(update)
    truth = []
    for _ in range(STEPS):
        loss = loss_of(net)
        loss.backward()
        truth.append(loss.item())
    found = scalars(scarce)
    assert [found[step][0] for step in range(STEPS)] == truth


def test_updates_by_hand(scarce: Kept) -> None:
    net = nn.Linear(3, 2)
    truth = []
    for _ in range(STEPS):
        net.zero_grad()
        loss = loss_of(net)
        loss.backward()
        truth.append(loss.item())
        with torch.no_grad():
            for p in net.parameters():
                assert p.grad is not None
                p -= 0.01 * p.grad
    net.zero_grad()
    loss_of(net).backward()  # what came before is settled
    found = scalars(scarce)
    assert [found[step][0] for step in range(STEPS)] == truth


def test_a_step_that_raises_is_counted_and_shifts_no_loss(scarce: Kept) -> None:
    class Failing(torch.optim.SGD):
        fail = False

        def step(self, closure: object = None) -> None:
            if self.fail:
                raise ValueError("no")
            super().step(closure)  # type: ignore[arg-type]

    net, optimizer = net_and(Failing)
    truth = []
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(net)
        loss.backward()
        truth.append(loss.item())
        optimizer.fail = step % 20 == 19
        if optimizer.fail:
            with pytest.raises(ValueError, match="no"):
                optimizer.step()
        else:
            optimizer.step()
    found = scalars(scarce)
    assert all(found[step][0] == truth[step] for step in found)
    assert set(range(STEPS)) - {s for s in range(STEPS) if s % 20 == 19} <= set(found)


def train(kept: Kept, end: Callable[[nn.Module, Optimizer], None]) -> tuple[nn.Module, float]:
    """Steps until one was let through, and how the program ends then; the last loss."""
    net, optimizer = net_and(torch.optim.SGD)
    value = 0.0
    while len(kept.rows) < STEPS // 2 or max(kept.rows) < kept.snapshots[-1].step:
        optimizer.zero_grad()
        loss = loss_of(net)
        loss.backward()
        value = loss.item()
        optimizer.step()
    end(net, optimizer)
    return net, value


def cleared(net: nn.Module, optimizer: Optimizer) -> None:
    optimizer.zero_grad()


def zeroed(net: nn.Module, optimizer: Optimizer) -> None:
    optimizer.zero_grad(set_to_none=False)


def overwritten(net: nn.Module, optimizer: Optimizer) -> None:
    optimizer.zero_grad()
    loss_of(net).backward()


@pytest.mark.parametrize(
    ("end", "there"),
    [(lambda net, optimizer: None, True), (cleared, False), (zeroed, False), (overwritten, False)],
)
def test_the_last_step_is_in_full(
    monkeypatch: pytest.MonkeyPatch, end: Callable[[nn.Module, Optimizer], None], there: bool
) -> None:
    monkeypatch.setattr(budget, "ALLOWANCE", 0.0)
    kept = Kept()
    watcher = Watcher(kept, overhead=1e-3, log=kept.log.append)
    net, value = train(kept, end)
    truth = [norm(p.grad) for p in net.parameters() if p.grad is not None]
    before = len(kept.snapshots)
    watcher.close()
    (last,) = kept.snapshots[before:]
    assert last.step == max(kept.rows)
    assert (last.loss, last.lr) == (value, 0.1)
    assert last.nonfinite is None
    assert list(kept.norms().values()) == pytest.approx(truth if there else [])
    assert last.weights is not None
    sizes = [norm(p) for p in net.parameters()]
    assert last.weights[:, Weight.NORM].tolist() == pytest.approx(sizes)
    assert np.isnan(last.weights[:, Weight.UPDATE]).all()
    assert kept.log == []


@pytest.mark.parametrize("kept_back", [0, 1])
def test_of_a_net_that_has_gone_no_weights_are_told(
    monkeypatch: pytest.MonkeyPatch, kept_back: int
) -> None:
    """As where a program trains in a function that has returned."""
    monkeypatch.setattr(budget, "ALLOWANCE", 0.0)
    kept = Kept()
    watcher = Watcher(kept, overhead=1e-3, log=kept.log.append)
    held = list(train(kept, cleared)[0].parameters())[:kept_back]
    gc.collect()
    before = len(kept.snapshots)
    watcher.close()
    assert len(kept.snapshots) == before + kept_back
    sizes = [s.weights[:, Weight.NORM] for s in kept.snapshots if s.weights is not None]
    assert all(((found > 0) | np.isnan(found)).all() for found in sizes)
    if kept_back:
        assert sizes[-1][0] == pytest.approx(norm(held[0]))
        assert np.isnan(sizes[-1][1])
    assert kept.log == []
