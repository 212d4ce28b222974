"""What the doctor says of logs: what they show, and no more."""

import json
from pathlib import Path

import numpy as np
import pytest

from gradtui.doctor.finding import Diagnosis
from tests.runstore.logs.made import judged

NOISE = np.random.default_rng(0).normal(size=400)


def told(
    place: Path, loss: object, norm: object = None, lr: object = None, every: int = 1
) -> Diagnosis:
    """The diagnosis of 400 steps, of which every `every`-th is logged."""
    columns = {"loss": loss, "grad_norm": norm, "learning_rate": lr}
    known = {
        name: np.broadcast_to(np.asarray(values, np.float64), 400).tolist()
        for name, values in columns.items()
        if values is not None
    }
    history = [
        {"step": i} | {name: values[i] for name, values in known.items()}
        for i in range(0, 400, every)
    ]
    path = place / "trainer_state.json"
    path.write_text(json.dumps({"log_history": history}))
    return judged(path)[1]


FALLING = 2.3 * np.exp(-np.arange(400) / 150) + 0.01 * NOISE
FLAT = 2.3 + 0.01 * NOISE


@pytest.mark.parametrize("every", [1, 5, 15])
def test_a_loss_that_comes_down_with_norms_in_order(every: int, tmp_path: Path) -> None:
    assert told(tmp_path, FALLING, 1.0 + 0.1 * NOISE, every=every).verdict == "healthy"


def test_norms_that_are_next_to_nothing(tmp_path: Path) -> None:
    found = told(tmp_path, FLAT, 1e-9 * (1 + 0.1 * np.abs(NOISE)))
    assert found.verdict == "vanishing_gradient"
    assert "so no layer has more" in found.findings[0].evidence
    assert found.findings[0].layers == ()


def test_small_norms_of_a_loss_that_falls_are_no_finding(tmp_path: Path) -> None:
    assert told(tmp_path, FALLING, 1e-9 * (1 + 0.1 * np.abs(NOISE))).healthy


def test_norms_that_grow_with_the_loss(tmp_path: Path) -> None:
    growth = np.exp(np.arange(400) / 25)
    found = told(tmp_path, 2.3 * growth, growth)
    assert found.verdict == "exploding_gradient"
    assert "total gradient norm" in found.findings[0].evidence


def test_a_loss_alone_that_diverges(tmp_path: Path) -> None:
    found = told(tmp_path, 2.3 * np.exp(np.arange(400) / 15))
    assert found.verdict == "exploding_gradient"
    assert "nan" not in found.findings[0].evidence
    assert "gradient norm" not in found.findings[0].evidence


def test_a_flat_loss_alone_is_undecided(tmp_path: Path) -> None:
    found = told(tmp_path, FLAT)
    assert found.verdict == "undecided"
    assert "no gradient norms in this log" in found.why
    assert "nothing has been learned so far" in found.why


def test_a_loss_that_has_hardly_moved_is_not_healthy(tmp_path: Path) -> None:
    loss = np.where(np.arange(400) < 60, 2.4, 2.3) + 0.001 * NOISE
    found = told(tmp_path, loss, 1.0 + 0.1 * NOISE)
    assert found.verdict == "undecided"


def test_norms_that_have_collapsed_are_not_healthy(tmp_path: Path) -> None:
    norm = np.where(np.arange(400) == 30, 1e6, 1e-3) * (1 + 0.1 * np.abs(NOISE))
    found = told(tmp_path, np.where(np.arange(400) < 31, 30.0, 2.3) + 0.01 * NOISE, norm)
    assert found.verdict == "undecided"
    assert "whether that step has ruined the net a log does not tell" in found.why


def test_jumps_between_far_points_are_no_oscillation(tmp_path: Path) -> None:
    begun = np.arange(400) < 50
    loss = np.where(begun, FLAT, 2.3 * np.where(np.arange(400) % 2, 8.0, 1.5))
    assert told(tmp_path, loss, 1.0).verdict == "oscillating_loss"
    far = np.where(begun, FLAT, 2.3 * np.where(np.arange(400) // 5 % 2, 8.0, 1.5))
    assert told(tmp_path, far, 1.0, every=5).verdict == "undecided"


def test_rules_that_ask_for_more_are_not_asked(tmp_path: Path) -> None:
    """No word of weights, units or calls that no log tells of."""
    for loss in (FALLING, FLAT):
        for norm in (None, 0.0, 1.0, 50.0):
            found = told(tmp_path, loss, norm, lr=1e-12)
            words = " ".join(f.evidence + f.cause for f in found.findings) + found.why
            for word in ("backward()", "optimizer.step", "units", "reset", "of itself"):
                assert word not in words
