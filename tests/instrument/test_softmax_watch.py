"""Softmaxes within a net that are pinned from the start, and those that may be."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gradtui.autograd.layer_outputs import readable
from gradtui.core.wiring import PINNED_SOFTMAX
from gradtui.instrument.softmax_watch import LOOKS, SoftmaxWatch

KEYS, WIDTH, BATCH = 8, 16, 32


class Attention(nn.Module):
    def __init__(self, scale: float, keys: int = KEYS) -> None:
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.scale, self.keys = scale, keys

    def forward(self, x: Tensor) -> Tensor:
        scores = self.q(x) @ self.k(x).transpose(1, 2) * self.scale
        out: Tensor = scores.softmax(-1) @ self.v(x)
        return out


def told(net: nn.Module, looks: int = LOOKS, keys: int = KEYS) -> list[str]:
    torch.manual_seed(0)
    watch = SoftmaxWatch()
    for _ in range(looks):
        found = readable(net(torch.randn(BATCH, keys, WIDTH)).square().mean())
        assert found is not None
        watch.look(*found)
    return [kind for kind, _ in watch.told]


def test_scores_that_are_far_apart_pin_it() -> None:
    torch.manual_seed(1)
    assert told(Attention(100.0)) == [PINNED_SOFTMAX]
    assert told(Attention(100.0), LOOKS - 1) == []


@pytest.mark.parametrize(("scale", "keys"), [(WIDTH**-0.5, KEYS), (100.0, 3)])
def test_scores_that_are_divided_and_few_things_do_not(scale: float, keys: int) -> None:
    torch.manual_seed(1)
    assert told(Attention(scale, keys), keys=keys) == []


class Answers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(WIDTH, KEYS)

    def forward(self, x: Tensor) -> Tensor:
        return F.softmax(100 * self.layer(x), -1)


def test_an_answer_may_be_sure() -> None:
    assert told(Answers()) == []
