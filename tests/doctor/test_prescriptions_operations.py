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

FORWARD, BACKWARD = ADVICE["nonfinite_start"][0], ADVICE["nonfinite_backward"][0]
VALUES = torch.tensor([-1e3, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 1e3])
NAMES = {"maskedfill": "masked_fill", "logsoftmax": "log_softmax"}


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
        {"phase": "forward", "operation": "log", "reproduced": False},
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
