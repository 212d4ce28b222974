"""A program that knows nothing of theory gets its line where its net is a plain stack, and else not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gradtui.core.facts import Facts
from gradtui.runstore.reader.load import load_facts
from gradtui.theory import theory_of
from tests.inject.watched import complaints, finish, start

PROGRAM = """
import torch
from torch import nn
from torch.nn import functional as F

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.out = nn.Linear(64, 10)
        self.hidden = nn.ModuleList(nn.Linear(64, 64) for _ in range(12))

    def forward(self, x):
        for layer in self.hidden:
            x = {forward}
        return self.out(x)

torch.manual_seed(0)
net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
x, y = torch.randn(64, 64), torch.randint(0, 10, (64,))
for _ in range(3):
    optimizer.zero_grad()
    F.cross_entropy(net(x), y).backward()
    optimizer.step()
"""


def run(folder: Path, forward: str) -> Facts:
    (folder / "train.py").write_text(PROGRAM.replace("{forward}", forward))
    finish(start(folder, str(folder / "train.py")))
    assert complaints(folder / "run") == ""
    return load_facts(folder / "run")


@pytest.mark.parametrize(
    "name", ["sigmoid", *(pytest.param(name, marks=pytest.mark.long) for name in ("tanh", "relu"))]
)
def test_a_plain_stack_has_a_line(tmp_path: Path, name: str) -> None:
    facts = run(tmp_path, f"torch.{name}(layer(x))").until(1)
    said = theory_of(facts)
    assert said.reason == ""
    assert said.norms is not None
    assert np.abs(np.log10(said.norms) - np.log10(facts.row_norms[0])).max() < 0.3
    refused = theory_of(replace(facts, info=replace(facts.info, not_plain="it has a twist")))
    assert (refused.norms, refused.reason) == (None, "it has a twist")


@pytest.mark.long
@pytest.mark.parametrize(
    "forward", ["x + torch.sigmoid(layer(x))", "F.layer_norm(layer(x), (64,))"]
)
def test_others_have_none(tmp_path: Path, forward: str) -> None:
    said = theory_of(run(tmp_path, forward))
    assert said.norms is None
    assert said.reason
