"""Runs that get nowhere with gradients that look sound: by known answers, each beside one that may."""

import math
from dataclasses import replace

import numpy as np
import pytest

from gradtui.core.event import RunInfo
from gradtui.core.facts import Facts
from gradtui.core.history import History
from gradtui.core.layout import Layout
from gradtui.core.snapshot import Grad, Weight
from gradtui.core.symptom import UNDECIDED
from gradtui.doctor.diagnose import diagnose
from gradtui.doctor.finding import Diagnosis
from gradtui.doctor.rules.not_learning import WRITTEN
from tests.factories import mlp_layout, run_info, snapshot

ROWS = 4
GUESS = math.log(10)
ABSENT = np.nan


def trained(layout: Layout, *frozen: int) -> Layout:
    """`layout` as a watched program's: all is to be trained but the rows that are `frozen`."""
    tensors = [replace(t, requires_grad=t.row not in frozen) for t in layout.tensors]
    return Layout(tuple(tensors), layout.rows)


def run(
    losses: np.ndarray[tuple[int], np.dtype[np.float64]],
    *,
    norm: float = 0.3,
    update: float = 1e-2,
    lr: float = 0.1,
    absent: tuple[int, ...] = (),
    zero: tuple[int, ...] = (),
    sizes: dict[int, float] | None = None,
    layout: Layout | None = None,
    weights: bool = True,
    **info: object,
) -> Facts:
    """`absent` and `zero`: rows without a gradient, or with one of nothing but zeros; `sizes`: the
    norms that all weights have from a step on."""
    layout = trained(mlp_layout(ROWS)) if layout is None else layout
    about: RunInfo = run_info(**{"optimizer": "Adam"} | info)
    history = History(layout, about)
    row_of = layout.row_of
    size = 8.0
    for step, loss in enumerate(losses):
        made = snapshot(layout, step, np.full(ROWS, norm), loss=float(loss), accuracy=0.1)
        assert made.weights is not None
        size = (sizes or {}).get(step, size)
        made.weights[:, Weight.NORM] = size
        made.weights[:, Weight.UPDATE] = update
        for row in absent:
            made.grads[row_of == row] = ABSENT
            made.weights[row_of == row, Weight.UPDATE] = 0
        for row in zero:
            made.grads[row_of == row] = 0
            made.grads[row_of == row, Grad.ZEROS] = layout.numel[row_of == row]
            made.weights[row_of == row, Weight.UPDATE] = 0
        made = replace(made, activations=None, lr=lr)
        history.append(made if weights else replace(made, weights=None))
    return history.facts()


def flat(steps: int, level: float = GUESS, noise: float = 0.02, seed: int = 0) -> np.ndarray:
    return level + noise * np.random.default_rng(seed).standard_normal(steps)


def found(diagnosis: Diagnosis) -> tuple[str, str, str]:
    (finding,) = diagnosis.findings
    return finding.symptom, finding.cause, finding.remedies[0].id


def test_without_a_backward_pass_nothing_can_be_learned() -> None:
    facts = run(np.full(20, np.nan), absent=(0, 1, 2, 3), update=0.0)
    symptom, cause, remedy = found(diagnose(facts))
    assert (symptom, remedy) == ("not_learning", "call_backward")
    assert "backward() is not called" in cause
    assert diagnose(facts.until(9)).verdict == "too_early"


def test_weights_that_move_by_other_ways_are_no_business_of_backward() -> None:
    sizes = {5: 8.5, 12: 9.0}
    facts = run(np.full(20, np.nan), absent=(0, 1, 2, 3), update=0.0, sizes=sizes)
    assert diagnose(facts).verdict == "undecided"


def test_an_optimizer_that_never_steps_is_named() -> None:
    facts = run(flat(60), lr=np.nan, weights=False, optimizer="SGD")
    symptom, cause, remedy = found(diagnose(facts))
    assert (symptom, remedy) == ("not_learning", "call_step")
    assert "optimizer.step() is never called" in cause


@pytest.mark.parametrize("word", ["by hand", "none"])
def test_where_there_is_no_optimizer_nobody_misses_its_steps(word: str) -> None:
    assert diagnose(run(flat(60), lr=np.nan, weights=False, optimizer=word)).healthy


def test_an_optimizer_that_steps_unseen_shows_in_the_loss() -> None:
    losses = GUESS * 0.98 ** np.arange(60)
    assert diagnose(run(losses, lr=np.nan, weights=False, optimizer="SGD")).healthy


