"""Answers of limited size, with what was left out."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.commands.assistant.bounds import ITEMS, LARGEST, TEXTS, bounded, pointer
from gradtui.commands.assistant.curve_values import thinned


def at(answer: Any, place: str) -> Any:
    """What a JSON Pointer leads to."""
    for part in place.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        answer = answer[int(key)] if isinstance(answer, list) else answer[key]
    return answer


def test_small_answers_are_left_alone() -> None:
    answer = {"a": [1, {"b": "x"}], "left_out": [{"at": "/c", "count": 3}]}
    assert bounded(answer) == answer


def test_what_was_cut_before_and_is_cut_again_is_told_once() -> None:
    answer = {"a": list(range(500)), "left_out": [{"at": "/a", "count": 3}]}
    assert bounded(answer)["left_out"] == [{"at": "/a", "count": 3 + 500 - ITEMS[0]}]


def test_long_lists_and_texts_say_what_is_missing() -> None:
    answer = {"of": [{"a/b": list(range(500)), "words": "x" * 5000}]}
    made = bounded(answer)
    assert at(made, "/of/0/a~1b") == list(range(ITEMS[0]))
    assert at(made, "/of/0/words") == "x" * TEXTS[0] + "..."
    assert made["left_out"] == [
        {"at": "/of/0/a~1b", "count": 500 - ITEMS[0]},
        {"at": "/of/0/words", "count": 5000 - TEXTS[0]},
    ]
    assert len(answer["of"][0]["a/b"]) == 500  # type: ignore[arg-type]
    assert bounded(answer, kept=("of",)) == answer | {"left_out": []}


@given(
    st.recursive(
        st.integers() | st.text(max_size=9) | st.just("y" * 6000),
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
        ),
    ),
    st.integers(1, 900),
)
@settings(max_examples=40)
def test_every_answer_fits_and_what_is_left_out_adds_up(value: Any, times: int) -> None:
    answer = {"top": [value] * times}
    made = bounded(answer)
    assert len(json.dumps(made)) <= 2 * LARGEST
    gaps = {gap["at"]: gap["count"] for gap in made["left_out"]}
    assert len(made["top"]) + gaps.get(pointer(("top",)), 0) == times
    for place, count in gaps.items():
        whole, part = at(answer, place), at(made, place)
        missing = 3 if isinstance(whole, str) else 0
        assert len(part) - missing + count == len(whole)


@pytest.mark.parametrize("count", [1, 2, 7, 60, 1000])
@pytest.mark.parametrize("points", [1, 2, 10, 60])
def test_thinned_curves_keep_extremes_and_what_is_not_finite(count: int, points: int) -> None:
    steps = 100 + 3 * np.arange(count)
    values = np.sin(np.arange(count, dtype=np.float64))
    values[count // 2] = np.inf
    told, skipped = thinned(steps, values, points)
    known = dict(zip(steps.tolist(), values.tolist(), strict=True))
    assert told["steps"] == sorted(told["steps"])
    assert len(told["steps"]) <= 2 * points + 2
    for step, value in zip(told["steps"], told["values"], strict=True):
        assert value == ("inf" if np.isinf(known[step]) else known[step])
    assert "inf" in told["values"]
    assert skipped == []
    if count <= points:
        assert told["steps"] == steps.tolist()
    elif count > 2:
        finite = values[np.isfinite(values)]
        assert {finite.min(), finite.max()} <= {v for v in told["values"] if v != "inf"}


def test_no_values_are_no_curve() -> None:
    assert thinned(np.empty(0, np.int64), np.empty(0), 5) == ({"steps": [], "values": []}, [])
