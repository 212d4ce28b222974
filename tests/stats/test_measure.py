"""Statistics of gradients against a slow exact reference."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from gradtui.core.errors import TrainingError
from gradtui.core.snapshot import Grad, merge_norms
from gradtui.stats.measure import measure_gradients
from gradtui.stats.plan import Plan

FLOATS = (torch.float32, torch.float16, torch.bfloat16, torch.float64)
LOOKS = (True, False)
"""Both ways of measuring, whichever device they are meant for."""


def reference(values: Tensor) -> list[float]:
    """[Grad.COLUMNS] of a dense real tensor, in numpy's longdouble (15 bits of exponent)."""
    wide = values.detach().to(torch.float64).numpy().astype(np.longdouble).ravel()
    if not wide.size:
        return [0.0] * Grad.COLUMNS
    with np.errstate(all="ignore"):
        norm = np.sqrt(np.sum(wide * wide, dtype=np.longdouble))
        largest = np.max(np.abs(wide))
        total = np.sum(wide, dtype=np.longdouble)
        zeros, lost = int((wide == 0).sum()), int((~np.isfinite(wide)).sum())
        return [float(norm), float(largest), zeros, lost, float(total)]


def agrees(measured: Tensor, values: Tensor, tolerance: float) -> None:
    expected = reference(values)
    row = measured.tolist()
    for column in (Grad.NORM, Grad.ABS_MAX):
        if not math.isfinite(expected[column]):
            assert row[column] == pytest.approx(expected[column], nan_ok=True)
        else:
            assert abs(row[column] - expected[column]) <= tolerance * expected[column]
    assert row[Grad.ABS_MAX] == pytest.approx(expected[Grad.ABS_MAX], rel=0, abs=0, nan_ok=True)
    assert row[Grad.ZEROS] == expected[Grad.ZEROS]
    assert row[Grad.NONFINITE] == expected[Grad.NONFINITE]
    if row[Grad.NONFINITE] == 0 and values.numel():
        magnitudes = math.fsum(abs(v) for v in values.double().flatten().tolist())
        assert abs(row[Grad.SUM] - expected[Grad.SUM]) <= 1e-5 * magnitudes


def measure(*tensors: Tensor | None, like: list[Tensor] | None = None, look: bool = True) -> Tensor:
    planned = like if like is not None else [t for t in tensors if t is not None]
    return measure_gradients(Plan(planned, look=look), tensors)


number = st.one_of(
    st.floats(width=32, allow_nan=False, allow_infinity=False),
    st.floats(-38, 38).map(lambda e: 10.0**e),
    st.floats(-45, -38).map(lambda e: -(10.0**e)),
    st.sampled_from([0.0, -0.0, 1e-45, -1.4e-45, 3e38, -3.4e38, 1.0]),
)
unwell = st.one_of(number, st.sampled_from([math.nan, math.inf, -math.inf]))


def tensors(elements: st.SearchStrategy[float]) -> st.SearchStrategy[list[Tensor]]:
    one = st.tuples(
        st.lists(elements, max_size=20), st.sampled_from([1, 1, 3, 300]), st.sampled_from(FLOATS)
    ).map(lambda drawn: torch.tensor(drawn[0], dtype=torch.float64).repeat(drawn[1]).to(drawn[2]))
    return st.lists(one, min_size=1, max_size=6)


@pytest.mark.parametrize("look", LOOKS)
@settings(max_examples=60, deadline=None)
@given(grads=tensors(number) | tensors(unwell))
def test_matches_the_reference_at_any_magnitude(look: bool, grads: list[Tensor]) -> None:
    before = [g.clone() for g in grads]
    rows = measure(*grads, look=look)
    for row, grad, copy in zip(rows, grads, before, strict=True):
        agrees(row, grad, 1e-13 if grad.dtype == torch.float64 else 1e-5)
        assert torch.equal(grad.view(torch.uint8), copy.view(torch.uint8))


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("size", [1, 7, 4095, 4096, 4097, 65_535, 65_536, 1_300_001])
@pytest.mark.parametrize("scale", [1.0, 1e-30, 1e30])
def test_matches_the_reference_at_any_size(size: int, scale: float, look: bool) -> None:
    grad = torch.randn(size, generator=torch.Generator().manual_seed(size)) * scale
    grad[::5] = 0
    expected = reference(grad)
    row = measure(grad, look=look)[0].tolist()
    assert row[Grad.NORM] == pytest.approx(expected[Grad.NORM], rel=5e-6, abs=0)
    assert row[Grad.ABS_MAX] == expected[Grad.ABS_MAX]
    assert row[Grad.ZEROS] == expected[Grad.ZEROS]
    assert abs(row[Grad.SUM] - expected[Grad.SUM]) <= 1e-5 * grad.abs().double().sum()


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("exponent", [-1074, -1000, -300, 0, 300, 1000])
def test_float64_keeps_its_whole_range(exponent: int, look: bool) -> None:
    grad = torch.tensor([3.0, 0.0, 4.0], dtype=torch.float64) * 2.0 ** max(exponent, -1073)
    three, four = Fraction(grad[0].item()), Fraction(grad[2].item())
    row = measure(grad, look=look)[0].tolist()
    assert row[Grad.ABS_MAX] == float(four)
    assert abs(Fraction(row[Grad.NORM]) - three * 5 / 3) <= three / 10**15


