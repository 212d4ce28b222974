"""Wrong wiring as a finding, as a note, and as the cause of other findings; programs that have it."""

import math
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from gradtui.core.history import History
from gradtui.core.snapshot import Grad, NonFinite, Snapshot, Weight
from gradtui.core.symptom import Severity
from gradtui.core.wiring import (
    DROPPED_PASSES,
    LOST_BATCH,
    MOVED_BETWEEN,
    ONE_LABEL,
    ORDERED_LABELS,
    OWN_BACKWARD,
    PROBABILITIES,
    SAME_ANSWERS,
    UNDIVIDED,
    UNNORMALISED,
    WIDE_TARGETS,
    Faults,
)
from gradtui.doctor.diagnose import diagnose
from gradtui.doctor.finding import Diagnosis
from gradtui.doctor.remedies.code.checks import OWN_FUNCTION
from gradtui.doctor.rules.collapsed import KINDS
from gradtui.doctor.rules.miswired import CAUSES, EXPLAINS, OTHERWISE, UNTOLD
from tests.doctor.prescribed import ADVICE
from tests.doctor.telling import NOISE
from tests.factories import mlp_layout, run_info, snapshot
from tests.verdicts.watched import record

CHANCE = math.log(10)
LAYOUT = mlp_layout(6)


def told(
    steps: int,
    *faults: str,
    loss: Callable[[int], float] = lambda step: CHANCE,
    norm: Callable[[int], float] = lambda step: 0.3,
    change: Callable[[Snapshot], Snapshot] = lambda s: s,
    alike: float = NOISE,
) -> Diagnosis:
    wiring: Faults = tuple((kind, f"seen: {kind}") for kind in faults)
    history = History(LAYOUT, run_info(wiring=wiring))
    for step in range(steps):
        value = loss(step) * (1 + alike * float(np.sin(7 * step)))
        made = snapshot(LAYOUT, step, np.full(6, norm(step)), loss=value, accuracy=0.1)
        history.append(change(made))
    return diagnose(history.facts())


@pytest.mark.parametrize("kind", CAUSES)
def test_a_run_that_has_not_learned_is_miswired(kind: str) -> None:
    found = told(40, kind)
    (finding,) = found.findings
    assert (found.verdict, found.severity) == (OTHERWISE.get(kind, "miswired"), Severity.WARNING)
    assert finding.remedies == ADVICE[kind]
    assert f"seen: {kind}" in finding.evidence
    assert re.search(r"(guessing gives|costs) 2\.3", finding.evidence)
    assert found.notes == ()


NO_MEASURE = (PROBABILITIES, UNNORMALISED, WIDE_TARGETS, DROPPED_PASSES, *UNTOLD)
"""Kinds that a loss comes down by without anything being learned."""


@pytest.mark.parametrize("kind", [kind for kind in CAUSES if kind not in NO_MEASURE])
def test_one_that_learns_all_the_same_has_a_note(kind: str) -> None:
    found = told(200, kind, loss=lambda step: CHANCE * 0.98**step)
    assert found.healthy
    assert found.notes == (f"odd wiring: seen: {kind}",)


@pytest.mark.parametrize("kind", NO_MEASURE)
def test_what_falls_and_measures_nothing_has_learned_nothing(kind: str) -> None:
    found = told(200, kind, loss=lambda step: CHANCE * 0.98**step)
    assert found.verdict == OTHERWISE.get(kind, "miswired")


def test_probabilities_may_be_learned_without_their_logarithms() -> None:
    found = told(200, UNNORMALISED, loss=lambda step: -0.1 - 0.8 * min(step / 100, 1.0))
    assert found.verdict != "miswired"
    assert "odd wiring" in found.notes[0]
    found = told(200, UNNORMALISED, loss=lambda step: -0.1 - 0.8 * step / 100)
    assert found.verdict == "miswired"


def test_too_early_to_judge_it_is_a_note() -> None:
    found = told(29, "softmax_twice")
    assert found.healthy
    assert len(found.notes) == 1


def test_without_any_of_it_nothing_is_said() -> None:
    assert told(100, loss=lambda step: CHANCE).healthy
    assert told(100, "of_a_later_version").notes == ()


