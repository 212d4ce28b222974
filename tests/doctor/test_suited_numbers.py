"""Remedies fit the numbers: which side of a learning rate, how large inputs are, what a loss is."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from gradtui.core.facts import Facts
from gradtui.core.snapshot import Grad, Weight
from gradtui.doctor.program_seen import ProgramSeen
from gradtui.doctor.remedies.code.checks import INPUTS_WITH_LABELS
from gradtui.doctor.remedies.code.inputs import LARGE, input_size
from gradtui.doctor.remedies.code.learning_rate import (
    COMPARE_LARGER_LR,
    COMPARE_LR,
    COMPARE_SMALLER_LR,
    USUAL_LR,
)
from gradtui.doctor.remedies.code.limits import RAISE_CLIP
from gradtui.doctor.remedies.code.precision import FLOAT32_WEIGHTS
from gradtui.doctor.remedies.code.prescriptions import prescribe
from gradtui.doctor.remedies.code.scale import STANDARD_INPUTS
from gradtui.doctor.remedy import Remedy
from tests.doctor.prescribed import ADVICE, apply, facts_of, finding
from tests.doctor.test_prescriptions import measured
from tests.doctor.test_suited_nets import code, remedies
from tests.repairs.nets import conv
from tests.verdicts.nets import mlp

PLATEAU = ADVICE["plateau"]


def with_lr(facts: Facts, lr: float) -> Facts:
    return replace(facts, lr=np.full(len(facts), lr))


def with_inputs(facts: Facts, size: float) -> Facts:
    """As gradients of the first layer tell it: the weight's is that of the bias times the input."""
    fan_in = int(facts.layout.numel[0] / facts.layout.tensors[0].shape[0])
    grads = facts.grads.copy()
    grads[:, 0, Grad.NORM] = grads[:, 1, Grad.NORM] * size * fan_in**0.5
    return replace(facts, grads=grads)


@pytest.mark.parametrize(
    ("optimizer", "lr", "update", "first", "new"),
    [
        ("SGD", 0.01, 1e-5, COMPARE_LARGER_LR, "0.1"),
        ("SGD", 0.01, 1.0, COMPARE_SMALLER_LR, "0.001"),
        ("Adam", 1e-3, 0.05, INPUTS_WITH_LABELS, "0.0001"),
        ("Adam", 6e-7, 1e-5, USUAL_LR, "0.001"),
        ("SGD", 1e-6, 1e-5, USUAL_LR, "0.01"),
    ],
)
def test_the_side_is_the_one_that_steps_point_at(
    optimizer: str, lr: float, update: float, first: Remedy, new: str
) -> None:
    facts = measured(with_lr(facts_of(mlp(4), optimizer=optimizer), lr), 4.0, update)
    told = remedies(facts, *PLATEAU, symptom="plateau")
    assert told[0] == first
    side = COMPARE_LR if first == INPUTS_WITH_LABELS else first
    assert f'group["lr"] = {new} ' in code(facts, side).code


def test_where_no_side_is_likelier_the_numbers_are_given() -> None:
    facts = measured(with_lr(facts_of(mlp(4), optimizer="Adam"), 1e-3), 4.0, 0.05)
    text = code(facts, COMPARE_LR).code
    assert text.startswith("# steps change 0.01 of a weight: smaller first\n")
    assert "then the other side: 0.01" in text


@pytest.mark.parametrize(("optimizer", "most"), [("SGD", 1.0), ("AdamW", 0.01), ("Lion", 1.0)])
def test_no_learning_rate_is_beyond_what_is_usual(optimizer: str, most: float) -> None:
    sentences = {one for told in ADVICE.values() for one in told if "learning rate" in one.text}
    for lr in (1e-7, 1e-4, 0.1 * most, 0.5 * most, most):
        facts = measured(with_lr(facts_of(mlp(4), optimizer=optimizer), lr), 4.0, 1e-9)
        for sentence in sentences:
            for one in prescribe(finding(sentence), facts):
                told = [line for line in one.code.split("\n") if 'group["lr"] = ' in line]
                for line in told:
                    assert float(line.split("=")[1].split("#")[0]) <= most, (sentence, line)
                    _, _, other = line.partition("then the other side: ")
                    assert float(other or 0) <= most, (sentence, line)


