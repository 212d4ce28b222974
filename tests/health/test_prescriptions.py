"""What is prescribed is made for the run that was seen, and nothing in a name can break out of it."""

import ast
import json
import os
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from gradtui.core.facts import Facts
from gradtui.core.layout import Layout
from gradtui.core.snapshot import Weight
from gradtui.health.advice import ADVICE
from gradtui.health.prescriptions.code import number, step_of
from gradtui.health.prescriptions.prescribe import prescribe
from gradtui.health.prescriptions.prescription import OPTIMIZER, PLACES, STEP, Prescription
from gradtui.health.prescriptions.table import BUILDERS
from gradtui.health.prescriptions.text import (
    prescription_json,
    prescription_lines,
    prescriptions_text,
)
from tests.health.prescribed import apply, facts_of, finding
from tests.verdicts.nets import Recurrent, mlp

SENTENCES = {remedy for remedies in ADVICE.values() for remedy in remedies}
LOWER = "lower the learning rate"


def first(remedy: str, facts: Facts, **changes: Any) -> Prescription:
    return prescribe(finding(remedy, **changes), facts)[0]


def measured(facts: Facts, weight: float, update: float) -> Facts:
    """With all weights and updates of these norms."""
    weights = facts.weights.copy()
    weights[..., Weight.NORM], weights[..., Weight.UPDATE] = weight, update
    return replace(facts, weights=weights)


def test_every_remedy_has_code() -> None:
    assert set(BUILDERS) == SENTENCES


def test_remedies_come_in_the_order_of_the_finding() -> None:
    for remedies in ADVICE.values():
        made = prescribe(finding(*remedies), facts_of(mlp(4)))
        assert [one.remedy for one in made] == list(remedies)
        for one in made:
            assert one.place in PLACES
            assert one.expect
            ast.parse(one.code)
            assert len(one.code.splitlines()) <= 40


def test_a_remedy_of_another_version_is_left_out() -> None:
    assert prescribe(finding("stand on your head"), facts_of(mlp(4))) == ()


def test_the_learning_rate_is_computed() -> None:
    facts = facts_of(mlp(4))
    one = first(LOWER, facts)
    assert one.place == OPTIMIZER
    assert 'group["lr"] = 0.01  # 0.1 so far' in one.code
    tiny = replace(facts, lr=np.full(len(facts), 1e-8))
    (up,) = ADVICE["too_small_lr"]
    raised = first(up, measured(tiny, 4.0, 4e-9))
    assert 'group["lr"] = 0.01 ' in raised.code
    unknown = replace(facts, lr=np.full(len(facts), np.nan))
    assert 'group["lr"] /= 10' in first(LOWER, unknown).code


@pytest.mark.parametrize(
    ("optimizer", "lr", "update", "new"),
    [
        ("SGD", 0.1, 0.01, "0.01"),
        ("SGD", 1.0, 12.0, "0.01"),
        ("SGD", 50.0, 0.01, "0.05"),
        ("Adam", 0.3, 0.1, "0.001"),
    ],
)
def test_how_much_lower_depends_on_how_far_steps_went(
    optimizer: str, lr: float, update: float, new: str
) -> None:
    facts = facts_of(mlp(4), optimizer=optimizer)
    facts = measured(replace(facts, lr=np.full(len(facts), lr)), 4.6, update)
    assert f'group["lr"] = {new} ' in first(LOWER, facts).code


def test_a_clip_is_as_large_as_gradients_were() -> None:
    facts = facts_of(mlp(4))
    facts = replace(facts, total_norm=np.array([0.48, 0.52, 0.6, 9e3, 1e9]))
    one = first("clip the gradient norm", facts, first_step=3)
    assert (one.place, one.also) == (STEP, ())
    assert "max_norm=0.5)" in one.code
    huge = replace(facts, total_norm=np.full(5, 1e12))
    assert "max_norm=1)" in first("clip the gradient norm", huge).code


