"""Histograms by binary exponent."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.core.snapshot import HIST_BINS, HIST_LOW
from gradtui.stats.histogram import histogram
from gradtui.stats.plan import Plan

LOOKS = (True, False)
DTYPES = (torch.float32, torch.float64, torch.float16, torch.bfloat16)


def expected(values: list[float]) -> list[int]:
    bins = [0] * HIST_BINS
    for value in values:
        if value and math.isfinite(value):
            bins[min(max(math.frexp(value)[1] - 1 - HIST_LOW, 0), HIST_BINS - 1)] += 1
    return bins


@pytest.mark.parametrize("look", LOOKS)
@settings(max_examples=60, deadline=None)
@given(
    drawn=st.lists(
        st.floats(width=32) | st.floats(-149, 128).map(lambda e: math.copysign(2.0**e, e)),
        max_size=40,
    ),
    repeat=st.sampled_from([1, 2, 500]),
    dtype=st.sampled_from(DTYPES),
)
def test_counts_every_value_once(
    look: bool, drawn: list[float], repeat: int, dtype: torch.dtype
) -> None:
    grad = torch.tensor(drawn, dtype=torch.float64).to(dtype).repeat(repeat)
    counts = histogram(Plan([grad, grad[:1]], look=look), [grad, None])
    assert counts.dtype == torch.int32
    assert counts[0].tolist() == expected(grad.double().tolist())
    assert not counts[1].any()
    others = int((grad == 0).sum() + (~grad.isfinite()).sum())
    assert int(counts.sum()) + others == grad.numel()


@pytest.mark.parametrize("look", LOOKS)
def test_powers_of_two_open_their_bin(look: bool) -> None:
    exponents = torch.arange(-149, 128)
    grad = torch.ldexp(torch.ones(len(exponents), dtype=torch.float64), exponents).float()
    counts = histogram(Plan([grad], look=look), [grad])[0]
    assert counts[exponents - HIST_LOW].tolist() == [1] * len(exponents)
    outside = torch.tensor([1e-300, 1e300], dtype=torch.float64)
    ends = histogram(Plan([outside], look=look), [outside])[0]
    assert (int(ends[0]), int(ends[-1])) == (1, 1)


@pytest.mark.parametrize("look", LOOKS)
def test_large_and_small_in_one_plan(look: bool) -> None:
    made = torch.Generator().manual_seed(0)
    grads = [torch.randn(s, generator=made) for s in ((64, 64), (9,), (90_000,), (5000,), (0,))]
    counts = histogram(Plan(grads, look=look), grads)
    for line, grad in zip(counts.tolist(), grads, strict=True):
        assert line == expected(grad.flatten().tolist())
