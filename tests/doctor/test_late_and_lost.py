"""What comes late, or hides behind a loss that falls: made-up runs of what each rule is for, and of
what looks like it and is none."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradtui.core.snapshot import Grad, Snapshot, Weight
from gradtui.doctor.finding import Diagnosis
from gradtui.doctor.remedies.code.learning_rate import RAISE_LR
from tests.doctor.telling import GUESS, LAYOUT, ROWS, Number, told


def jumping(back: float) -> Number:
    """Learned within a hundred steps, and `back` from step 150 on, with some noise."""
    return lambda step: back + 0.1 * (step % 3) if step >= 150 else GUESS * 0.97 ** min(step, 100)


def test_a_learning_rate_that_was_raised_throws_a_run_back() -> None:
    found = told(200, jumping(3.0), lr=lambda step: 30.0 if step >= 149 else 0.1).findings[0]
    assert found.symptom == "exploding_gradient"
    assert found.first_step == 150
    assert "from 0.1 to 30" in found.cause


def test_long_steps_throw_a_run_back_at_one_learning_rate() -> None:
    found = told(200, jumping(3.0), ratio=lambda step: 0.2 if step >= 149 else 1e-3).findings[0]
    assert (found.symptom, found.first_step) == ("exploding_gradient", 150)
    assert found.remedies[0].text == "lower the learning rate"


@pytest.mark.parametrize(
    "case",
    [
        told(200, jumping(3.0)),  # small steps: another task
        told(200, jumping(1.0), lr=lambda step: 30.0 if step >= 149 else 0.1),  # a warm restart
        told(165, jumping(3.0), lr=lambda step: 30.0 if step >= 149 else 0.1),  # too early to say
    ],
)
def test_a_loss_that_rises_for_another_reason_is_not_thrown_back(case: Diagnosis) -> None:
    assert case.healthy


def lost(share: float) -> Callable[[Snapshot], Snapshot]:
    """So much of a step is left in the weights."""

    def change(s: Snapshot) -> Snapshot:
        assert s.weights is not None
        s.weights[:, Weight.UPDATE] = share * s.lr * s.grads[:, Grad.NORM]
        if s.step % 2:
            s.weights[:, Weight.UPDATE] = np.nan  # not every step is measured
        return s

    return change


def test_a_net_that_learns_with_part_of_its_updates_has_a_note() -> None:
    learns: Number = lambda step: GUESS * 0.98**step  # noqa: E731
    half = told(150, learns, precision="bfloat16", change=lost(0.45))
    assert half.healthy
    assert any("of a step 45 % reaches" in note for note in half.notes)
    for other in (
        told(150, learns, precision="bfloat16", change=lost(0.9)),
        told(150, learns, precision="float32", change=lost(0.45)),
    ):
        assert not any("rounded away" in note for note in other.notes)


def test_updates_that_bfloat16_rounds_away() -> None:
    slow: Number = lambda step: GUESS - 1e-4 * step  # noqa: E731
    found = told(150, slow, precision="bfloat16", change=lost(0.15)).findings[0]
    assert found.symptom == "plateau"
    assert "15%" in found.evidence.replace(" %", "%")
    assert found.remedies[0].text.startswith("keep the weights in float32")
    assert told(150, slow, precision="bfloat16", change=lost(0.9)).healthy
    assert told(150, slow, precision="float32", change=lost(0.15)).healthy


def test_steps_of_adam_that_bfloat16_rounds_away() -> None:
    def sized(size: float) -> Callable[[Snapshot], Snapshot]:
        def change(s: Snapshot) -> Snapshot:
            assert s.weights is not None
            s.weights[:, Weight.NORM] = size * np.sqrt(LAYOUT.numel)
            return s

        return change

    def run(
        precision: str, lr: Number, loss: Number = lambda step: GUESS, size: float = 0.1
    ) -> Diagnosis:
        return told(150, loss, optimizer="AdamW", precision=precision, lr=lr, change=sized(size))

    lost = run("bfloat16", lambda step: 2e-5).findings[0]
    assert lost.symptom == "plateau"
    # Between 0.0625 and 0.125 lie 128 numbers.
    assert "the next bfloat16 number from a weight of 0.1" in lost.evidence
    assert "0.00049 away" in lost.evidence
    assert lost.remedies[0].text.startswith("keep the weights in float32")
    whys = [run("float32", lambda step: 2e-5), run("bfloat16", lambda step: 1e-3)]
    whys += [run("bfloat16", lambda step: 2e-5, size=1e-3)]  # small weights have near neighbours
    whys += [run("bfloat16", lambda step: 1e-3 if step < 100 else 1e-9)]  # a schedule at its end
    whys += [run("bfloat16", lambda step: 1e-8 * step)]  # a long warm-up
    whys += [run("bfloat16", lambda step: 2e-5, lambda step: GUESS * 0.98**step)]  # it learns
    assert not any("bfloat16" in f.cause for why in whys for f in why.findings)


def test_a_clip_threshold_that_leaves_nothing_is_to_be_raised() -> None:
    def clipped(s: Snapshot) -> Snapshot:
        return replace(s, clip_coefficient=1e-4)

    found = told(120, lambda step: GUESS, ratio=lambda step: 1e-6, change=clipped).findings
    (clip,) = [f for f in found if f.symptom == "clipping_dominates"]
    assert clip.remedies[0].text.startswith("raise the clip threshold")
    found = told(120, lambda step: GUESS, ratio=lambda step: 0.02, change=clipped).findings
    (clip,) = [f for f in found if f.symptom == "clipping_dominates"]
    assert clip.remedies[0].text.startswith("lower the learning rate")


def test_a_schedule_that_ends_before_learning_does() -> None:
    rate: Number = lambda step: max(0.1 * 0.8**step, 1e-12)  # noqa: E731
    found = told(400, lambda step: GUESS, lr=rate, ratio=lambda step: rate(step) / 10).findings[0]
    assert found.symptom == "plateau"
    assert found.first_step == 21  # 0.8 to the 21st is the first below a hundredth
    assert "fell from 0.1" in found.evidence


def test_a_loss_in_odd_units_is_no_solved_task() -> None:
    untold: dict[str, Any] = {"task": "", "classes": 0}
    tiny: Number = lambda step: 1.1e-12 * (1 + 0.01 * (step % 2))  # noqa: E731
    quiet: dict[str, Any] = {"norm": lambda step: 3e-13, "ratio": lambda step: 0.0}
    assert told(60, tiny, **quiet, **untold).verdict == "vanishing_gradient"
    solved: Number = lambda step: 1.1e-12 * (1 + step % 5)  # noqa: E731 - no two batches alike
    assert told(60, solved, **quiet, **untold).healthy


def enlarging(gain: float) -> Callable[[Snapshot], Snapshot]:
    """Weights that multiply what a ReLU layer passes on by `gain`."""

    def change(s: Snapshot) -> Snapshot:
        assert s.weights is not None
        s.weights[:, Weight.NORM] = gain * np.sqrt(2 * 64)
        s.weights[:, Weight.UPDATE] = 1e-4 * s.weights[:, Weight.NORM]
        return s

    return change


def test_blown_up_first_weights_are_not_healthy_because_the_loss_comes_down() -> None:
    falling: Number = lambda step: 1e16 * 0.98**step  # noqa: E731
    huge: Number = lambda step: 1e15 * 0.99**step  # noqa: E731
    regression: dict[str, Any] = {"task": "regression", "classes": 0, "optimizer": "Adam"}
    found = told(200, falling, norm=huge, change=enlarging(8.0), **regression).findings[0]
    assert (found.symptom, found.first_step) == ("exploding_gradient", 0)
    assert told(200, falling, norm=huge, change=enlarging(1.0), **regression).healthy


def test_what_the_first_steps_threw_the_loss_up_to_is_no_start() -> None:
    def dead(s: Snapshot) -> Snapshot:
        if s.step > 2:
            weights = [k for k, tensor in enumerate(LAYOUT.tensors) if tensor.role == "weight"]
            s.grads[weights] = 0
            s.grads[weights, Grad.ZEROS] = 64 * 64
        return s

    first = [75.0, 1.2e4, 6e3, 700.0, 70.0]
    loss: Number = lambda step: first[step] if step < 5 else 7.0 + 0.1 * (step % 3)  # noqa: E731
    found = told(60, loss, change=dead, task="", classes=0).findings[0]
    assert found.symptom == "dead_relu"


def test_layers_behind_zero_weights_are_not_called_rectifiers_that_died() -> None:
    def zero(s: Snapshot) -> Snapshot:
        assert s.weights is not None
        weights = [k for k, tensor in enumerate(LAYOUT.tensors) if tensor.role == "weight"]
        s.grads[weights] = 0
        s.grads[weights, Grad.ZEROS] = 64 * 64
        s.weights[weights] = 0
        return s

    found = told(60, lambda step: GUESS, change=zero).findings[0]
    assert "exactly zero" in found.cause
    assert found.remedies[0].text.startswith("initialise")


def test_an_optimum_from_the_start_is_no_learning_rate_that_is_too_small() -> None:
    at_rest: dict[str, Any] = {"ratio": lambda step: 1e-9, "task": "regression", "classes": 0}
    quiet: Number = lambda step: 1e-12 * (1 + step % 5)  # noqa: E731
    assert told(60, quiet, norm=lambda step: 2e-6, **at_rest).healthy
    found = told(60, lambda step: 5.0, norm=lambda step: 0.5, **at_rest).findings[0]
    assert found.remedies == (RAISE_LR,)


def test_a_last_layer_that_learns_alone_does_not_hide_that_the_others_are_lost() -> None:
    def thrown(size: float) -> Callable[[Snapshot], Snapshot]:
        def change(s: Snapshot) -> Snapshot:
            assert s.weights is not None
            if s.step == 1:
                s.weights[:, Weight.UPDATE] = 0.9 * s.weights[:, Weight.NORM]
            if s.step > 1:
                s.grads[:-2, [Grad.NORM, Grad.ABS_MAX, Grad.SUM]] *= size
            return s

        return change

    spike = {0: 2.3, 1: 50.0, 2: 400.0}
    loss: Number = lambda step: spike.get(step, 1.8 - 1e-3 * step)  # noqa: E731
    high: Number = lambda step: 30.0 if step == 1 else 0.3  # noqa: E731
    found = told(200, loss, norm=high, change=thrown(1e-20)).findings[0]
    assert found.symptom == "exploding_gradient"
    assert len(found.rows) == ROWS - 1
    assert told(200, loss, norm=high, change=thrown(1e-2)).healthy
    assert told(100, loss, norm=high, change=thrown(1e-20)).healthy  # it may come back


def skipping(steps: range, lost: set[int]) -> Diagnosis:
    """A scaler throws these steps away; in some of them the loss itself is none."""

    def change(s: Snapshot) -> Snapshot:
        return replace(s, skipped=s.step in steps, loss_scale=65536.0)

    def loss(step: int) -> float:
        return math.nan if step in lost else GUESS * 0.97 ** min(step, 100)

    return told(200, loss, change=change)


def test_a_loss_that_is_lost_in_a_skipped_step_is_none_of_the_scales_business() -> None:
    for lost, words in (
        (set[int](), "normal"),
        (
            {101},
            "normal; but the loss itself was NaN or infinite at step 101, where no scale helps",
        ),
        (
            {101, 102},
            "normal; but the loss itself was NaN or infinite at 2 of them, first step 101, ",
        ),
    ):
        (note,) = [n for n in skipping(range(100, 104), lost).notes if "skipped 4 of 200" in n]
        assert words in note
        assert ("no scale helps" in note) == bool(lost)


@pytest.mark.parametrize(
    ("betas", "loss", "swapped"),
    [
        ((0.999, 0.9), lambda step: GUESS, True),
        ((0.999, 0.9), lambda step: 1e6 if step == 200 else 0.3 * GUESS, True),
        ((0.999, 0.9), lambda step: GUESS * 0.98**step, False),
        ((0.9, 0.999), lambda step: GUESS, False),
        ((0.9, 0.8), lambda step: GUESS, False),
    ],
)
def test_betas_in_the_wrong_order(betas: tuple[float, float], loss: Number, swapped: bool) -> None:
    settings = (("beta1", betas[0]), ("beta2", betas[1]))
    found = told(400, loss, optimizer="Adam", settings=settings, ratio=lambda step: 1e-2)
    causes = [one for one in found.findings if "wrong order" in one.cause]
    assert bool(causes) is swapped
    if swapped:
        assert found.verdict == "oscillating_loss"
        assert causes[0].remedies[0].id == "betas_in_order"
