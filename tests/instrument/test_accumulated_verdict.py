"""A plateau is told whether or not the program divides its loss over micro-batches."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from gradtui.doctor.diagnose import diagnose
from tests.verdicts.watched import record

CLASSES, BATCH, STEPS = 10, 32, 230


@pytest.mark.parametrize("pieces", [1, 4])
def test_guessing_is_a_plateau_however_the_loss_is_divided(pieces: int) -> None:
    said: list[float] = []

    def program(seed: int) -> None:
        net = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, CLASSES))
        optimizer = torch.optim.SGD(net.parameters(), lr=0.02)
        for _ in range(STEPS):
            optimizer.zero_grad()
            whole = 0.0
            for _ in range(pieces):
                x = torch.randn(BATCH // pieces, 12)
                y = torch.randint(0, CLASSES, x.shape[:1])
                loss = F.cross_entropy(net(x), y) / pieces
                loss.backward()
                whole += loss.item()
            optimizer.step()
            said.append(whole)

    facts = record(program, 0).facts()
    np.testing.assert_allclose(facts.loss, said, rtol=1e-5)
    assert diagnose(facts).verdict == "plateau"
    assert abs(float(facts.loss[-50:].mean()) - np.log(CLASSES)) < 0.15
