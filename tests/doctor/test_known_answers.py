"""Real runs with known answers: the right name, once, from the step on that it can be known."""

from typing import Any

import pytest

from gradtui.doctor.diagnose import diagnose
from gradtui.doctor.finding import Diagnosis
from gradtui.lab.headless import run_headless
from tests.runs import scenario

HE, GLOROT = {"init": "he_uniform"}, {"init": "xavier_uniform"}
TWO_LAYER: dict[str, Any] = {
    "data": {"name": "noise", "features": 1000, "outputs": 10, "examples": 64},
    "model": {"kind": "two_layer", "width": 100},
}
HEALTHY_RUNS: dict[str, tuple[int, dict[str, Any]]] = {
    "relu 4, He": (150, {"model": {"depth": 4, **HE}}),
    "relu 8, He": (150, {"model": {"depth": 8, **HE}}),
    "relu 8, He, Adam": (
        250,
        {"model": {"depth": 8, **HE}, "optimizer": {"kind": "adam", "lr": 1e-3}},
    ),
    "tanh 20, Glorot": (150, {"model": {"depth": 20, "activation": "tanh", **GLOROT}}),
    "sigmoid 8, BatchNorm": (
        150,
        {"model": {"depth": 8, "activation": "sigmoid", "norm": "batch"}},
    ),
    "sigmoid 3, Glorot, Adam": (
        250,
        {
            "model": {"depth": 3, "activation": "sigmoid", **GLOROT},
            "optimizer": {"kind": "adam", "lr": 1e-3},
        },
    ),
    "gelu 6, AdamW": (
        150,
        {
            "model": {"depth": 6, "activation": "gelu"},
            "optimizer": {"kind": "adamw", "lr": 1e-3, "weight_decay": 0.01},
        },
    ),
    "relu 8, Adam with warm-up": (
        150,
        {
            "model": {"depth": 8, **HE},
            "optimizer": {"kind": "adam", "lr": 3e-3, "warmup": 100},
        },
    ),
    "relu 4, batches of 4": (
        250,
        {"data": {"batch_size": 4}, "model": {"depth": 4, **HE}, "optimizer": {"lr": 0.02}},
    ),
    "bfloat16": (120, {"model": {"depth": 8, **HE}, "precision": {"kind": "bfloat16"}}),
    "autocast, scaler from 2^24": (
        100,
        {
            "model": {"depth": 8, **HE},
            "optimizer": {"lr": 0.05},
            "precision": {"kind": "amp_float16", "loss_scale": 2.0**24},
        },
    ),
    "regression on noise, clipped": (
        300,
        {
            "data": {"name": "noise"},
            "model": {"depth": 1, "width": 50},
            "optimizer": {"kind": "adam", "lr": 1e-3},
            "clip": {"norm": 1.0},
        },
    ),
    "regression on a teacher": (
        250,
        {
            "data": {"name": "teacher"},
            "model": {"depth": 3, **HE},
            "optimizer": {"kind": "adam", "lr": 1e-3},
        },
    ),
    "two layers by hand, lr 1e-6": (200, {**TWO_LAYER, "optimizer": {"lr": 1e-6}}),
    "cnn 6, BatchNorm": (
        40,
        {"model": {"kind": "cnn", "depth": 6, "width": 8, "norm": "batch", "init": "he_normal"}},
    ),
    "lstm over 20 steps": (
        80,
        {
            "data": {"name": "memory", "length": 20},
            "model": {"kind": "lstm", "forget_bias": 3.0},
            "optimizer": {"kind": "adam", "lr": 1e-2},
        },
    ),
    "pre-norm transformer, AdamW": (
        50,
        {
            "data": {"name": "digit_rows"},
            "model": {
                "kind": "transformer",
                "depth": 4,
                "width": 32,
                "norm": "layer",
                "norm_place": "pre",
            },
            "optimizer": {"kind": "adamw", "lr": 1e-3},
        },
    ),
}

