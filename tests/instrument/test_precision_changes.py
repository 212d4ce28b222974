"""`module.to(dtype)` keeps the parameters and the optimizer, and changes what is measured."""

from collections.abc import Iterator
from math import inf

import numpy as np
import pytest
import torch
from torch import nn

from gradtui.core.event import Started
from gradtui.core.snapshot import Weight
from tests.instrument.kept import Kept, norm, recorded


@pytest.fixture
def sink() -> Iterator[Kept]:
    yield from recorded(inf)


def trained(
    net: nn.Module, optimizer: torch.optim.Optimizer, steps: int
) -> Iterator[tuple[dict[str, float], dict[str, float]]]:
    """Of each step the norms of gradients and of changes, by name."""
    for _ in range(steps):
        held = dict(net.named_parameters())
        kind = next(iter(held.values())).dtype
        optimizer.zero_grad()
        net(torch.randn(4, 6, dtype=kind)).square().sum().backward()
        before = {name: p.detach().double().clone() for name, p in held.items()}
        optimizer.step()
        grads = {name: norm(p.grad) for name, p in held.items() if p.grad is not None}
        yield grads, {name: norm(p.double() - before[name]) for name, p in held.items()}


@pytest.mark.parametrize("afresh", [False, True], ids=["the same optimizer", "a new one"])
def test_every_step_is_measured_as_the_weights_are_by_then(sink: Kept, afresh: bool) -> None:
    net = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
    truth = []
    for kind in (torch.float32, torch.bfloat16, torch.float64):
        net.to(kind)
        if afresh:
            # The next one may well be where this one was: with its id.
            del optimizer
            optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
        truth += list(trained(net, optimizer, 10))
    told = [event.info.precision for event in sink.events if isinstance(event, Started)]
    assert list(dict.fromkeys(told)) == ["float32", "bfloat16", "float64"]
    assert len(sink.snapshots) == len(truth) == 30
    changes = 0
    for at, (grads, changed) in enumerate(truth):
        assert sink.norms(at) == pytest.approx(grads, rel=1e-6)
        weights = sink.snapshots[at].weights
        if weights is None or np.isnan(weights[:, Weight.UPDATE]).any():
            continue
        seen = dict(zip(sink.names, weights[:, Weight.UPDATE].tolist(), strict=True))
        assert seen == pytest.approx(changed, rel=1e-4, abs=1e-9)
        changes += 1
    assert changes > 20