def teeth(count: int, length: int = 60, deepest: float = 1.5) -> np.ndarray:
    noise = flat(count * length, 0.0, 0.01)
    return np.tile(np.linspace(GUESS, deepest, length), count)[: len(noise)] + noise


def test_weights_that_are_set_back_again_and_again() -> None:
    sizes = {step: 8.0 if step % 60 == 0 else 8.9 for step in range(240) if step % 60 in (0, 40)}
    (finding,) = diagnose(run(teeth(4), norm=0.1, sizes=sizes)).findings
    assert (finding.symptom, finding.first_step) == ("not_learning", 60)
    assert finding.cause.startswith("the weights are reset: something else than the optimizer")
    assert "3 times, last at step 180" in finding.evidence
    assert "norm changed by 0.9" in finding.evidence


def test_where_no_weight_gives_it_away_both_causes_are_told() -> None:
    (finding,) = diagnose(run(teeth(4), norm=0.1)).findings
    assert finding.symptom == "not_learning"
    assert "or the data change there" in finding.cause
    assert [one.id for one in finding.remedies] == ["who_writes", "inputs_with_labels"]


@pytest.mark.parametrize(
    "losses",
    [teeth(1, 120), teeth(4, deepest=0.2), np.concatenate([teeth(2), teeth(1, 120, 0.4)])],
    ids=["never", "each learned", "learned at last"],
)
def test_a_run_that_begins_anew_and_learns_is_healthy(losses: np.ndarray) -> None:
    assert diagnose(run(losses, norm=0.1)).healthy


def test_steps_too_short_for_the_slope_are_the_learning_rates_doing() -> None:
    losses = np.linspace(GUESS, 0.99 * GUESS, 400) + flat(400, 0.0)
    symptom, cause, remedy = found(diagnose(run(losses, norm=0.04, update=1e-3, lr=1e-5)))
    assert symptom == "not_learning"
    assert "the learning rate of 1e-05 is too small" in cause
    assert remedy in ("raise_lr", "usual_lr")


def test_what_may_be_learned_by_heart_is_undecided_and_no_finding() -> None:
    """A weak signal, or the first few hundred steps of a long task, comes down as slowly."""
    losses = np.linspace(GUESS, 0.988 * GUESS, 400) + flat(400, 0.0)
    diagnosis = diagnose(run(losses, update=5e-2))
    assert (diagnosis.verdict, diagnosis.findings) == (UNDECIDED, ())
    assert "labels that do not belong to their inputs" in diagnosis.why


@pytest.mark.parametrize(("level", "known"), [(1.0, False), (0.93, False), (0.7, True)])
def test_a_regression_that_is_no_better_than_the_mean_is_undecided(
    level: float, known: bool
) -> None:
    losses = level + 1.5 * np.exp(-np.arange(400) / 10) + flat(400, 0.0)
    diagnosis = diagnose(run(losses, update=5e-2, task="regression", classes=0, mean_loss=1.0))
    assert (diagnosis.findings, diagnosis.decided) == ((), known)
    assert ("the mean of the targets costs 1," in diagnosis.why) is not known


@pytest.mark.parametrize(
    ("taken", "losses", "classes", "words"),
    [
        (120, flat(120, GUESS), 10, "guessing costs 2.3: nothing has been learned so far"),
        (120, flat(120, 1.1 * GUESS), 10, "guessing costs 2.3"),
        (120, flat(120, 0.7), 0, "at first 0.7"),
        (120, flat(120, 0.7) + np.geomspace(1e-3, 90.0, 120), 0, "nothing was found that would"),
        (99, flat(99, GUESS), 10, ""),
        (120, np.linspace(GUESS, 0.97 * GUESS, 120) + flat(120, 0.0), 10, ""),
        (120, np.linspace(0.7, 0.6, 120) + flat(120, 0.0), 0, ""),
    ],
    ids=["at guessing", "above it", "as at first", "far above", "too early", "below it", "lower"],
)
def test_a_loss_that_is_no_better_than_nothing_learned_is_not_called_healthy(
    taken: int, losses: np.ndarray, classes: int, words: str
) -> None:
    task = "classification" if classes else ""
    diagnosis = diagnose(run(losses, norm=3e-2, task=task, classes=classes))
    assert diagnosis.findings == ()
    if words:
        assert diagnosis.verdict == UNDECIDED
        assert diagnosis.why.startswith(f"after {taken} steps the loss is ")
    assert words in diagnosis.why
    assert bool(words) is bool(diagnosis.why)