SICK_RUNS: dict[str, tuple[str, int, int, dict[str, Any]]] = {
    # name: verdict, steps, latest step at which it must have been said, tables
    "sigmoid 8, torch default": (
        "vanishing_gradient",
        60,
        10,
        {"model": {"depth": 8, "activation": "sigmoid"}},
    ),
    "relu 20, torch default": ("vanishing_gradient", 60, 10, {"model": {"depth": 20}}),
    "relu 8, N(0, 0.01)": (
        "vanishing_gradient",
        120,
        10,
        {"model": {"depth": 8, "init": "normal", "init_std": 0.01}},
    ),
    "sigmoid 5, torch default": (
        "vanishing_gradient",
        200,
        150,
        {"model": {"depth": 5, "activation": "sigmoid"}},
    ),
    "relu 8, N(0, 1)": (
        "exploding_gradient",
        30,
        2,
        {"model": {"depth": 8, "init": "normal", "init_std": 1.0}},
    ),
    "relu 8, SGD 5": (
        "exploding_gradient",
        30,
        6,
        {"model": {"depth": 8, **HE}, "optimizer": {"lr": 5.0}},
    ),
    "relu 50, He, skip": (
        "exploding_gradient",
        30,
        4,
        {"model": {"depth": 50, "residual": True, **HE}},
    ),
    "two layers by hand, lr 5e-6": (
        "exploding_gradient",
        30,
        8,
        {**TWO_LAYER, "optimizer": {"lr": 5e-6}},
    ),
    "relu 8, momentum, clip 1": (
        "clipping_dominates",
        150,
        60,
        {
            "model": {"depth": 8, **HE},
            "optimizer": {"lr": 0.3, "momentum": 0.9},
            "clip": {"norm": 1.0},
        },
    ),
    "half, lr 3": (
        "nonfinite",
        30,
        6,
        {
            "model": {"depth": 8, **HE},
            "optimizer": {"lr": 3.0},
            "precision": {"kind": "float16"},
        },
    ),
    "half, N(0, 0.01)": (
        "fp16_underflow",
        60,
        4,
        {"model": {"depth": 8, "init": "normal"}, "precision": {"kind": "float16"}},
    ),
    "relu 8, bias -5": (
        "dead_relu",
        120,
        10,
        {"model": {"depth": 8, "bias": -5.0, **HE}},
    ),
    "lr 1e-6": (
        "plateau",
        100,
        40,
        {"model": {"depth": 4, **HE}, "optimizer": {"lr": 1e-6}},
    ),
    "targets in the 100,000s, Adam": (
        "badly_scaled",
        150,
        120,
        {
            "data": {"name": "teacher", "target_scale": 1e5},
            "model": {"depth": 3, **HE},
            "optimizer": {"kind": "adam", "lr": 1e-3},
        },
    ),
}


def verdicts(
    steps: int, seed: int, tables: dict[str, Any], stride: int = 1
) -> list[tuple[int, Diagnosis]]:
    """The diagnosis after each step of a run, as it would have been said live; behind the first fifty
    after every `stride`-th."""
    run = run_headless(scenario(steps=steps, seed=seed, **tables), device="cpu")
    facts = run.history.facts()
    after = [n for n in range(1, len(facts) + 1) if n <= 50 or (len(facts) - n) % stride == 0]
    return [(int(facts.steps[n - 1]), diagnose(facts.until(n))) for n in after]


def check_healthy(name: str, seed: int, stride: int = 1) -> None:
    """No alarm: at each of the first steps, then at every `stride`-th, and at the last."""
    steps, tables = HEALTHY_RUNS[name]
    for step, diagnosis in verdicts(steps, seed, tables, stride):
        assert diagnosis.healthy, f"step {step}: {diagnosis.findings}"


def check_sick(name: str, seed: int) -> None:
    wanted, steps, latest, tables = SICK_RUNS[name]
    said = verdicts(steps, seed, tables)
    told = [(step, d.verdict) for step, d in said if d.decided]
    changes = [t for i, t in enumerate(told) if i == 0 or t[1] != told[i - 1][1]]
    assert changes[-1][1] == wanted, f"{changes}: {said[-1][1].findings}"
    assert len(changes) <= 2, f"the verdict flaps: {changes}"
    assert changes[-1][0] <= latest, f"said only at {changes}"
    last = said[-1][1]
    assert not last.healthy
    for finding in last.findings:
        assert 0 <= finding.first_step <= last.step
        assert finding.evidence
        assert finding.cause
        assert finding.remedies


@pytest.mark.parametrize("name", HEALTHY_RUNS)
def test_a_healthy_run_never_alarms_at_any_step(name: str) -> None:
    check_healthy(name, 0, stride=4)  # each step of other seeds: the long kin below


@pytest.mark.parametrize("name", SICK_RUNS)
def test_a_sick_run_is_named_in_time_and_once(name: str) -> None:
    check_sick(name, 0)


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", HEALTHY_RUNS)
def test_a_healthy_run_never_alarms_whatever_the_seed(name: str, seed: int) -> None:
    check_healthy(name, seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", SICK_RUNS)
def test_a_sick_run_is_named_whatever_the_seed(name: str, seed: int) -> None:
    check_sick(name, seed)


def test_the_first_layers_are_named_when_the_gradient_fades_with_depth() -> None:
    _, steps, _, tables = SICK_RUNS["sigmoid 8, torch default"]
    finding = verdicts(steps, 0, tables)[-1][1].findings[0]
    assert finding.layers[0] == "layer 1"
    assert len(finding.layers) < 9
    assert finding.first_step == 0


def test_an_explosion_that_ends_in_nan_tells_both() -> None:
    _, steps, _, tables = SICK_RUNS["relu 8, SGD 5"]
    findings = verdicts(steps, 0, tables)[-1][1].findings
    assert [f.symptom for f in findings] == ["exploding_gradient", "nonfinite"]
    assert "learning rate" in findings[0].cause
    _, steps, _, tables = SICK_RUNS["relu 8, N(0, 1)"]
    assert "first weights" in verdicts(steps, 0, tables)[-1][1].findings[0].cause


def test_a_calibrating_scaler_is_a_note_and_no_finding() -> None:
    steps, tables = HEALTHY_RUNS["autocast, scaler from 2^24"]
    diagnosis = verdicts(steps, 0, tables)[-1][1]
    assert any("loss scaler skipped" in note for note in diagnosis.notes)
