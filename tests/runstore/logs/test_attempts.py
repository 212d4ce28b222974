"""Steps that go back, of made-up series."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gradtui.runstore.logs.attempts import breaks_of, counts_anew, newest, occurrences, repeats
from gradtui.runstore.logs.selection import Selection
from gradtui.runstore.logs.series import Collector
from gradtui.runstore.logs.table import NO_STEPS, ODD_STEPS, Table, table_of


def tabled(*points: tuple[str, float, float]) -> Table:
    """(name, step, value) in the order of the file."""
    from gradtui.runstore.logs.series import Log

    collector = Collector(1000)
    for name, step, value in points:
        collector.scalar(name, step, value)
    return table_of(Selection(Log(collector.series())))


def runs(*spans: tuple[int, int]) -> list[tuple[str, float, float]]:
    """Attempts from one step to another, each step with a rate, a loss and a norm that name it."""
    out = []
    for number, (first, last) in enumerate(spans):
        for step in range(first, last + 1):
            value = 1000.0 * (number + 1) + step
            out += [("lr", step, value), ("loss", step, value), ("grad_norm", step, value)]
    return out


def test_a_resumed_run_is_the_newest_attempt_and_what_it_goes_on_from() -> None:
    found = tabled(*runs((0, 9), (5, 7)))
    assert found.steps.tolist() == list(range(8))
    assert found.loss.tolist() == [1000, 1001, 1002, 1003, 1004, 2005, 2006, 2007]
    assert np.array_equal(found.loss, found.norm)
    assert np.array_equal(found.loss, found.rate)
    (clause,) = found.limits
    assert "go back from 9 to 5" in clause


def test_of_several_attempts_only_what_the_last_goes_on_from_is_left() -> None:
    found = tabled(*runs((0, 9), (5, 12), (3, 4)))
    assert found.loss.tolist() == [1000, 1001, 1002, 3003, 3004]
    assert "2 times, the last time from 12 to 3" in found.limits[0]


def test_a_run_from_scratch_keeps_nothing_of_the_one_before() -> None:
    found = tabled(*runs((0, 99), (0, 0)))
    assert found.loss.tolist() == [2000]


def test_a_counter_within_an_epoch_is_counted_through() -> None:
    found = tabled(*runs((0, 3), (0, 3), (0, 3)))
    assert found.steps.tolist() == list(range(12))
    assert found.loss.tolist() == [n * 1000 + i for n in (1, 2, 3) for i in range(4)]
    assert "counted through" in found.limits[0]


def test_equal_steps_are_records_of_their_own() -> None:
    found = tabled(("loss", 0, 1.0), ("loss", 5, 2.0), ("loss", 5, 3.0), ("loss", 5, 4.0))
    assert found.steps.tolist() == [0, 5, 5, 5]
    assert found.evaluation.tolist() == [0, 1, 2, 3]
    assert found.loss.tolist() == [1, 2, 3, 4]


def test_gaps_are_never_filled() -> None:
    found = tabled(("loss", 0, 1.0), ("lr", 1, 0.1), ("grad_norm", 2, 3.0), ("loss", 2, 2.0))
    assert found.steps.tolist() == [0, 2]
    assert np.isnan(found.norm[0])
    assert np.isnan(found.rate).all()
    assert found.norm_said.tolist() == [False, True]


def test_without_steps_points_are_numbered() -> None:
    found = tabled(*(("loss", 0, float(i)) for i in range(4)), ("grad_norm", 0, 9.0))
    assert found.steps.tolist() == [0, 1, 2, 3]
    assert found.loss.tolist() == [0, 1, 2, 3]
    assert found.norm[0] == 9
    assert found.limits == (NO_STEPS,)


def test_fractions_and_negative_steps_are_numbered_in_the_order_of_the_log() -> None:
    for steps in ([2.5, 0.5, 1.0], [-1, 3, 1], [float("nan"), 1, 2], [1e300, 1, 2]):
        found = tabled(*(("loss", step, float(i)) for i, step in enumerate(steps)))
        assert found.loss.tolist() == [0, 1, 2]
        assert found.limits == (ODD_STEPS,)


@given(st.lists(st.integers(0, 6), min_size=1, max_size=30))
def test_what_is_left_rises_and_ends_as_the_log_does(steps: list[int]) -> None:
    found = tabled(*(("loss", step, float(i)) for i, step in enumerate(steps)))
    assert (np.diff(found.steps) >= 0).all()
    assert found.loss[-1] == len(steps) - 1
    for row in range(1, len(found)):  # the order of the log within a step, and over what is left
        assert found.loss[row] > found.loss[row - 1]


@given(st.lists(st.integers(0, 4)))
def test_occurrences(steps: list[int]) -> None:
    expected = [steps[:i].count(step) for i, step in enumerate(steps)]
    assert occurrences(np.array(steps, np.float64)).tolist() == expected


def test_a_nan_repeats_nothing() -> None:
    values = np.array([1.0, 1.0, np.nan, np.nan, 2.0])
    assert repeats(values).tolist() == [False, True, False, False, False]


def test_parts_of_a_log_know_their_attempt() -> None:
    collector = Collector(100)
    for name, step, value in runs((0, 3), (2, 3)):
        collector.scalar(name, step, value)
    rate, loss, _ = collector.series()
    breaks = breaks_of(loss)
    assert not counts_anew(loss, breaks)
    assert newest(rate, breaks).values.tolist() == [1000, 1001, 2002, 2003]
