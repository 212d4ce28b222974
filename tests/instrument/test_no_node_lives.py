"""Reading graphs makes no node of one, and keeps none: a program that records CUDA graphs would be
broken by a node of an earlier graph, on another stream."""

import gc
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradtui.instrument.watcher import Watcher
from gradtui.patching.cuda_capture import capturing, prepared
from tests.instrument.kept import Kept
from tests.operations import Operations

X = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))
STEPS = 6


@pytest.fixture
def kept() -> Iterator[Kept]:
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append, overhead=1000.0)
    gc.disable()  # what only a collection would free counts as kept
    yield sink
    gc.enable()
    watcher.close()
    assert sink.log == []


def accumulating(leaf: Tensor) -> Any:
    """The node that adds to `leaf.grad`, made anew where none is alive."""
    function: Any = leaf.expand_as(leaf).grad_fn
    return function.next_functions[0][0]


def mark(result: Tensor) -> None:
    """Its leaves' nodes: what is written on a node is there for as long as that lives."""
    waiting: list[Any] = [result.grad_fn]
    while waiting:
        node = waiting.pop()
        if node.name().endswith("AccumulateGrad"):
            node.metadata["marked"] = True
        waiting += [below for below, _ in node.next_functions if below is not None]


def marked(net: nn.Module) -> int:
    return sum("marked" in accumulating(p).metadata for p in net.parameters())


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Dropout(0.2))
        self.head = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.body(x))
        return out


@dataclass
class Batch:
    hidden: Tensor


class Held:
    def __init__(self, hidden: Tensor) -> None:
        self.hidden = hidden


class Words(dict[str, Tensor]):
    pass


Step = Callable[[Net, torch.optim.Optimizer, bool], None]


def usual(net: Net, optimizer: torch.optim.Optimizer, lost: bool) -> None:
    optimizer.zero_grad()
    loss = net(X).square().mean() * (float("nan") if lost else 1)
    mark(loss)
    loss.backward()
    optimizer.step()


def steep(net: Net, optimizer: torch.optim.Optimizer, lost: bool) -> None:
    """The slope of its root is infinite where that is zero."""
    optimizer.zero_grad()
    loss = (net(X) * (0 if lost else 1)).square().sum(1).sqrt().mean()
    mark(loss)
    loss.backward()
    optimizer.step()


def closure(net: Net, optimizer: torch.optim.Optimizer, lost: bool) -> None:
    def evaluate() -> Tensor:
        optimizer.zero_grad()
        loss = net(X).square().mean() * (float("nan") if lost else 1)
        mark(loss)
        loss.backward()
        return loss

    optimizer.step(evaluate)  # type: ignore[arg-type]


def penalised(net: Net, optimizer: torch.optim.Optimizer, lost: bool) -> None:
    optimizer.zero_grad()
    x = X.clone().requires_grad_()
    out = net(x)
    (slope,) = torch.autograd.grad(out.sum(), x, create_graph=True)
    loss = out.mean() + slope.square().mean() * (float("inf") if lost else 1)
    mark(loss)
    loss.backward()
    optimizer.step()


class Parts(Net):
    """A program calls its parts itself, and hands the result of one to the other in a container."""

    def __init__(self, wrap: Callable[[Tensor], Any], take: Callable[[Any], Tensor]) -> None:
        super().__init__()
        self.wrap = wrap
        self.top = Top(self.head, take)

    def forward(self, x: Tensor) -> Tensor:
        raise AssertionError


class Top(nn.Module):
    def __init__(self, head: nn.Module, take: Callable[[Any], Tensor]) -> None:
        super().__init__()
        self.head, self.take = head, take

    def forward(self, given: Any) -> Tensor:
        out: Tensor = self.head(self.take(given))
        return out


def in_parts(net: Net, optimizer: torch.optim.Optimizer, lost: bool) -> None:
    assert isinstance(net, Parts)
    optimizer.zero_grad()
    loss = net.top(net.wrap(net.body(X))).square().mean() * (float("nan") if lost else 1)
    mark(loss)
    loss.backward()
    optimizer.step()


