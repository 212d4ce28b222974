"""Updates by hand: every leaf that a pass reaches is seen, each update is a step of its own."""

import itertools
import weakref
from collections.abc import Callable
from math import inf

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from gradtui.core.event import RunInfo, Started
from gradtui.instrument.watcher import Watcher
from tests.instrument.kept import Kept

STEPS = 6


def recorded(train: Callable[[], object]) -> Kept:
    sink = Kept()
    watcher = Watcher(sink, overhead=inf, log=sink.log.append)
    train()
    watcher.close()
    assert sink.log == []
    return sink


def info(sink: Kept) -> RunInfo:
    return [e.info for e in sink.events if isinstance(e, Started)][-1]


def update(*nets: nn.Module, clear: bool = True) -> None:
    with torch.no_grad():
        for p in itertools.chain(*(net.parameters() for net in nets)):
            if p.grad is not None:
                p -= 0.01 * p.grad
                p.grad = None if clear else p.grad


def test_reentrant_checkpoints_and_what_is_not_reached() -> None:
    net = nn.ModuleDict({str(i): nn.Linear(3, 3) for i in range(4)})

    def train() -> None:
        for _ in range(STEPS):
            x = torch.ones(2, 3, requires_grad=True)
            for i in range(2):
                x = checkpoint(net[str(i)], x, use_reentrant=True)
            net["2"](x).square().mean().backward()
            update(net)

    sink = recorded(train)
    assert sink.names == [f"{i}.{word}" for i in range(3) for word in ("weight", "bias")]
    assert [len(sink.norms(at)) for at in range(STEPS)] == [6] * STEPS
    told = info(sink)
    assert (told.unseen_tensors, told.unseen_elements) == (2, 12)
    assert told.unseen_names == ("3.weight", "3.bias")


def test_two_networks_that_take_turns() -> None:
    made, judge = nn.Linear(2, 3), nn.Linear(3, 1)

    def train() -> None:
        for _ in range(STEPS):
            for p in judge.parameters():
                p.grad = None
            judge(made(torch.ones(4, 2)).detach()).square().mean().backward()
            update(judge, clear=False)
            for p in made.parameters():
                p.grad = None
            (judge(made(torch.ones(4, 2))).mean() * 0.01).backward()
            update(made, clear=False)

    sink = recorded(train)
    assert [s.optimizer for s in sink.snapshots] == [0, 1] * STEPS
    assert [s.step for s in sink.snapshots] == list(range(2 * STEPS))
    assert info(sink).unseen_tensors == 0


def test_tensors_made_anew_by_each_update() -> None:
    refs: list[weakref.ref[Tensor]] = []

    def train() -> None:
        w = torch.ones(3, requires_grad=True)
        for _ in range(50):
            w.square().sum().backward()
            assert w.grad is not None
            w = (w - 0.01 * w.grad).detach().requires_grad_()
            refs.append(weakref.ref(w))
            assert sum(ref() is not None for ref in refs) < 8

    sink = recorded(train)
    assert sink.names == ["w"]
    assert [s.step for s in sink.snapshots] == list(range(50))
    assert len([e for e in sink.events if isinstance(e, Started)]) == 1


def test_micro_batches_over_different_parts_are_one_step() -> None:
    trunk, heads = nn.Linear(2, 2), nn.ModuleList([nn.Linear(2, 1), nn.Linear(2, 1)])
    sizes = []

    def train() -> None:
        for _ in range(STEPS):
            for head in heads:
                head(trunk(torch.ones(3, 2))).square().mean().backward()
            sizes.append(len([p for p in heads.parameters() if p.grad is not None]))
            update(trunk, heads)

    sink = recorded(train)
    assert len(sink.snapshots) == len(sizes) == STEPS
    assert [len(sink.norms(at)) for at in range(STEPS)] == [6] * STEPS


def test_optimizers_over_the_same_tensors_have_numbers_of_their_own() -> None:
    one, two = nn.Linear(2, 2), nn.Linear(2, 2)
    everything = [*one.parameters(), *two.parameters()]

    def train() -> None:
        optimizers = [
            torch.optim.Adam(one.parameters()),
            torch.optim.Adam(two.parameters()),
            torch.optim.SGD(everything, lr=0.01),
        ]
        for _ in range(STEPS):
            for optimizer, scale in zip(optimizers, (1.0, 1.0, 100.0), strict=True):
                optimizer.zero_grad()
                (two(one(torch.ones(1, 2))).square().sum() * scale).backward()
                optimizer.step()

    assert [s.optimizer for s in recorded(train).snapshots] == [0, 1, 2] * STEPS


def test_an_optimizer_made_anew_keeps_the_number() -> None:
    net = nn.Linear(2, 1)

    def train() -> None:
        for _ in range(STEPS):
            net(torch.ones(1, 2)).sum().backward()
            torch.optim.SGD(net.parameters(), lr=0.01).step()

    assert {s.optimizer for s in recorded(train).snapshots} == {0}


def test_optimizers_made_at_their_first_use_leave_nothing_unstepped() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1))
    made: dict[Tensor, torch.optim.Optimizer] = {}

    def train() -> None:
        for _ in range(STEPS):
            net(torch.ones(1, 2)).sum().backward()
            for p in net.parameters():
                if p not in made:
                    made[p] = torch.optim.Adam([p])
                made[p].step()

    sink = recorded(train)
    assert sink.names == [name for name, _ in net.named_parameters()]
    assert [kind for kind, _ in info(sink).wiring if kind == "not_stepped"] == []
