"""Slopes that end at flat ends: behind the last layer, at the first one, and what looks like them."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from gradtui.core.snapshot import Act, Grad, Snapshot, Weight
from tests.doctor.telling import GUESS, LAYOUT, ROWS, Number, told

Change = Callable[[Snapshot], Snapshot]
GONE = 60
"""The step from which gradients are zero."""
WEIGHTS = np.array([t.role == "weight" for t in LAYOUT.tensors])
HIGH: Number = lambda step: GUESS * (1.2 + 0.05 * np.sin(step))  # noqa: E731


def nothing(*, last_bias: bool) -> Change:
    """No gradient at all from GONE on, or one of the last bias alone."""
    keep = np.zeros(len(WEIGHTS), bool)
    keep[-1] = last_bias

    def change(s: Snapshot) -> Snapshot:
        if s.step >= GONE:
            s.grads[~keep] = 0
            s.grads[~keep, Grad.ZEROS] = LAYOUT.numel[~keep]
        return s

    return change


def test_a_slope_that_ends_behind_the_last_layer() -> None:
    found = told(200, HIGH, task="", classes=0, change=nothing(last_bias=False)).findings[0]
    assert (found.symptom, found.first_step) == ("saturated", GONE)
    assert "behind" not in found.evidence
    assert "what follows the last layer is flat" in found.cause
    assert found.layers == (f"layers.{ROWS - 1}",)


def test_units_are_dead_where_the_last_bias_still_learns() -> None:
    found = told(200, HIGH, task="", classes=0, change=nothing(last_bias=True)).findings[0]
    assert found.symptom == "dead_relu"


def acts(first: float, later: float = 0.0, *, since: int = 0) -> Change:
    """Shares of saturated outputs of the first layer, and of all others."""

    def change(s: Snapshot) -> Snapshot:
        table = np.full((ROWS, Act.COLUMNS), 0.5)
        table[:, Act.DEAD], table[:, Act.NONFINITE] = 0.0, 0.0
        table[:, Act.SATURATED] = later
        table[0, Act.SATURATED] = first if s.step >= since else 0.1
        return replace(s, activations=table)

    return change


RESTS: Number = lambda step: 5.9 + 40 * 0.9**step + 0.1 * np.sin(step)  # noqa: E731
OPEN: dict[str, object] = {"task": "", "classes": 0}


def test_inputs_that_pin_the_first_layer_from_the_start() -> None:
    found = told(600, RESTS, change=acts(0.96), **OPEN).findings[0]
    assert (found.symptom, found.layers, found.first_step) == ("saturated", ("layers.0",), 0)
    assert "not scaled" in found.cause
    assert found.remedies[0].id == "standard_inputs"


@pytest.mark.parametrize(
    ("steps", "loss", "change"),
    [
        (600, RESTS, acts(0.96, since=200)),
        (600, RESTS, acts(0.8)),
        (400, RESTS, acts(0.96)),
        (600, lambda step: 40 * 0.99**step + 0.01, acts(0.96)),
        (600, lambda step: 40 * 0.998**step, acts(0.96)),
    ],
    ids=["later", "in part", "early", "solved", "on its way"],
)
def test_a_first_layer_may_be_pinned_and_no_harm_done(
    steps: int, loss: Number, change: Change
) -> None:
    assert told(steps, loss, change=change, **OPEN).findings == ()


NEITHER: Number = lambda step: np.sin(step)  # noqa: E731


@pytest.mark.parametrize(
    ("loss", "change", "noted"),
    [
        (NEITHER, acts(0.96), True),
        (NEITHER, acts(0.8), False),
        (NEITHER, acts(0.96, since=200), False),
        (lambda step: NEITHER(step) - step, acts(0.96), True),
        (lambda step: 40 * 0.998**step, acts(0.96), False),
    ],
    ids=["a reward", "in part", "later", "a reward that grows", "a loss that falls"],
)
def test_where_no_loss_can_say_whether_it_harms_it_is_a_note(
    loss: Number, change: Change, noted: bool
) -> None:
    notes = told(600, loss, change=change, **OPEN).notes
    assert [note for note in notes if "layers.0: at least 96 %" in note] == list(notes) * noted
    assert len(notes) == noted


@pytest.mark.parametrize(("noise", "verdict"), [(20.0, []), (1.0, ["clipping_dominates"])])
def test_clipping_is_not_what_sets_steps_of_noise(noise: float, verdict: list[str]) -> None:
    """Langevin's sampling adds noise to the weights, many times as long as a clipped step."""

    def change(s: Snapshot) -> Snapshot:
        assert s.weights is not None
        part = 0.02 * noise * 0.1 * s.grads[:, Grad.NORM]
        s.weights[:, Weight.UPDATE] = part
        return replace(s, clip_coefficient=0.02)

    loss: Number = lambda step: GUESS * (0.3 + 0.02 * np.sin(step))  # noqa: E731
    info = {"optimizer": "SGLD", "settings": (("momentum", 0.0),), "clip": "norm 1"}
    found = told(300, loss, norm=lambda step: 50.0, change=change, **info)
    assert [f.symptom for f in found.findings if f.symptom == "clipping_dominates"] == verdict
