"""Weights, and how far a step moved them."""

import math

import pytest
import torch

from gradtui.core.snapshot import Weight
from gradtui.stats.measure import clone, measure_weights
from gradtui.stats.plan import Plan

LOOKS = (True, False)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.complex64])
def test_norms_and_tiny_updates(dtype: torch.dtype, look: bool) -> None:
    made = torch.Generator().manual_seed(0)
    shapes = [(64, 64), (64,), (), (0, 3), (300, 300), (70_000,)]
    old = [torch.randn(s, generator=made, dtype=dtype) for s in shapes]
    plan = Plan(old, look=look)
    kept = clone(plan, old)
    new = [w * (1 + 2.0**-7) for w in old]
    rows = measure_weights(plan, new, kept)
    for row, after, before in zip(rows.tolist(), new, old, strict=True):
        wide = torch.complex128 if dtype.is_complex else torch.float64
        norm = after.to(wide).norm().item()
        change = (after.to(wide) - before.to(wide)).norm().item()
        assert row[Weight.NORM] == pytest.approx(norm, rel=1e-6)
        assert row[Weight.UPDATE] == pytest.approx(change, rel=1e-6)
        assert row[Weight.NONFINITE] == 0
        largest = after.to(wide).abs().max().item() if after.numel() else 0
        assert row[Weight.ABS_MAX] == pytest.approx(largest, rel=1e-6)


@pytest.mark.parametrize("look", LOOKS)
def test_one_unit_in_the_last_place_is_seen(look: bool) -> None:
    old = torch.full((8, 8), 1000.0)
    new = old.clone()
    new[3, 3] = torch.nextafter(new[3, 3], torch.tensor(math.inf))
    plan = Plan([old], look=look)
    kept = clone(plan, [old])
    row = measure_weights(plan, [new], kept)[0]
    assert row[Weight.UPDATE] == 2.0**-14
    again = clone(plan, [new], kept)
    assert all(a is k for a, k in zip(again, kept, strict=True))
    assert measure_weights(plan, [new], again)[0, Weight.UPDATE] == 0


@pytest.mark.parametrize("look", LOOKS)
def test_without_a_copy_there_is_no_update(look: bool) -> None:
    weights = [torch.tensor([3.0, 4.0, math.nan]), torch.tensor([-3.0, 4.0])]
    rows = measure_weights(Plan(weights, look=look), weights)
    assert rows[:, Weight.UPDATE].isnan().all()
    assert rows[0, Weight.NONFINITE] == 1
    assert rows[0, Weight.NORM].isnan()
    assert rows[1, :3].tolist() == [5.0, 4.0, 0.0]
