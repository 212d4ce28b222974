"""Which remedy goes first, by what the numbers say of the cause."""

import math
from dataclasses import replace

import numpy as np
import pytest
from torch import nn

from gradtui.core.facts import Facts
from gradtui.core.history import History
from gradtui.core.snapshot import Grad, Weight
from gradtui.doctor import thresholds as T
from gradtui.doctor.diagnose import diagnose
from gradtui.doctor.reading import Reading
from gradtui.doctor.recurrence import recurrent_gains
from gradtui.doctor.rules.explosion_causes import blamed, summed
from tests.doctor.prescribed import ADVICE, facts_of
from tests.factories import mlp_layout, run_info, snapshot
from tests.verdicts.nets import Recurrent

ROWS = 4
LAYOUT = mlp_layout(ROWS)
BIAS = max(k for k, t in enumerate(LAYOUT.tensors) if t.role == "bias")


def run(
    losses: list[float],
    *,
    error: float = 1.0,
    norm: float = 0.5,
    classes: int = 0,
    **weights: float,
) -> Facts:
    """`error` is the gradient of the output's bias, `weights` norm and update of all weights."""
    info = run_info(task="classification" if classes else "", classes=classes, optimizer="SGD")
    history = History(LAYOUT, info)
    for step, loss in enumerate(losses):
        made = snapshot(LAYOUT, step, np.full(ROWS, norm), loss=loss, accuracy=float("nan"))
        made.grads[BIAS, Grad.NORM] = error
        history.append(replace(made, activations=None))
    facts = history.facts()
    table = facts.weights.copy()
    sizes = np.sqrt([t.shape[0] for t in LAYOUT.tensors])
    table[..., Weight.NORM] = weights.get("gain", 1.4) * sizes
    table[..., Weight.UPDATE] = weights.get("update", 1e-3) * table[..., Weight.NORM]
    return replace(facts, weights=table)


def test_a_gain_is_not_read_off_weights_that_a_step_has_overwhelmed() -> None:
    assert Reading(run([2.0] * 5, gain=4e9)).growth > 1e9
    assert np.isnan(Reading(run([2.0] * 5, gain=4e9, update=0.99)).growth)
    told = facts_of(Recurrent(nn.RNN, 8, 32, 10))
    weights = told.weights.copy()
    weights[..., Weight.NORM] = 4e9
    weights[..., Weight.UPDATE] = 4e9
    told = replace(told, weights=weights)
    assert recurrent_gains(Reading(told)) == {}
    assert blamed(Reading(told), True).remedies == ADVICE["exploding_time"]


@pytest.mark.parametrize(
    ("error", "norm", "gain", "key"),
    [
        (0.5, 1e6, 1.4, "exploding_branches"),
        (1e5, 1e6, 1.4, "badly_scaled"),
        (0.5, 1e6, 100.0, "exploding_init"),
        (1e2, 1e9, 1.4, "exploding_init"),
    ],
)
def test_a_first_gradient_that_is_huge(error: float, norm: float, gain: float, key: str) -> None:
    reading = Reading(run([2.0] * 5, error=error, norm=norm, gain=gain))
    assert blamed(reading, True).remedies == ADVICE[key]
    assert blamed(reading, False).remedies == ADVICE["exploding_lr"]


@pytest.mark.parametrize(("end", "bottomless"), [(-1e4, True), (-100.0, False), (1e4, False)])
def test_a_loss_far_below_zero_has_nothing_that_holds_it(end: float, bottomless: bool) -> None:
    reading = Reading(run(list(np.linspace(2.0, end, 40)), norm=1e6))
    assert ("nothing holds the loss from below" in blamed(reading, False).cause) is bottomless


def test_a_sum_is_told_from_a_mean_by_its_slope() -> None:
    assert not summed(Reading(run([100.0] * 5, error=20.0)))
    assert summed(Reading(run([100.0] * 5, error=30.0)))


def test_a_loss_far_above_guessing_is_not_healthy_whatever_it_falls_to() -> None:
    falls = [60.0 - 0.1 * step for step in range(220)]
    grew = [2.3, *falls]
    pinned = diagnose(run(falls, classes=10, gain=30.0)).findings[0]
    assert (pinned.symptom, "guessing" in pinned.evidence) == ("saturated", True)
    jumps = [2.3, *(60.0 + 15 * math.sin(step / 5) for step in range(220))]
    thrown = diagnose(run(jumps, classes=10, update=0.2)).findings[0]
    assert (thrown.symptom, "guessing" in thrown.evidence) == ("oscillating_loss", True)
    lost = diagnose(run(grew, classes=10, update=0.2)).findings[0]
    assert (lost.symptom, lost.remedies[0].text) == (
        "exploding_gradient",
        "lower the learning rate",
    )
    quick = [60.0 * 0.98**step + 1.0 for step in range(160)]
    assert diagnose(run(quick, classes=10)).healthy


def test_many_steps_of_which_few_were_recorded_are_no_trouble() -> None:
    facts = run([0.01] * 12, classes=10)
    assert diagnose(replace(facts, steps=np.arange(12) * 50)).healthy


def noisy(level: float, spread: float, steps: int, slope: float = 0.0) -> list[float]:
    rng = np.random.default_rng(0)
    return [float(level - slope * s + spread * rng.standard_normal()) for s in range(steps)]


def test_a_slow_fall_is_no_plateau_and_noise_is_no_proof_of_one() -> None:
    chance = float(np.log(5))
    assert diagnose(run(noisy(chance, 0.01, 400), classes=5)).verdict == "plateau"
    assert diagnose(run(noisy(chance, 0.01, 400, 1e-4), classes=5)).healthy
    assert diagnose(run(noisy(chance, 0.4, 400), classes=5)).healthy
    above = noisy(1.3 * chance, 0.01, 400, 1e-4)
    assert diagnose(run(above, classes=5)).verdict == "plateau"


def test_a_late_spike_does_not_take_converged_back() -> None:
    losses = [2.3] * 20 + [0.01] * 100 + [0.5] * 30 + [0.01] * 50
    facts = run(losses, classes=10)
    norms = np.where(np.arange(len(losses)) < 20, 1.0, 0.01)[:, None, None] * np.ones_like(
        facts.grads
    )
    facts = replace(facts, grads=norms, total_norm=norms[:, 0, 0])
    told = [diagnose(facts.until(n)).verdict for n in range(120, len(losses) + 1)]
    assert set(told) == {"converged"}
    assert T.CONVERGED_SLACK * T.CONVERGED_LOSS < 1
