"""Recurrent cells that somebody has written out are known by their place in the graph."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gradtui.core.facts import Facts
from gradtui.doctor.diagnose import diagnose
from gradtui.doctor.remedies.code.prescriptions import prescribe
from gradtui.instrument.watcher import Watcher
from tests.verdicts.watched import Keeper


class ByHand(nn.Module):
    """h = act(x U + h W), over and over."""

    def __init__(self, gain: float, act: str) -> None:
        super().__init__()
        self.w = nn.Parameter(nn.init.orthogonal_(torch.empty(24, 24), gain))
        self.u, self.out = nn.Linear(4, 24), nn.Linear(24, 6)
        self.act = getattr(torch, act)

    def forward(self, x: Tensor) -> Tensor:
        h = x.new_zeros(len(x), 24)
        for step in x.unbind(1):
            h = self.act(self.u(step) + h @ self.w)
        answer: Tensor = self.out(h)
        return answer


class Apart(nn.Module):
    """One matrix, applied to many inputs, never to its own result."""

    def __init__(self) -> None:
        super().__init__()
        self.w, self.out = nn.Linear(4, 4), nn.Linear(4, 6)

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.out(sum(torch.tanh(self.w(step)) for step in x.unbind(1)))
        return answer


def watched(net: nn.Module, steps: int, length: int, wanted: int) -> Facts:
    keeper = Keeper()
    watcher = Watcher(keeper, log=keeper.log.append, overhead=1000.0)
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
    for _ in range(steps):
        x = torch.randn(16, length, 4)
        optimizer.zero_grad()
        F.cross_entropy(net(x), x[:, wanted].argmax(1)).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    watcher.close()
    assert keeper.log == []
    assert keeper.history is not None
    return keeper.history.facts()


def turns(facts: Facts) -> dict[str, int]:
    return {t.name: facts.layout.rows[t.row].turns for t in facts.layout.tensors}


def test_uses_in_one_line_are_counted() -> None:
    torch.manual_seed(0)
    found = turns(watched(ByHand(1.0, "tanh"), 1, 20, 0))
    assert found["w"] == 19 or found["w"] == 20  # the first state is zero
    assert found["u.weight"] == found["out.weight"] == 1
    assert turns(watched(Apart(), 1, 20, 0)) == dict.fromkeys(
        ("w.weight", "w.bias", "out.weight", "out.bias"), 1
    )


def test_a_cell_that_enlarges_is_to_blame_through_time() -> None:
    torch.manual_seed(0)
    finding = diagnose(watched(ByHand(3.0, "relu"), 20, 40, -1)).findings[0]
    assert finding.symptom == "exploding_gradient"
    assert "at each time step" in finding.cause


@pytest.mark.parametrize("act", ["tanh", "relu"])
def test_a_cell_that_forgets_is_named_and_mended(act: str) -> None:
    torch.manual_seed(0)
    facts = watched(ByHand(0.3, act), 220, 40, 0)
    finding = diagnose(facts).findings[0]
    assert (finding.symptom, finding.layers) == ("vanishing_gradient", ("byhand",))
    code = prescribe(finding, facts)[0].code
    net = ByHand(0.3, act)
    exec(code, {"torch": torch, "model": net})
    assert torch.allclose(net.w @ net.w.T, torch.eye(24), atol=1e-5)
