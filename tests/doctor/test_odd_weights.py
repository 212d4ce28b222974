"""A note on weights that are far from all of their like."""

from dataclasses import replace

import numpy as np
import pytest

from gradtui.core.facts import Facts
from gradtui.core.snapshot import Weight
from gradtui.doctor.notes import odd_weights
from tests.factories import healthy, history


def scaled(times: float, row: int = 5) -> Facts:
    """A stack of twelve equal layers, the weights of one of which are `times` as large."""
    facts = history(healthy(12, steps=30)).facts()
    weights = facts.weights.copy()
    place = facts.layout.tensors_of[row][0]
    assert facts.layout.tensors[place].role == "weight"
    weights[:, place, Weight.NORM] *= times
    return replace(facts, weights=weights)


@pytest.mark.parametrize(("times", "words"), [(100.0, "100 times as large"), (0.01, "smaller")])
def test_one_that_is_unlike_the_others_is_named(times: float, words: str) -> None:
    facts = scaled(times)
    said = odd_weights(facts)
    assert facts.layout.tensors[facts.layout.tensors_of[5][0]].name in said
    assert words in said


@pytest.mark.parametrize("times", [1.0, 10.0, 0.1, 0.0])
def test_what_differs_by_less_is_nothing_nor_is_what_is_pruned(times: float) -> None:
    assert odd_weights(scaled(times)) == ""


def test_without_weights_nothing_is_said() -> None:
    facts = scaled(100.0)
    unknown = np.full_like(facts.weights, np.nan)
    assert odd_weights(replace(facts, weights=unknown)) == ""
