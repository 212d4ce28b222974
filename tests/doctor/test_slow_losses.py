"""Losses that swing, climb or stand for reasons that no single step shows: made-up runs."""

from dataclasses import replace

import numpy as np
import pytest

from gradtui.core.snapshot import Act, Grad, Snapshot, Weight
from gradtui.core.wiring import (
    ANSWER_GIVEN,
    LEFT_OUT,
    MOSTLY_PADDING,
    NOT_STEPPED,
    OUT_OF_RANGE,
    PADDING_COUNTED,
    SAME_ANSWERS,
)
from tests.doctor.telling import GUESS, ROWS, Number, told

SWING: Number = lambda step: 0.3 - 0.1 * np.sin(step / 60)  # noqa: E731
LONG = (("momentum", 0.999),)
OPEN = {"task": "", "classes": 0}


def test_a_loss_that_swings_with_a_long_memory() -> None:
    found = told(300, SWING, settings=LONG, **OPEN).findings[0]
    assert found.symptom == "oscillating_loss"
    assert "some 1,000 steps, of 300 that were taken" in found.cause
    assert found.remedies[0].text.startswith("let the optimizer forget sooner")
    averaged = told(300, SWING, settings=(("beta1", 0.999), ("beta2", 0.999)), **OPEN)
    assert averaged.findings[0].symptom == "oscillating_loss"


def test_a_long_memory_by_itself_is_a_note() -> None:
    falls: Number = lambda step: 0.3 * 0.99**step  # noqa: E731
    assert told(300, falls, settings=LONG, **OPEN).healthy
    assert told(300, SWING, settings=(("momentum", 0.9),), **OPEN).healthy
    noise = np.random.default_rng(0).normal(0.2, 0.03, 300)
    level: Number = lambda step: float(noise[step])  # noqa: E731
    assert told(300, level, settings=LONG, **OPEN).findings == ()
    solved: Number = lambda step: 1.0 if step < 20 else 0.1 * SWING(step)  # noqa: E731
    assert told(300, solved, settings=LONG, **OPEN).findings == ()


CLIMB: Number = lambda step: 2.0 + 0.01 * step  # noqa: E731
FADES: Number = lambda step: 0.3 * 0.98**step  # noqa: E731


def test_a_loss_that_climbs_while_its_gradient_fades() -> None:
    found = told(240, CLIMB, norm=FADES, **OPEN).findings[0]
    assert found.symptom == "not_learning"
    assert "cut off from the weights" in found.cause


def test_a_climb_with_gradients_or_without_a_learning_rate_is_another_matter() -> None:
    assert told(240, CLIMB, **OPEN).findings == ()
    falls: Number = lambda step: 3.0 - 0.01 * step  # noqa: E731
    assert told(240, falls, norm=FADES, **OPEN).findings == ()
    rate: Number = lambda step: 0.1 * 0.97**step  # noqa: E731
    assert told(240, CLIMB, norm=FADES, lr=rate, **OPEN).findings == ()


def seldom(s: Snapshot) -> Snapshot:
    """Weights measured at first, and once more when the learning rate has begun to fall."""
    return s if s.step in (0, 1, 2, 14) else replace(s, weights=None)


def test_a_rate_that_is_gone_is_told_where_few_steps_are_measured() -> None:
    rate: Number = lambda step: 0.05 * 0.85**step  # noqa: E731
    loss: Number = lambda step: 0.85 * GUESS + 0.14 * GUESS * 0.8**step  # noqa: E731
    for change in (seldom, lambda s: s):
        found = told(300, loss, lr=rate, ratio=lambda step: 0.1 * rate(step), change=change)
        assert [f.symptom for f in found.findings] == ["plateau"]
        assert "schedule ends" in found.findings[0].cause


def rounded(share: float, steps: int, loss: Number) -> list[str]:
    """Findings of plain steps in bfloat16 of which that share reaches the weights."""

    def change(s: Snapshot) -> Snapshot:
        assert s.weights is not None
        s.weights[:, Weight.UPDATE] = share * 0.1 * s.grads[:, Grad.NORM]
        return s

    found = told(steps, loss, change=change, precision="bfloat16").findings
    return [f.symptom for f in found if "half precision" in f.cause]


def test_half_of_each_step_lost_is_told_while_there_is_far_to_go() -> None:
    slow: Number = lambda step: GUESS * (1 - 0.0008 * step)  # noqa: E731
    assert rounded(0.45, 300, slow) == ["plateau"]
    assert rounded(0.65, 300, slow) == []
    assert rounded(0.45, 150, slow) == []
    quick: Number = lambda step: GUESS * (1 - 0.002 * step)  # noqa: E731
    assert rounded(0.45, 300, quick) == []


def wired(kind: str, loss: Number, steps: int = 200, **more: object) -> tuple[str, tuple[str, ...]]:
    diagnosis = told(steps, loss, wiring=((kind, "as it was seen"),), **more)
    return diagnosis.verdict, diagnosis.notes


STANDS: Number = lambda step: 0.8 * GUESS * (1 - 0.0005 * step)  # noqa: E731
SOLVED: Number = lambda step: GUESS * max(0.97**step, 1e-3)  # noqa: E731


@pytest.mark.parametrize("kind", [LEFT_OUT, MOSTLY_PADDING])
def test_what_is_left_out_or_padded_counts_where_little_is_learned(kind: str) -> None:
    assert wired(kind, STANDS)[0] == "miswired"
    verdict, notes = wired(kind, SOLVED)
    assert verdict in ("healthy", "converged")
    assert "odd wiring: as it was seen" in notes


def test_parts_left_out_are_told_once() -> None:
    both = ((NOT_STEPPED, "0: 2 tensors"), (LEFT_OUT, "0: 2 tensors, and more"))
    assert told(200, SOLVED, wiring=both).notes == ("odd wiring: 0: 2 tensors, and more",)


def test_an_answer_that_stands_in_the_input_counts_where_it_is_copied() -> None:
    assert wired(ANSWER_GIVEN, SOLVED)[0] == "miswired"
    verdict, notes = wired(ANSWER_GIVEN, STANDS)
    assert verdict == "healthy"
    assert "odd wiring: as it was seen" in notes


def test_some_padding_is_a_note() -> None:
    assert wired(PADDING_COUNTED, STANDS) == ("healthy", ("odd wiring: as it was seen",))


def test_data_out_of_range_are_a_finding_whatever_the_loss_does() -> None:
    for loss in (STANDS, SOLVED):
        assert wired(OUT_OF_RANGE, loss)[0] == "not_learning"


def looked_at(s: Snapshot) -> Snapshot:
    """Units that answer, as far as activations tell."""
    return replace(s, activations=np.zeros((ROWS, Act.COLUMNS)))


def test_one_input_for_all_is_told_sooner_than_a_plateau_where_units_were_looked_at() -> None:
    level: Number = lambda step: GUESS  # noqa: E731
    assert wired(SAME_ANSWERS, level, 120, change=looked_at)[0] == "plateau"
    assert wired(SAME_ANSWERS, level, 120)[0] == "undecided"  # they may be pinned, or dead
    assert told(120, level, change=looked_at).verdict != "plateau"