PROGRAMS: dict[str, tuple[Callable[[], Net], Step]] = {
    "usual": (Net, usual),
    "steep": (Net, steep),
    "closure": (Net, closure),
    "penalised": (Net, penalised),
    "list": (lambda: Parts(lambda h: [h], lambda given: given[0]), in_parts),
    "dataclass": (lambda: Parts(Batch, lambda given: given.hidden), in_parts),
    "object": (lambda: Parts(Held, lambda given: given.hidden), in_parts),
    "dictionary": (lambda: Parts(lambda h: Words(h=h), lambda given: given["h"]), in_parts),
}


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("name", PROGRAMS)
def test_no_node_outlives_its_step(kept: Kept, name: str, lost: bool) -> None:
    make, program = PROGRAMS[name]
    net = make()
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
    assert marked(net) == 0
    for step in range(STEPS):
        program(net, optimizer, lost and step == 4)
        assert marked(net) == 0, step
    assert len(kept.snapshots) == STEPS
    assert any(snapshot.nonfinite for snapshot in kept.snapshots) == lost


def test_the_mark_is_seen_while_a_node_lives() -> None:
    net = Net()
    loss = net(X).sum()
    mark(loss)
    assert marked(net) == 4
    del loss
    assert marked(net) == 0


def test_gradients_taken_by_hand_leave_no_node(kept: Kept) -> None:
    net = Net()
    for _ in range(STEPS):
        out = net(X)
        mark(out)
        torch.autograd.grad((out,), tuple(net.parameters()), (torch.ones_like(out),))
        del out
        assert marked(net) == 0
    kept.snapshots.clear()


def test_no_node_is_made_outside_of_the_programs_graph(kept: Kept) -> None:
    """Nodes are numbered as they are made, those that add to a leaf aside: with a graph's own nodes
    taken off there are none."""
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
    number: Any = torch.autograd._get_sequence_nr  # type: ignore[attr-defined]
    for _ in range(STEPS):
        before = number()
        optimizer.zero_grad()
        loss = net(X).square().mean()
        made = number() - before
        loss.backward()
        optimizer.step()
        assert number() - before == made


def test_what_a_program_keeps_of_a_graph_keeps_nothing_of_ours(kept: Kept) -> None:
    """A list of losses with their history is a common slip."""
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
    losses, inputs = [], []
    for _ in range(STEPS):
        x = torch.randn(3, 4)
        inputs.append(weakref.ref(x))
        loss = net(x).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss)
    assert [ref() is None for ref in inputs[:-2]] == [True] * (STEPS - 2)


class Cuda:
    """Stands in for a device that is recording."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.recording = True
        monkeypatch.setattr(torch.cuda, "is_initialized", lambda: self.recording)
        monkeypatch.setattr(torch.cuda, "is_current_stream_capturing", lambda: self.recording)


def by_hand(net: Net) -> None:
    out = net(X)
    for p, grad in zip(
        net.parameters(),
        torch.autograd.grad((out,), tuple(net.parameters()), (torch.ones_like(out),)),
        strict=True,
    ):
        p.grad = grad


def clipped(net: Net, optimizer: torch.optim.Optimizer) -> None:
    loss = net(X).square().mean()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimizer.step()


def test_while_a_graph_is_recorded_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = Cuda(monkeypatch)

    def computed() -> tuple[list[str], list[str]]:
        net = Net()
        with Operations() as alone:
            by_hand(net)
        optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
        cuda.recording = False
        usual(net, optimizer, False)
        cuda.recording = True
        with Operations() as stepped:
            clipped(net, optimizer)
        cuda.recording = False
        usual(net, optimizer, False)
        cuda.recording = True
        return alone.seen, stepped.seen

    bare = computed()
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append, overhead=1000.0)
    assert computed() == bare
    watcher.close()
    assert [snapshot.step for snapshot in sink.snapshots] == [0, 1]
    assert sink.log == []


def test_what_is_run_before_a_recording_counts_for_nothing(kept: Kept) -> None:
    net = Net()

    def make(module: nn.Module) -> nn.Module:
        for _ in range(3):
            out = module(X)
            torch.autograd.grad((out,), tuple(module.parameters()), (torch.empty_like(out),))
        return module

    with contextmanager(prepared)():
        assert make(net) is net
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
    for _ in range(2):
        usual(net, optimizer, False)
    assert [snapshot.step for snapshot in kept.snapshots] == [0, 1]
    assert not capturing()


def test_nobody_is_asked_where_cuda_is_not_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> bool:
        raise AssertionError("this would initialise CUDA")

    monkeypatch.setattr(torch.cuda, "is_current_stream_capturing", refuse)
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: False)
    assert not capturing()
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_current_stream_capturing", lambda: True)
    assert capturing()
