"""Steps of several optimizers in one history."""

from dataclasses import replace

import numpy as np
import pytest

from gradtui.core.alternating_optimizers import RoundLength, round_length, seldom
from gradtui.core.history import History
from gradtui.core.snapshot import Grad
from tests.factories import mlp_layout, run_info, snapshot

LAYOUT = mlp_layout(2)


def kept(pattern: list[int], steps: int, capacity: int = 256) -> dict[int, int]:
    """How many steps of each optimizer a history keeps of `steps`, taken in turns as in `pattern`."""
    history = History(LAYOUT, run_info(), capacity=capacity)
    for step in range(steps):
        taken = snapshot(LAYOUT, step, np.ones(2), slow=False)
        history.append(replace(taken, optimizer=pattern[step % len(pattern)]))
    found = history.facts().optimizer
    assert len(found) <= capacity
    return {one: int((found == one).sum()) for one in set(pattern)}


@pytest.mark.parametrize("pattern", [[0], [0, 1], [0, 0, 0, 1], [0, 0, 0, 0, 0, 1], [0, 1, 2]])
@pytest.mark.parametrize("steps", [1000, 5003])
def test_every_optimizer_keeps_its_share(pattern: list[int], steps: int) -> None:
    found = kept(pattern, steps)
    whole = sum(found.values())
    assert whole >= 80
    for one, count in found.items():
        assert count / whole == pytest.approx(pattern.count(one) / len(pattern), rel=0.15)


def test_one_that_steps_seldom_is_kept() -> None:
    pattern = [0] * 200
    pattern[-1] = 1
    assert kept(pattern, 4000)[1] == 20
    assert 16 <= kept(pattern, 40_000)[1] <= 32  # bounded all the same


def test_how_long_a_round_is() -> None:
    steps = np.arange(600)
    assert round_length(steps, steps * 0) == 1
    assert round_length(steps, steps % 2) == 2
    assert round_length(steps, (steps % 6 == 5).astype(np.int64)) == 6
    assert seldom({0: 300, 1: 300}) == frozenset()
    assert seldom({0: 599, 1: 1}) == {1}


def test_steps_that_are_far_apart_already_are_thinned_as_well() -> None:
    """A viewer that opens a long run begins with every 512th step."""
    history = History(LAYOUT, run_info(), capacity=64)
    for step in range(0, 512 * 200, 512):
        history.append(snapshot(LAYOUT, step, np.ones(2), slow=False))
    assert len(history) <= 64
    assert history.facts().steps[0] == 0


@pytest.mark.parametrize(
    ("stage", "coefficient", "factor"),
    [("clipped", 0.25, 4.0), ("clipped", np.nan, 1.0), ("clipped", 1.0, 1.0), ("raw", 0.25, 1.0)],
)
def test_norms_are_those_before_clipping(stage: str, coefficient: float, factor: float) -> None:
    history = History(LAYOUT, run_info())
    before = snapshot(LAYOUT, 0, np.array([3.0, 4.0]))
    history.append(replace(before, stage=stage, clip_coefficient=coefficient))
    facts = history.facts()
    np.testing.assert_allclose(facts.grads[0, :, Grad.NORM], factor * before.grads[:, Grad.NORM])
    np.testing.assert_array_equal(facts.grads[0, :, Grad.ZEROS], before.grads[:, Grad.ZEROS])
    whole = factor * np.sqrt((before.grads[:, Grad.NORM] ** 2).sum())
    assert facts.total_norm[0] == pytest.approx(whole)


def test_a_round_is_found_out_from_the_first_steps_whatever_their_portions() -> None:
    steps = np.arange(2000)
    optimizers = (steps % 6 == 5).astype(np.int64)
    for portion in (1, 7, 500, 2000):
        turns = RoundLength()
        for i in range(0, 2000, portion):
            turns.see(steps[i : i + portion], optimizers[i : i + portion])
        assert turns.period == 6


def test_numbers_that_are_no_steps_break_nothing() -> None:
    """As a damaged file has them: their distance fits no integer."""
    steps = np.array([np.iinfo(np.int64).min, 0, np.iinfo(np.int64).max])
    assert round_length(steps, np.array([0, 1, 0])) == 1