def test_precision_follows_what_was_seen() -> None:
    remedy = ADVICE["nonfinite_half"][0]
    pure = first(remedy, facts_of(mlp(4), precision="float16", device="cuda:0")).code
    assert "model.float()" in pure
    assert "torch.autocast('cuda', dtype=torch.bfloat16)" in pure
    auto = first(remedy, facts_of(mlp(4), precision="amp_float16")).code
    assert "model.float()" not in auto
    assert "torch.autocast('cpu', " in auto


def test_dead_from_the_start_is_another_matter_than_killed_by_steps() -> None:
    facts = facts_of(mlp(4))
    remedy = ADVICE["dead_relu"][0]
    killed = first(remedy, facts, symptom="dead_relu", first_step=3)
    assert [place for place, _ in killed.also] == [OPTIMIZER]
    born = replace(facts, judged_norms=np.zeros_like(facts.judged_norms))
    started = first(remedy, born, symptom="dead_relu")
    assert started.also == ()
    assert "zeros_(layer.bias)" in started.code


def test_recurrent_weights_that_enlarge_are_not_left_to_a_clip() -> None:
    facts = facts_of(Recurrent(nn.RNN, 8, 32, 10))
    grown = measured(facts, 20.0, 0.1)
    assert "orthogonal_" in first("clip the gradient norm", grown).also[0][1]
    assert first("clip the gradient norm", measured(facts, 5.0, 0.1)).also == ()


HOSTILE = [
    'x"); import os',
    "x'); import os; ('",
    "a\nimport os",
    "\x1b[2J\u202e",
    "{body}",
    "%s {0}",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_stays_a_string(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "system", lambda _: pytest.fail("obeyed"))
    facts = facts_of(mlp(4))
    rows = tuple(
        replace(row, name=name, kind=name if i == 1 else row.kind)
        for i, row in enumerate(facts.layout.rows)
    )
    info = replace(facts.info, device=name, optimizer=name, precision=f"float16, {name}", clip=name)
    facts = replace(facts, layout=Layout(facts.layout.tensors, rows), info=info)
    for remedies in ADVICE.values():
        ill = finding(*remedies, rows=(0, 1), layers=(name, name))
        for one in prescribe(ill, facts):
            strings = {
                n.value for n in ast.walk(ast.parse(one.code)) if isinstance(n, ast.Constant)
            }
            bare = one.code.replace(repr(name), "''")
            assert "import os" not in bare
            assert name not in bare.replace("{", "") or name in strings
            imported = [n for n in ast.walk(ast.parse(one.code)) if isinstance(n, ast.Import)]
            assert {alias.name for n in imported for alias in n.names} <= {"copy"}
            assert all(line.isprintable() for line in prescription_lines(one))


def test_lines_that_look_at_a_module_with_an_odd_name_look_at_it() -> None:
    net = nn.Sequential()
    odd = 'x"); import os'
    net.add_module(odd, nn.Linear(4, 2))
    (one, *_) = prescribe(finding(ADVICE["nonfinite_forward"][0], layers=(odd,)), facts_of(net))
    assert not one.changes
    apply(one, {"torch": torch, "model": net})
    assert len(net.get_submodule(odd)._forward_hooks) == 1


def test_json_and_text() -> None:
    made = prescribe(finding(*ADVICE["clipping_dominates"]), facts_of(mlp(4)))
    told = json.loads(json.dumps(prescription_json(made[0])))
    assert set(told) == {"remedy", "changes", "parts", "expect"}
    assert [part["place"] for part in told["parts"]] == [OPTIMIZER, STEP]
    text = prescriptions_text(made)
    assert text.startswith(f"1. {made[0].remedy}\n  {OPTIMIZER}:\n\n    for group in")
    assert "\n2. " in text


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (0.0312, "0.03"),
        (1.2e-5, "1e-05"),
        (2.0, "2"),
        (149.0, "100"),
        (float("nan"), "1.0"),
        (0, "1.0"),
    ],
)
def test_numbers_are_written_as_people_write_them(value: float, word: str) -> None:
    assert number(value) == word


def test_factors_are_round() -> None:
    assert [step_of(v, 3, 1000) for v in (1, 9, 11, 31, 1e9)] == [3, 10, 30, 100, 1000]
