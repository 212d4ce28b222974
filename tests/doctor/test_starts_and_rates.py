"""What a run starts with, and what its rates are told of: made-up runs of what each rule is for, and of what
looks like it and is none."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from gradtui.core.snapshot import Snapshot, Weight
from gradtui.core.wiring import HEAVY_DROPOUT, UNREGISTERED
from gradtui.doctor.finding import Diagnosis
from tests.doctor.telling import GUESS, ROWS, Number, told

STANDS: Number = lambda step: GUESS  # noqa: E731
OPEN = {"task": "regression", "classes": 0}


def symptoms(found: Diagnosis) -> list[str]:
    return [finding.symptom for finding in found.findings]


def in_steps(held: int, most: int = 10**6) -> Number:
    return lambda step: 1e-6 * (1 + min(step // held, most))


def test_a_warm_up_that_is_told_of_epochs() -> None:
    (found,) = told(800, STANDS, lr=in_steps(50)).findings
    assert found.symptom == "plateau"
    assert "once in 50 steps, 15 times so far" in found.evidence
    assert "scheduler is called once an epoch" in found.cause


@pytest.mark.parametrize(
    "found",
    [
        told(800, STANDS, lr=in_steps(1)),  # of steps, and long
        told(800, STANDS, lr=in_steps(50, most=5)),  # it is over
        told(400, STANDS, lr=in_steps(50)),  # it may be over soon
        told(800, lambda step: GUESS * 0.995**step, lr=in_steps(50)),  # it learns
    ],
)
def test_a_warm_up_of_another_kind_is_no_such_thing(found: Diagnosis) -> None:
    assert all("epoch" not in finding.cause for finding in found.findings)


@pytest.mark.parametrize(("meant", "short"), [(1e-3, True), (1e-4, False)])
def test_little_is_learned_with_a_small_part_of_what_was_meant(meant: float, short: bool) -> None:
    found = told(
        800,
        lambda step: GUESS * max(1 - step / 4000, 0.85),
        lr=in_steps(50),
        settings=(("initial_lr", meant),),
    )
    told_of = [finding for finding in found.findings if "epoch" in finding.cause]
    assert bool(told_of) is short
    if short:
        assert "1.6e-05 of the 0.001 that its schedule multiplies" in told_of[0].evidence
        assert told_of[0].remedies[0].id == "scheduler_each_step"


def test_dropout_that_leaves_nothing() -> None:
    wiring = ((HEAVY_DROPOUT, "95 % is dropped by drop"),)
    (found,) = told(400, STANDS, wiring=wiring).findings
    assert found.symptom == "not_learning"
    assert found.evidence.startswith("95 % is dropped by drop")
    assert "not the one that is kept" in found.cause
    assert told(400, lambda step: GUESS * 0.995**step, wiring=wiring).healthy
    assert "not_learning" not in symptoms(told(200, STANDS, wiring=wiring))


def test_modules_that_are_not_registered_are_told_where_little_is_learned() -> None:
    wiring = ((UNREGISTERED, "blocks is a plain list of 8 modules"),)
    found = told(200, lambda step: 0.9 * GUESS, wiring=wiring).findings[0]
    assert found.symptom == "miswired"
    assert "nn.ModuleList" in found.cause
    assert told(200, lambda step: GUESS * 0.97**step, wiring=wiring).healthy


def gone(since: int, loss: Number) -> Diagnosis:
    def change(made: Snapshot) -> Snapshot:
        if made.step < since:
            return made
        assert made.weights is not None
        made.weights[:, Weight.UPDATE] = 0
        return replace(made, grads=np.full_like(made.grads, np.nan))

    return told(200, loss, change=change)


def test_gradients_that_are_gone_while_it_learned() -> None:
    """The loss has come down a little further than the last ones before, and no further since."""
    falls: Number = lambda step: max(GUESS * 0.985**step, 0.55 * GUESS)  # noqa: E731
    assert symptoms(gone(30, falls)) == ["miswired"]


def test_gradients_that_are_gone_when_it_was_done_are_no_fault() -> None:
    rests: Number = lambda step: max(GUESS * 0.9**step, 0.3 * GUESS)  # noqa: E731
    assert gone(150, rests).healthy


def swings(best: float, now: float) -> Number:
    return lambda step: GUESS * 0.98**step if step < 60 else best if step < 220 else now


@pytest.mark.parametrize(
    ("momentum", "now", "told_of"), [(0.99, 2.0, True), (0.9, 2.0, False), (0.99, 1.2, False)]
)
def test_a_memory_of_a_hundred_steps(momentum: float, now: float, told_of: bool) -> None:
    settings = (("momentum", momentum),)
    found = told(320, swings(0.7, now), settings=settings, **OPEN)
    assert ("oscillating_loss" in symptoms(found)) is told_of


def test_a_loss_that_was_thrown_back_and_comes_down_again_slowly() -> None:
    back: Number = lambda step: (  # noqa: E731
        GUESS * 0.97**step if step < 150 else 1.5 * GUESS - 0.002 * (step - 150)
    )
    long: Number = lambda step: 0.2 if step >= 149 else 1e-3  # noqa: E731
    assert "exploding_gradient" not in symptoms(told(340, back, ratio=long, **OPEN))
    found = told(400, back, ratio=long, **OPEN).findings[0]
    assert (found.symptom, found.first_step) == ("exploding_gradient", 150)


def offset(mean: float) -> Diagnosis:
    """A loss that has come down from a million to a thousand, with gradients that grow."""
    down: Number = lambda step: 1e6 * 0.98**step + 1e3  # noqa: E731
    grows: Number = lambda step: 1e3 * 1.02**step  # noqa: E731
    return told(350, down, norm=grows, mean_loss=mean, **OPEN)


def test_targets_of_which_most_is_the_same() -> None:
    (found,) = offset(1000.0).findings
    assert found.symptom == "badly_scaled"
    assert "most of each the same for all" in found.cause
    assert "badly_scaled" not in symptoms(offset(0.0))
    assert "badly_scaled" not in symptoms(offset(1e5))


def test_a_regression_above_the_mean_is_not_solved() -> None:
    """However far it has come down."""
    down: Number = lambda step: max(1e6 * 0.9**step, 1.0)  # noqa: E731
    fades: Number = lambda step: max(100 * 0.9**step, 0.1)  # noqa: E731
    assert told(400, down, norm=fades, mean_loss=100.0, **OPEN).verdict == "converged"
    assert told(400, down, norm=fades, mean_loss=1.0, **OPEN).verdict != "converged"


def cut(factor: float) -> Callable[[Snapshot], Snapshot]:
    return lambda made: replace(made, clip_coefficient=factor)


@pytest.mark.parametrize(
    ("length", "ratio", "healthy"),
    [(0.1, 0.005, True), (0.1, 1e-4, False), (0.1, 0.05, False), (5.0, 0.005, False)],
)
def test_gradients_of_one_length_are_no_fault(length: float, ratio: float, healthy: bool) -> None:
    """Where they need no clipping, and steps are as long as any, and no longer."""
    falls: Number = lambda step: GUESS * 0.99**step  # noqa: E731
    each = 0.05 * length / ROWS**0.5  # what is recorded is clipped
    found = told(150, falls, norm=lambda step: each, ratio=lambda step: ratio, change=cut(0.05))
    assert ("clipping_dominates" not in symptoms(found)) is healthy


@pytest.mark.parametrize(
    ("optimizer", "ratio", "norm", "remedies"),
    [
        ("LBFGS", 0.0, 6.0, ["zero_grad_each_step"]),
        ("LBFGS", 0.0, 1e-6, []),
        ("LBFGS", 1e-3, 6.0, ["reference_of_its_own"]),
        ("SGD", 1e-3, 6.0, ["reference_of_its_own"]),
        ("SGD", 0.0, 6.0, []),
    ],
)
def test_a_loss_that_stays_the_same_to_its_last_digits(
    optimizer: str, ratio: float, norm: float, remedies: list[str]
) -> None:
    """Where a line search moves no weight, the gradient is not that of the loss."""
    found = told(
        300,
        lambda step: 0.0717 if step > 20 else 0.1,
        norm=lambda step: norm,
        ratio=lambda step: ratio if step > 20 else 1e-2,
        noise=0.0,
        task="",
        classes=0,
        optimizer=optimizer,
    )
    said = [finding for finding in found.findings if finding.symptom == "miswired"]
    assert [remedy.id for finding in said for remedy in finding.remedies] == remedies
