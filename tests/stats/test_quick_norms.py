"""Norms of steps that are let through: those of `measure_norms`, or none."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from gradtui.core.snapshot import Grad
from gradtui.stats.measure import measure_norms
from gradtui.stats.plan import Plan
from gradtui.stats.quick_norms import FEW, QuickNorms
from tests.operations import Operations
from tests.stats.test_norms import SIZES, TYPES, made, truth


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(SIZES, TYPES, st.floats(-42, 37)), min_size=1, max_size=6),
    st.sets(st.integers(0, 5)),
    st.integers(0, 2**40),
)
def test_those_of_a_whole_measurement_or_none(
    tensors: list[tuple[int, torch.dtype, float]], absent: set[int], seed: int
) -> None:
    grads = [made(n, dtype, 10**power, seed + i) for i, (n, dtype, power) in enumerate(tensors)]
    plan = Plan(grads)
    given_ = [None if i in absent else grad for i, grad in enumerate(grads)]
    kinds = {dtype == torch.float64 for _, dtype, _ in tensors}
    quick = QuickNorms(plan)
    assert quick.possible == (len(kinds) == 1)
    before = [grad.clone() for grad in grads]
    found = quick.of(given_) if quick.possible else None
    assert all(torch.equal(a, b) for a, b in zip(before, grads, strict=True))
    if found is None:
        return
    there = [truth(grad) if grad is not None else math.nan for grad in given_]
    np.testing.assert_allclose(found, there, rtol=1e-4 if max(map(len, grads)) > 1e5 else 1e-5)
    np.testing.assert_array_equal(np.isfinite(found), [grad is not None for grad in given_])


@pytest.mark.parametrize("count", [3, FEW + 1])
@pytest.mark.parametrize("scale", [0.0, 1e-42, 1e-30, 1e-3, 1.0, 1e10])
def test_small_numbers_are_not_lost(count: int, scale: float) -> None:
    """Of few tensors, and of more than are read one by one."""
    grads = [made(200 + i, torch.float32, scale, i) for i in range(count)]
    found = QuickNorms(Plan(grads)).of(grads)
    assert isinstance(found, np.ndarray)
    np.testing.assert_allclose(found, list(map(truth, grads)), rtol=1e-6)


@pytest.mark.parametrize("count", [3, FEW + 1])
@pytest.mark.parametrize("bad", [math.nan, math.inf, 1e30])
def test_what_is_not_finite_or_has_no_square_is_left_to_a_whole_measurement(
    count: int, bad: float
) -> None:
    grads = [torch.ones(100) for _ in range(count)]
    quick = QuickNorms(Plan(grads))
    assert quick.of(grads) is not None
    grads[1][5] = bad
    assert quick.of(grads) is None


def test_a_large_gradient_of_nothing_but_zeros_is_known() -> None:
    grads = [torch.ones(10), torch.zeros(100_000)]
    quick = QuickNorms(Plan(grads))
    assert quick.of(grads) == pytest.approx([10**0.5, 0])
    grads[1][77] = 1e-30  # its square is none in float32
    assert quick.of(grads) is None


def test_what_has_become_another_is_left_to_a_whole_measurement() -> None:
    grads = [torch.ones(100), torch.ones(4, 2)]
    quick = QuickNorms(Plan(grads))
    assert quick.of([grads[0], torch.ones(4, 2).to_sparse()]) is None
    many = [torch.ones(100) for _ in range(FEW + 1)]
    assert QuickNorms(Plan(many)).of([*many[1:], torch.ones(1)]) is None
    assert quick.of([grads[0], torch.ones(1, 2)]) == pytest.approx([10, 2**0.5])
    assert quick.of([None, None]) is None

    class Odd(Tensor):
        pass

    assert quick.of([grads[0], grads[1].as_subclass(Odd)]) is None
    assert quick.of([nn.Parameter(grads[0]), grads[1]]) is not None


def test_numbers_of_two_widths_are_not_read_together() -> None:
    assert not QuickNorms(Plan([torch.ones(3), torch.ones(3, dtype=torch.float64)])).possible
    assert not QuickNorms(Plan([torch.ones(3, dtype=torch.complex64)])).possible
    assert not QuickNorms(Plan([])).possible
    assert QuickNorms(Plan([torch.ones(3), torch.ones(3, dtype=torch.bfloat16)])).possible


@pytest.mark.parametrize("count", [3, FEW + 1])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64, torch.complex64])
def test_gradients_of_another_type_than_their_weights(count: int, dtype: torch.dtype) -> None:
    """As `grad_dtype` of newer torch allows. Norms are right or there are none."""
    grads = [made(100, torch.float32, 1.0, i) for i in range(count)]
    quick = QuickNorms(Plan(grads))
    for others in (range(1), range(count)):
        given = [grad.to(dtype) if i in others else grad for i, grad in enumerate(grads)]
        given[0] *= 300  # its square is beyond float16
        found = quick.of(given)
        true = [float(torch.linalg.vector_norm(one.to(torch.complex128))) for one in given]
        assert found is None or found.tolist() == pytest.approx(true, rel=1e-6)
    assert quick.of(grads) is not None


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_on_an_accelerator_nothing_is_looked_at(dtype: torch.dtype) -> None:
    """The way that never looks at a value, and is therefore the same on a CPU."""
    counts = []
    for count in (4, 400):
        grads = [made(30, dtype, 1e-3, i) for i in range(count)]
        quick = QuickNorms(Plan(grads, look=False))
        grads[1][3] = math.nan
        with Operations() as asked:
            found = quick.of(grads)
        assert isinstance(found, Tensor)
        assert found.dtype == torch.float64
        true = [math.nan if i == 1 else truth(grad) for i, grad in enumerate(grads)]
        assert found.tolist() == pytest.approx(true, rel=1e-6, nan_ok=True)
        counts.append(len(asked.seen))
        without = quick.of([None, *grads[1:]])
        assert isinstance(without, Tensor)
        assert without.tolist() == pytest.approx([math.nan, *true[1:]], rel=1e-6, nan_ok=True)
    assert counts == [2, 2]


def test_as_measured_with_zeros_among_them() -> None:
    grads = [torch.zeros(50), made(60, torch.float32, 1.0, 1), torch.zeros(70_000)]
    plan = Plan(grads)
    found = QuickNorms(plan).of(grads)
    assert isinstance(found, np.ndarray)
    np.testing.assert_allclose(found, measure_norms(plan, grads)[:, Grad.NORM], rtol=1e-6)
