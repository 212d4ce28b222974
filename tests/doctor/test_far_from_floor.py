"""Runs that have learned something and rest far from where they could be, steps that are too large for their
layers, losses that nothing moves, and scalers that a program has written itself."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from gradtui.core.snapshot import Act, Grad, NonFinite, Snapshot, Weight
from tests.doctor.telling import GUESS, ROWS, Number, told

Change = Callable[[Snapshot], Snapshot]
OPEN: dict[str, object] = {"task": "", "classes": 0}
UP: Number = lambda step: 0.7 + 0.4 * 0.95**step + 0.02 * np.sin(step)  # noqa: E731
DOWN: Number = lambda step: 0.1 + 0.9 * 0.95**step + 0.005 * np.sin(step)  # noqa: E731


def dead(share: float, *, since: int = 0, rows: int = 1) -> Change:
    """The first rows have so many dead units from a step on."""

    def change(s: Snapshot) -> Snapshot:
        table = np.full((ROWS, Act.COLUMNS), 0.5)
        table[:, [Act.DEAD, Act.SATURATED, Act.NONFINITE]] = 0.0
        if s.step >= since:
            table[:rows, Act.DEAD] = share
        return replace(s, activations=table)

    return change


def test_a_layer_nearly_all_of_which_is_dead_is_told_though_something_was_learned() -> None:
    (found, *_) = told(600, UP, change=dead(0.95, since=100), **OPEN).findings
    assert (found.symptom, found.first_step) == ("dead_relu", 100)
    assert found.layers == ("layers.0",)
    assert "comes down no more" in found.evidence


@pytest.mark.parametrize(
    ("steps", "loss", "change"),
    [
        (600, DOWN, dead(0.95)),
        (600, UP, dead(0.85)),
        (600, UP, dead(0.95, since=450)),
        (400, UP, dead(0.95)),
        (600, lambda step: 0.3 + 0.7 * 0.998**step, dead(0.95)),
    ],
    ids=["solved", "in part", "lately", "early", "on its way"],
)
def test_dead_units_may_do_no_harm(steps: int, loss: Number, change: Change) -> None:
    assert told(steps, loss, change=change, **OPEN).findings == ()


def erring(best: float, now: float, jumps: float = 0.3) -> Number:
    """Comes down to `best` of guessing by step 200, and is at `now` from step 400 on, where it jumps by such
    a part of itself."""

    def loss(step: int) -> float:
        level = np.interp(step, [0, 200, 400], [1.0, best, now])
        part = 0.03 if step < 400 else jumps
        return float(GUESS * level * (1 + part * np.sin(7 * step)))

    return loss


def test_steps_of_which_each_changes_the_layers_too_much() -> None:
    (found,) = told(600, erring(0.45, 0.95), ratio=lambda step: 0.025).findings
    assert found.symptom == "oscillating_loss"
    assert "2 % of itself" in found.evidence
    assert "learning rate is too large" in found.cause


@pytest.mark.parametrize(
    ("best", "now", "jumps", "ratio"),
    [
        (0.45, 0.95, 0.3, 0.01),
        (0.45, 0.5, 0.3, 0.025),
        (0.1, 0.2, 0.3, 0.025),
        (0.45, 0.95, 0.03, 0.025),
    ],
    ids=["usual steps", "no worse", "low all the same", "a harder task"],
)
def test_large_steps_may_do_no_harm(best: float, now: float, jumps: float, ratio: float) -> None:
    found = told(600, erring(best, now, jumps), ratio=lambda step: ratio).findings
    assert [f for f in found if f.symptom == "oscillating_loss"] == []


def test_steps_as_large_as_the_layers_while_nothing_is_learned() -> None:
    loss: Number = lambda step: 7 + 5 * np.sin(0.3 * step)  # noqa: E731
    found = told(400, loss, ratio=lambda step: 0.8, **OPEN).findings
    assert "oscillating_loss" in {f.symptom for f in found}


@pytest.mark.parametrize(
    ("noise", "gain", "verdict"),
    [(0.1, 0.1, "vanishing_gradient"), (0.0, 0.1, ""), (0.1, 1.0, "")],
    ids=["batches differ", "alike", "an optimum"],
)
def test_batches_that_differ_in_their_losses_and_ask_nothing(
    noise: float, gain: float, verdict: str
) -> None:
    """Near an optimum gradients would differ as losses do, unless it is that of a teacher."""

    def change(s: Snapshot) -> Snapshot:
        assert s.weights is not None
        s.weights[:, [Weight.NORM, Weight.ABS_MAX]] *= gain
        s.grads[:, [Grad.NORM, Grad.ABS_MAX]] *= 1e-9
        return s

    def loss(step: int) -> float:
        return 5 + noise * float(np.sin(9 * step))

    found = told(600, loss, change=change, ratio=lambda step: 1e-11, **OPEN).findings
    assert [f.symptom for f in found if f.symptom == "vanishing_gradient"] == [verdict][
        : bool(verdict)
    ]


def thrown_away(*, later: int = 0, weights: bool = False) -> Change:
    """Half-precision gradients are infinite at the first three steps, and at every `later`-th after."""

    def change(s: Snapshot) -> Snapshot:
        if s.step < 3 or (later and s.step % later == 0):
            s.grads[:, Grad.NONFINITE] = 2
            s.grads[:, [Grad.NORM, Grad.ABS_MAX]] = np.inf
        if weights and s.step > 100:
            assert s.weights is not None
            s.weights[:, Weight.NONFINITE] = 1
        seen = NonFinite(0, "backward", "layers.0", "weight") if s.step == 0 else None
        return replace(s, nonfinite=seen)

    return change


@pytest.mark.parametrize(
    ("level", "part", "ratio", "verdict"),
    [
        (0.6931, 0.0, 1e-3, "miswired"),
        (0.6931, 1e-6, 1e-3, "miswired"),
        (0.6931, 1e-3, 1e-3, ""),
        (0.6931, 0.0, 1e-9, ""),
        (2.0, 0.0, 1e-3, ""),
    ],
    ids=["equal", "nearly", "noise", "weights that stay", "divided by itself"],
)
def test_a_loss_that_steps_along_its_gradient_do_not_change(
    level: float, part: float, ratio: float, verdict: str
) -> None:
    def loss(step: int) -> float:
        return level * (1 + part * float(np.sin(5 * step))) + (3 - step / 50 if step < 100 else 0)

    found = told(400, loss, ratio=lambda step: ratio, noise=0.0, **OPEN).findings
    assert [f.symptom for f in found if f.symptom == "miswired"] == [verdict][: bool(verdict)]
    if verdict:
        assert (found[0].first_step, found[0].remedies[0].id) == (100, "reference_of_its_own")


LEARNS: Number = lambda step: GUESS * (0.1 + 0.9 * 0.97**step)  # noqa: E731


@pytest.mark.parametrize(
    ("precision", "change", "verdict"),
    [
        ("float16", thrown_away(), ""),
        ("float16", thrown_away(later=50), ""),
        ("float16", thrown_away(later=5), "nonfinite"),
        ("float16", thrown_away(weights=True), "nonfinite"),
        ("float32", thrown_away(), "nonfinite"),
        ("bfloat16", thrown_away(), "nonfinite"),
    ],
    ids=["at first", "now and then", "often", "in the weights", "float32", "bfloat16"],
)
def test_a_scaler_that_the_program_has_written(
    precision: str, change: Change, verdict: str
) -> None:
    found = told(300, LEARNS, change=change, precision=precision).findings
    assert [f.symptom for f in found] == [verdict][: bool(verdict)]


def test_a_few_steps_do_not_show_that_there_is_one() -> None:
    found = told(30, LEARNS, change=thrown_away(), precision="float16").findings
    assert found[0].symptom == "nonfinite"


def test_a_loss_of_nothing_is_no_measure_of_steps() -> None:
    assert told(400, lambda step: float(step < 20), ratio=lambda step: 0.025, **OPEN).findings == ()