@pytest.mark.parametrize(("back", "lost"), [(0.05, False), (0.35, True)])
def test_what_had_been_learned_and_is_lost_again_is_miswired(back: float, lost: bool) -> None:
    """Sums of gradients overshoot in the end."""

    def losses(step: int) -> float:
        return CHANCE * (back if step >= 160 else max(0.97**step, 0.02))

    found = told(200, "never_zeroed", loss=losses)
    assert (found.verdict == "miswired") is lost
    # Of other kinds it is not known that they do that.
    assert told(200, "broadcast_target", loss=losses).healthy


def test_data_in_the_order_of_its_labels() -> None:
    """The loss is small within a class and jumps at the next: its level is what counts."""

    def saws(step: int) -> float:
        return CHANCE * (2.5 if step % 12 == 0 else 0.9 ** (step % 12))

    found = told(400, "ordered_labels", loss=saws).findings[0]
    assert found.symptom == "oscillating_loss"
    assert found.cause.startswith("the data comes in the order of its labels")
    assert found.remedies[0].id == "shuffle"
    learned = told(400, "ordered_labels", loss=lambda step: CHANCE * 0.98**step)
    assert learned.healthy
    assert learned.notes == ("odd wiring: seen: ordered_labels",)


def test_losses_that_add_up_and_end_above_where_they_began() -> None:
    """It is on its way down from where steps that were too long had thrown it."""

    def thrown(step: int) -> float:
        return CHANCE * (0.5 + step / 200 if step < 200 else 1.5 * 0.997 ** (step - 200))

    finding = told(400, UNDIVIDED, loss=thrown, alike=0.2).findings[0]
    assert finding.symptom == "oscillating_loss"
    assert finding.cause.startswith(f"seen: {UNDIVIDED}: steps are that many times as long")
    assert finding.remedies[0].id == "divide_losses"
    assert told(400, UNDIVIDED, loss=lambda step: CHANCE * 0.99**step).healthy
    assert told(400, loss=thrown, alike=0.2).verdict != "oscillating_loss"


def test_labels_that_are_all_the_same_are_a_note() -> None:
    """Data may come class by class."""
    found = told(200, ONE_LABEL, loss=lambda step: CHANCE * 0.98**step)
    assert found.healthy
    assert found.notes == (f"odd wiring: seen: {ONE_LABEL}",)


def test_the_plateau_is_no_cause() -> None:
    (finding,) = told(300, "broadcast_target").findings
    assert finding.symptom == "miswired"


def test_what_moves_the_weights_between_steps_is_why_nothing_is_learned() -> None:
    (finding,) = told(300, MOVED_BETWEEN).findings
    assert finding.symptom == "plateau"
    assert finding.cause.startswith(f"seen: {MOVED_BETWEEN}: a perturbation that is not taken back")
    assert finding.remedies[0].id == "who_writes"
    assert told(200, MOVED_BETWEEN, loss=lambda step: CHANCE * 0.98**step).notes == ()


def test_a_backward_that_was_written_by_hand_may_be_why() -> None:
    cause, apart = (told(300, *kinds).findings[0] for kinds in ((), (OWN_BACKWARD,)))
    assert apart.cause == (
        f"{cause.cause}; or the backward of seen: {OWN_BACKWARD}, which was written by hand, is not that of "
        "its forward (what gradcheck tells)"
    )
    assert apart.remedies == (*cause.remedies, OWN_FUNCTION)


def test_gradients_that_add_up_are_why_they_explode() -> None:
    def grown(step: int) -> float:
        return 0.3 * 1.2 ** min(step, 60)

    found = told(100, "never_zeroed", loss=lambda step: CHANCE + step, norm=grown)
    assert [f.symptom for f in found.findings] == ["miswired"]
    assert found.severity is Severity.CRITICAL
    apart = told(100, "softmax_twice", loss=lambda step: CHANCE + step, norm=grown)
    assert [f.symptom for f in apart.findings] == ["exploding_gradient", "miswired"]