def test_steeper_from_step_to_step_it_is_given_its_time() -> None:
    """A net that leaves a flat place (Saxe, McClelland and Ganguli, 2014)."""
    facts = run(flat(120, GUESS), norm=3e-2)
    assert not diagnose(facts).decided
    grads = facts.grads.copy()
    grads[..., Grad.NORM] *= np.geomspace(1, 5, 120)[:, None]
    total = facts.total_norm * np.geomspace(1, 5, 120)
    found = diagnose(replace(facts, grads=grads, total_norm=total))
    assert (found.decided, found.findings) == (False, ())
    assert "gradients have grown to" in found.why
    assert "gradients have grown to" not in diagnose(facts).why


def test_a_warm_up_that_is_not_over_is_given_its_time() -> None:
    facts = run(flat(320, 0.97 * GUESS), norm=0.05, update=1e-3)
    facts = replace(facts, lr=1e-7 * (1 + np.arange(320.0)))
    assert diagnose(facts).healthy


def test_a_weak_signal_of_two_classes_may_be_all_there_is() -> None:
    losses = np.linspace(math.log(2), 0.985 * math.log(2), 400) + flat(400, 0.0, 0.005)
    assert diagnose(run(losses, update=5e-2, classes=2)).healthy


def test_layers_without_a_gradient_before_a_place_are_cut_off_there() -> None:
    losses = np.linspace(GUESS, 2.0, 240) + flat(240, 0.0)
    (finding,) = diagnose(run(losses, absent=(0, 1))).findings
    assert (finding.symptom, finding.layers) == ("miswired", ("layers.0", "layers.1"))
    assert "between layers.1 and layers.2 the way back is cut" in finding.cause
    assert finding.remedies[0].id == "keep_graph"


def test_an_exact_zero_before_a_place_is_a_flat_operation() -> None:
    losses = np.linspace(GUESS, 0.8, 60) + flat(60, 0.0)
    layout = trained(mlp_layout(ROWS, activation=""))
    (finding,) = diagnose(run(losses, zero=(0, 1), layout=layout)).findings
    assert (finding.symptom, finding.layers) == ("miswired", ("layers.0", "layers.1"))
    assert "round()" in finding.cause
    assert finding.remedies[0].id == "straight_through"


@pytest.mark.parametrize("rows", [(1,), (3,), (0, 2)])
def test_what_lies_elsewhere_may_have_no_part_in_the_loss(rows: tuple[int, ...]) -> None:
    losses = np.linspace(GUESS, 2.0, 240) + flat(240, 0.0)
    assert diagnose(run(losses, absent=rows)).healthy


def test_what_is_frozen_is_meant_to_have_none() -> None:
    losses = np.linspace(GUESS, 2.0, 240) + flat(240, 0.0)
    layout = trained(mlp_layout(ROWS), 0, 1)
    assert diagnose(run(losses, absent=(0, 1), layout=layout)).healthy


def test_what_was_not_there_yet_is_not_missed() -> None:
    facts = run(np.linspace(GUESS, 2.0, 240) + flat(240, 0.0), absent=(0, 1))
    weights = facts.weights.copy()
    weights[:, np.isin(facts.layout.row_of, (0, 1))] = np.nan
    assert diagnose(replace(facts, weights=weights)).healthy


def test_a_net_that_is_mostly_frozen_has_that_for_a_cause() -> None:
    layout = trained(mlp_layout(ROWS), 1, 2, 3)
    facts = run(flat(320), norm=1e-3, update=1e-6, absent=(1, 2, 3), layout=layout)
    _, cause, remedy = found(diagnose(facts))
    assert "6 of the 8 tensors that the optimizer was given are frozen" in cause
    assert remedy == "unfreeze"


@pytest.mark.parametrize("steps", [80, 200])
def test_a_loss_that_steps_bring_up_goes_uphill(steps: int) -> None:
    """Squares, followed against their slope: loss 10 e^(2 k t), gradient and step grow as its root."""
    made = uphill(steps)
    (finding,) = diagnose(made).findings
    assert finding.symptom == "exploding_gradient"
    assert "the sign of the loss" in finding.cause


