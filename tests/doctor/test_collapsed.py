"""What has become one while the loss came down, as a finding."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import Categorical, Normal, kl_divergence

from gradtui.core.history import History
from gradtui.core.symptom import Severity
from gradtui.core.wiring import COLLAPSED_OUTPUT, ENTROPY_ADDED, FEW_FOR_NORM, UNUSED_LATENT
from gradtui.doctor.diagnose import diagnose
from gradtui.doctor.finding import Diagnosis
from gradtui.doctor.remedies.code.prescriptions import prescribe
from tests.doctor.prescribed import ADVICE, apply, facts_of, finding, script_of
from tests.factories import mlp_layout, run_info, snapshot

LAYOUT = mlp_layout(4)


def told(kind: str, steps: int = 200, pace: float = 0.98) -> Diagnosis:
    history = History(LAYOUT, run_info(wiring=((kind, "as it was seen"),), task="", classes=0))
    for step in range(steps):
        history.append(snapshot(LAYOUT, step, np.full(4, 0.3 * pace**step), loss=2 * pace**step))
    return diagnose(history.facts())


@pytest.mark.parametrize(
    ("kind", "verdict", "word"),
    [
        (ENTROPY_ADDED, "miswired", "wrong sign"),
        (UNUSED_LATENT, "not_learning", "posterior"),
        (COLLAPSED_OUTPUT, "not_learning", "one point"),
    ],
)
def test_it_is_a_finding_whatever_the_loss_does(kind: str, verdict: str, word: str) -> None:
    for pace in (0.98, 0.9, 1.0):
        found = told(kind, pace=pace)
        finding = found.findings[0]
        assert (found.verdict, finding.severity) == (verdict, Severity.WARNING)
        assert finding.remedies == ADVICE[kind]
        assert "as it was seen; the loss is" in finding.evidence
        assert word in finding.cause


def lines(kind: str, net: nn.Module, *shape: int) -> dict[str, Any]:
    """A script with the remedy's lines in it."""
    (made, *_) = prescribe(finding(*ADVICE[kind]), facts_of(net))
    script = script_of(net, torch.randn(8, 6, *shape), torch.zeros(8, dtype=torch.long))
    apply(made, script)
    return script


def test_the_bound_agrees_with_torchs_divergence() -> None:
    x, mean, wide = torch.randn(3, 8, 6)
    bound = lines(UNUSED_LATENT, nn.Linear(6, 6))["evidence_bound"]
    divergence = kl_divergence(
        Normal(mean, (wide / 2).exp()), Normal(torch.zeros(6), torch.ones(6))
    )
    wanted = (0.3 * divergence.sum(1)).mean()
    torch.testing.assert_close(bound(x, x, mean, wide, 0.3), wanted)
    torch.testing.assert_close(bound(x + 1, x, mean, wide, 0.0), torch.tensor(6.0))


def test_the_policys_loss_keeps_its_entropy_up() -> None:
    scores = torch.randn(8, 4, requires_grad=True)
    policy = Categorical(logits=scores)
    loss = lines(ENTROPY_ADDED, nn.Linear(6, 4))["policy_loss"]
    value = loss(policy.log_prob(torch.zeros(8)), torch.zeros(8), policy.entropy())
    (slope,) = torch.autograd.grad(value, scores)
    after = Categorical(logits=scores - slope).entropy().mean()
    assert after > policy.entropy().mean()


def test_pairs_are_of_each_example_with_each_other_one() -> None:
    same = lines(COLLAPSED_OUTPUT, nn.Linear(6, 4))["same_class"]
    labels = torch.tensor([0, 1, 0])
    assert same(labels).tolist() == [[True, False, True], [False, True, False], [True, False, True]]
    assert same(labels.view(-1, 1)).tolist() == same(labels).tolist()


def test_a_group_norm_looks_at_one_example_at_a_time() -> None:
    net = nn.Sequential(
        nn.Conv2d(6, 4, 1), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 5), nn.BatchNorm1d(5)
    )
    lines(FEW_FOR_NORM, net, 1, 1)
    x = torch.randn(8, 6, 1, 1)
    torch.testing.assert_close(net(x)[:1], net(x[:1]))
    assert not any("BatchNorm" in type(module).__name__ for module in net.modules())
