"""Curves of a run of any length: no spike and no NaN is thinned away, and nothing hangs on how they come."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.commands.page.curves import POINTS, Chunk, Lost, RunCurves, Thinning

VALUES = st.lists(
    st.one_of(
        st.floats(-1e9, 1e9), st.sampled_from([float("nan"), float("inf"), float("-inf"), 1e300])
    ),
    min_size=1,
    max_size=300,
)


def thinned(values: list[float], count: int, cuts: list[int]) -> Thinning:
    out = Thinning(len(values) - 1, count)
    steps, array = np.arange(len(values)), np.array(values)
    edges = sorted({0, len(values), *(cut % len(values) for cut in cuts)})
    for begin, end in pairwise(edges):
        part = slice(begin, end)
        known = np.ones(end - begin, np.bool_)
        out.add(steps[part], array[part], known, ~known)
    return out


@settings(deadline=None, max_examples=60)
@given(VALUES, st.integers(1, 50), st.lists(st.integers(0, 1000), max_size=5))
def test_every_stretch_keeps_its_extremes_and_its_first_nan(
    values: list[float], count: int, cuts: list[int]
) -> None:
    curve = thinned(values, count, cuts).curve("x")
    assert curve == thinned(values, count, []).curve("x")
    assert len(curve.steps) <= 2 * count
    assert curve.steps == sorted(set(curve.steps))
    kept = dict(zip(curve.steps, curve.values, strict=True))
    assert all(values[step] == value for step, value in kept.items())
    lost = {one.step for one in curve.lost}
    width = (len(values) - 1) // count + 1
    for begin in range(0, len(values), width):
        part = range(begin, min(begin + width, len(values)))
        finite = [values[i] for i in part if np.isfinite(values[i])]
        shown = [kept[i] for i in part if i in kept]
        assert (min(finite), max(finite)) == (min(shown), max(shown)) if finite else not shown
        odd = [i for i in part if not np.isfinite(values[i])]
        assert [i for i in part if i in lost] == odd[:1]


def test_a_million_steps_are_two_thousand_points() -> None:
    values = np.sin(np.arange(1_000_000) / 1e4)
    values[123_457], values[777], values[500_001] = 1e9, np.nan, np.inf
    out = Thinning(len(values) - 1)
    for begin in range(0, len(values), 65_536):
        part = np.arange(begin, min(begin + 65_536, len(values)))
        out.add(part, values[part], np.ones(len(part), np.bool_), np.zeros(len(part), np.bool_))
    curve = out.curve("loss")
    assert len(curve.steps) == POINTS
    assert curve.values[curve.steps.index(123_457)] == 1e9
    assert curve.lost == (Lost(777, "nan", False), Lost(500_001, "inf", False))


def test_what_is_not_known_is_not_lost_and_what_a_scaler_catches_is_told_apart() -> None:
    out = Thinning(3)
    nan = np.full(4, np.nan)
    known, skipped = np.array([False, True, True, False]), np.array([False, True, False, False])
    out.add(np.arange(4), nan, known, skipped)
    assert out.curve("x").lost == (Lost(1, "nan", True), Lost(2, "nan", False))
    assert out.curve("x").steps == []


def chunk(optimizer: list[int], norm: float, clipped: float) -> Chunk:
    count = len(optimizer)
    columns = {"loss": 1.0, "norm": norm, "clipped": clipped, "lr": 0.1}
    values = {name: np.full(count, value) for name, value in columns.items()}
    no = np.zeros(count, np.bool_)
    return Chunk(np.arange(count), np.array(optimizer), values, dict.fromkeys(values, no), no)


def test_norms_are_two_curves_where_something_clips() -> None:
    curves = RunCurves(9, 1)
    curves.add(chunk([0] * 10, 2.0, 2.0))
    assert [c.name for c in curves.curves("norm")] == ["total norm"]
    curves.add(chunk([0] * 10, 2.0, 1.0))
    before, after = curves.curves("norm")
    assert (before.name, before.dashed, after.name, after.dashed) == (
        *("before clipping", False),
        *("after clipping", True),
    )
    assert set(before.values) == {2.0}


def test_optimizers_that_take_turns_have_curves_of_their_own() -> None:
    curves = RunCurves(9, 2)
    curves.add(chunk([0, 1] * 5, 2.0, float("nan")))
    one, other = curves.curves("loss")
    assert (one.steps, other.steps) == ([0, 2, 4, 6, 8], [1, 3, 5, 7, 9])
    many = RunCurves(9, 7)
    many.add(chunk([0, 1, 2, 3, 4, 5, 6, 0, 1, 2], 1.0, float("nan")))
    assert [c.name for c in many.curves("lr")][-1] == "learning rate, optimizers from 3 on"
    assert len(many.curves("lr")) == 4
