"""Whether batches agree, against torch's own optimizers on gradients of known agreement."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from gradtui.core.history import History
from gradtui.core.snapshot import Grad, Weight
from gradtui.doctor.diagnose import diagnose
from gradtui.doctor.finding import Diagnosis
from gradtui.doctor.gradient_agreement import UNKNOWN, agreement
from gradtui.doctor.reading import Reading
from gradtui.doctor.rules.batches_apart import nothing_in_common
from gradtui.doctor.rules.not_learning import no_better
from tests.factories import mlp_layout, run_info, snapshot

ROWS = 3
LAYOUT = mlp_layout(ROWS, activation="")
GUESS = math.log(10)
Made = Callable[[nn.Parameter, int], torch.Tensor]
Size = Callable[[int], float]


def gradients(agreeing: float, size: Size = lambda step: 1.0) -> Made:
    """Independent from step to step but for a part that is the same at each."""
    common: dict[int, torch.Tensor] = {}

    def make(weight: nn.Parameter, step: int) -> torch.Tensor:
        same = common.setdefault(id(weight), torch.randn_like(weight))
        return size(step) * (
            math.sqrt(agreeing) * same + math.sqrt(1 - agreeing) * torch.randn_like(weight)
        )

    return make


def steps(
    optimizer: str, made: Made, count: int, **settings: Any
) -> Iterator[tuple[list[float], list[float]]]:
    """Of each step the norms of gradients and of updates, tensor by tensor."""
    torch.manual_seed(0)
    weights = [nn.Parameter(torch.randn(t.shape)) for t in LAYOUT.tensors]
    stepper = getattr(torch.optim, optimizer)(weights, lr=0.01, **settings)
    for step in range(count):
        before = [w.detach().clone() for w in weights]
        for w in weights:
            w.grad = made(w, step)
        stepper.step()
        moved = [float((w.detach() - was).norm()) for w, was in zip(weights, before, strict=True)]
        yield [float(w.grad.norm()) for w in weights if w.grad is not None], moved


def run(
    optimizer: str,
    made: Made,
    *,
    count: int = 400,
    loss: Size = lambda step: 0.99 * GUESS,
    seldom: int = 1,
    known: dict[str, float] | None = None,
    classes: int = 10,
    **settings: Any,
) -> History:
    given = settings if known is None else known
    rows = tuple(given.items())
    history = History(LAYOUT, run_info(optimizer=optimizer, settings=rows, classes=classes))
    noise = np.random.default_rng(0)
    for step, (norms, moved) in enumerate(steps(optimizer, made, count, **settings)):
        value = loss(step) + 0.02 * noise.standard_normal()
        one = snapshot(LAYOUT, step, np.ones(ROWS), loss=value, accuracy=float("nan"))
        one.grads[:, Grad.NORM] = norms
        one.grads[:, Grad.ZEROS] = 0
        assert one.weights is not None
        one.weights[:, Weight.UPDATE] = moved
        weights = one.weights if step % seldom == 0 else None
        history.append(replace(one, activations=None, lr=0.01, weights=weights))
    return history


ADAM = {"beta1": 0.9, "beta2": 0.999}


def measured(history: History) -> tuple[float, float]:
    return agreement(Reading(history.facts()))


@pytest.mark.parametrize("seldom", [1, 7])
@pytest.mark.parametrize(
    ("optimizer", "settings", "known"),
    [("Adam", {}, ADAM), ("AdamW", {"weight_decay": 0.0}, ADAM), ("SGD", {"momentum": 0.9}, None)],
)
def test_independent_gradients_come_to_one_and_equal_ones_to_all(
    optimizer: str, settings: dict[str, float], known: dict[str, float] | None, seldom: int
) -> None:
    early, whole = measured(run(optimizer, gradients(0.0), known=known, seldom=seldom, **settings))
    assert early == pytest.approx(1, abs=0.1)
    assert whole == pytest.approx(1, abs=0.1)
    early, whole = measured(run(optimizer, gradients(1.0), known=known, seldom=seldom, **settings))
    # Of a momentum that was begun with a whole gradient the first steps are not as long yet.
    assert early == pytest.approx(math.sqrt(19), rel=0.1)
    assert whole == pytest.approx(math.sqrt(19), rel=0.1)


@pytest.mark.parametrize(("optimizer", "known"), [("Adam", ADAM), ("SGD", {"momentum": 0.9})])
def test_a_part_in_common_makes_it_more(optimizer: str, known: dict[str, float]) -> None:
    settings = {} if optimizer == "Adam" else known
    values = [
        measured(run(optimizer, gradients(part), known=known, **settings))[1]
        for part in (0, 0.2, 0.5)
    ]
    assert values == sorted(values)
    # A part p of squares in common: sqrt(1 - p + 19 p).
    assert values[1] == pytest.approx(math.sqrt(1 + 18 * 0.2), rel=0.1)


def test_gradients_that_fade_look_no_less_alike() -> None:
    """Adam remembers the squares of larger ones."""
    fade: Size = lambda step: 0.995**step  # noqa: E731
    assert measured(run("Adam", gradients(0.0, fade), known=ADAM))[1] == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize(
    ("optimizer", "settings"),
    [("SGD", {"momentum": 0.0}), ("RMSprop", {}), ("SGD", {"momentum": 0.99})],
)
def test_of_others_nothing_is_known(optimizer: str, settings: dict[str, float]) -> None:
    assert agreement(Reading(run(optimizer, gradients(0.0), **settings).facts())) == UNKNOWN


def test_labels_learned_by_heart_are_no_progress() -> None:
    slow: Size = lambda step: GUESS * (1 - 4e-5 * step)  # noqa: E731
    (finding,) = diagnose(run("Adam", gradients(0.0), known=ADAM, loss=slow).facts()).findings
    assert finding.symptom == "not_learning"
    assert "labels do not belong to their inputs" in finding.cause
    assert "nothing in common" in finding.evidence


@pytest.mark.parametrize(
    ("agreeing", "classes", "count"), [(0.3, 10, 400), (0.0, 2, 400), (0.0, 10, 250)]
)
def test_a_weak_signal_two_classes_or_few_steps_do_not_tell(
    agreeing: float, classes: int, count: int
) -> None:
    guess = math.log(classes)
    slow: Size = lambda step: guess * (1 - 4e-5 * step)  # noqa: E731
    found = run("Adam", gradients(agreeing), known=ADAM, loss=slow, classes=classes, count=count)
    assert nothing_in_common(Reading(found.facts())) is None


def test_a_plateau_of_batches_that_have_nothing_in_common_is_no_learning() -> None:
    (finding,) = diagnose(
        run("Adam", gradients(0.0), known=ADAM, loss=lambda step: GUESS).facts()
    ).findings
    assert finding.symptom == "not_learning"
    assert "nothing in common" in finding.evidence
    (other,) = diagnose(
        run("Adam", gradients(0.5), known=ADAM, loss=lambda step: GUESS).facts()
    ).findings
    assert other.symptom == "plateau"
    assert "nothing in common" not in other.evidence


def test_labels_as_frequent_as_they_are_and_nothing_more() -> None:
    """Of two classes, which of themselves cost less than guessing."""

    def found(level: float, agree: float, label_loss: float) -> Diagnosis:
        history = run("Adam", gradients(agree), known=ADAM, classes=2, loss=lambda step: level)
        history.info = replace(history.info, label_loss=label_loss)
        return diagnose(history.facts())

    shuffled = found(0.598, 0.0, 0.602)
    assert shuffled.verdict == "not_learning"
    assert "frequencies of the labels gives 0.602" in shuffled.findings[0].evidence
    assert found(0.598, 0.5, 0.602).verdict == "plateau"  # it may be the step size
    assert found(0.4, 0.5, 0.602).healthy


def test_frequencies_of_labels_tell_nothing_of_the_next_task() -> None:
    def why(loss: Callable[[int], float]) -> str:
        history = run("Adam", gradients(0.5), known=ADAM, classes=2, loss=loss)
        history.info = replace(history.info, label_loss=0.602)
        return no_better(Reading(history.facts()))

    assert "frequencies of the labels gives 0.602" in why(lambda step: 0.598)
    learned = why(lambda step: 0.1 if 50 < step < 200 else 0.598)
    assert "frequencies" not in learned