def test_a_nan_at_the_end_of_that_comes_second() -> None:
    def broken(s: Snapshot) -> Snapshot:
        if s.step < 20:
            return s
        s.grads[:, Grad.NORM] = np.nan
        s.grads[:, Grad.NONFINITE] = 1
        return replace(s, loss=math.nan, nonfinite=NonFinite(20, "backward", "", ""))

    def run(*faults: str) -> list[str]:
        found = told(22, *faults, norm=lambda step: 0.3 * 2.0**step, change=broken)
        assert found.severity is Severity.CRITICAL
        return [f.symptom for f in found.findings]

    assert run("never_zeroed") == ["miswired", "exploding_gradient", "nonfinite"]
    assert run() == run("relu_logits") == ["exploding_gradient", "nonfinite"]


def test_what_nobody_steps_is_a_note_and_the_cause_of_a_plateau() -> None:
    found = told(100, "not_stepped", loss=lambda step: CHANCE * 0.98**step)
    assert found.healthy
    assert found.notes == (
        "seen: not_stepped with gradients that no optimizer stepped at the start",
    )
    (finding,) = told(400, "not_stepped").findings
    assert finding.symptom == "plateau"
    assert "belong to no optimizer" in finding.cause
    assert finding.remedies == ADVICE["not_stepped"]


def without(s: Snapshot) -> Snapshot:
    s.grads[:] = np.nan
    assert s.weights is not None
    s.weights[:, Weight.UPDATE] = 0
    return s


def test_what_never_came_is_not_looked_for_in_the_order_of_calls() -> None:
    seen = told(60, "no_gradients", change=without).findings[0]
    assert seen.remedies[0].id == "loss_of_parameters"
    unsure = told(60, change=without).findings[0]
    assert unsure.remedies[0].id == "zero_grad_order"
    assert {*seen.remedies} == {*unsure.remedies}


def moved_elsewhere(s: Snapshot) -> Snapshot:
    s.grads[:] = np.nan
    return s


def test_steps_without_any_gradient() -> None:
    (finding,) = told(5, "no_gradients", change=without).findings
    assert (finding.symptom, finding.severity) == ("output_cannot_change", Severity.CRITICAL)
    assert "no gradient ever reached the optimizer: seen: no_gradients" in finding.cause
    found = told(400, change=without)  # as older versions recorded it
    assert [f.symptom for f in found.findings] == ["output_cannot_change"]
    assert "zero_grad() is called between backward() and step()" in found.findings[0].cause
    assert found.notes == ()


def test_gradients_that_come_later_or_lie_elsewhere() -> None:
    def late(s: Snapshot) -> Snapshot:
        return without(s) if s.step < 10 else s

    assert told(60, "no_gradients", change=late).healthy
    assert told(60, "no_gradients", change=moved_elsewhere).healthy


def test_each_kind_has_advice() -> None:
    assert {*CAUSES, "not_stepped", "no_gradients"} <= set(ADVICE)
    assert set(EXPLAINS) <= {*CAUSES, *KINDS}


def train(
    change: Callable[[nn.Sequential], object] = lambda net: None, *, clear: str, lr: float = 0.2
) -> None:
    """80 steps on two clouds of points; `clear` says when gradients are cleared."""
    net = nn.Sequential(nn.Linear(5, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 4))
    change(net)
    optimizer = torch.optim.SGD(net.parameters(), lr=lr)
    centres = 2 * torch.randn(4, 5)
    for _ in range(80):
        labels = torch.randint(0, 4, (32,))
        loss = F.cross_entropy(net(centres[labels] + torch.randn(32, 5)), labels)
        if clear == "before":
            optimizer.zero_grad()
        loss.backward()
        if clear == "between":
            optimizer.zero_grad()
        optimizer.step()


def constant(net: nn.Sequential) -> None:
    for p in net.parameters():
        nn.init.constant_(p, 0.05)


PROGRAMS: dict[str, tuple[Callable[[int], None], str]] = {
    "healthy": (lambda seed: train(clear="before"), "healthy"),
    "softmax twice": (
        lambda seed: train(lambda net: net.append(nn.Softmax(1)), clear="before"),
        "miswired",
    ),
    "constant weights": (lambda seed: train(constant, clear="before"), "miswired"),
    "never cleared": (lambda seed: train(clear="never", lr=1.0), "miswired"),
    "cleared too early": (lambda seed: train(clear="between"), "output_cannot_change"),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str) -> None:
    program, verdict = PROGRAMS[name]
    assert diagnose(record(program, 0).facts()).verdict == verdict


