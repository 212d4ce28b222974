"""Single rules on made-up histories: what makes them speak, and what keeps them quiet."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradtui.core.history import History
from gradtui.core.layout import Layout, TensorInfo
from gradtui.core.snapshot import Act, Grad, NonFinite, Snapshot, Weight
from gradtui.core.symptom import HEALTHY, VERDICTS, Severity
from gradtui.doctor.diagnose import diagnose
from gradtui.doctor.finding import NOTHING_SEEN, Diagnosis
from gradtui.doctor.rules.registry import EXPLAINED_BY
from tests.factories import mlp_layout, run_info, snapshot, time_layout

CHANCE = float(np.log(10))


def made(
    steps: int,
    norms: Callable[[int], Any],
    *,
    layout: Layout | None = None,
    loss: Callable[[int], float] = lambda step: CHANCE,
    change: Callable[[Snapshot], Snapshot] = lambda s: s,
    **info: Any,
) -> History:
    """A run at guessing level unless `loss` says otherwise."""
    layout = layout or mlp_layout(6)
    history = History(layout, run_info(**info))
    for step in range(steps):
        row = np.broadcast_to(np.asarray(norms(step), float), len(layout.rows))
        history.append(change(snapshot(layout, step, row, loss=loss(step), accuracy=0.1)))
    return history


def told(history: History) -> Diagnosis:
    return diagnose(history.facts())


FADING = np.logspace(-9, -1, 6)


def test_nothing_seen_nothing_said() -> None:
    assert diagnose(History(mlp_layout(), run_info()).facts()) is NOTHING_SEEN


def test_fading_norms_at_guessing_level_are_vanishing() -> None:
    finding = told(made(30, lambda step: FADING)).findings[0]
    assert finding.symptom == "vanishing_gradient"
    assert finding.severity is Severity.CRITICAL
    assert finding.rows[0] == 0
    assert finding.first_step == 0


def test_faint_layers_that_wake_up_get_time() -> None:
    """As branches that begin at zero do; where it stops there is the finding after all."""

    def growing(step: int) -> Any:
        return np.where(FADING < 1e-4, FADING * 1.1 ** min(step, 60), FADING)

    for steps in (12, 30, 60):
        assert told(made(steps, growing)).healthy
    assert told(made(160, growing)).verdict == "vanishing_gradient"


@pytest.mark.parametrize(
    ("first", "fall", "verdict"),
    [
        (1e-9, 0.9995, "vanishing_gradient"),
        (1e-5, 0.9995, "healthy"),  # more than nothing: it may be the units alone
        (1e-9, 0.97, "healthy"),  # and learned without them
    ],
)
def test_faded_layers_whose_units_died_while_the_loss_crept(
    first: float, fall: float, verdict: str
) -> None:
    """Decay had moved their weights, so that they were not still."""

    def norms(step: int) -> Any:
        faded = np.logspace(np.log10(first), -1, 6)
        return np.where((faded < 1e-3) & (step > 60), 0.0, faded)

    assert told(made(140, norms, loss=lambda step: CHANCE * fall**step)).verdict == verdict


def test_faint_layers_that_only_waver_do_not_wake_up() -> None:
    def wavering(step: int) -> Any:
        return FADING * 3.0 ** np.sin(1.7 * step)

    assert told(made(30, wavering)).verdict == "vanishing_gradient"


def test_the_same_norms_with_a_falling_loss_are_no_business_of_ours() -> None:
    history = made(60, lambda step: FADING, loss=lambda step: CHANCE * 0.97**step)
    assert told(history).healthy


def test_tiny_norms_after_learning_are_convergence() -> None:
    history = made(300, lambda step: 0.9**step, loss=lambda step: CHANCE * 0.97**step)
    assert told(history).verdict == "converged"


def test_a_tiny_bias_gradient_is_not_judged() -> None:
    layout = mlp_layout(6)
    tensors = tuple(
        replace(t, structural_zero="a normalisation follows") if t.role == "bias" else t
        for t in layout.tensors
    )
    history = made(
        60,
        lambda step: 0.1,
        layout=Layout(tensors, layout.rows),
        loss=lambda step: CHANCE * 0.98**step,
    )
    diagnosis = told(history)
    assert diagnosis.healthy
    assert any("by design" in note for note in diagnosis.notes)


def test_frozen_first_steps_of_a_warm_up_are_no_alarm() -> None:
    def still(s: Snapshot) -> Snapshot:
        assert s.weights is not None
        s.weights[:, Weight.UPDATE] = 1e-9
        return s

    assert told(made(25, lambda step: 0.1, change=still)).healthy


def test_steps_too_small_to_matter_are_a_plateau() -> None:
    def still(s: Snapshot) -> Snapshot:
        assert s.weights is not None
        s.weights[:, Weight.UPDATE] = 1e-8
        return s

    finding = told(made(40, lambda step: 0.1, change=still)).findings[0]
    assert finding.symptom == "plateau"
    assert "too small" in finding.cause


def test_signal_that_fades_through_time() -> None:
    layout = time_layout(20)
    norms = np.append(np.logspace(-14, -1, 20), 0.5)
    finding = told(made(30, lambda step: norms, layout=layout)).findings[0]
    assert finding.symptom == "vanishing_gradient"
    assert finding.layers[0] == "t=0"
    assert "time step" in finding.cause


def test_a_signal_that_is_cut_is_told_from_one_that_fades() -> None:
    layout = time_layout(20)
    norms = np.append(np.r_[np.zeros(15), np.ones(5)], 0.5)
    finding = told(made(60, lambda step: norms, layout=layout)).findings[0]
    assert "cut off" in finding.cause


@pytest.mark.parametrize("phase", ["forward", "backward", "weights"])
def test_a_nan_out_of_the_blue_is_nonfinite_with_its_phase(phase: str) -> None:
    def broken(s: Snapshot) -> Snapshot:
        if s.step < 20:
            return s
        s.grads[:, Grad.NORM] = np.nan
        seen = NonFinite(20, phase, "layers.3", "layers.3.weight") if s.step == 20 else None
        return replace(s, loss=float("nan") if phase == "forward" else 1.0, nonfinite=seen)

    diagnosis = told(made(25, lambda step: 0.5, change=broken))
    assert diagnosis.verdict == "nonfinite"
    assert diagnosis.findings[0].first_step == 20
    assert diagnosis.findings[0].layers == ("layers.3",)
    assert phase in diagnosis.findings[0].evidence


def test_growth_before_the_nan_is_exploding_first() -> None:
    def broken(s: Snapshot) -> Snapshot:
        seen = NonFinite(20, "forward", "layers.0", "output") if s.step == 20 else None
        return replace(s, loss=float("nan"), nonfinite=seen) if s.step >= 20 else s

    diagnosis = told(made(25, lambda step: 0.5 * 2.0**step, change=broken))
    assert [f.symptom for f in diagnosis.findings] == ["exploding_gradient", "nonfinite"]
    assert 1 <= diagnosis.findings[0].first_step < 20


def test_in_half_precision_the_overflow_itself_is_the_verdict() -> None:
    def broken(s: Snapshot) -> Snapshot:
        seen = NonFinite(20, "forward", "layers.0", "output") if s.step == 20 else None
        return replace(s, loss=float("nan"), nonfinite=seen) if s.step >= 20 else s

    history = made(25, lambda step: 2.0**step, change=broken, precision="float16")
    assert told(history).verdict == "nonfinite"
    assert "65504" in told(history).findings[0].cause


def test_a_scaler_that_never_settles_is_sick_and_one_that_does_is_not() -> None:
    def skipping(until: int) -> Callable[[Snapshot], Snapshot]:
        def change(s: Snapshot) -> Snapshot:
            scale = 2.0 ** (24 - min(s.step, until))
            return replace(s, skipped=s.step < until, loss_scale=scale)

        return change

    falling = {"loss": lambda step: CHANCE * 0.97**step, "precision": "amp_float16"}
    settled = told(made(60, lambda step: 0.5, change=skipping(9), **falling))
    assert settled.verdict == HEALTHY
    assert "normal" in settled.notes[0]
    stuck = told(made(60, lambda step: 0.5, change=skipping(100), precision="amp_float16"))
    assert stuck.verdict == "nonfinite"
    assert "skipped" in stuck.findings[0].evidence


def test_all_zero_from_the_start_is_an_output_that_cannot_change() -> None:
    assert told(made(5, lambda step: 0.0)).verdict == "output_cannot_change"


def test_a_layer_unused_for_good_does_not_silence_the_others() -> None:
    tensors = mlp_layout(6).tensors
    spare = TensorInfo("spare", (3,), 5, "bias", "never used")
    layout = Layout((*tensors, spare), mlp_layout(6).rows)
    history = made(60, lambda step: 0.5, layout=layout, loss=lambda step: CHANCE * 0.97**step)
    assert told(history).healthy


def dead(share: float, rows: slice) -> Callable[[Snapshot], Snapshot]:
    def change(s: Snapshot) -> Snapshot:
        assert s.activations is not None
        s.activations[rows, Act.DEAD] = share
        return s

    return change


def test_dead_layers_are_named_and_explain_the_missing_gradient() -> None:
    norms = np.array([0, 0, 0, 0.1, 0.1, 0.1])
    diagnosis = told(made(40, lambda step: norms, change=dead(1.0, slice(1, 3))))
    assert [f.symptom for f in diagnosis.findings] == ["dead_relu"]
    assert diagnosis.findings[0].layers == ("layers.1", "layers.2")


def test_dead_units_in_a_net_that_learns_are_its_own_affair() -> None:
    history = made(
        60,
        lambda step: 0.3,
        change=dead(0.95, slice(1, 2)),
        loss=lambda step: CHANCE * 0.97**step,
    )
    assert told(history).healthy


def test_a_spike_and_then_death_tells_both_stages() -> None:
    def change(s: Snapshot) -> Snapshot:
        assert s.activations is not None
        s.activations[:, Act.DEAD] = 1.0 if s.step > 12 else 0.2
        return s

    history = made(60, lambda step: 80.0 if step == 12 else 0.1 if step > 12 else 2, change=change)
    diagnosis = told(history)
    (finding,) = diagnosis.findings
    assert (finding.symptom, finding.first_step) == ("dead_relu", 12)
    assert finding.cause.startswith("first it exploded, then it died")
    assert "norm 2e+02 at step 12" in finding.evidence


def clipped(factor: float) -> Callable[[Snapshot], Snapshot]:
    return lambda s: replace(s, clip_coefficient=factor)


@pytest.mark.parametrize(
    ("factor", "optimizer", "expected"),
    [
        (0.2, "sgd lr 0.3", "clipping_dominates"),
        (0.8, "sgd lr 0.3", HEALTHY),
        (1.0, "sgd lr 0.3", HEALTHY),
        (0.2, "adamw lr 0.001", HEALTHY),
        (0.001, "adamw lr 0.001", HEALTHY),
    ],
)
def test_clipping_counts_by_how_much_and_by_optimizer(
    factor: float, optimizer: str, expected: str
) -> None:
    history = made(
        80,
        lambda step: 3.0,
        change=clipped(factor),
        loss=lambda step: CHANCE * 0.97**step,
        optimizer=optimizer,
    )
    assert told(history).verdict == expected


def test_extreme_clipping_matters_to_adam_where_nothing_is_learned() -> None:
    """It divides by the gradient's own size, clipped or not."""
    history = made(
        80,
        lambda step: 3.0,
        change=clipped(0.001),
        loss=lambda step: CHANCE,
        optimizer="adamw lr 0.001",
    )
    assert "clipping_dominates" in [finding.symptom for finding in told(history).findings]


