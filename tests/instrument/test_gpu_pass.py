"""What a watched program's record holds where kernels measure: the same as elsewhere."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from gradtui.core.snapshot import Grad
from gradtui.instrument.watcher import Watcher
from gradtui.stats import plan
from gradtui.stats.plan import Plan
from tests.instrument.kept import Kept
from tests.stats.gpu_double import CpuGpu, by_numpy

STEPS = 12


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Callable[[], CpuGpu]:
    """From when it is called on, tensors are measured as on a GPU with kernels."""

    def begin() -> CpuGpu:
        found = CpuGpu(by_numpy())
        monkeypatch.setattr(plan, "gpu_for", lambda device, wide: found)
        monkeypatch.setattr(Plan, "looks", lambda self, device: False)
        return found

    return begin


def record() -> Kept:
    sink = Kept()
    watcher = Watcher(sink, overhead=math.inf, log=sink.log.append)
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Linear(6, 300), nn.ReLU(), nn.Linear(300, 5), nn.Tanh(), nn.Linear(5, 1)
    )
    optimizer = torch.optim.Adam(model.parameters())
    for step in range(STEPS):
        optimizer.zero_grad()
        model(torch.randn(8, 6)).square().mean().backward()
        if step == 7:
            model[2].bias.grad = None
        if step == 9:
            model[0].weight.grad[0, 0] = math.nan  # type: ignore[index]
        optimizer.step()
    watcher.close()
    return sink


def test_the_record_is_the_same(gpu: Callable[[], CpuGpu]) -> None:
    wanted = record()
    sent = gpu()
    found = record()
    assert sent.sent > 0
    assert found.log == wanted.log == []
    assert [s.step for s in found.snapshots] == [s.step for s in wanted.snapshots]
    assert found.names == wanted.names
    for one, other in zip(found.snapshots, wanted.snapshots, strict=True):
        # Kernels leave nothing out where a CPU's cheap norms do.
        there = ~np.isnan(other.grads)
        np.testing.assert_allclose(one.grads[there], other.grads[there], rtol=1e-4, atol=1e-6)
        assert (np.isnan(one.grads[:, Grad.NORM]) == np.isnan(other.grads[:, Grad.NORM])).all()
        for name in ("weights", "histograms"):
            mine, theirs = getattr(one, name), getattr(other, name)
            assert (mine is None) == (theirs is None)
            if theirs is not None:
                np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-9)
    said, wanted_say = ([type(e) for e in kept.events] for kept in (found, wanted))
    assert said == wanted_say
    lost, wanted_lost = (
        [s.nonfinite[:4] for s in kept.snapshots if s.nonfinite] for kept in (found, wanted)
    )
    assert lost == wanted_lost != []