def uphill(steps: int, share: float = 1.0) -> Facts:
    """A loss that rises by `share` of what its steps can do."""
    grown = np.exp(0.01 * np.arange(steps))
    losses = 10 * grown**2
    facts = run(losses, task="", classes=0)
    norms = np.array([1.0, 0.0])[np.array([t.role == "bias" for t in facts.layout.tensors]) * 1]
    grads, weights = facts.grads.copy(), facts.weights.copy()
    grads[..., Grad.NORM] = norms * grown[:, None]
    total = np.linalg.norm(grads[..., Grad.NORM], axis=1)
    change = 0.02 * losses / share / total / np.sqrt(len(facts.layout.tensors))
    weights[..., Weight.UPDATE] = change[:, None]
    weights[..., Weight.NORM] = 50.0
    return replace(facts, grads=grads, weights=weights, total_norm=total)


def test_a_rise_that_is_little_beside_what_steps_can_do_is_the_tasks() -> None:
    assert diagnose(uphill(200, share=0.02)).healthy


def test_a_net_that_gets_steeper_is_on_its_way() -> None:
    facts = run(flat(230), update=5e-2)
    assert diagnose(facts).verdict == "plateau"
    steeper = np.exp(0.004 * np.arange(230))
    grads = facts.grads * np.where(np.arange(Grad.COLUMNS) < 2, steeper[:, None, None], 1.0)
    assert diagnose(replace(facts, grads=grads, total_norm=facts.total_norm * steeper)).healthy


def test_a_slope_that_is_next_to_none_may_be_a_temperatures_doing() -> None:
    facts = run(flat(320, noise=1e-3), norm=1e-3, update=1e-3, lr=0.05, optimizer="SGD")
    symptom, cause, remedy = found(diagnose(facts))
    assert (symptom, remedy) == ("plateau", "spread_of_scores")
    assert "a temperature" in cause
    assert "or else the learning rate of 0.05 is too small" in cause


def test_layers_whatever_of_which_the_loss_is_the_same() -> None:
    """As queries and keys are under a softmax over one value: an exact 0 among others that learn."""
    (finding,) = diagnose(run(flat(300, 0.75 * GUESS), zero=(1,))).findings
    assert (finding.symptom, finding.rows) == ("miswired", (1,))
    assert "layers.1: a gradient of exactly 0 at each of 300 measured steps" in finding.evidence
    assert finding.remedies[0].id == "one_value"
    assert diagnose(run(flat(300, 0.2 * GUESS), zero=(1,))).healthy  # others have done without
    assert diagnose(run(flat(150, 0.75 * GUESS), zero=(1,))).healthy


def uneven(behind: tuple[int, ...], losses: np.ndarray, norms: float = 0.3) -> Facts:
    """All layers get a gradient, and the steps of those `behind` are next to nothing."""
    facts = run(losses, update=0.03)
    weights, grads = facts.weights.copy(), facts.grads.copy()
    still = np.isin(facts.layout.row_of, behind)
    weights[:, still, Weight.UPDATE] = 1e-6
    grads[:, still, Grad.NORM] = norms
    return replace(facts, weights=weights, grads=grads)


def test_layers_whose_steps_are_next_to_nothing_are_left_behind() -> None:
    losses = flat(300, 0.94 * GUESS)
    symptom, cause, remedy = found(diagnose(uneven((0, 1), losses)))
    assert (symptom, remedy) == ("plateau", "equal_rates")
    assert "learning rate of these layers is far too small" in cause
    assert diagnose(uneven((0, 1), losses)).findings[0].rows == (0, 1)


def test_layers_may_stay_as_they_are_where_the_net_learns_or_others_do_not_move() -> None:
    learns = GUESS * 0.99 ** np.arange(300)
    for facts in (uneven((0, 1), learns), uneven((0,), flat(300, 0.94 * GUESS))):
        assert not diagnose(facts).findings
    everything = diagnose(uneven((0, 1, 2, 3), flat(300)))
    assert all(one.remedies[0].id != "equal_rates" for one in everything.findings)


def test_a_warm_up_above_guessing_is_not_known_to_be_healthy() -> None:
    steps = np.arange(180)
    facts = run(1.3 * GUESS - 0.001 * steps, update=1e-4)
    assert "the learning rate still rises" in diagnose(replace(facts, lr=1e-6 * (1 + steps))).why


@pytest.mark.parametrize("kind", WRITTEN)
def test_weights_that_something_else_writes(kind: str) -> None:
    told = ((kind, "as it was seen"),)
    symptom, cause, remedy = found(diagnose(run(flat(120, 0.8 * GUESS), wiring=told)))
    assert (symptom, remedy) == ("not_learning", "who_writes")
    assert cause == WRITTEN[kind][0]
    learns = diagnose(run(GUESS * 0.98 ** np.arange(120), wiring=told))
    assert (learns.findings, learns.notes) == ((), ("odd wiring: as it was seen",))
