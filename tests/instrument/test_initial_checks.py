"""Before the first step: units that are copies of one another, parameters that nobody steps."""

import copy
import math
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


class Adapted(nn.Module):
    def __init__(self, base: nn.Linear) -> None:
        super().__init__()
        self.base, self.beside = base, nn.Linear(base.in_features, base.out_features)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.beside(x)  # type: ignore[no-any-return]


def test_adapters_that_came_after_their_optimizer_were_meant_to_be_trained() -> None:
    net = Net()
    net.backbone.requires_grad_(False)
    optimizer = sgd(net.head)
    net.backbone[0] = Adapted(net.backbone[0])  # type: ignore[arg-type]
    told = wiring(net, optimizer)
    assert told.keys() == {"not_stepped", "left_out"}
    assert told["left_out"] == (
        "backbone: 2 tensors: to be trained, and in no optimizer; 4 tensors beside them are frozen"
    )


def test_a_fixed_table_of_places_says_nothing_of_what_is_meant() -> None:
    net = Net()
    net.backbone.register_parameter("places", nn.Parameter(torch.zeros(5), requires_grad=False))
    assert wiring(net, sgd(net.head)) == {"not_stepped": "backbone: 4 tensors"}


def later(
    net: Net, optimizer: torch.optim.Optimizer, change: Callable[[], object]
) -> dict[str, str]:
    """What is told of 60 steps with a change in between."""

    def train() -> None:
        for step in range(60):
            if step == 20:
                change()
            optimizer.zero_grad()
            F.cross_entropy(net(torch.randn(32, 6)), LABELS.repeat(8)).backward()
            optimizer.step()

    return dict(watched(train, math.inf)[-1].info.wiring)


def test_a_head_that_was_made_anew_under_way_is_named() -> None:
    net = Net()

    def another() -> None:
        net.head = nn.Linear(5, 3)

    told = later(net, sgd(net), another)
    assert told["left_out"] == (
        "head: 2 tensors: to be trained, and in no optimizer; 2 tensors that an optimizer holds are in no "
        "module any more"
    )


def test_a_part_that_is_put_aside_and_held_elsewhere_is_not() -> None:
    net = Net()
    old = net.head

    def another() -> None:
        net.head = nn.Linear(5, 3)

    assert "left_out" not in later(net, sgd(net), another)
    assert old is not net.head


def test_an_optimizer_of_another_model_is_told() -> None:
    net = Net()
    (kind, words), *more = wiring(net, sgd(copy.deepcopy(net))).items()
    assert (kind, more) == ("others_trained", [])
    assert words.startswith("the loss hangs on 6 tensors in no optimizer, and on none of the 6")


def test_of_parameters_that_another_optimizer_holds_it_is_not() -> None:
    net, other = Net(), Net()
    kept = sgd(net)  # which nobody steps yet
    assert wiring(net, sgd(other)) == {}
    assert kept.param_groups