@pytest.mark.parametrize("look", LOOKS)
def test_a_constant_tensor_does_not_drift(look: bool) -> None:
    row = measure(torch.full((4_000_000,), 0.1), look=look)[0]
    assert row[Grad.NORM].item() == pytest.approx(float(np.float32(0.1)) * 2000, rel=5e-6, abs=0)
    assert row[Grad.SUM].item() == pytest.approx(float(np.float32(0.1)) * 4e6, rel=1e-5)


@pytest.mark.parametrize("look", LOOKS)
def test_nan_wins_over_infinity_wherever_they_are(look: bool) -> None:
    grad = torch.zeros(3 * 4096)
    grad[1], grad[5000], grad[9000] = math.inf, math.nan, -math.inf
    row = measure(grad, look=look)[0]
    assert math.isnan(row[Grad.NORM])
    assert math.isnan(row[Grad.ABS_MAX])
    assert row[Grad.NONFINITE] == 3
    only = measure(torch.tensor([1.0, -math.inf]), look=look)[0]
    assert only[:2].tolist() == [math.inf, math.inf]


@pytest.mark.parametrize("look", LOOKS)
def test_none_is_nan_everywhere_and_empty_is_zero(look: bool) -> None:
    like = [torch.ones(4, 4), torch.empty(0, 3), torch.ones(4), torch.ones(70_000)]
    rows = measure(None, like[1], like[2], None, like=like, look=look)
    assert rows[0].isnan().all()
    assert rows[1].tolist() == [0.0] * Grad.COLUMNS
    assert rows[2].tolist() == [2.0, 1.0, 0.0, 0.0, 4.0]
    assert rows[3].isnan().all()
    assert measure(*like, look=look)[0].tolist() == [4.0, 1.0, 0.0, 0.0, 16.0]
    assert measure(None, None, None, None, like=like, look=look).isnan().all()


def test_nothing_to_measure() -> None:
    assert measure().shape == (0, Grad.COLUMNS)
    with pytest.raises(ValueError, match="1 tensors for a plan of 0"):
        measure(torch.ones(2), like=[])
    with pytest.raises(TrainingError, match="meta device"):
        Plan([torch.ones(3, device="meta")])


@settings(max_examples=60, deadline=None)
@given(grads=tensors(number), cut=st.floats(0, 1), look=st.booleans())
def test_shards_merge_to_the_whole(grads: list[Tensor], cut: float, look: bool) -> None:
    at = [round(cut * len(g)) for g in grads]
    low = measure(*(g[:a] for g, a in zip(grads, at, strict=True)), look=look).numpy()
    high = measure(*(g[a:] for g, a in zip(grads, at, strict=True)), look=look).numpy()
    whole = measure(*grads, look=look).numpy()
    for i, grad in enumerate(grads):
        pair = np.stack([low[i], high[i]])
        assert merge_norms(pair[:, Grad.NORM]) == pytest.approx(
            whole[i, Grad.NORM], rel=1e-5, abs=0
        )
        assert pair[:, Grad.ABS_MAX].max() == whole[i, Grad.ABS_MAX]
        assert pair[:, Grad.ZEROS].sum() == whole[i, Grad.ZEROS]
        assert pair[:, Grad.NONFINITE].sum() == whole[i, Grad.NONFINITE]
        if grad.isfinite().all():
            error = abs(pair[:, Grad.SUM].sum() - whole[i, Grad.SUM])
            assert error <= 2e-5 * grad.double().abs().sum().item()
