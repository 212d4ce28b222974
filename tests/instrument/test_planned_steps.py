"""How many steps a watched run will take."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import lr_scheduler as schedules

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


def by_schedule(
    count: int,
    schedule: Callable[[torch.optim.Optimizer], Any],
    every: int = 1,
    begun: int = 0,
) -> list[RunInfo]:
    """What is told of a loop that has no end but by its schedule, which is stepped every so many steps."""

    def train() -> int:
        net, optimizer = made()
        rate = schedule(optimizer)
        done = begun
        while True:
            optimizer.zero_grad()
            net(torch.ones(3, 2)).mean().backward()
            optimizer.step()
            done += 1
            if done % every == 0:
                rate.step()
            if done == count:
                return count

    infos, _ = told(train)
    return infos


def one_cycle(optimizer: torch.optim.Optimizer) -> Any:
    return schedules.OneCycleLR(optimizer, max_lr=0.1, total_steps=60)


def warmed_up(optimizer: torch.optim.Optimizer) -> Any:
    warm = schedules.LinearLR(optimizer, 0.1, total_iters=10)
    rest = schedules.CosineAnnealingLR(optimizer, 50)
    return schedules.SequentialLR(optimizer, [warm, rest], [10])


def as_transformers_does(optimizer: torch.optim.Optimizer) -> Any:
    def rate(step: int, *, num_training_steps: int) -> float:
        return 1 - step / num_training_steps

    return schedules.LambdaLR(optimizer, partial(rate, num_training_steps=60))


@pytest.mark.parametrize(
    "schedule",
    [
        one_cycle,
        warmed_up,
        as_transformers_does,
        lambda optimizer: schedules.CosineAnnealingLR(optimizer, T_max=60),
        lambda optimizer: schedules.PolynomialLR(optimizer, total_iters=60),
        lambda optimizer: schedules.LinearLR(optimizer, 1.0, 0.1, total_iters=60),
    ],
)
def test_where_no_loop_tells_the_schedule_does(schedule: Callable[..., Any]) -> None:
    infos = by_schedule(60, schedule)
    assert [info.steps for info in infos if info.steps] == [60]
    assert infos[-1].by_schedule
    assert infos[-1].epoch_steps == 0


def test_a_schedule_of_epochs_tells_epochs() -> None:
    last = by_schedule(
        240, lambda optimizer: schedules.CosineAnnealingLR(optimizer, T_max=12), every=20
    )[-1]
    assert (last.steps, last.epoch_steps, last.by_schedule) == (240, 20.0, True)


def test_a_schedule_that_a_program_goes_beyond_tells_no_end() -> None:
    infos = by_schedule(100, lambda optimizer: schedules.CosineAnnealingLR(optimizer, T_max=30))
    assert [info.steps for info in infos if info.steps] == [30]
    assert (infos[-1].steps, infos[-1].by_schedule) == (0, False)


@pytest.mark.parametrize(
    "schedule",
    [
        lambda optimizer: schedules.LinearLR(optimizer, 0.1, total_iters=40),  # a warm-up
        lambda optimizer: schedules.ExponentialLR(optimizer, 0.99),
        lambda optimizer: schedules.StepLR(optimizer, 30),
        lambda optimizer: schedules.LambdaLR(optimizer, lambda step: 1 / (1 + step)),
        lambda optimizer: schedules.CosineAnnealingWarmRestarts(optimizer, 20),
    ],
)
def test_a_schedule_without_an_end_tells_none(schedule: Callable[..., Any]) -> None:
    assert {info.steps for info in by_schedule(60, schedule)} == {0}


def test_a_loop_goes_before_a_schedule() -> None:
    def train() -> int:
        net, optimizer = made()
        rate = schedules.CosineAnnealingLR(optimizer, T_max=500)
        for _ in range(40):
            net(torch.ones(3, 2)).mean().backward()
            optimizer.step()
            rate.step()
        return 40

    infos, _ = told(train)
    assert {(info.steps, info.by_schedule) for info in infos if info.steps} == {(40, False)}


def test_a_schedule_that_an_object_holds_is_found() -> None:
    class Trainer:
        def __init__(self) -> None:
            self.net, self.optimizer = made()
            self.rate = schedules.OneCycleLR(self.optimizer, max_lr=0.1, total_steps=50)

        def train(self) -> int:
            while self.rate.last_epoch < 49:
                self.net(torch.ones(3, 2)).mean().backward()
                self.optimizer.step()
                self.rate.step()
            return 50

    infos, _ = told(Trainer().train)
    assert infos[-1].steps == 50
