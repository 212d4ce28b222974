"""Total norms before and after clipping, however a program clips."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm

from gradtui.core.snapshot import merge_norms
from gradtui.instrument.unclipped_norms import Cut, unclipped
from gradtui.runstore.format.records import step_records
from tests.instrument.kept import Kept, norm

Halves = tuple[list[nn.Parameter], list[nn.Parameter]]


def norms_of(kept: Kept, at: int = -1) -> tuple[float, float]:
    """Total norm before clipping and after, as they are written."""
    snapshot = kept.snapshots[at]
    (record,) = step_records([0.0], [snapshot], snapshot.grads[None], kept.layout, 0)
    return float(record["total_norm"]), float(record["clipped_norm"])


def total(tensors: list[nn.Parameter]) -> float:
    return float(np.sqrt(sum(norm(p.grad) ** 2 for p in tensors if p.grad is not None)))


def in_halves(parts: Halves) -> None:
    every = [*parts[0], *parts[1]]
    clip_grads_with_norm_(every, 0.1, get_total_norm([p.grad for p in every if p.grad is not None]))


def each_half(parts: Halves) -> None:
    clip_grad_norm_(parts[0], 0.1)
    clip_grad_norm_(parts[1], 0.2, foreach=False)


def value_then_norm(parts: Halves) -> None:
    clip_grad_value_([*parts[0], *parts[1]], 0.5)
    clip_grad_norm_([*parts[0], *parts[1]], 0.1)


def norm_then_value(parts: Halves) -> None:
    clip_grad_norm_([*parts[0], *parts[1]], 0.5)
    clip_grad_value_([*parts[0], *parts[1]], 0.01)


WAYS: dict[str, Callable[[Halves], object]] = {
    "norm": lambda parts: clip_grad_norm_([*parts[0], *parts[1]], 0.1),
    "generator": lambda parts: clip_grad_norm_((p for half in parts for p in half), max_norm=0.1),
    "idle": lambda parts: clip_grad_norm_([*parts[0], *parts[1]], 1e6),
    "infinite": lambda parts: clip_grad_norm_([*parts[0], *parts[1]], float("inf")),
    "largest": lambda parts: clip_grad_norm_([*parts[0], *parts[1]], 0.1, norm_type=torch.inf),
    "some": lambda parts: clip_grad_norm_(parts[0], 0.1),
    "twice": lambda parts: [clip_grad_norm_([*parts[0], *parts[1]], c) for c in (0.5, 0.1)],
    "value": lambda parts: clip_grad_value_([*parts[0], *parts[1]], 0.01),
    "value of some": lambda parts: clip_grad_value_(parts[1], 0.01),
    "in halves": in_halves,
    "each half": each_half,
    "value, then norm": value_then_norm,
    "norm, then value": norm_then_value,
}


@pytest.mark.parametrize("way", WAYS)
def test_both_norms_are_written(kept: Kept, way: str) -> None:
    torch.manual_seed(3)
    net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2))
    parts = [*net[0].parameters()], [*net[2].parameters()]
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        (net(torch.randn(8, 4)) - 3).square().sum().backward()
        before = total([*net.parameters()])
        WAYS[way](parts)
        after = total([*net.parameters()])
        optimizer.step()
        assert norms_of(kept) == (pytest.approx(before, rel=2e-6), pytest.approx(after, rel=2e-6))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_the_norm_is_the_one_that_clipping_returned(kept: Kept, dtype: torch.dtype) -> None:
    torch.manual_seed(4)
    net = nn.Linear(30, 20).to(dtype)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    net(torch.randn(8, 30, dtype=dtype)).square().sum().backward()
    returned = clip_grad_norm_(net.parameters(), 0.1)
    optimizer.step()
    assert norms_of(kept)[0] == pytest.approx(returned.item(), rel=1e-6)


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_a_norm_that_is_not_finite_is_told_as_it_was(kept: Kept, value: float) -> None:
    net = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    net(torch.ones(1, 3)).sum().backward()
    assert net.weight.grad is not None
    net.weight.grad[0, 0] = value
    clip_grad_norm_(net.parameters(), 0.1)
    optimizer.step()
    assert str(norms_of(kept)[0]) == str(value)


def test_clipping_what_another_optimizer_steps_as_well(kept: Kept) -> None:
    """Its total is not that of either."""
    nets = [nn.Linear(3, 1), nn.Linear(3, 2)]
    optimizers = [torch.optim.SGD(net.parameters(), lr=0.1) for net in nets]
    sum((net(10 * torch.ones(4, 3)).square().mean() for net in nets), torch.zeros(())).backward()
    before = [total([*net.parameters()]) for net in nets]
    clip_grad_norm_([p for net in nets for p in net.parameters()], 0.5)
    for optimizer in optimizers:
        optimizer.step()
    assert [norms_of(kept, i)[0] for i in range(2)] == pytest.approx(before, rel=2e-6)


def test_without_clipping_there_is_one_norm(kept: Kept) -> None:
    net = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    net(torch.ones(2, 3)).sum().backward()
    truth = total([*net.parameters()])
    optimizer.step()
    before, after = norms_of(kept)
    assert before == pytest.approx(truth, rel=2e-6)
    assert np.isnan(after)


def test_clipping_that_raises_leaves_the_error_to_the_program(kept: Kept) -> None:
    net = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    (net(torch.ones(2, 3)).sum() * float("inf")).backward()
    with pytest.raises(RuntimeError, match="non-finite"):
        clip_grad_norm_(net.parameters(), 0.1, error_if_nonfinite=True)
    optimizer.step()
    assert kept.snapshots[0].stage == "raw"


def test_a_missing_gradient_stays_missing() -> None:
    cut = Cut(np.arange(3), 0.5, 10.0, whole=True)
    before = unclipped(np.array([3.0, np.nan, 4.0]), [cut], np.array([True, False, True]))
    np.testing.assert_allclose(before, [6.0, np.nan, 8.0])
    assert merge_norms(before[[0, 2]]) == 10.0
