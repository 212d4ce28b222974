"""What is prescribed is made for the run that was seen, and nothing in a name can break out of it."""

import ast
import json
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from gradtui.core.facts import Facts
from gradtui.core.layout import Layout
from gradtui.core.snapshot import Weight
from gradtui.doctor.remedies.code.fragments import number, step_of
from gradtui.doctor.remedies.code.limits import CLIP
from gradtui.doctor.remedies.code.prescription import (
    MODEL,
    OPTIMIZER,
    PLACES,
    STEP,
    Prescription,
    parts,
)
from gradtui.doctor.remedies.code.prescriptions import prescribe
from gradtui.doctor.remedies.code.shorter_steps import LOWER_LR
from gradtui.doctor.remedies.code.text import (
    prescription_json,
    prescription_lines,
    prescriptions_text,
)
from gradtui.doctor.remedy import Remedy
from tests.doctor.prescribed import ADVICE, apply, facts_of, finding
from tests.factories import remedy
from tests.regenerate_remedies import defined
from tests.repairs.nets import Functional, conv
from tests.verdicts.nets import Attention, Recurrent, Residual, mlp

KNOWN: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "mlp": (lambda: mlp(6, act=nn.Sigmoid), "sigmoid"),
    "deep": (lambda: mlp(14), "relu"),
    "functional": (lambda: Functional(6, torch.relu), "relu"),
    "cnn": (lambda: conv(4, nn.ReLU), "relu"),
    "rnn": (lambda: Recurrent(nn.RNN, 8, 32, 10), "relu"),
    "transformer": (lambda: Attention(2), "relu"),
    "unknown": (lambda: mlp(4), ""),
}
LOWER = LOWER_LR


def first(remedy: Remedy, facts: Facts, **changes: Any) -> Prescription:
    return prescribe(finding(remedy, **changes), facts)[0]


def measured(facts: Facts, weight: float, update: float) -> Facts:
    """With all weights and updates of these norms."""
    weights = facts.weights.copy()
    weights[..., Weight.NORM], weights[..., Weight.UPDATE] = weight, update
    return replace(facts, weights=weights)


def net_for(key: str) -> nn.Module:
    """One of the kind that these remedies are for."""
    if "recurrent" in key:
        return Recurrent(nn.LSTM, 8, 32, 10, num_layers=4)
    if "transformer" in key:
        return Attention(2, pre=False)
    return Recurrent(nn.RNN, 8, 32, 10) if "_time" in key else mlp(4)


def test_every_remedy_is_chosen_for_something_and_told_apart() -> None:
    chosen = {remedy for remedies in ADVICE.values() for remedy in remedies}
    every = defined()
    assert set(every) == chosen
    assert len({one.id for one in every}) == len({one.text for one in every}) == len(every)


def test_remedies_come_in_the_order_of_the_finding() -> None:
    for key, remedies in ADVICE.items():
        net = net_for(key)
        made = prescribe(finding(*remedies), facts_of(net))
        assert [one.remedy for one in made] == list(remedies)
        for one in made:
            assert one.place in PLACES
            assert one.expect
            ast.parse(one.code)


LONGEST = {
    **dict.fromkeys(("plateau", "plateau_short", "plateau_long"), 11),
    **dict.fromkeys(("vanishing_depth", "vanishing_convolutions", "vanishing_stack"), 11),
    "exploding_time": 12,
    "steep_in_time": 12,
    "dead_start": 11,
}


@pytest.mark.parametrize("key", ADVICE)
@pytest.mark.parametrize("name", KNOWN)
def test_lines_are_few(key: str, name: str) -> None:
    build, activation = KNOWN[name]
    for one in prescribe(finding(*ADVICE[key]), facts_of(build(), activation=activation)):
        for _, code in parts(one):
            written = [line for line in code.split("\n") if line and not line.startswith("#")]
            assert len(written) <= LONGEST.get(key, 9), code
            assert all(len(line) <= 110 for line in written)


def test_code_goes_by_what_was_seen() -> None:
    remedy = ADVICE["vanishing_depth"][0]
    stacked = first(remedy, facts_of(mlp(4, act=nn.Sigmoid), activation="sigmoid")).code
    assert "isinstance(part, torch.nn.Sigmoid):  " not in stacked
    assert "# sigmoid after '0', '2' and '4'" in stacked
    assert "torch.nn.ReLU()" in stacked
    assert "called" not in stacked
    steep = first(remedy, facts_of(mlp(4), activation="relu")).code
    assert "torch.nn.ReLU()" not in steep
    assert "kaiming_normal_" in steep
    tanh = first(remedy, facts_of(mlp(4, act=nn.Tanh), activation="tanh")).code
    assert "xavier_uniform_(layer.weight)" in tanh
    apart = first(remedy, facts_of(Functional(3, torch.sigmoid), activation="sigmoid")).code
    assert "F.sigmoid(x) or torch.sigmoid(x): torch.relu(x) there" in apart
    no_bias = first(remedy, facts_of(mlp(4, bias=False), activation="relu")).code
    assert "bias" not in no_bias


