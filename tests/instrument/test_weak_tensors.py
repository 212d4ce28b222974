"""Nothing that a program has let go is kept alive by what watches it."""

import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from gradtui.instrument.watcher import Watcher
from gradtui.instrument.weak_tensors import GONE, WeakTensors
from gradtui.runstore.writer.mailbox import Mailbox


@contextmanager
def without_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def trained(steps: int = 12) -> list[weakref.ref[object]]:
    """What there was of a net that was trained and let go."""
    net = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 1))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(steps):
        optimizer.zero_grad()
        net(torch.ones(2, 4)).sum().backward()
        optimizer.step()
    weight = net[0].weight
    things: list[object] = [net, net[0], weight, weight.grad, optimizer]
    return [weakref.ref(thing) for thing in things]


def test_a_net_that_is_let_go_is_freed_at_once() -> None:
    trained()  # the first optimizer of a process makes cycles of torch's own
    watcher = Watcher(Mailbox(1 << 24))
    try:
        with without_collection():
            alive = [ref() is not None for ref in trained()]
            again = [ref() is not None for ref in trained()]
    finally:
        watcher.close()

    assert alive == [False] * 5
    assert again == [False] * 5


def test_references_say_whether_they_are_these() -> None:
    one, two = torch.zeros(2), torch.zeros(2)
    told: list[int] = []
    held = WeakTensors([one, two], told.append)
    key = id(two)

    assert held.are([one, two])
    assert not held.are([two, one])
    assert not held.are([one])
    del two
    assert told == [key]
    assert held.tensors()[0] is one
    assert held.tensors()[1] is GONE
    assert len(held) == 2
    assert not held.are([one])
    assert not held.are([one, torch.ones(2)])  # where the other one was, perhaps
