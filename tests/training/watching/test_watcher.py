"""One record a step, of what the optimizer was given, and nothing left behind."""

import weakref
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import nn

from gradtui.core.event import Ended, Started
from gradtui.training.watching.watcher import Watcher
from tests.training.watching.kept import Kept, norm


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


def test_a_step_that_raised_is_forgotten(kept: Kept) -> None:
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
    assert [s.step for s in kept.snapshots] == [1, 2, 3]


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
