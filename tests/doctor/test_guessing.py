"""The loss of guessing: what a chart draws across the losses."""

from dataclasses import replace
from math import log

import pytest

from gradtui.core.facts import Facts
from gradtui.doctor.guessing import Guess, guess_of
from tests import factories


def facts(**info: object) -> Facts:
    kept = factories.history(factories.healthy(3, 20)).facts()
    return replace(kept, info=replace(kept.info, **info))  # type: ignore[arg-type]


@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_of_classes_it_is_their_logarithm(classes: int) -> None:
    assert guess_of(facts(task="classification", classes=classes)) == Guess(
        log(classes), "guessing"
    )


def test_labels_that_are_not_even_say_more() -> None:
    found = guess_of(facts(task="classification", classes=10, label_loss=1.5))
    assert found == Guess(1.5, "label frequencies")


def test_of_a_regression_the_mean_answer() -> None:
    assert guess_of(facts(task="regression", classes=0, mean_loss=0.8)) == Guess(0.8, "mean answer")
    assert guess_of(facts(task="regression", classes=0)) is None


def test_nothing_of_a_critic_or_of_a_run_without_steps() -> None:
    assert guess_of(facts(task="critic", classes=0, mean_loss=1.0)) is None
    assert guess_of(facts(task="classification", classes=10).until(0)) is None
