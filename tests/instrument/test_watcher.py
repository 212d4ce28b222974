"""One record a step, of what the optimizer was given, and nothing left behind."""

import weakref
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_
from torch.nn.utils import clip_grad_value_ as by_value

from gradtui.core.event import Ended, Failed, Started
from gradtui.instrument.watcher import Watcher
from gradtui.runstore.format.event_json import event_json
from tests.instrument.kept import Kept, norm


@pytest.fixture
def kept() -> Iterator[Kept]:
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append)
    yield sink
    watcher.close()
    assert sink.log == []


def descend(net: nn.Module, optimizer: torch.optim.Optimizer, x: torch.Tensor) -> torch.Tensor:
    optimizer.zero_grad()
    loss = net(x).square().mean()
    loss.backward()
    return loss


def test_a_step_is_recorded_with_its_update(kept: Kept) -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 1))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
    loss = descend(net, optimizer, torch.randn(8, 3))
    optimizer.step()
    seen = kept.snapshots[0]
    assert kept.names == [name for name, _ in net.named_parameters()]
    truth = {n: norm(p.grad) for n, p in net.named_parameters() if p.grad is not None}
    assert kept.norms() == pytest.approx(truth, rel=1e-5)
    assert (seen.step, seen.stage, seen.lr, seen.backwards) == (0, "raw", 0.5, 1)
    assert seen.loss == pytest.approx(loss.item())
    assert seen.weights is not None
    np.testing.assert_allclose(seen.weights[:, 3], [0.5 * n for n in truth.values()], rtol=1e-4)


def test_clipping_is_said(kept: Kept) -> None:
    net = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    descend(net, optimizer, 10 * torch.ones(4, 3))
    before = nn.utils.clip_grad_norm_((p for p in net.parameters()), 0.5)
    optimizer.step()
    assert kept.snapshots[0].stage == "clipped"
    assert kept.snapshots[0].clip_coefficient == pytest.approx(0.5 / before.item(), rel=1e-4)


def test_clipping_imported_by_name_before_anyone_watched() -> None:
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append)
    net = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    descend(net, optimizer, 10 * torch.ones(4, 3))
    norm_before = clip_grad_norm_(net.parameters(), 0.5)
    optimizer.step()
    descend(net, optimizer, 10 * torch.ones(4, 3))
    by_value(net.parameters(), 0.1)
    optimizer.step()
    watcher.close()
    assert by_value is nn.utils.clip_grad_value_
    first, second = sink.snapshots
    assert (first.stage, second.stage) == ("clipped", "clipped")
    assert first.clip_coefficient == pytest.approx(0.5 / norm_before.item(), rel=1e-4)
    assert np.isnan(second.clip_coefficient)
    assert not sink.log


def test_one_clipping_of_what_two_optimizers_step(kept: Kept) -> None:
    nets = [nn.Linear(3, 1), nn.Linear(3, 1)]
    optimizers = [torch.optim.SGD(net.parameters(), lr=0.1) for net in nets]
    sum((net(10 * torch.ones(4, 3)).square().mean() for net in nets), torch.zeros(())).backward()
    both = [p for net in nets for p in net.parameters()]
    before = nn.utils.clip_grad_norm_(both, 0.5)
    for optimizer in optimizers:
        optimizer.step()
    factors = [snapshot.clip_coefficient for snapshot in kept.snapshots]
    assert factors == pytest.approx([0.5 / before.item()] * 2, rel=1e-4)


def test_an_optimizer_that_never_steps_loses_no_step(kept: Kept) -> None:
    net = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    losses = []
    for _ in range(8):
        losses.append(descend(net, optimizer, torch.randn(4, 3)).item())
        with torch.no_grad():
            for p in net.parameters():
                assert p.grad is not None
                p -= 0.1 * p.grad
    seen = [(snapshot.step, snapshot.loss) for snapshot in kept.snapshots]
    assert seen == [(i, pytest.approx(loss)) for i, loss in enumerate(losses[:7])]


def test_backward_passes_before_the_first_step_are_no_steps(kept: Kept) -> None:
    net = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(3):
        loss = descend(net, optimizer, torch.randn(4, 3))
    optimizer.step()
    assert [(snapshot.step, snapshot.loss) for snapshot in kept.snapshots] == [
        (0, pytest.approx(loss.item()))
    ]


@pytest.mark.parametrize("steps", [True, False])
def test_torch_func_is_pointed_out_once_where_nothing_else_is_seen(steps: bool) -> None:
    log: list[str] = []
    watcher = Watcher(Kept(), log=log.append)
    net = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(30):
        if steps:
            descend(net, optimizer, torch.ones(4, 3))
            optimizer.step()
        torch.func.grad(lambda x: x.square().sum())(torch.ones(2))
    watcher.close()
    assert len(log) == (0 if steps else 1)
    assert all("gradtui.watch" in line for line in log)


def test_a_step_that_raised_is_recorded_as_one(kept: Kept) -> None:
    class Failing(torch.optim.SGD):
        fail = True

        def step(self, closure: object = None) -> None:
            if self.fail:
                raise ValueError("no")
            super().step()

    net = nn.Linear(3, 1)
    optimizer = Failing(net.parameters(), lr=0.1)
    descend(net, optimizer, torch.ones(4, 3))
    with pytest.raises(ValueError, match="no"):
        optimizer.step()
    optimizer.fail = False
    for _ in range(3):
        descend(net, optimizer, torch.ones(4, 3))
        optimizer.step()
    assert [s.step for s in kept.snapshots] == [0, 1, 2, 3]
    assert [s.raised for s in kept.snapshots] == [True, False, False, False]
    assert np.isfinite(kept.snapshots[0].grads[:, 0]).all()