def test_a_schedule_is_told_apart_from_a_constant_rate() -> None:
    facts = facts_of(mlp(4), optimizer="AdamW")
    assert "# or lr=0.001 where AdamW is built" in first(LOWER, facts).code
    warmed = replace(facts, lr=np.linspace(0.01, 0.1, len(facts)))
    code = first(LOWER, warmed).code
    assert 'group["lr"] /= 100' in code
    assert "at most 0.1 so far" in code


def test_a_rate_that_comes_down_leaves_no_faded_net_behind() -> None:
    facts = facts_of(mlp(7), activation="relu")
    faded = measured(replace(facts, lr=np.full(len(facts), 20.0)), 3.0, 0.01)
    one = first(LOWER, faded)
    assert [place for place, _ in parts(one)] == [MODEL, OPTIMIZER]
    assert "kaiming_normal_" in dict(parts(one))[MODEL]
    fit = measured(faded, 11.0, 0.01)
    assert first(LOWER, fit).also == ()


def test_what_adds_up_over_skips_gets_less_and_the_ends_are_left_alone() -> None:
    net = Residual(6, norm=False)
    facts = measured(facts_of(net, residual=True), 1.0, 9.0)  # first weights: overwhelmed, unknown
    (remedy, *_) = ADVICE["exploding_init"]
    one = first(remedy, facts, symptom="exploding_gradient")
    before = {name: weight.clone() for name, weight in net.named_parameters()}
    apply(one, {"torch": torch, "model": net})
    for name in ("stem", "head"):
        assert torch.equal(net.get_submodule(name).weight, before[f"{name}.weight"])
    inner = net.get_submodule("blocks.3.2").weight.detach()
    assert float(inner.std()) * 32**0.5 == pytest.approx((2 / 6) ** 0.5, rel=0.15)
    plain = first(remedy, replace(facts, info=replace(facts.info, residual=False)))
    assert "** -0.5" not in plain.code


def test_what_rectifies_gets_the_identity() -> None:
    remedy = ADVICE["vanishing_time"][0]
    facts = facts_of(Recurrent(nn.RNN, 8, 32, 10), activation="relu")
    assert "eye_(model.get_parameter('rnn.weight_hh_l0'))" in first(remedy, facts).code
    facts = facts_of(Recurrent(nn.RNN, 8, 32, 10), activation="tanh")
    assert "orthogonal_(model.get_parameter('rnn.weight_hh_l0'))" in first(remedy, facts).code


def test_what_a_net_does_not_have_is_not_prescribed() -> None:
    assert prescribe(finding(*ADVICE["exploding_time"]), facts_of(mlp(4)))[0].place == STEP
    assert prescribe(finding(*ADVICE["vanishing_time"][:2]), facts_of(mlp(4))) == ()


def test_a_remedy_without_lines_is_left_out() -> None:
    assert prescribe(finding(remedy("stand on your head")), facts_of(mlp(4))) == ()


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
        ("SGD", 50.0, 0.01, "0.1"),
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
    one = first(CLIP, facts, first_step=3)
    assert (one.place, one.also) == (STEP, ())
    assert "max_norm=0.5)" in one.code
    huge = replace(facts, total_norm=np.full(5, 1e12))
    assert "max_norm=1)" in first(CLIP, huge).code


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
    killed = first(ADVICE["dead_relu"][0], facts, symptom="dead_relu", first_step=3)
    assert [place for place, _ in killed.also] == [OPTIMIZER]
    born = replace(facts, judged_norms=np.zeros_like(facts.judged_norms))
    bare = first(ADVICE["dead_relu"][0], born, symptom="dead_relu")
    assert (bare.also, "init" in bare.code) == ((), False)
    started = first(ADVICE["dead_start"][0], born, symptom="dead_relu")
    assert started.also == ()
    assert "zeros_(layer.bias)" in started.code


def test_recurrent_weights_that_enlarge_are_not_left_to_a_clip() -> None:
    facts = facts_of(Recurrent(nn.RNN, 8, 32, 10))
    grown = measured(facts, 20.0, 0.1)
    assert "orthogonal_" in first(CLIP, grown).also[0][1]
    assert first(CLIP, measured(facts, 5.0, 0.1)).also == ()


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
    assert set(told) == {"id", "remedy", "source", "changes", "parts", "expect"}
    assert [part["place"] for part in told["parts"]] == [OPTIMIZER, STEP]
    text = prescriptions_text(made)
    assert text.startswith(f"1. {made[0].remedy.text}\n  {OPTIMIZER}:\n\n    for group in")
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
    assert [step_of(v, 3, 1000) for v in (1, 9, 11, 31, 1e9)] == [5, 10, 20, 50, 1000]
