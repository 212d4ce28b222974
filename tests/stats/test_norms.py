"""Norms alone, as every step has them: the same numbers as those of a whole measurement."""

import math

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import Tensor

from gradtui.core.snapshot import Grad, Weight
from gradtui.stats import cpu_pass
from gradtui.stats.measure import clone, measure_gradients, measure_norms, measure_weights
from gradtui.stats.plan import Plan
from tests.operations import Operations

SIZES = st.sampled_from([1, 7, 4095, 4096, 4097, 28_672, 65_536, 65_537, 70_001, 131_072])
TYPES = st.sampled_from([torch.float32, torch.float64, torch.bfloat16, torch.float16])


def made(size: int, dtype: torch.dtype, scale: float, seed: int) -> Tensor:
    values = torch.randn(size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return (values * scale).to(dtype)


def truth(tensor: Tensor) -> float:
    wide = tensor.double().reshape(-1)
    top = float(wide.abs().max())
    return top * float((wide / top).norm()) if 0 < top < math.inf else top


@settings(deadline=None, max_examples=60)
@example([(65_536, torch.float16, -5.5)], 0)
@given(
    st.lists(st.tuples(SIZES, TYPES, st.floats(-42, 37)), min_size=1, max_size=6),
    st.integers(0, 2**40),
)
def test_right_whatever_the_size_the_type_and_the_magnitude(
    tensors: list[tuple[int, torch.dtype, float]], seed: int
) -> None:
    grads = [made(n, dtype, 10**power, seed + i) for i, (n, dtype, power) in enumerate(tensors)]
    found = measure_norms(Plan(grads), grads)
    assert found[:, Grad.NORM].tolist() == pytest.approx(list(map(truth, grads)), rel=1e-5)
    broken = [int((~grad.isfinite()).sum()) for grad in grads]
    assert found[:, Grad.NONFINITE].tolist() == broken
    for column in (Grad.ABS_MAX, Grad.ZEROS, Grad.SUM):
        assert found[:, column].isnan().all()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("size", [100, 5000, 65_536, 70_000, 1 << 20])
def test_as_measured_in_full(size: int, threads: int) -> None:
    """Constant values are the worst there is: every sum is rounded the same way."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        grads = [torch.full((size,), 1.1e-3), made(size, torch.float32, 1.0, 1)]
        plan = Plan(grads)
        norms, whole = measure_norms(plan, grads), measure_gradients(plan, grads)
    finally:
        torch.set_num_threads(before)
    true = [truth(grad) for grad in grads]
    assert whole[:, Grad.NORM].tolist() == pytest.approx(true, rel=1e-5)
    assert float(norms[1, Grad.NORM]) == pytest.approx(true[1], rel=2e-6)
    assert float(norms[0, Grad.NORM]) == pytest.approx(true[0], rel=1e-4)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("size", [10, 5000, 100_000])
def test_what_is_not_finite_is_counted(size: int, bad: float) -> None:
    grads = [torch.ones(size), torch.ones(size), torch.zeros(size)]
    grads[1][size // 2] = grads[1][0] = bad
    found = measure_norms(Plan(grads), grads)
    assert found[:, Grad.NONFINITE].tolist() == [0, 2, 0]
    norms = found[:, Grad.NORM].tolist()
    assert (norms[0], norms[2]) == (pytest.approx(size**0.5), 0)
    assert math.isnan(norms[1]) if math.isnan(bad) else norms[1] == math.inf


def test_some_have_no_gradient_and_some_are_odd() -> None:
    sparse = torch.tensor([[0.0, 3.0], [4.0, 0.0]]).to_sparse()
    imaginary = torch.tensor([3 + 4j])
    grads = [torch.ones(9), torch.ones(5000), sparse, imaginary, torch.empty(0), torch.ones(3, 3)]
    plan = Plan(grads)
    for absent in ((), (0,), (1, 5), (0, 1, 5), range(6)):
        given_ = [None if i in absent else grad for i, grad in enumerate(grads)]
        found, whole = measure_norms(plan, given_), measure_gradients(plan, given_)
        for column in (Grad.NORM, Grad.NONFINITE):
            np.testing.assert_allclose(found[:, column], whole[:, column], rtol=1e-6)
        assert found[:, Grad.NORM].isnan().tolist() == [i in absent for i in range(6)]


def test_in_any_order_of_dimensions() -> None:
    base = torch.randn(4, 40, 40, 4, generator=torch.Generator().manual_seed(0))
    for grad in (
        base,
        base.permute(0, 3, 1, 2),
        base[:, ::2],
        base.flip(1),
        base.expand(3, 4, 40, 40, 4),
    ):
        plan = Plan([grad.contiguous()])
        assert float(measure_norms(plan, [grad])[0, 0]) == pytest.approx(truth(grad), rel=1e-6)


def test_vanishing_gradients_are_measured_together() -> None:
    """Their squares are too small for float32: as often as a deep net is looked at for that reason."""
    counts = {}
    for tensors in (4, 400):
        grads = [made(50 + i % 4, torch.float32, 1e-25, i) for i in range(tensors)]
        plan = Plan(grads)
        kept = clone(plan, grads)
        after = [grad * 1.5 for grad in grads]
        with Operations() as asked:
            norms, whole = measure_norms(plan, grads), measure_gradients(plan, grads)
            update = measure_weights(plan, after, kept)[:, Weight.UPDATE]
        true = list(map(truth, grads))
        assert norms[:, Grad.NORM].tolist() == pytest.approx(true, rel=1e-6)
        assert whole[:, Grad.NORM].tolist() == pytest.approx(true, rel=1e-6)
        assert update.tolist() == pytest.approx([0.5 * norm for norm in true], rel=1e-6)
        counts[tensors] = len([name for name in asked.seen if "view" not in name])
    assert counts[400] < counts[4] + 40


@pytest.mark.parametrize("scale", [1e-30, 1e-9, 1.0, 1e25])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_changes_of_weights(dtype: torch.dtype, scale: float) -> None:
    shapes = [(8,), (40, 30), (100, 100), (300, 300), (300, 100, 3, 3)]
    before = [made(math.prod(s), dtype, 1.0, i).view(s) * scale for i, s in enumerate(shapes)]
    before[4] = before[4].to(memory_format=torch.channels_last)
    plan = Plan(before)
    kept = clone(plan, before)
    after = [tensor + 1e-2 * tensor.flip(0) for tensor in before]
    after[1] = before[1].clone()
    found = measure_weights(plan, after, kept)
    true = [truth(b.double() - a.double()) for a, b in zip(before, after, strict=True)]
    loose = 1e-3 if dtype == torch.float32 else 1e-5  # what float32 leaves of the difference
    assert found[:, Weight.UPDATE].tolist() == pytest.approx(true, rel=loose)
    assert found[1, Weight.UPDATE] == 0
    again = clone(plan, after, kept)
    assert all(one is other for one, other in zip(again, kept, strict=True))
    assert measure_weights(plan, after, again)[:, Weight.UPDATE].tolist() == [0] * 5


def test_passes_for_sets_of_gradients_are_not_kept_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grads = [torch.ones(3) for _ in range(20)]
    plan = Plan(grads)
    for absent in range(20):
        some = [None if i == absent else grad for i, grad in enumerate(grads)]
        norms = measure_norms(plan, some)[:, Grad.NORM]
        assert int(norms.isnan().sum()) == 1
        assert norms.nansum() == pytest.approx(19 * 3**0.5)
    assert len(plan._passes) <= 10
    assert cpu_pass.SMALL < cpu_pass.THREADS_FROM


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(SIZES, TYPES, st.floats(-42, 37), st.booleans()), min_size=1, max_size=12),
    st.integers(0, 2**40),
)
def test_on_an_accelerator(tensors: list[tuple[int, torch.dtype, float, bool]], seed: int) -> None:
    """The way that never looks at a value, and is therefore the same on a CPU."""
    grads = [made(n, dtype, 10**power, seed + i) for i, (n, dtype, power, _) in enumerate(tensors)]
    plan = Plan(grads, look=False)
    present = [g if there else None for g, (*_, there) in zip(grads, tensors, strict=True)]
    found = measure_norms(plan, present)
    true = [math.nan if grad is None else truth(grad) for grad in present]
    assert found[:, Grad.NORM].tolist() == pytest.approx(true, rel=1e-6, nan_ok=True)
    broken = [math.nan if g is None else float(not g.isfinite().all()) for g in present]
    np.testing.assert_array_equal(found[:, Grad.NONFINITE].clamp(max=1), broken)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_on_an_accelerator_what_is_not_finite_is_told(bad: float) -> None:
    sparse = torch.tensor([[0.0, 3.0], [4.0, 0.0]]).to_sparse()
    grads = [torch.ones(9), torch.ones(5000), sparse, torch.empty(0), torch.tensor([3 + 4j])]
    plan = Plan(grads, look=False)
    grads[1][7] = grads[1][9] = bad
    norms, broken = measure_norms(plan, grads)[:, [Grad.NORM, Grad.NONFINITE]].t().tolist()
    assert broken == [0, 1, 0, 0, 0]
    assert norms[0::2] == [3, 5, 5]
    assert norms[3] == 0
    assert math.isnan(norms[1]) if math.isnan(bad) else norms[1] == math.inf


def test_on_an_accelerator_many_that_are_odd_are_measured_together() -> None:
    grads = [torch.full((n,), 1e200, dtype=torch.float64) for n in range(1, 30)]
    grads.append(torch.full((4,), 1e30))
    plan = Plan(grads, look=False)
    found = measure_norms(plan, grads)
    assert found[:, Grad.NORM].tolist() == pytest.approx([*map(truth, grads)], rel=1e-9)
    assert not found[:, Grad.NONFINITE].any()


def test_on_an_accelerator_operations_are_few_and_none_of_them_waits() -> None:
    counts = []
    for tensors in (4, 400):
        grads = [torch.randn(50 + i) for i in range(tensors)]
        plan = Plan(grads, look=False)
        measure_norms(plan, grads)
        with Operations() as asked:
            measure_norms(plan, grads)
        assert not [name for name in asked.seen if "local_scalar" in name or "nonzero" in name]
        counts.append(len(asked.seen))
    assert counts[0] == counts[1] <= 20
