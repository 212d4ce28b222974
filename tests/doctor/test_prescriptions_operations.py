"""An operation that the autopsy has named: its lines run, and give numbers where it gave none."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from gradtui.core.autopsy import Autopsy
from gradtui.core.facts import Facts
from gradtui.core.snapshot import NonFinite
from gradtui.doctor.remedies.code.operations import CODE, TOGETHER
from gradtui.doctor.remedies.code.prescription import OPERATION, Prescription
from gradtui.doctor.remedies.code.prescriptions import prescribe
from gradtui.doctor.remedy import Remedy
from tests.doctor.prescribed import ADVICE, apply, facts_of, finding
from tests.verdicts.nets import mlp

FORWARD, BACKWARD = ADVICE["nonfinite_forward"][0], ADVICE["nonfinite_backward"][0]
VALUES = torch.tensor([-1e3, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 1e3])
NAMES = {"maskedfill": "masked_fill", "logsoftmax": "log_softmax", "safesoftmax": "_safe_softmax"}


def seen(**told: Any) -> Facts:
    found = Autopsy(3, **told)
    return replace(facts_of(mlp(3)), first_nonfinite=NonFinite(3, found.phase, "", "", found))


def first(remedy: Remedy, facts: Facts) -> Prescription:
    return prescribe(finding(remedy, symptom="nonfinite"), facts)[0]


def defined(code: str) -> Callable[..., Tensor]:
    script: dict[str, Any] = {"torch": torch}
    exec(compile(code, "<prescription>", "exec"), script)
    return next(thing for word, thing in script.items() if word not in ("torch", "__builtins__"))


@pytest.mark.parametrize("word", CODE)
@pytest.mark.parametrize(("phase", "remedy"), [("forward", FORWARD), ("backward", BACKWARD)])
def test_every_operation_is_made_safe(word: str, phase: str, remedy: Remedy) -> None:
    made = first(remedy, seen(phase=phase, operation=NAMES.get(word, word)))
    assert made.changes
    assert made.place == OPERATION
    assert all(len(line) <= 110 for line in made.code.split("\n"))
    apply(made, {"torch": torch})
    safe = defined(made.code)
    x = VALUES.clone().requires_grad_()
    if word in ("div", "hypot"):
        out = safe(x, x * 0)
    elif word == "pow":
        out = safe(x, 0.5)
    elif "masked_fill" in made.code:
        out = safe(x.view(3, 3), torch.ones(3, 3, dtype=torch.bool)).softmax(1).log()
    else:
        out = safe(x)
    (grad,) = torch.autograd.grad(out.sum(), x)
    assert bool(out.isfinite().all())
    assert bool(grad.isfinite().all())


@pytest.mark.parametrize("code", TOGETHER)
def test_a_logarithm_together_with_what_came_before(code: str) -> None:
    made = first(FORWARD, seen(phase="forward", operation="log", code=code))
    out = defined(made.code)(torch.tensor([[-1e3, 0.0, 1e3]]))
    assert bool(out.isfinite().all())
    assert made.changes


@pytest.mark.parametrize(
    "told",
    [
        {"phase": "forward", "operation": ""},
        {"phase": "forward", "operation": "cdist"},
        {"phase": "forward", "operation": "", "reproduced": False},
        {"phase": "forward", "operation": "pow", "words": "pow gave infinity"},
        {"phase": "backward", "operation": "log"},
    ],
)
def test_of_others_lines_only_look(told: dict[str, Any]) -> None:
    assert not first(FORWARD, seen(**told)).changes


def test_words_of_a_backward_pass_are_understood() -> None:
    made = first(BACKWARD, seen(phase="backward", operation="Sqrt"))
    assert "def safe_sqrt" in made.code
    assert "0 times infinity" in made.code


def of(remedy: str) -> Callable[..., Tensor]:
    return defined(first(ADVICE[remedy][0], seen(phase="forward", operation="")).code)


def test_parts_of_losses_are_finite_where_nothing_is_left() -> None:
    x = torch.randn(4, 3, requires_grad=True)
    labels = torch.tensor([0, -100, 2, -100])
    whole = torch.nn.functional.cross_entropy(x, labels)
    assert torch.allclose(of("operation_labels")(x, labels), whole)
    assert of("operation_labels")(x, labels * 0 - 100) == 0
    assert of("operation_mean")(x[:0]) == 0
    assert bool(of("operation_spread")(x[:1]).isfinite().all())
    targets = x.detach() + 1
    targets[0, 1] = torch.nan
    (grad,) = torch.autograd.grad(of("operation_targets")(x, targets), x)
    assert bool(grad.isfinite().all())


def test_labels_that_do_not_fit_and_values_that_are_the_same() -> None:
    scores = torch.randn(3, 1, 4, requires_grad=True)
    lengths = torch.tensor([3]), torch.tensor([3])
    loss = of("operation_ctc")(scores.log_softmax(2), torch.tensor([[1, 1, 2]]), *lengths)
    (grad,) = torch.autograd.grad(loss, scores)
    assert bool(grad.isfinite().all())
    x = torch.eye(3, requires_grad=True)
    _, vectors = torch.linalg.eigh(of("operation_values")(x))
    (grad,) = torch.autograd.grad((vectors * torch.randn(3, 3)).sum(), x)
    assert bool(grad.isfinite().all())