def test_one_answer_for_all_examples_is_the_cause_of_a_plateau() -> None:
    found = told(240, SAME_ANSWERS, norm=lambda step: 0.3)
    (finding,) = found.findings
    assert (found.verdict, finding.remedies[0].id) == ("plateau", "answers_differ")
    assert "over the dimension of the batch" in finding.cause
    assert told(240, SAME_ANSWERS, loss=lambda step: CHANCE * 0.98**step).notes == ()


def test_a_batch_that_was_given_up_is_a_note_whatever_the_run_does() -> None:
    learns = told(200, LOST_BATCH, loss=lambda step: CHANCE * 0.98**step)
    assert learns.notes == (f"seen: {LOST_BATCH}",)
    assert told(40, LOST_BATCH).notes == (f"seen: {LOST_BATCH}",)


def without_gradients(since: int, steps: int, after: float) -> Diagnosis:
    """A run that comes down to 1.9, and from a step on nothing reaches its tensors."""

    def change(made: Snapshot) -> Snapshot:
        if made.step < since:
            return made
        assert made.weights is not None
        grads, weights = np.full_like(made.grads, np.nan), made.weights.copy()
        weights[:, Weight.UPDATE] = 0
        return replace(made, grads=grads, weights=weights)

    return told(
        steps,
        loss=lambda step: CHANCE - 0.005 * step if step < since else after,
        change=change,
    )


def test_gradients_that_are_gone_since_a_step_are_told() -> None:
    found = without_gradients(80, 160, 1.9)
    finding = found.findings[0]
    assert (found.verdict, finding.first_step) == ("miswired", 80)
    assert finding.remedies == ADVICE["gradients_gone"]
    assert "since step 80" in finding.evidence
    assert without_gradients(140, 160, 1.9).verdict != "miswired"  # too few
    assert without_gradients(80, 160, 0.5).verdict != "miswired"  # it learns otherwise


def stale(since: int, steps: int, *, jitter: float = 0.1) -> Diagnosis:
    """Gradients that differ from step to step until then, and are the same to the bit from there on."""
    noise = np.random.default_rng(0).standard_normal(steps)

    def left(s: Snapshot) -> Snapshot:
        if s.step >= since:
            s.grads[:, Grad.SUM] = 0.01
        return s

    return told(
        steps,
        change=left,
        alike=NOISE * (jitter > 0),
        loss=lambda step: CHANCE + jitter * float(noise[step]),
        norm=lambda step: 0.3 + (0.01 * float(noise[step]) if step < since else 0.0),
    )


def test_gradients_that_an_earlier_pass_has_left() -> None:
    found = stale(60, 200)
    finding = found.findings[0]
    assert (found.verdict, finding.first_step) == ("miswired", 60)
    assert "the same to the bit at 140 measured steps" in finding.evidence
    assert finding.remedies == ADVICE["gradients_gone"]
    assert stale(190, 200).verdict != "miswired"  # too few
    same = stale(60, 200, jitter=0.0)  # the same batch gives the same
    assert ADVICE["gradients_gone"] not in [f.remedies for f in same.findings]


def test_data_in_order_are_forgotten_class_by_class() -> None:
    """Of one class at a time the loss is small soon, and high where the next one begins."""

    def loss(peak: float) -> Callable[[int], float]:
        return lambda step: peak * 0.5 ** (step % 20)

    forgets = told(400, ORDERED_LABELS, loss=loss(1.5 * CHANCE))
    assert forgets.verdict == "oscillating_loss"
    assert "seen: ordered_labels" in forgets.findings[0].evidence
    assert told(400, ORDERED_LABELS, loss=loss(0.3 * CHANCE)).healthy


def test_of_a_sick_run_it_is_said_whose_backward_was_written_by_hand() -> None:
    (note,) = told(240, OWN_BACKWARD).notes
    assert "gradcheck" in note
    assert f"seen: {OWN_BACKWARD}" in note
    assert told(200, OWN_BACKWARD, loss=lambda step: CHANCE * 0.98**step).notes == ()
