"""Before the first step: units that are copies of one another, parameters that nobody steps."""

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from tests.instrument.seeing import watched

LABELS = torch.tensor([0, 1, 2, 0])


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 5), nn.Tanh())
        self.head = nn.Linear(5, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.backbone(x))  # type: ignore[no-any-return]


def wiring(net: nn.Module, *steppers: torch.optim.Optimizer) -> dict[str, str]:
    def train() -> None:
        for _ in range(2):
            for one in steppers:
                one.zero_grad()
            F.cross_entropy(net(torch.randn(4, 6)), LABELS).backward()
            for one in steppers:
                one.step()

    return dict(watched(train)[0].info.wiring)


def sgd(*parts: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.SGD([p for part in parts for p in part.parameters()], lr=0.1)


def test_a_backbone_that_nobody_steps_is_named() -> None:
    net = Net()
    assert wiring(net, sgd(net.head)) == {"not_stepped": "backbone: 4 tensors"}


def test_frozen_parts_and_parts_of_other_optimizers_are_no_loss() -> None:
    net = Net()
    net.backbone.requires_grad_(False)
    assert wiring(net, sgd(net.head)) == {}
    net = Net()
    assert wiring(net, sgd(net.head), sgd(net.backbone)) == {}


def test_copies_that_are_stepped_in_place_of_the_weights_are_known() -> None:
    net = Net()
    masters = [p.detach().clone().requires_grad_() for p in net.backbone.parameters()]
    optimizer = torch.optim.SGD([*net.head.parameters(), *masters], lr=0.1)
    assert wiring(net, optimizer) == {}


def constant(net: nn.Module) -> None:
    for p in net.parameters():
        nn.init.constant_(p, 0.1)


def rows_alone(net: nn.Module) -> None:
    """The next layer tells the units apart."""
    assert isinstance(net, Net)
    for layer in (net.backbone[0], net.head):
        nn.init.constant_(layer.weight, 0.1)  # type: ignore[arg-type]
        nn.init.constant_(layer.bias, 0.0)  # type: ignore[arg-type]


def biases_differ(net: nn.Module) -> None:
    constant(net)
    for name, p in net.named_parameters():
        if name.endswith("bias"):
            nn.init.normal_(p)


def zeros(net: nn.Module) -> None:
    for p in net.parameters():
        nn.init.zeros_(p)


def test_units_that_start_as_copies_are_told() -> None:
    net = Net()
    constant(net)
    told = wiring(net, sgd(net))
    assert told == {"same_units": "backbone.0, backbone.2: all units start with equal weights"}


@pytest.mark.parametrize("change", [rows_alone, biases_differ, zeros, lambda net: None])
def test_units_that_will_not_stay_so_are_not(change: Callable[[nn.Module], None]) -> None:
    net = Net()
    change(net)
    # With biases far above weights all examples may get one answer at first.
    assert not wiring(net, sgd(net)).keys() - {"same_answers"}


def test_filters_of_a_convolution_are_units() -> None:
    net = nn.Sequential(
        nn.Unflatten(1, (1, 6)), nn.Conv1d(1, 4, 3, padding=1), nn.ReLU(), nn.Conv1d(4, 4, 3),
        nn.ReLU(), nn.Flatten(), nn.Linear(16, 3),
    )  # fmt: skip
    constant(net)
    assert wiring(net, sgd(net))["same_units"].startswith("3: ")  # the first has a single input


def test_norms_and_embeddings_may_be_constant() -> None:
    net = nn.Sequential(nn.Linear(6, 8), nn.LayerNorm((8,)), nn.ReLU(), nn.Linear(8, 3))
    assert wiring(net, sgd(net)) == {}