def test_a_loss_that_jumps_without_getting_anywhere_oscillates() -> None:
    history = made(80, lambda step: 5.0, loss=lambda step: 8.0 if step % 2 else 3.0)
    assert told(history).verdict == "oscillating_loss"


def test_a_loss_millions_of_times_its_first_value_has_diverged_even_with_tame_gradients() -> None:
    history = made(40, lambda step: 0.8, loss=lambda step: CHANCE if step == 0 else 1e9)
    assert told(history).verdict == "exploding_gradient"


def test_noise_that_cannot_be_learned_is_not_sick() -> None:
    rng = np.random.default_rng(0)
    losses = 1 + 0.1 * rng.standard_normal(300)
    history = made(
        300, lambda step: 0.5, loss=lambda step: float(losses[step]), task="regression", classes=0
    )
    assert told(history).healthy


def test_every_verdict_is_in_the_vocabulary() -> None:
    for symptom, causes in EXPLAINED_BY.items():
        assert symptom in VERDICTS
        assert set(causes) <= set(VERDICTS)


def test_the_verdict_of_a_prefix_does_not_depend_on_what_came_later() -> None:
    history = made(60, lambda step: FADING if step < 30 else np.full(6, 1e5))
    short = made(25, lambda step: FADING)
    assert diagnose(history.facts().until(25)) == diagnose(short.facts())
