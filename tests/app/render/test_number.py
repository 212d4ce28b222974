from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.app.render.number import (
    duration,
    exact_labels,
    number,
    rate,
    reading,
    share,
    step_label,
)

ANY = st.floats(allow_nan=True, allow_infinity=True, allow_subnormal=True)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.94e-12, "1.9e-12"),
        (0.0, "0"),
        (nan, "NaN"),
        (inf, "inf"),
        (-inf, "-inf"),
        (250, "2.5e+02"),
    ],
)
def test_numbers_for_columns(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.3, "2.300"),
        (0.00432, "0.0043"),
        (12.345, "12.35"),
        (984.4, "984.4"),
        (4321.0, "4321"),
        (1e-5, "1.0e-05"),
    ],
)
def test_readings_for_people(value: float, text: str) -> None:
    assert reading(value) == text


@given(ANY)
def test_any_float_has_a_short_text(value: float) -> None:
    for show in (number, reading, share, rate):
        assert 0 < len(show(value)) <= 9


@given(st.integers(0, 10**12))
def test_step_labels_take_at_most_five_cells(step: int) -> None:
    assert len(step_label(step)) <= 5


def test_labels_beside_one_another_have_one_unit() -> None:
    assert exact_labels([0, 500, 1000, 1500]) == ["0", "500", "1k", "1.5k"]
    assert exact_labels([2700, 2750, 2800]) == ["2700", "2750", "2800"]
    assert exact_labels([0, 250_000, 1_250_000]) == ["0", "250k", "1.25M"]
    assert exact_labels([1_234_000, 1_234_010]) == ["1234000", "1234010"]
    assert exact_labels([]) == []


def test_step_labels() -> None:
    assert [step_label(n) for n in (0, 999, 1500, 20_000, 3_000_000)] == [
        "0",
        "999",
        "1.5k",
        "20k",
        "3M",
    ]


def test_unknown_shares_and_rates_are_a_dash() -> None:
    assert (share(nan), rate(nan)) == ("-", "-")
    assert share(0.034) == "3.4%"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.9, "0 s"),
        (-2.0, "0 s"),
        (59.99, "59 s"),
        (60, "1:00"),
        (3599, "59:59"),
        (3600, "1:00:00"),
        (11_045, "3:04:05"),
        (86_399, "23:59:59"),
        (86_400 * 6 + 3600 * 4 + 305, "6 d 04:05"),
        (nan, "-"),
        (inf, "-"),
    ],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words
