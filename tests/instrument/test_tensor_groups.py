"""What is told of an optimizer's groups of parameters, and in which of them each tensor lies."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from gradtui.core.event import OptimizerGroup, Started
from gradtui.core.layout import Layout
from gradtui.instrument.watcher import Watcher
from gradtui.runstore.format.layout_mapping import whole
from gradtui.runstore.reader.load import load_facts
from tests.factories import run_info
from tests.instrument.kept import Kept
from tests.runstore.recorded import LAYOUT, record, snap


def told(train: Callable[[], None]) -> Started:
    """The newest that is told of a run."""
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append, overhead=1000.0)
    train()
    watcher.close()
    assert sink.log == []
    return [event for event in sink.events if isinstance(event, Started)][-1]


def step(net: nn.Module, *optimizers: torch.optim.Optimizer) -> None:
    net(torch.ones(3, 2)).square().mean().backward()
    for optimizer in optimizers:
        optimizer.step()


def by_name(layout: Layout) -> dict[str, int | None]:
    return {tensor.name: tensor.group for tensor in layout.tensors}


def test_what_the_optimizer_was_made_with_is_told() -> None:
    def heavy() -> None:
        net = nn.Linear(2, 1)
        step(net, torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.999, weight_decay=0.1))

    event = told(heavy)
    settings = {"momentum": 0.999, "weight_decay": 0.1}
    assert dict(event.info.settings) == settings
    (group,) = event.info.groups
    assert (group.name, group.place, group.count, group.lr) == ("SGD", 0, 1, 0.01)
    assert dict(group.settings) == settings
    assert set(by_name(event.layout).values()) == {0}


def test_each_tensor_has_the_group_that_it_is_stepped_in() -> None:
    def decayed() -> None:
        net = nn.Sequential(nn.Linear(2, 4), nn.Linear(4, 1))
        one, two = net.children()
        weights = {"params": [one.weight, two.weight], "weight_decay": 0.1}
        biases = {"params": [one.bias, two.bias], "weight_decay": 0.0, "lr": 0.5}
        step(net, torch.optim.AdamW([weights, biases], lr=0.01))

    event = told(decayed)
    assert by_name(event.layout) == {"0.weight": 0, "0.bias": 1, "1.weight": 0, "1.bias": 1}
    first, second = event.info.groups
    assert (first.place, second.place, second.count) == (0, 1, 2)
    assert (first.lr, second.lr) == (0.01, 0.5)
    assert dict(first.settings)["weight_decay"] == 0.1
    assert dict(second.settings)["weight_decay"] == 0.0


def test_groups_of_two_optimizers_and_a_rate_that_is_a_tensor() -> None:
    def two() -> None:
        net = nn.Sequential(nn.Linear(2, 4), nn.Linear(4, 1))
        one, other = net.children()
        first = torch.optim.SGD(one.parameters(), lr=torch.tensor(0.1), foreach=False)
        step(net, first, torch.optim.Adam(other.parameters(), lr=0.01))

    event = told(two)
    assert by_name(event.layout) == {"0.weight": 0, "0.bias": 0, "1.weight": 1, "1.bias": 1}
    assert [(one.optimizer, one.name, one.lr) for one in event.info.groups] == [
        (0, "SGD", None),
        (1, "Adam", 0.01),
    ]


def test_groups_are_kept_with_the_run(tmp_path: Path) -> None:
    groups = (
        OptimizerGroup(0, "AdamW", 0, 2, 0.1, (("weight_decay", 0.1),)),
        OptimizerGroup(0, "AdamW", 1, 2, None),
    )
    tensors = tuple(replace(one, group=at % 2) for at, one in enumerate(LAYOUT.tensors))
    layout = replace(LAYOUT, tensors=tensors)
    record(tmp_path / "r", [snap(0)], layout, replace(run_info(), groups=groups))
    facts = load_facts(tmp_path / "r")
    assert facts.info.groups == groups
    assert [one.group for one in facts.layout.tensors] == [0, 1, 0, 1, 0, 1]


def test_of_a_tensor_that_another_rank_holds_alone_the_group_is_not_known() -> None:
    first, second = (
        Layout(
            tuple(replace(one, group=0) for one in LAYOUT.tensors if one.row == row), LAYOUT.rows
        )
        for row in (0, 1)
    )
    groups = [one.group for one in whole([first, second]).tensors]
    assert groups == [0, 0, None, None]
