"""How many steps a watched run will take."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from gradtui.core.event import RunInfo, Started
from gradtui.instrument.watcher import Watcher
from tests.instrument.kept import Kept


def told(train: Callable[[], int]) -> tuple[list[RunInfo], int]:
    """What is told of a run, and how many steps it took."""
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append, overhead=1000.0)
    count = train()
    watcher.close()
    assert sink.log == []
    return [event.info for event in sink.events if isinstance(event, Started)], count


def made() -> tuple[nn.Module, torch.optim.Optimizer]:
    net = nn.Linear(2, 1)
    return net, torch.optim.SGD(net.parameters(), lr=0.01)


def plain() -> int:
    net, optimizer = made()
    for _ in range(40):
        optimizer.zero_grad()
        net(torch.ones(3, 2)).mean().backward()
        optimizer.step()
    return 40


def in_epochs() -> int:
    net, optimizer = made()
    batches = torch.ones(36, 2).split(3)
    for epoch in range(5):
        for batch in batches:
            optimizer.zero_grad()
            net(batch).mean().backward()
            optimizer.step()
        assert epoch < 5
    return 60


def accumulated() -> int:
    net, optimizer = made()
    for _ in range(6):
        for i in range(20):
            (net(torch.ones(3, 2)).mean() / 4).backward()
            if i % 4 == 3:
                optimizer.step()
                optimizer.zero_grad()
    return 30


def in_turns() -> int:
    pairs = [made(), made()]
    for _ in range(25):
        for net, optimizer in pairs:
            optimizer.zero_grad()
            net(torch.ones(3, 2)).mean().backward()
            optimizer.step()
    return 50


def two_a_turn() -> int:
    (net, one), (other, two) = made(), made()
    for _ in range(25):
        one.zero_grad()
        net(torch.ones(3, 2)).mean().backward()
        one.step()
        two.zero_grad()
        other(torch.ones(3, 2)).mean().backward()
        two.step()
    return 50


def for_ever() -> int:
    net, optimizer = made()
    count = 0
    while count < 30:
        optimizer.zero_grad()
        net(torch.ones(3, 2)).mean().backward()
        optimizer.step()
        count += 1
    return count


def after_another() -> int:
    """The first stage is all that is known while it runs."""
    return plain() + plain()


@pytest.mark.parametrize(
    ("train", "epoch"), [(plain, 0), (in_epochs, 12), (accumulated, 5), (in_turns, 0)]
)
def test_the_steps_to_come_are_known_from_the_first(train: Callable[[], int], epoch: int) -> None:
    infos, count = told(train)
    assert {info.steps for info in infos if info.steps} == {count}
    assert infos[-1].steps == count
    assert infos[-1].epoch_steps == epoch


def test_of_several_steps_a_turn_as_many_are_expected_of_each() -> None:
    infos, count = told(two_a_turn)
    assert infos[-1].steps == count


def test_what_has_no_end_has_no_count() -> None:
    infos, _ = told(for_ever)
    assert {info.steps for info in infos} == {0}


def test_steps_before_a_loop_are_among_its_own() -> None:
    infos, count = told(after_another)
    assert infos[0].steps == 40
    assert infos[-1].steps == count
