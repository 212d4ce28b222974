"""Ills behind numbers that look alive, and what looks like them and is none: made-up runs."""

from collections.abc import Callable

import numpy as np
import pytest

from gradtui.core.snapshot import Grad, Snapshot, Weight
from tests.doctor.telling import GUESS, Number, told

Change = Callable[[Snapshot], Snapshot]


def grown(factor: Number) -> Change:
    """Weights that are so many times as large as at first."""

    def change(s: Snapshot) -> Snapshot:
        assert s.weights is not None
        s.weights[:, Weight.NORM] *= factor(s.step)
        return s

    return change


def test_a_rate_that_is_gone_early_leaves_most_of_the_run_without() -> None:
    rate: Number = lambda step: 0.1 if step < 30 else 0.0  # noqa: E731
    half: Number = lambda step: 0.7 * GUESS - 0.004 * min(step, 30)  # noqa: E731
    found = told(300, half, lr=rate, ratio=rate).findings[0]
    assert (found.symptom, found.first_step) == ("plateau", 30)
    assert found.remedies[0].text.startswith("let the learning rate fall over the whole run")
    late: Number = lambda step: 0.1 if step < 200 else 0.0  # noqa: E731
    assert told(300, half, lr=late, ratio=late).healthy
    solved: Number = lambda step: 0.01 * GUESS  # noqa: E731
    assert told(300, solved, lr=rate, ratio=rate).healthy


def test_steps_that_are_too_small_in_all_together() -> None:
    found = told(400, lambda step: GUESS, ratio=lambda step: 5e-6).findings[0]
    assert found.symptom == "plateau"
    assert "all 400 together" in found.evidence
    assert found.cause.startswith("the learning rate is too small")


def test_a_loss_without_a_lowest_value() -> None:
    faster: Number = lambda step: -2.3 * 1.04**step  # noqa: E731
    run = {"norm": lambda step: 0.3 * 1.04**step, "change": grown(lambda step: 1 + step / 50)}
    found = told(240, faster, task="", classes=0, **run).findings[0]
    assert found.symptom == "exploding_gradient"
    assert "nothing holds the loss from below" in found.cause
    assert told(240, faster, task="", classes=0).healthy  # gradients that stay: a sum of many
    slower: Number = lambda step: -2.3 * (1 + 20 * np.sqrt(step))  # noqa: E731
    assert told(240, slower, task="", classes=0, **run).healthy


@pytest.mark.parametrize("task", ["classification", ""])
def test_weights_that_were_decayed_away(task: str) -> None:
    classes = 10 if task else 0
    fading = grown(lambda step: 0.95**step)
    found = told(200, lambda step: GUESS, change=fading, task=task, classes=classes).findings[0]
    assert found.symptom == ("plateau" if task else "vanishing_gradient")
    assert found.remedies[0].text.startswith("lower the weight decay")
    assert found.first_step == 90  # the first measured step beyond 0.95 to the 89th
    halved = grown(lambda step: max(0.95**step, 0.05))
    said = told(190, lambda step: GUESS, change=halved, task=task, classes=classes)
    assert said.healthy


def test_a_loss_that_no_longer_answers_to_the_weights() -> None:
    """Batches move it, gradients do not."""
    batches: Number = lambda step: 3000 + 300 * np.sin(step)  # noqa: E731
    gone: Number = lambda step: 60 * 0.95**step + 1e-4  # noqa: E731
    told_of = {"task": "regression", "classes": 0}
    found = told(300, batches, norm=gone, **told_of).findings[0]
    assert found.symptom == "vanishing_gradient"
    assert "no longer answers to the weights" in found.cause
    assert told(300, lambda step: 3000.0, norm=gone, **told_of).healthy  # the same batch each time
    assert told(300, batches, norm=lambda step: 60 * 0.95**step + 20, **told_of).healthy


def test_values_that_are_all_clipped() -> None:
    def clipped(share: float) -> Change:
        def change(s: Snapshot) -> Snapshot:
            s.grads[::2, Grad.NORM] = share * 1e-7 * 64
            return s

        return change

    words = {"clip_value": 1e-7, "ratio": lambda step: 1e-7}
    found = told(120, lambda step: GUESS, change=clipped(0.99), **words).findings
    assert "clipping_dominates" in [f.symptom for f in found]
    found = told(120, lambda step: GUESS, change=clipped(0.2), **words).findings
    assert "clipping_dominates" not in [f.symptom for f in found]


def test_data_that_change_on_the_way_are_told_since_then() -> None:
    lost: Number = lambda step: GUESS if step >= 150 else GUESS * 0.9 ** min(step, 60)  # noqa: E731
    found = told(400, lost).findings[0]
    assert (found.symptom, found.first_step) == ("plateau", 150)
    assert found.cause.startswith("the data have changed")


def test_an_odd_batch_that_comes_back_is_told_as_such() -> None:
    def odd(every: int) -> Number:
        return lambda step: 300.0 if step % every == every - 1 else 0.3 + 0.01 * (step % 7)

    falling: Number = lambda step: GUESS * 0.99**step  # noqa: E731
    (note,) = told(300, falling, norm=odd(50)).notes
    assert note.startswith("an odd batch every 50 steps, 6 times so far")
    (note,) = told(300, falling, norm=odd(290)).notes
    assert note.startswith("one odd batch")
    assert not told(300, falling, norm=lambda step: 0.3).notes


def test_a_tiny_loss_that_nothing_moves_is_not_solved() -> None:
    tiny: Number = lambda step: 1e-6 * (1 + 0.2 * np.sin(step))  # noqa: E731
    still = {"task": "regression", "classes": 0, "ratio": lambda step: 1e-8}
    assert not told(250, tiny, norm=lambda step: 3e-7, **still).healthy
    steep = told(250, tiny, norm=lambda step: 5e-4, **still)
    assert steep.healthy  # near an optimum of squares the slope is steep


@pytest.mark.parametrize(("known", "flat"), [(0.0, False), (0.75 * GUESS, True)])
def test_a_loss_that_only_knows_how_often_labels_come(known: float, flat: bool) -> None:
    """Below guessing, and no better than an answer that looks at no input."""
    level: Number = lambda step: 0.75 * GUESS * (1 + 0.4 * np.exp(-step / 20))  # noqa: E731
    found = told(500, level, label_loss=known)
    assert (found.verdict == "plateau") == flat
    if flat:
        assert (
            "answering with the frequencies of the labels gives 1.73" in found.findings[0].evidence
        )


def test_settings_that_are_far_from_usual_have_a_note() -> None:
    falls: Number = lambda step: GUESS * 0.98**step  # noqa: E731
    found = told(200, falls, settings=(("momentum", 0.999), ("weight_decay", 1.0)))
    assert found.healthy
    (note,) = found.notes
    assert "momentum 0.999: a gradient counts for some 1,000 steps; weight decay 1" in note
    assert told(200, falls, settings=(("momentum", 0.9), ("weight_decay", 0.1))).notes == ()
