"""Runs that begin in the middle of a training: nothing is said of a beginning that nobody has seen."""

import numpy as np
import pytest

from gradtui.core.symptom import HEALTHY, UNDECIDED
from gradtui.doctor.finding import Diagnosis
from tests.doctor.telling import GUESS, told

STEPS = 600
ATTACHED = 5_000


def noisy(level: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return level * (1 + 0.05 * np.random.default_rng(0).standard_normal(STEPS))


def stands_at(level: float, *, attached: int | None, classes: int = 0) -> Diagnosis:
    losses = noisy(level)
    task = "classification" if classes else "regression"
    return told(STEPS, lambda step: losses[step], attached=attached, task=task, classes=classes)


@pytest.mark.parametrize("level", [3e-4, 0.4, 90.0])
def test_a_loss_that_stands_is_undecided_where_its_start_was_not_seen(level: float) -> None:
    whole, middle = (stands_at(level, attached=at) for at in (None, ATTACHED))
    assert middle.verdict == UNDECIDED
    assert "what the loss was at first is not known" in middle.why
    assert "at first" in whole.why or not whole.healthy
    assert any("attached to after 5,000 steps" in note for note in middle.notes)
    assert not any("attached" in note for note in whole.notes)


def test_guessing_is_guessing_wherever_a_run_begins() -> None:
    for attached in (None, -1, ATTACHED):
        said = stands_at(GUESS, attached=attached, classes=10)
        assert not said.decided or not said.healthy
        assert "guessing" in said.why + "".join(one.evidence for one in said.findings)
    assert stands_at(0.2 * GUESS, attached=ATTACHED, classes=10).verdict == HEALTHY


def test_a_loss_that_comes_down_is_seen_to() -> None:
    said = told(STEPS, lambda step: 5 * 0.99**step, attached=-1, task="regression", classes=0)
    assert said.verdict == HEALTHY
    assert any("steps that its optimizers do not count" in note for note in said.notes)


def test_what_happens_while_it_is_watched_is_told() -> None:
    said = told(
        STEPS,
        lambda step: 0.4 if step < 300 else 0.4 * 1.1 ** (step - 300),
        norm=lambda step: 0.3 if step < 300 else min(0.3 * 1.1 ** (step - 300), 1e6),
        ratio=lambda step: 1e-3 if step < 300 else 0.5,
        attached=ATTACHED,
        task="regression",
        classes=0,
    )
    assert said.verdict == "exploding_gradient"
