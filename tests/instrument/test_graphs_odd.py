"""Nets of which a graph shows little, several graphs, and graphs of all kinds: nothing is ever raised."""

import weakref
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from gradtui.autograd.graph import graph_of
from gradtui.autograd.node_types import stem
from gradtui.autograd.topology import TOO_LARGE, wiring_of
from gradtui.core.event import RunInfo
from gradtui.core.layout import Layout
from tests.instrument.nets import (
    LABELS,
    Backwards,
    Siamese,
)
from tests.instrument.seeing import FLAT, of, rows, seen, watched


def test_a_siamese_net_and_a_gradient_penalty() -> None:
    net = Siamese()
    layout, info = seen(net, lambda: net(FLAT).square().mean())
    assert rows(layout) == [("tower.0", "relu"), ("tower.2", ""), ("top", "")]
    assert "more than once" in info.not_plain
    critic = Backwards()

    def penalised() -> Tensor:
        inputs = FLAT.clone().requires_grad_()
        out = critic(inputs)
        (slope,) = torch.autograd.grad(out.sum(), inputs, create_graph=True)
        return out.mean() + slope.square().mean()

    layout, info = seen(critic, penalised)
    assert [row.name for row in layout.rows] == ["a", "b", "c"]
    assert info.not_plain


def test_two_networks_and_a_closure_are_told_again() -> None:
    maker = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 64), nn.Tanh())
    judge = nn.Sequential(nn.Linear(64, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1))

    def game() -> None:
        judging = torch.optim.Adam(judge.parameters())
        making = torch.optim.Adam(maker.parameters())
        for _ in range(3):
            made = maker(torch.randn(5, 3))
            F.softplus(judge(made.detach())).mean().backward()
            F.softplus(-judge(FLAT)).mean().backward()
            judging.step()
            F.softplus(-judge(made)).mean().backward()
            making.step()

    first, *_, last = watched(game)
    assert [r.name for r in last.layout.rows] == ["maker.0", "maker.2", "judge.0", "judge.2"]
    assert [r.activation for r in last.layout.rows][:3] == ["relu", "tanh", "leaky_relu"]
    assert first.info.not_plain
    assert last.info.not_plain

    def closure() -> None:
        net = Backwards()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

        def once() -> float:
            loss = F.cross_entropy(net(FLAT), LABELS)
            loss.backward()
            return loss.item()

        for _ in range(3):
            optimizer.step(once)

    told = watched(closure)[-1]
    assert rows(told.layout) == [("a", "relu"), ("b", "tanh"), ("c", "")]
    assert (told.info.not_plain, told.info.task) == ("", "classification")


@pytest.mark.parametrize("again", [True, False])
def test_checkpoints(again: bool) -> None:
    class Saving(nn.Sequential):
        def forward(self, x: Tensor) -> Tensor:
            hidden = self[0](x)
            return self[2](checkpoint(self[1], hidden, use_reentrant=again))

    def train() -> None:
        inner = nn.Sequential(nn.Linear(8, 8), nn.Tanh())
        net = Saving(nn.Linear(64, 8), inner, nn.Linear(8, 4))
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        F.cross_entropy(net(FLAT), LABELS).backward()
        optimizer.step()

    (told,) = watched(train)
    assert dict(rows(told.layout))["1.0"] == "tanh"
    assert bool(told.info.not_plain) is again


def test_a_penalty_and_a_dropout_are_not_plain() -> None:
    net = nn.Sequential(nn.Linear(64, 8), nn.SiLU(), nn.Linear(8, 4))
    ce = F.cross_entropy
    _, info = seen(net, lambda: ce(net(FLAT), LABELS) + net[0].weight.square().sum())
    assert info.not_plain
    lossy = nn.Sequential(nn.Linear(64, 8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 4))
    assert of(lossy)[1].not_plain
    assert not of(lossy.eval())[1].not_plain


def test_a_sigmoid_times_its_input_and_clamps() -> None:
    net = Backwards()

    def loss() -> Tensor:
        hidden = net.a(FLAT)
        hidden = net.b(hidden * torch.sigmoid(hidden)).clamp(min=0)
        return F.cross_entropy(net.c(hidden), LABELS)

    layout, _ = seen(net, loss)
    assert rows(layout) == [("a", "silu"), ("b", "relu"), ("c", "")]


def test_nothing_is_kept_and_nothing_saved_is_touched() -> None:
    def unpack(packed: Tensor) -> Tensor:
        raise AssertionError

    net = Backwards()
    with torch.autograd.graph.saved_tensors_hooks(lambda saved: saved, unpack):
        hidden = net(FLAT)
        loss = F.cross_entropy(hidden, LABELS)
    gone = weakref.ref(hidden)
    wiring = wiring_of(loss)
    del hidden, loss
    assert gone() is None
    assert wiring.why == ""
    assert wiring_of(net(FLAT).sum(), 5) is TOO_LARGE
    assert wiring_of(torch.ones(())).leaves == ()
    assert stem("torch::autograd::AccumulateGrad") == "AccumulateGrad"


STEPS: list[Callable[[Tensor, Tensor, nn.Linear], Tensor]] = [
    lambda x, y, f: f(x),
    lambda x, y, f: x + f(y),
    lambda x, y, f: torch.relu(x) * torch.sigmoid(y),
    lambda x, y, f: torch.stack([x, y]).unbind()[1] @ f.weight,
    lambda x, y, f: F.layer_norm(f(x), (4,)),
    lambda x, y, f: f(x).detach() + y,
    lambda x, y, f: F.batch_norm(f(x), None, None, training=True),
    lambda x, y, f: torch.cat([x, y], 1)[:, 2:6],
]


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 9), st.integers(0, 9)), max_size=12))
def test_any_small_net_is_read(steps: list[tuple[int, int, int]]) -> None:
    layers = nn.ModuleList(nn.Linear(4, 4) for _ in range(4))
    values = [torch.randn(3, 4), layers[0](torch.randn(3, 4))]
    for kind, one, other in steps:
        x, y = values[one % len(values)], values[other % len(values)]
        values.append(STEPS[kind](x, y, layers[(one + other) % 4]))
    if not any(value.requires_grad for value in values):
        return
    layout, info = seen_once(layers, torch.stack([v.sum() for v in values]).sum())
    assert sorted(row.name for row in layout.rows) == ["0", "1", "2", "3"]
    assert info.not_plain


def seen_once(net: nn.Module, loss: Tensor) -> tuple[Layout, RunInfo]:
    def train() -> None:
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        graph = graph_of(loss)
        assert graph is not None
        assert all(below < at for at, edges in enumerate(graph.below) for below in edges)
        loss.backward()
        optimizer.step()

    told = watched(train)[-1]
    return told.layout, told.info