def test_an_optimizer_that_raises_at_the_end_leaves_its_record() -> None:
    class Failing(torch.optim.SGD):
        def step(self, closure: object = None) -> None:
            raise ValueError("no")

    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append)
    net = nn.Linear(3, 1)
    optimizer = Failing(net.parameters(), lr=0.1)
    loss = descend(net, optimizer, torch.ones(4, 3))
    with pytest.raises(ValueError, match="no"):
        optimizer.step()
    watcher.failed("ValueError: no", "")
    watcher.close()
    (seen,) = sink.snapshots
    assert (seen.step, seen.raised, seen.loss) == (0, True, loss.item())
    assert sink.norms() == pytest.approx(
        {name: norm(p.grad) for name, p in net.named_parameters() if p.grad is not None}
    )
    assert sink.log == []


@pytest.mark.parametrize("after", [True, False])
def test_a_closure_that_raises(kept: Kept, after: bool) -> None:
    net = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    losses = []

    def closure() -> torch.Tensor:
        if not after:
            raise ValueError("no")
        losses.append(descend(net, optimizer, torch.ones(4, 3)).item())
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        optimizer.step(closure)
    descend(net, optimizer, torch.ones(4, 3))
    optimizer.step()
    assert [s.step for s in kept.snapshots] == ([0, 1] if after else [1])
    assert [s.raised for s in kept.snapshots] == ([True, False] if after else [False])
    assert [s.loss for s in kept.snapshots[:-1]] == losses


def test_a_backward_pass_that_raises_is_in_no_loss(kept: Kept) -> None:
    class Broken(torch.autograd.Function):
        @staticmethod
        def forward(ctx: object, x: torch.Tensor) -> torch.Tensor:
            return x.clone()

        @staticmethod
        def backward(ctx: object, *grads: torch.Tensor) -> torch.Tensor:
            raise ValueError("no")

    net = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            Broken.apply(net(torch.ones(2, 3)).sum()).backward()  # type: ignore[no-untyped-call]
        loss = descend(net, optimizer, torch.ones(4, 3))
        optimizer.step()
        assert (kept.snapshots[-1].loss, kept.snapshots[-1].backwards) == (loss.item(), 1)


def test_the_loss_of_which_no_step_was_taken_is_told_with_the_failure() -> None:
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append)
    net = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    descend(net, optimizer, torch.ones(4, 3))
    optimizer.step()
    loss = descend(net, optimizer, torch.ones(4, 3))
    watcher.failed("RuntimeError: out of memory", "")
    watcher.close()
    (failed,) = [event for event in sink.events if isinstance(event, Failed)]
    assert failed.loss == loss.item()
    assert event_json(failed)["loss"] == loss.item()
    assert "loss" not in event_json(replace(failed, loss=float("nan")))


def test_evaluations_of_a_closure(kept: Kept) -> None:
    net = nn.Linear(3, 1)
    optimizer = torch.optim.LBFGS(net.parameters(), max_iter=3)
    result = optimizer.step(lambda: descend(net, optimizer, torch.ones(4, 3)))
    assert isinstance(result, torch.Tensor)
    assert {s.step for s in kept.snapshots} == {0}
    assert [s.evaluation for s in kept.snapshots] == list(range(1, len(kept.snapshots) + 1))


def test_parameters_that_come_later_begin_a_new_layout(kept: Kept) -> None:
    net = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    optimizer = torch.optim.SGD(net[0].parameters(), lr=0.1)
    descend(net, optimizer, torch.ones(4, 3))
    optimizer.step()
    optimizer.add_param_group({"params": net[1].parameters()})
    descend(net, optimizer, torch.ones(4, 3))
    optimizer.step()
    sizes = [len(e.layout.tensors) for e in kept.events if isinstance(e, Started)]
    assert sizes == [2, 4]
    assert [len(s.grads) for s in kept.snapshots] == [2, 4]


def test_a_sink_that_raises_does_not_stop_training() -> None:
    class Broken(Kept):
        def put(self, snapshot: object) -> None:
            raise RuntimeError("no")

    sink = Broken()
    watcher = Watcher(sink, log=sink.log.append)
    net = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(20):
        descend(net, optimizer, torch.ones(4, 3))
        optimizer.step()
    watcher.close()
    assert 1 <= len(sink.log) <= 6
    assert "RuntimeError: no" in sink.log[0]


def test_closing_takes_everything_off_and_holds_nothing() -> None:
    places = [(torch.autograd, "backward"), (torch.autograd, "grad"), (nn.Module, "__init__")]
    places += [(torch.optim.Optimizer, "__init__"), (nn.utils, "clip_grad_norm_")]
    before = [vars(owner)[name] for owner, name in places]
    sink = Kept()
    watcher = Watcher(sink)
    net = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    descend(net, optimizer, torch.ones(4, 3))
    optimizer.step()
    watcher.close()
    watcher.close()
    assert [vars(owner)[name] for owner, name in places] == before
    assert [type(e) for e in sink.events] == [Started, Ended]
    gone = weakref.ref(optimizer)
    del optimizer
    assert gone() is None
    assert net.weight.grad is not None
