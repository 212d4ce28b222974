"""Layers that a forward pass makes anew, and weights that only come and go."""

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call

from gradtui.autograd.layer_outputs import readable
from gradtui.core.wiring import REMADE
from gradtui.instrument.remade_layers import LOOKS, RemadeLayers


class Net(nn.Module):
    """A trunk, and a head of one of several kinds."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind, self.trunk, self.kept = kind, nn.Linear(4, 8), nn.Linear(8, 3)
        self.seen: list[nn.Module] = []

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.trunk(x).relu()
        if self.kind == "anew":
            head: nn.Module = nn.Linear(8, 5)
        elif self.kind == "convolution":
            head = nn.Sequential(nn.Unflatten(1, (8, 1)), nn.Conv1d(8, 5, 1), nn.Flatten())
        elif self.kind == "fixed":
            head = nn.Linear(8, 5).requires_grad_(False)
        elif self.kind == "learner":
            head = copy.deepcopy(self.kept)
        elif self.kind == "called":
            fast = {name: p.detach().requires_grad_() for name, p in self.kept.named_parameters()}
            return torch.as_tensor(functional_call(self.kept, fast, hidden))
        elif self.kind == "held":
            head = nn.Linear(8, 5)
            self.seen.append(head)
        else:
            head = self.kept
        return torch.as_tensor(head(hidden))


def told(kind: str, looks: int = LOOKS, *, optimizer: bool = True) -> list[str]:
    net = Net(kind)
    watch = RemadeLayers(lambda: list(net.parameters()) if optimizer else [])
    for _ in range(looks):
        found = readable(net(torch.randn(6, 4)).square().mean())
        assert found is not None
        watch.look(found[0])
        del found
    return [fault for fault, _ in watch.told]


@pytest.mark.parametrize("kind", ["anew", "convolution"])
def test_what_is_made_in_forward_is_told(kind: str) -> None:
    assert told(kind) == [REMADE]
    assert told(kind, LOOKS - 1) == []
    assert told(kind, optimizer=False) == []


@pytest.mark.parametrize("kind", ["kept", "fixed", "learner", "called", "held"])
def test_what_is_meant_or_stays_is_not(kind: str) -> None:
    assert told(kind, 6) == []


def test_an_input_is_no_layer() -> None:
    net = nn.Linear(4, 3)
    watch = RemadeLayers(lambda: list(net.parameters()))
    for _ in range(6):
        code = nn.Parameter(torch.randn(6, 4))
        found = readable(net(code).square().mean())
        assert found is not None
        watch.look(found[0])
        del code, found
    assert watch.told == ()
