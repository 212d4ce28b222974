"""States of optimizers in the records of a watched program, and the program as it would be without."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gradtui.core.snapshot import Snapshot, State
from gradtui.instrument.watcher import Watcher
from tests.instrument.kept import Kept

Make = Callable[[nn.Sequential], torch.optim.Optimizer]


def train(make: Make, steps: int = 12) -> tuple[nn.Sequential, torch.optim.Optimizer]:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2))
    optimizer = make(net)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    for _ in range(steps):
        optimizer.zero_grad()
        net(torch.randn(5, 4)).square().mean().backward()
        optimizer.step()
        schedule.step()
    return net, optimizer


def watched(make: Make) -> tuple[Kept, nn.Sequential, torch.optim.Optimizer]:
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append, overhead=1000.0)
    net, optimizer = train(make)
    watcher.close()
    assert sink.log == []
    return sink, net, optimizer


def tables(sink: Kept) -> list[tuple[Snapshot, np.ndarray]]:
    return [(one, one.states) for one in sink.snapshots if one.states is not None]


def everything(net: nn.Module, optimizer: torch.optim.Optimizer) -> list[Tensor]:
    parts = [*net.parameters()]
    return [
        *parts,
        *(t for p in parts for t in optimizer.state[p].values() if isinstance(t, Tensor)),
    ]


@pytest.mark.parametrize("how", [{"foreach": False}, {"foreach": True}, {"fused": True}])
def test_moments_come_with_the_weights_and_change_nothing(how: dict[str, Any]) -> None:
    def adam(net: nn.Sequential) -> torch.optim.Optimizer:
        return torch.optim.AdamW(net.parameters(), lr=0.01, **how)

    bare = everything(*train(adam))
    sink, net, optimizer = watched(adam)
    pairs = zip(bare, everything(net, optimizer), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)
    with_weights = [one.step for one in sink.snapshots if one.weights is not None]
    assert [one.step for one, _ in tables(sink)] == with_weights != []
    newest, table = tables(sink)[-1]
    assert (table[:, State.NONFINITE] == 0).all()
    assert table[:, State.LR].tolist() == pytest.approx([newest.lr] * 4)


def test_the_moments_are_those_after_the_step() -> None:
    sink, *_ = watched(lambda net: torch.optim.Adam(net.parameters(), lr=0.01))
    first = next(one for one, _ in tables(sink) if one.step == 0)
    assert first.states is not None
    # After one step: (1 - 0.9) times the gradient, and (1 - 0.999) times its square.
    norms = first.grads[:, 0]
    np.testing.assert_allclose(first.states[:, State.FIRST], 0.1 * norms, rtol=1e-5)
    np.testing.assert_allclose(first.states[:, State.SECOND], 0.001**0.5 * norms, rtol=1e-5)


def test_of_one_group_without_moments_nothing_is_recorded() -> None:
    sink, *_ = watched(lambda net: torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9))
    assert any(one.weights is not None for one in sink.snapshots)
    assert tables(sink) == []


def test_rates_of_groups_follow_their_schedule() -> None:
    def grouped(net: nn.Sequential) -> torch.optim.Optimizer:
        one, other = ({"params": net[i].parameters(), "lr": lr} for i, lr in ((0, 0.4), (2, 0.8)))
        return torch.optim.SGD([one, other])

    sink, *_ = watched(grouped)
    for one, table in tables(sink):
        rates = [0.4, 0.4, 0.8, 0.8]
        assert table[:, State.LR].tolist() == pytest.approx([r * 0.5**one.step for r in rates])
        assert np.isnan(table[:, State.NONFINITE]).all()
