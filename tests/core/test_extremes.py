"""Extremes of a run that is too long to be kept step by step."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.core.extremes import STRETCHES, Extremes, FollowedExtremes
from gradtui.core.layout import FloatArray

ALL = np.ones(1, np.bool_)


def followed(values: FloatArray, first: int = 0, part: int = 3000) -> FollowedExtremes:
    out = FollowedExtremes()
    for begin in range(0, len(values), part):
        some = values[begin : begin + part]
        steps = first + begin + np.arange(len(some))
        out.add(steps, some, -some, np.ones(len(some), np.bool_), np.zeros(len(some), np.int64))
    return out


def checked(found: Extremes | None, values: FloatArray, first: int = 0) -> None:
    """Each stretch has just the extremes of its steps."""
    assert found is not None
    assert len(found) <= STRETCHES
    assert int(found.first[0]) <= first
    seen = 0
    for at, low, high, broken in zip(
        found.first.tolist(), found.loss.low, found.loss.high, found.loss.broken, strict=True
    ):
        part = values[max(at - first, 0) : at - first + found.stride]
        finite = part[np.isfinite(part)]
        seen += len(part)
        assert broken == (len(finite) < len(part))
        if len(finite):
            assert (low, high) == (finite.min(), finite.max())
        else:
            assert np.isnan((low, high)).all()
    assert seen == len(values)


@settings(max_examples=8, deadline=None)
@given(
    st.integers(STRETCHES + 1, 5 * STRETCHES),
    st.integers(0, 10_000),
    st.integers(100, 5000),
    st.lists(st.integers(0, STRETCHES), max_size=5),
)
def test_no_value_is_lost(count: int, first: int, part: int, lost: list[int]) -> None:
    values = np.random.default_rng(count).normal(size=count)
    values[lost] = np.nan
    found = followed(values, first, part).view()
    checked(found, values, first)
    assert found is not None
    np.testing.assert_array_equal(found.norm.low, -found.loss.high)


def test_nothing_is_said_while_a_stretch_is_a_step() -> None:
    assert FollowedExtremes().view() is None
    assert followed(np.arange(float(STRETCHES))).view() is None
    assert followed(np.arange(STRETCHES + 1.0)).view() is not None


def test_single_steps_are_those_of_many_at_once() -> None:
    values = np.random.default_rng(0).normal(size=STRETCHES + 700)
    out = FollowedExtremes()
    for step, value in enumerate(values.tolist()):
        out.add_step(step, value, -value)
    checked(out.view(), values)


def test_a_past_that_others_have_gone_through_and_what_comes_after_it() -> None:
    values = np.random.default_rng(1).normal(size=40_000)
    past = followed(values[:30_000]).view()
    assert past is not None
    out = FollowedExtremes()
    out.add_losses(np.arange(0, 30_000, 16), values[:30_000:16], np.zeros(1875, np.int64))
    out.merge(past)
    out.add_losses(np.arange(30_000, 40_000), values[30_000:], np.zeros(10_000, np.int64))
    checked(out.view(), values)


def test_a_gradient_that_was_not_measured_is_not_broken() -> None:
    out = FollowedExtremes()
    steps = np.arange(2 * STRETCHES)
    measured = steps % 10 == 0
    norms = np.where(measured, 1.0, np.nan)
    norms[5000] = np.nan  # measured, and lost
    out.add(steps, np.ones(len(steps)), norms, measured, np.zeros(len(steps), np.int64))
    found = out.view()
    assert found is not None
    assert found.first[found.norm.broken].tolist() == [5000]
    assert not found.loss.broken.any()


def test_looking_back_leaves_out_what_came_later() -> None:
    found = followed(np.arange(2.0 * STRETCHES)).view()
    assert found is not None
    upto = found.until(11)
    assert upto.first.tolist() == [0, 2, 4, 6, 8, 10]
    assert upto.loss.high.max() == 11
    assert found.until(10).first.tolist() == [0, 2, 4, 6, 8]


def test_the_losses_of_other_optimizers_are_left_out() -> None:
    """A loss of theirs is another quantity, and one that is not finite no break in the first one's."""
    steps = np.arange(3 * STRETCHES)
    optimizer = steps % 2
    loss = np.where(optimizer == 0, 1.0, np.where(steps == 101, np.inf, 50.0))
    norm = np.where(optimizer == 0, 2.0, 7.0)
    every = np.ones(len(steps), np.bool_)
    out, single = FollowedExtremes(), FollowedExtremes()
    out.add(steps, loss, norm, every, optimizer)
    for step in steps.tolist():
        single.add_step(step, float(loss[step]), float(norm[step]), int(optimizer[step]))
    for found in (out.view(), single.view()):
        assert found is not None
        assert (found.loss.high == 1.0).all()
        assert not found.loss.broken.any()
        assert (found.norm.low == 2.0).all()
        assert (found.norm.high == 7.0).all()
