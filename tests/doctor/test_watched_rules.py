"""What can be told where no activation was looked at and nobody said what the task is."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from gradtui.core.history import History
from gradtui.core.layout import FloatArray, TensorInfo
from gradtui.core.snapshot import Grad, Snapshot, Weight
from gradtui.core.symptom import TOO_EARLY, UNDECIDED
from gradtui.doctor.diagnose import diagnose
from gradtui.doctor.finding import UNSEEN_LOSS, Diagnosis
from gradtui.doctor.optimizer_series import streams
from gradtui.doctor.reading import Reading
from tests.factories import mlp_layout, run_info, snapshot

ROWS = 5
LAYOUT = mlp_layout(ROWS)
Change = Callable[[Snapshot], None]


def watched(
    steps: int,
    change: Change = lambda s: None,
    *,
    loss: Callable[[int], float] = lambda step: 1.0,
    norms: Callable[[int], FloatArray] = lambda step: np.full(ROWS, 0.3),
    precision: str = "float32",
) -> History:
    info = run_info(task="", classes=0, optimizer="SGD", precision=precision)
    history = History(LAYOUT, info)
    for step in range(steps):
        made = snapshot(LAYOUT, step, norms(step), loss=loss(step), accuracy=float("nan"))
        made.grads[:, Grad.ABS_MAX] *= 1 + 1e-4 * np.pi  # no number of half precision
        change(made)
        history.append(replace(made, activations=None))
    return history


def told(history: History) -> Diagnosis:
    return diagnose(history.facts())


def zero(tensors: list[int]) -> Change:
    def change(s: Snapshot) -> None:
        for k in tensors:
            s.grads[k] = 0
            s.grads[k, Grad.ZEROS] = LAYOUT.tensors[k].numel

    return change


def test_of_a_short_run_it_is_too_early_to_tell() -> None:
    assert told(watched(9)).verdict == TOO_EARLY
    assert told(watched(9)).why == "too few steps to tell"
    assert told(watched(9)).healthy
    assert not told(watched(9)).decided
    assert told(watched(10)).verdict == "healthy"
    assert told(watched(10)).why == ""


def test_whose_loss_nobody_has_seen_is_not_called_healthy() -> None:
    blind = told(watched(300, loss=lambda step: float("nan")))
    assert (blind.verdict, blind.why) == (UNDECIDED, UNSEEN_LOSS)
    assert blind.healthy, "nor is it an alarm"
    late = told(watched(300, loss=lambda step: 0.99**step if step > 200 else float("nan")))
    assert late.verdict == "healthy"


def test_a_fault_that_gradients_show_is_found_without_a_loss() -> None:
    grown = told(
        watched(300, loss=lambda step: float("nan"), norms=lambda step: np.full(ROWS, 1e9))
    )
    assert grown.verdict == "exploding_gradient"


def test_zeros_up_to_a_layer_that_only_its_bias_feeds_are_dead_units() -> None:
    # Weight and bias of layers 0 to 2, and the weight of layer 3, whose bias still learns.
    finding = told(watched(30, zero([0, 1, 2, 3, 4, 5, 6]))).findings[0]
    assert finding.symptom == "dead_relu"
    assert finding.layers == ("layers.0", "layers.1", "layers.2")


def test_zeros_below_a_layer_that_gets_a_signal_are_pinned_units() -> None:
    finding = told(watched(30, zero([0, 1, 2, 3]))).findings[0]
    assert finding.symptom == "saturated"
    assert finding.layers == ("layers.0", "layers.1")


def test_dead_layers_are_told_even_where_the_loss_came_down() -> None:
    history = watched(60, zero([0, 1, 2, 3, 4]), loss=lambda step: 30.0 if step < 5 else 1.0)
    assert told(history).verdict == "dead_relu"


def test_zeros_with_a_loss_of_nothing_are_no_death() -> None:
    every = list(range(2 * ROWS))

    def change(s: Snapshot) -> None:
        if s.step >= 30:
            zero(every)(s)

    history = watched(80, change, loss=lambda step: 1.0 if step < 10 else 0.0)
    assert told(history).healthy


def turns(s: Snapshot) -> None:
    s.grads[slice(None, 4) if s.step % 2 else slice(4, None)] = np.nan


def test_two_optimizers_are_two_streams_and_a_game_by_their_losses() -> None:
    apart = streams(watched(40, turns, loss=lambda step: 0.5 + step % 2).facts())
    assert [len(s.facts) for s in apart] == [20, 20]
    assert all(s.game for s in apart)
    assert {tuple(Reading(s.facts).rows.tolist()) for s in apart} == {(0, 1), (2, 3, 4)}
    together = streams(watched(40, turns, loss=lambda step: float(step // 2)).facts())
    assert not any(s.game for s in together)


def test_trainings_one_after_the_other_are_no_game() -> None:
    """The second one stands still, at a loss of its own."""

    def phases(s: Snapshot) -> None:
        s.grads[slice(4, None) if s.step < 150 else slice(None, 4)] = np.nan
        assert s.weights is not None
        s.weights[:, Weight.UPDATE] = 1e-2 if s.step < 150 else 1e-9
        s.grads[:, Grad.NORM] *= 1 + 0.1 * np.sin(s.step)

    def loss(step: int) -> float:
        return 0.97**step if step < 150 else 6.0 + 0.1 * np.sin(step)

    history = watched(450, phases, loss=loss)
    apart = streams(history.facts())
    assert {(len(s.facts), s.game) for s in apart} == {(150, False), (300, False)}
    finding = told(history).findings[0]
    assert (finding.symptom, finding.first_step) == ("plateau", 150)
    assert finding.layers == ("layers.2", "layers.3", "layers.4")


def sides(steps: int, *, requires_grad: bool = True) -> History:
    """Two optimizers in turn, the first of which never has a gradient."""
    tensors = tuple(replace(t, requires_grad=requires_grad) for t in LAYOUT.tensors)
    layout = replace(LAYOUT, tensors=tensors)
    history = History(layout, run_info(task="", classes=0, optimizer="Adam"))
    for step in range(steps):
        one = snapshot(layout, step, np.full(ROWS, 0.3), loss=0.5 + step // 2 % 2, accuracy=0.1)
        assert one.weights is not None
        other = slice(4, None) if step % 2 == 0 else slice(None, 4)
        one.grads[other], one.weights[other] = np.nan, np.nan
        if step % 2 == 0:
            one.grads[:], one.weights[:, Weight.UPDATE] = np.nan, 0.0
        history.append(replace(one, activations=None, optimizer=step % 2))
    return history


def test_a_side_whose_optimizer_never_has_a_gradient() -> None:
    finding = told(sides(300)).findings[0]
    assert finding.symptom == "miswired"
    assert finding.layers == ("layers.0", "layers.1")
    assert "has taken 150 steps, and none of its 4 tensors" in finding.evidence
    assert told(sides(300, requires_grad=False)).verdict != "miswired"
    assert told(sides(100)).verdict != "miswired"


def test_the_side_of_a_game_that_lost_is_named() -> None:
    def norms(step: int) -> FloatArray:
        return np.where(np.arange(ROWS) < 2, 0.3 if step < 60 else 1e-4, 0.3)

    history = watched(300, turns, loss=lambda step: 0.5 + step % 2, norms=norms)
    finding = told(history).findings[0]
    assert finding.symptom == "vanishing_gradient"
    assert finding.layers == ("layers.0", "layers.1")
    assert "all 2 layers of this side" in finding.evidence
    names = ("generator.0", "generator.2", "critic.0", "critic.2", "critic.4")
    facts = history.facts()
    rows = tuple(replace(row, name=name) for row, name in zip(LAYOUT.rows, names, strict=True))
    named = diagnose(replace(facts, layout=replace(facts.layout, rows=rows))).findings[0]
    assert "all 2 layers of generator have" in named.evidence


def test_in_a_game_a_loss_that_rises_is_no_alarm() -> None:
    assert told(watched(200, turns, loss=lambda step: 0.1 * step * (1 + step % 2))).healthy


def test_a_loss_that_rises_without_large_steps_is_no_explosion() -> None:
    def small(s: Snapshot) -> None:
        assert s.weights is not None
        s.weights[:, Weight.UPDATE] = 1e-3 * s.weights[:, Weight.NORM]

    def norms(step: int) -> FloatArray:
        return np.full(ROWS, 0.3 * (1 + step))

    assert told(watched(100, small, loss=lambda step: 0.1 * (1 + step) ** 2, norms=norms)).healthy


def test_a_solved_task_is_not_vanishing_and_a_wrong_output_is() -> None:
    def output(error: float) -> Change:
        def change(s: Snapshot) -> None:
            s.grads[2 * ROWS - 1, Grad.NORM] = error
            assert s.weights is not None
            s.weights[:, Weight.UPDATE] = 0.0

        return change

    layout = LAYOUT.tensors[2 * ROWS - 1]
    assert isinstance(layout, TensorInfo)
    tiny = np.full(ROWS, 1e-9)
    assert told(watched(40, output(0.2), norms=lambda step: tiny)).verdict == "vanishing_gradient"
    assert told(watched(40, output(1e-9), norms=lambda step: tiny)).healthy


def test_gradients_of_half_precision_betray_themselves() -> None:
    def coarse(s: Snapshot) -> None:
        s.grads[:, Grad.ABS_MAX] = np.float16(0.1234)

    assert Reading(watched(30, coarse).facts()).half
    assert not Reading(watched(30).facts()).half


def test_converged_needs_more_than_one_quiet_stretch() -> None:
    def loss(step: int) -> float:
        return 2.3 if step < 40 else 0.01 if step < 70 or step > 100 else 0.5

    def norms(step: int) -> FloatArray:
        return np.full(ROWS, 0.3 if step < 40 else 0.003)

    history = watched(320, loss=loss, norms=norms).facts()
    assert diagnose(history.until(70)).verdict == "healthy"
    assert diagnose(history.until(120)).verdict == "healthy"
    assert diagnose(history).verdict == "converged"


def test_an_odd_batch_is_a_note() -> None:
    rng = np.random.default_rng(0)

    def norms(step: int) -> FloatArray:
        return np.full(ROWS, (30.0 if step == 60 else 0.3) * rng.uniform(0.9, 1.1))

    diagnosis = told(watched(80, norms=norms, loss=lambda step: 0.99**step))
    assert diagnosis.healthy
    assert any("step 60" in note for note in diagnosis.notes)


def test_a_loss_that_is_lost_is_nonfinite_and_one_never_known_is_not() -> None:
    history = watched(40, loss=lambda step: float("nan") if step >= 30 else 1.0)
    finding = told(history).findings[0]
    assert (finding.symptom, finding.first_step) == ("nonfinite", 30)
    assert told(watched(40, loss=lambda step: float("nan"))).healthy


def test_slopes_that_no_error_at_the_output_accounts_for() -> None:
    """However much of it the loss has come down by."""

    def falls(step: int) -> float:
        return 1e12 * 0.9 ** min(step, 60) + 1e6

    def run(times: float, turns: int = 40) -> Diagnosis:
        norms: Callable[[int], FloatArray] = lambda step: np.full(ROWS, times * falls(step) ** 0.5)  # noqa: E731
        facts = watched(200, loss=falls, norms=norms).facts()
        rows = tuple(replace(row, turns=turns) for row in LAYOUT.rows)
        return diagnose(replace(facts, layout=replace(LAYOUT, rows=rows)))

    finding = run(1e6).findings[0]
    assert (finding.symptom, finding.first_step) == ("exploding_gradient", 0)
    assert "times its root" in finding.evidence
    assert "exploding_gradient" not in [f.symptom for f in run(1e4).findings]
    assert "exploding_gradient" not in [f.symptom for f in run(1e6, turns=1).findings]


def test_a_loss_to_and_fro_on_a_high_level_is_no_explosion() -> None:
    noise = np.random.default_rng(0).standard_normal(300)

    def loss(step: int) -> float:
        return (
            1.2 if step < 3 else 4.5 * (1.2 if step % 2 else 0.83) * (1 + 0.1 * float(noise[step]))
        )

    def far(s: Snapshot) -> None:
        assert s.weights is not None
        s.weights[:, Weight.UPDATE] = 0.2 * s.weights[:, Weight.NORM]

    assert [f.symptom for f in told(watched(300, far, loss=loss)).findings] == ["oscillating_loss"]
    low: Callable[[int], float] = lambda step: loss(step) / 4 if step > 2 else 1.2  # noqa: E731
    assert told(watched(300, far, loss=low)).findings == ()


def test_two_tasks_in_turn_are_no_jumps() -> None:
    noise = np.random.default_rng(0).standard_normal(300)

    def loss(step: int) -> float:
        level = 1.0 if step < 6 else 1.7 if step % 2 else 0.5
        return level * (1 + 0.05 * float(noise[step]))

    def far(s: Snapshot) -> None:
        assert s.weights is not None
        s.weights[:, Weight.UPDATE] = 0.02 * s.weights[:, Weight.NORM]

    assert told(watched(300, far, loss=loss)).findings == ()


def test_a_loss_that_half_precision_rounds_to_nothing() -> None:
    def run(first: float, mean: float) -> list[str]:
        history = watched(200, loss=lambda step: first if step < 10 else 0.0, precision="float16")
        history.info = replace(history.info, mean_loss=mean, task="regression")
        return [f.symptom for f in told(history).findings]

    assert run(1e-3, 5e-11) == ["fp16_underflow"]
    assert run(0.0, 0.0) == ["fp16_underflow"]
    assert run(1.0, 0.3) == []
    assert run(1.0, 0.0) == []


def test_zeros_are_told_by_norms_where_none_were_counted_and_the_last_step_has_none() -> None:
    def change(s: Snapshot) -> None:
        s.grads[:] = 0.0
        s.grads[:, Grad.ZEROS] = np.nan
        if s.step == 99:
            s.grads[:, Grad.NORM] = np.nan

    reading = Reading(watched(100, change).facts())
    assert (reading.zero_fraction == 1).all()
