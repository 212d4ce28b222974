"""Theory against real nets at their first step, measured by torch."""

from typing import Any

import numpy as np
import pytest

from gradtui.lab.headless import run_headless
from gradtui.theory import first_update, predict, theory_of, verdict_of_theory
from gradtui.theory.fitted_line import Line
from tests.doctor.measured import measure
from tests.runs import VARIETY, scenario
from tests.theory_accuracy import lab, random_inputs, worst

SEEDS = 5
STACKS = [
    ("relu", "he"),
    ("relu", "default"),
    ("relu", "small"),
    ("tanh", "xavier"),
    ("sigmoid", "xavier"),
    ("sigmoid", "default"),
    ("gelu", "default"),
    ("silu", "default"),
    ("elu", "lecun"),
    ("selu", "lecun"),
    ("softplus", "default"),
    ("identity", "lecun"),
]


@pytest.mark.parametrize(
    ("width", "mean", "single"),
    [(64, 0.3, 0.45), pytest.param(256, 0.1, 0.2, marks=pytest.mark.slow)],
)
@pytest.mark.parametrize(("activation", "init"), STACKS)
def test_twenty_layers(activation: str, init: str, width: int, mean: float, single: float) -> None:
    found = random_inputs(activation, init, width, SEEDS)
    average, one = worst(found["delta"])
    assert average < mean
    assert one < single
    average, one = worst(found["rms"])
    assert average < mean
    assert one < 2.5 * mean
    # The net's own draw, which no theory knows, moves the loss; on average it is met.
    assert abs(np.mean(found["loss"])) < 0.35


@pytest.mark.parametrize(("activation", "init"), [("relu", "he"), ("tanh", "xavier")])
def test_convolutions_with_their_edges(activation: str, init: str) -> None:
    found = random_inputs(activation, init, 32, SEEDS, depth=8, side=8)
    assert worst(found["delta"])[0] < 0.1
    assert worst(found["delta"])[1] < 0.3
    assert worst(found["rms"])[0] < 0.1


def test_the_sigmoid_of_the_textbooks() -> None:
    """s2w = 1/3 and torch's default biases, 19 layers from the last hidden one to the first."""
    logs = [
        (predict(run.stack).delta, run.delta)
        for run in (measure("sigmoid", "default", 256, seed) for seed in range(SEEDS))
    ]
    predicted = [float(np.log10(p[0] / p[-2])) for p, _ in logs]
    measured = [float(np.log10(m[0] / m[-2])) for _, m in logs]
    assert np.mean(predicted) == pytest.approx(-16.16, abs=0.02)
    assert np.mean(measured) == pytest.approx(np.mean(predicted), abs=0.05)


@pytest.mark.parametrize(
    ("activation", "init", "width", "mean"),
    [
        ("relu", "default", 64, 0.3),
        ("tanh", "xavier_uniform", 64, 0.15),
        ("sigmoid", "xavier_uniform", 64, 0.2),
        ("sigmoid", "default", 256, 0.1),
        ("relu", "normal", 256, 0.1),
        ("selu", "lecun_normal", 256, 0.1),
        ("relu", "he_normal", 256, 0.3),
    ],
)
def test_the_line_of_random_weights_in_the_lab(
    activation: str, init: str, width: int, mean: float
) -> None:
    assert worst(lab(activation, init, width, SEEDS)["row"])[0] < mean


@pytest.mark.parametrize("kind", sorted(VARIETY))
def test_every_model_of_the_lab_has_a_line_or_a_reason(kind: str) -> None:
    tables: dict[str, Any] = VARIETY[kind]
    made = scenario(**tables)
    facts = run_headless(made, device="cpu", steps=2).history.facts()
    said = theory_of(facts, plain=made.setup.model.norm != "spectral")
    if said.norms is None:
        assert said.reason
        return
    assert made.setup.model.kind in ("mlp", "critic", "two_layer")
    assert made.setup.model.norm == "none"
    assert said.norms[-1] == pytest.approx(facts.row_norms[-1, -1])
    assert np.abs(np.log10(said.norms / facts.row_norms[-1])).max() < 0.7


@pytest.mark.parametrize("kind", ["sgd", "adam", "adamw", "rmsprop", "adagrad"])
def test_first_updates_are_met(kind: str) -> None:
    made = scenario(model={"depth": 3, "init": "he_normal"}, optimizer={"kind": kind, "lr": 1e-4})
    facts = run_headless(made, device="cpu", steps=1).history.facts()
    taken = facts.update_ratios(facts.weights_at)[0]
    for row, (tensor, numel) in enumerate(zip((0, 2, 4), facts.layout.numel[::2], strict=False)):
        weight = float(facts.weights[0, tensor, 0])
        gradient = float(facts.grads[0, tensor, 0])
        said = first_update(facts.info.optimizer, 1e-4, gradient, weight, int(numel))
        # Pixels that are never inked, and dead units, have no gradient and do not move.
        assert said == pytest.approx(taken[row], rel=0.12)


def test_the_line_is_renewed_when_weights_were_measured_and_not_at_once() -> None:
    made = scenario(model={"depth": 4, "init": "he_normal"}, steps=30)
    facts = run_headless(made, device="cpu").history.facts()
    line = Line()
    first = line.look(facts.until(1), 0.0)
    again = line.look(facts.until(9), 0.1)
    assert first.now is again.now
    assert again.norms is not None
    assert again.norms[-1] == pytest.approx(facts.row_norms[8, -1])
    assert line.look(facts.until(30), 60.0).now is not first.now
    assert line.look(facts.until(2), 60.1).now is not first.now


def test_a_real_run_is_told_by_design_or_by_training() -> None:
    deep = scenario(model={"depth": 20, "activation": "sigmoid", "init": "xavier_uniform"})
    facts = run_headless(deep, device="cpu", steps=3).history.facts()
    assert "By design" in verdict_of_theory(theory_of(facts).design, facts.row_norms[-1])
    hot = scenario(model={"depth": 8, "init": "he_uniform"}, optimizer={"lr": 1.0, "momentum": 0.9})
    facts = run_headless(hot, device="cpu", steps=60).history.facts()
    assert "The design is sound" in verdict_of_theory(theory_of(facts).design, facts.row_norms[0])
