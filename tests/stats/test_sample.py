"""How far large tensors moved, told from a part of their elements; and what is kept for that."""

from math import gcd

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gradtui.core.snapshot import Grad, Weight
from gradtui.stats import cpu_pass, reduction, sample
from gradtui.stats.measure import clone, measure_gradients, measure_weights
from gradtui.stats.plan import Plan
from gradtui.stats.sample import REMEMBERED, SAMPLE, sample_strides

SHAPES = st.lists(st.integers(1, 4000), min_size=1, max_size=4)


@given(st.lists(SHAPES, min_size=1, max_size=40))
def test_what_is_kept_is_bounded_and_no_row_or_column_is_left_out(shapes: list[list[int]]) -> None:
    sizes = [torch.Size(shape).numel() for shape in shapes]
    strides = sample_strides(dict(enumerate(shapes)))
    kept = [-(-size // strides[i]) for i, size in enumerate(sizes)]
    assert sum(kept) <= REMEMBERED
    for i, (shape, size) in enumerate(zip(shapes, sizes, strict=True)):
        assert strides[i] == 1 or all(gcd(strides[i], side) == 1 for side in shape)
        assert strides[i] == 1 or size > SAMPLE
    if sum(sizes) <= REMEMBERED:
        assert set(strides.values()) == {1}


def test_many_large_tensors_share_the_room() -> None:
    strides = sample_strides(dict.fromkeys(range(500), (1000, 1000)))
    assert sum(-(-1_000_000 // stride) for stride in strides.values()) <= REMEMBERED
    assert all(stride < 1_000_000 // 4000 for stride in strides.values())


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if there were room for little, so that small tensors do."""
    monkeypatch.setattr(sample, "REMEMBERED", 40_000)
    monkeypatch.setattr(sample, "SAMPLE", 20_000)


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("look", [True, False])
def test_an_estimate_is_close_and_a_small_tensor_exact(look: bool) -> None:
    made = torch.Generator().manual_seed(0)
    old = [torch.randn(s, generator=made) for s in [(600, 1024), (512, 256), (64, 64)]]
    moves = [torch.randn(t.shape, generator=made) * 1e-3 for t in old]
    moves[1] *= torch.arange(256) / 256  # another size in each column
    plan = Plan(old, look=look)
    kept = clone(plan, old)
    assert sum(t.numel() for t in kept[1:]) <= 40_000 + 64 * 64
    new = [t + move for t, move in zip(old, moves, strict=True)]
    found = measure_weights(plan, new, kept)[:, Weight.UPDATE].tolist()
    true = [(a.double() - b.double()).norm().item() for a, b in zip(new, old, strict=True)]
    assert found[:2] == pytest.approx(true[:2], rel=0.03)
    assert found[2] == pytest.approx(true[2], rel=1e-6)
    assert plan.strides[0] > 1


def test_what_has_not_moved_has_not() -> None:
    weights = [torch.ones(3000, 1600)]
    plan = Plan(weights)
    assert plan.strides == {0: plan.strides[0]}
    assert plan.strides[0] > 1
    assert measure_weights(plan, weights, clone(plan, weights))[0, Weight.UPDATE] == 0


def test_tensors_that_do_not_fit_together_are_measured_where_they_lie(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = torch.Generator().manual_seed(0)
    grads = [torch.randn(30, 40 + i, generator=made) for i in range(20)]
    whole = measure_gradients(Plan(grads), grads)
    monkeypatch.setattr(cpu_pass, "TOGETHER", 5000)
    plan = Plan(grads)
    (one,) = plan.passes(tuple(range(20)))
    kept, *alone = one.copy(grads, (), None)
    assert (len(kept), len(alone)) == (1200 + 1230 + 1260 + 1290, 16)
    parts = measure_gradients(plan, grads)
    assert parts[:, Grad.NORM].tolist() == pytest.approx(whole[:, Grad.NORM].tolist(), rel=1e-6)
    same = [Grad.ABS_MAX, Grad.ZEROS, Grad.NONFINITE]
    assert torch.equal(parts[:, same], whole[:, same])


@pytest.mark.parametrize("value", [1e-30, 1e30, float("inf"), float("nan")])
def test_care_is_taken_piece_by_piece(value: float, monkeypatch: pytest.MonkeyPatch) -> None:
    made = torch.Generator().manual_seed(0)
    grad = torch.randn(100_000, generator=made) * (value if value < 1e31 else 1)
    if not value < 1e31:
        grad[70_000] = value
    at_once = measure_gradients(Plan([grad]), [grad])
    monkeypatch.setattr(reduction, "AT_ONCE", reduction.ROW)
    pieces = measure_gradients(Plan([grad]), [grad])
    assert torch.equal(at_once.nan_to_num(1.5), pieces.nan_to_num(1.5))