def test_what_a_clip_makes_short_is_not_made_up_for_by_the_learning_rate() -> None:
    facts = facts_of(mlp(4))
    short = replace(facts, clip_coefficient=np.full(len(facts), 1e-5))
    told = remedies(short, *ADVICE["too_small_lr"], symptom="plateau")
    assert told == ADVICE["clipping_crawls"] == (RAISE_CLIP,)


def test_weights_in_half_precision_go_up_or_to_float32() -> None:
    facts = measured(facts_of(mlp(4), precision="bfloat16"), 4.0, 1.0)
    told = remedies(facts, *PLATEAU, symptom="plateau")
    assert told[0] == FLOAT32_WEIGHTS
    assert COMPARE_LARGER_LR in told
    assert "model.float()" in code(facts, told[0]).code


def test_inputs_come_first_where_they_are_large_only() -> None:
    facts, told = facts_of(mlp(4)), ADVICE["exploding_branches"]
    assert told[-1] == STANDARD_INPUTS
    ill = {"symptom": "exploding_gradient"}
    assert remedies(with_inputs(facts, 10 * LARGE), *told, **ill)[0] == STANDARD_INPUTS
    assert STANDARD_INPUTS not in remedies(with_inputs(facts, 1.0), *told, **ill)
    unknown = facts_of(mlp(4, bias=False))
    assert remedies(unknown, *told, **ill)[-1] == STANDARD_INPUTS
    assert (
        remedies(with_inputs(facts, 150.0), *ADVICE["driven"], symptom="saturated")[0]
        == STANDARD_INPUTS
    )


@pytest.mark.parametrize("scale", [1.0, 150.0])
def test_the_size_of_inputs_is_told_by_gradients(scale: float) -> None:
    torch.manual_seed(0)
    for net, inputs in (
        (mlp(3), torch.randn(64, 64)),
        (conv(3, nn.ReLU), torch.randn(64, 1, 8, 8)),
    ):
        loss = nn.functional.cross_entropy(net(inputs * scale), torch.randint(0, 10, (64,)))
        loss.backward()
        facts = facts_of(net)
        grads = facts.grads.copy()
        for k, p in enumerate(net.parameters()):
            assert p.grad is not None
            grads[:, k, Grad.NORM] = float(p.grad.norm())
        size = input_size(ProgramSeen(replace(facts, grads=grads), finding(STANDARD_INPUTS)))
        assert scale / 4 < size < 4 * scale


def test_columns_are_scaled_each_by_itself_and_images_as_a_whole() -> None:
    table = torch.randn(50, 4) * torch.tensor([1.0, 1000.0, 1.0, 0.0])
    script: dict[str, Any] = {"torch": torch, "inputs": table}
    apply(code(facts_of(nn.Sequential(nn.Linear(4, 2))), STANDARD_INPUTS), script)
    assert script["inputs"].std(0).tolist() == pytest.approx([1, 1, 1, 0], abs=1e-4)
    script["inputs"] = 255 * torch.rand(8, 1, 8, 8)
    apply(code(facts_of(conv(3, nn.ReLU)), STANDARD_INPUTS), script)
    assert float(script["inputs"].std()) == pytest.approx(1, abs=1e-3)
    assert script["center"].dim() == 0


def test_of_a_wasserstein_loss_no_logarithm_is_taken() -> None:
    facts = facts_of(mlp(4))
    starved = ADVICE["starved"]
    assert remedies(facts, *starved) == starved
    signs = replace(facts, loss=np.array([-0.5, 0.5, -0.5, 0.5, 0.1]))
    weights = facts.weights.copy()
    weights[..., Weight.ABS_MAX] = 0.001  # but for what the last step has added
    weights[..., 0, Weight.ABS_MAX] = 0.0014
    for one in (signs, replace(facts, weights=weights)):
        assert remedies(one, *starved) == ADVICE["vanishing_critic"][:2]
        assert prescribe(finding(starved[0]), one) == ()
    logs = replace(facts, loss=np.full(len(facts), -0.01))
    assert "expm1" in code(logs, starved[0]).code
