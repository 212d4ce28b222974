"""One fault somewhere in a net of random shape."""

import random

import pytest
import torch
from torch import Tensor, nn

from gradtui.nan_trace.call_recorder import CallRecorder
from gradtui.nan_trace.examination import examine
from tests.nan_trace.broken import BACKWARD, FORWARD, WIDTH, Do

LEAVES = (
    nn.Tanh,
    nn.GELU,
    lambda: nn.ELU(inplace=True),
    lambda: nn.LayerNorm(WIDTH),
    lambda: nn.Dropout(0.3),
    lambda: nn.BatchNorm1d(WIDTH),
)


class Sum(nn.Module):
    def __init__(self, one: nn.Module, other: nn.Module) -> None:
        super().__init__()
        self.one, self.other = one, other

    def forward(self, x: Tensor) -> Tensor:
        return self.one(x) * 0.5 + self.other(x) * 0.5


def grown(depth: int, chance: random.Random) -> nn.Module:
    if not depth:
        return nn.Sequential(nn.Linear(WIDTH, WIDTH), chance.choice(LEAVES)())
    match chance.randrange(3):
        case 0:
            return nn.Sequential(*[grown(depth - 1, chance) for _ in range(chance.randint(2, 3))])
        case 1:
            return Sum(nn.Identity(), grown(depth - 1, chance))
        case _:
            return Sum(grown(depth - 1, chance), grown(depth - 1, chance))


@pytest.mark.parametrize("seed", range(40))
def test_the_fault_is_found_wherever_it_is(seed: int) -> None:
    chance = random.Random(seed)
    torch.manual_seed(seed)
    model = grown(3, chance)
    ends = [
        (path, one)
        for path, one in model.named_modules()
        if isinstance(one, nn.Sequential) and isinstance(one[0], nn.Linear)
    ]
    path, place = chance.choice(ends)
    name = chance.choice([*FORWARD, *BACKWARD])
    place.insert(0, Do((FORWARD | BACKWARD)[name]))
    call_recorder = CallRecorder()
    call_recorder.watch([("", model)])
    loss = model(torch.randn(6, WIDTH)).square().mean()
    loss.backward()
    grads = [p.grad for p in model.parameters() if p.grad is not None]
    broken = not all(torch.isfinite(one).all() for one in (loss, *grads))
    found = examine(call_recorder.calls(), 1, float(loss.detach()))
    call_recorder.close()
    if broken:
        assert found.module == (f"{path}.0" if path else "0"), found.words
        assert found.phase == ("backward" if torch.isfinite(loss) else "forward")
    else:
        assert not found.reproduced
