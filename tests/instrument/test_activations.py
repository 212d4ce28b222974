"""Activations of watched programs, against float64 numbers from forward hooks on the very modules."""

from collections.abc import Callable
from contextlib import contextmanager
from functools import partial
from math import isnan
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from gradtui.autograd import layer_outputs as outputs
from gradtui.autograd.layer_outputs import layer_outputs, readable, sample
from gradtui.core.snapshot import Act, Snapshot
from gradtui.instrument import activation_capture
from gradtui.instrument.budget import Ledger
from gradtui.instrument.cost_meter import CostMeter
from gradtui.instrument.exception_guard import ExceptionGuard
from tests.instrument.kept import Kept, recorded

BATCH = 48


def mlp(*acts: nn.Module, width: int = 24) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Linear(8, width)]
    for act in acts:
        layers += [act, nn.Linear(width, width)]
    return nn.Sequential(*layers[:-1], nn.Linear(width, 5))


def cnn() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1),
        nn.BatchNorm2d(6),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 4, 3, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(4 * 16, 5),
    )


class Blocks(nn.Module):
    """Functions in place of modules, a skip connection, a sequence."""

    def __init__(self) -> None:
        super().__init__()
        self.up, self.down, self.head = nn.Linear(8, 16), nn.Linear(16, 8), nn.Linear(8, 5)
        self.norm = nn.LayerNorm(8)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.down(F.gelu(self.up(self.norm(x))))
        out: Tensor = self.head(x.mean(dim=1))
        return out


def step(net: nn.Module, inputs: Tensor, optimizer: torch.optim.Optimizer) -> None:
    loss = F.cross_entropy(net(inputs), torch.arange(len(inputs)) % 5)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def looked_at(kept: Kept, net: nn.Module, inputs: Tensor, steps: int = 1) -> list[Snapshot]:
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    for _ in range(steps):
        step(net, inputs, optimizer)
    return [one for one in kept.snapshots if one.activations is not None]


def hooked(net: nn.Module, inputs: Tensor, names: list[str]) -> dict[str, np.ndarray[Any, Any]]:
    """Name of a module -> its output in float64."""
    found = {}

    def keep(name: str, module: nn.Module, args: Any, output: Tensor) -> None:
        found[name] = output.detach().clone().double().numpy()

    handles = [net.get_submodule(name).register_forward_hook(partial(keep, name)) for name in names]
    with torch.no_grad():
        net(inputs)
    for handle in handles:
        handle.remove()
    return found


def line_of(kept: Kept, snapshot: Snapshot, row: str) -> np.ndarray[Any, Any]:
    assert snapshot.activations is not None
    names = [one.name for one in kept.layout.rows]
    found: np.ndarray[Any, Any] = snapshot.activations[names.index(row)]
    return found


@pytest.mark.parametrize(
    ("build", "shape", "rows"),
    [
        (
            lambda: mlp(nn.ReLU(), nn.Sigmoid(), nn.Tanh(), nn.GELU(), nn.SiLU(), nn.LeakyReLU()),
            (BATCH, 8),
            {"0": "1", "2": "3", "4": "5", "6": "7", "8": "9"},
        ),
        (lambda: mlp(nn.ELU(), nn.Softplus(), nn.ReLU6()), (BATCH, 8), {"0": "1", "2": "3"}),
        (cnn, (BATCH, 1, 8, 8), {"0": "2", "4": "5"}),
    ],
)
def test_they_are_those_of_the_modules(
    kept: Kept, build: Callable[[], nn.Module], shape: tuple[int, ...], rows: dict[str, str]
) -> None:
    torch.manual_seed(0)
    net, inputs = build(), torch.randn(shape)
    truth = hooked(net, inputs, list(rows.values()))
    first = looked_at(kept, net, inputs)[0]
    for row, module in rows.items():
        line, values = line_of(kept, first, row), truth[module]
        units = np.moveaxis(values, 1, 0).reshape(values.shape[1], -1)
        np.testing.assert_allclose(line[Act.VARIANCE], values.var(), rtol=1e-5)
        np.testing.assert_allclose(line[Act.RMS], np.sqrt((values**2).mean()), rtol=1e-5)
        assert line[Act.DEAD] == (units == 0).all(axis=1).mean()
        assert line[Act.NONFINITE] == 0
        assert isnan(line[Act.SIGNAL])
        kind = type(net.get_submodule(module)).__name__
        if kind in ("Sigmoid", "Tanh"):
            far = abs(values - 0.5) > 0.475 if kind == "Sigmoid" else abs(values) > 0.95
            np.testing.assert_allclose(line[Act.SATURATED], far.mean())
        else:
            assert isnan(line[Act.SATURATED])


def test_functions_and_sequences(kept: Kept) -> None:
    torch.manual_seed(0)
    net, inputs = Blocks(), torch.randn(BATCH, 3, 8)
    with torch.no_grad():
        hidden = F.gelu(net.up(net.norm(inputs))).double()
    first = looked_at(kept, net, inputs)[0]
    line = line_of(kept, first, "up")
    np.testing.assert_allclose(line[Act.VARIANCE], float(hidden.var(correction=0)), rtol=1e-5)
    assert line[Act.DEAD] == 0


def test_dead_and_pinned_units_are_counted(kept: Kept) -> None:
    torch.manual_seed(0)
    net = mlp(nn.ReLU(), nn.Tanh())
    with torch.no_grad():
        net.get_parameter("0.bias")[:18] = -100.0
        net.get_parameter("2.bias")[:6] = 100.0
    first = looked_at(kept, net, torch.randn(BATCH, 8))[0]
    assert line_of(kept, first, "0")[Act.DEAD] == 18 / 24
    assert line_of(kept, first, "2")[Act.SATURATED] == pytest.approx(6 / 24, abs=0.02)


def test_of_a_few_examples_it_is_not_told_which_units_are_dead(kept: Kept) -> None:
    first = looked_at(kept, mlp(nn.ReLU()), torch.randn(activation_capture.EXAMPLES - 1, 8))[0]
    line = line_of(kept, first, "0")
    assert isnan(line[Act.DEAD])
    assert line[Act.RMS] > 0


@pytest.mark.parametrize("first", [0, 1])
def test_of_several_uses_that_with_examples_enough_is_looked_at(kept: Kept, first: int) -> None:
    """An equation's net is asked for one point beside its batch, as its boundary."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
    points = [50 * torch.rand(BATCH, 1), torch.zeros(1, 1)]
    optimizer = torch.optim.SGD(net.parameters(), lr=0.0)
    parts = [net(points[at]).pow(2).mean() for at in (first, 1 - first)]
    (parts[0] + parts[1]).backward()
    optimizer.step()
    (snapshot,) = kept.snapshots
    line = line_of(kept, snapshot, "0")
    wanted = hooked(net, points[0], ["1"])["1"]
    assert line[Act.VARIANCE] == pytest.approx(wanted.var(), rel=1e-5)
    assert line[Act.SATURATED] == pytest.approx((np.abs(wanted) > 0.95).mean(), abs=0.02)


def test_of_large_outputs_a_part_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "SAMPLE", 1000)
    for shape, units in [((100, 50), 1), ((4, 6, 40, 40), 1), ((8, 200, 30), 2), ((1, 2000), 1)]:
        some = sample(torch.zeros(shape), units)
        assert some.shape[units] == shape[units]
        assert some.numel() <= max(1000, shape[units])
    net = mlp(nn.ReLU(), nn.GELU(), width=64)
    found = layer_outputs(*readable(net(torch.randn(500, 8)).sum()))
    assert {one.activation for one in found} == {"relu", "gelu"}
    assert all(32 <= one.values.numel() <= 1000 for one in found)


def test_what_somebody_packed_is_left_alone(kept: Kept) -> None:
    unpacked = []

    def unpack(tensor: Tensor) -> Tensor:
        unpacked.append(1)
        return tensor

    net, inputs = mlp(nn.ReLU(), nn.Sigmoid()), torch.randn(BATCH, 8)
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor, unpack):
        loss = net(inputs).sum()
    assert layer_outputs(*readable(loss)) == []
    assert unpacked == []
    half = checkpoint(net[:3], inputs, use_reentrant=False)
    outside = layer_outputs(*readable(net[3:](half).sum()))
    assert [one.activation for one in outside] == ["sigmoid"]


def test_results_are_the_same_to_the_last_bit() -> None:
    def trained() -> list[Tensor]:
        torch.manual_seed(3)
        net = cnn()
        optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
        for _ in range(20):
            step(net, torch.randn(BATCH, 1, 8, 8), optimizer)
        return [p.detach() for p in net.parameters()]

    bare = trained()
    with contextmanager(recorded)() as kept:
        watched = trained()
    assert sum(one.activations is not None for one in kept.snapshots) > 3
    assert all(torch.equal(a, b) for a, b in zip(bare, watched, strict=True))


def test_they_come_at_first_and_then_at_a_cadence(kept: Kept) -> None:
    taken = looked_at(kept, mlp(nn.ReLU()), torch.randn(BATCH, 8), steps=40)
    assert [one.step for one in taken] == [0, 1, 2, 12, 22, 32]


def test_each_optimizer_has_those_of_its_own_net(kept: Kept) -> None:
    first, second = mlp(nn.ReLU()), mlp(nn.Tanh())
    steps = [(net, torch.optim.SGD(net.parameters(), lr=0.01)) for net in (first, second)]
    for _ in range(3):
        for net, optimizer in steps:
            step(net, torch.randn(BATCH, 8), optimizer)
    for snapshot in kept.snapshots:
        if snapshot.activations is not None:
            mine = kept.layout.row_of[~np.isnan(snapshot.grads[:, 0])]
            seen = np.flatnonzero(~np.isnan(snapshot.activations[:, Act.RMS]))
            assert len(seen) == 1
            assert {*seen} <= {*mine}
    assert {one.optimizer for one in kept.snapshots if one.activations is not None} == {0, 1}


def test_of_optimizers_in_turns_all_have_their_share_of_looks(kept: Kept) -> None:
    first, second = mlp(nn.ReLU()), mlp(nn.Tanh())
    steps = [(net, torch.optim.SGD(net.parameters(), lr=0.01)) for net in (first, second)]
    for _ in range(100):
        for net, optimizer in steps:
            step(net, torch.randn(BATCH, 8), optimizer)
    taken = [one.optimizer for one in kept.snapshots if one.activations is not None]
    assert len(taken) > 10
    assert min(taken.count(0), taken.count(1)) >= len(taken) // 3


def by_backward(net: nn.Module, inputs: Tensor) -> list[Tensor]:
    """Gradients of two halves of a batch."""
    net.zero_grad()
    for half in inputs.chunk(2):
        net(half).square().mean().backward()
    return [p.grad for p in net.parameters() if p.grad is not None]


def by_autograd_grad(net: nn.Module, inputs: Tensor) -> list[Tensor]:
    return list(torch.autograd.grad(net(inputs).square().mean(), list(net.parameters())))


@pytest.mark.parametrize(
    ("gradients", "seen", "unused"),
    [(by_backward, 0.5, False), (by_autograd_grad, 1.0, False), (by_backward, 0.5, True)],
)
def test_of_updates_by_hand(
    gradients: Callable[[nn.Module, Tensor], list[Tensor]], seen: float, unused: bool
) -> None:
    """`seen` of each batch is looked at: the first of the backward passes to a step. While an optimizer
    that is `unused` may yet step, what was seen is kept for it."""
    torch.manual_seed(0)
    net = mlp(nn.ReLU(), nn.Sigmoid())
    truth = []
    with contextmanager(recorded)() as kept:
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01) if unused else None
        for _ in range(40):
            inputs = torch.randn(2 * BATCH, 8)
            with torch.no_grad():
                truth.append(net[:4](inputs[: int(seen * len(inputs))]).double())
            grads = gradients(net, inputs)
            with torch.no_grad():
                for p, grad in zip(net.parameters(), grads, strict=True):
                    p -= 0.1 * grad
    assert optimizer is None or not optimizer.state
    assert [one.step for one in kept.snapshots] == list(range(40))
    taken = [one for one in kept.snapshots if one.activations is not None]
    assert [one.step for one in taken] == (
        [0, 3, 4, 14, 24, 34] if unused else [0, 1, 2, 12, 22, 32]
    )
    for one in taken:
        line = line_of(kept, one, "2")
        values = truth[one.step].numpy()
        np.testing.assert_allclose(line[Act.VARIANCE], values.var(), rtol=1e-5)
        np.testing.assert_allclose(line[Act.SATURATED], (abs(values - 0.5) > 0.475).mean())


def test_of_updates_by_hand_that_are_let_through_nothing_is_looked_at(
    scarce: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []

    def counted(roots: object) -> object:
        looks.append(1)
        return readable(roots)

    monkeypatch.setattr(activation_capture, "readable", counted)
    net = mlp(nn.ReLU())
    for _ in range(300):
        grads = by_autograd_grad(net, torch.randn(BATCH, 8))
        with torch.no_grad():
            for p, grad in zip(net.parameters(), grads, strict=True):
                p -= 0.01 * grad
    assert len(scarce.snapshots) < 300
    with_them = [one for one in scarce.snapshots if one.activations is not None]
    assert len(looks) == len(with_them) > 1


def test_accumulated_batches_are_looked_at_once(kept: Kept) -> None:
    net = mlp(nn.ReLU())
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    for _ in range(4):
        net(torch.randn(BATCH, 8)).sum().backward()
    optimizer.step()
    assert [one.activations is not None for one in kept.snapshots] == [True]


def test_a_tensor_that_has_no_gradient_any_more_hurries_the_next_look() -> None:
    """A part may have been made anew: that is not left to the budget."""
    meter = CostMeter()
    guard = ExceptionGuard(lambda words: None, meter)
    capture = activation_capture.ActivationCapture(guard, Ledger(0.03, meter), lambda: True)
    capture._step, capture._next = 40, 10_000
    capture.missing(1, 0)
    assert capture._next == 10_000
    capture.missing(1, 2)
    assert capture._next == 41
    capture._next = 10_000
    for count in (2, 1, 2):
        capture.missing(1, count)
    assert capture._next == 10_000
    capture.missing(2, 1)  # an optimizer that begins so
    assert capture._next == 41
    assert capture.again == 0
    capture.replaced_parts._last = 41, (("left_out", "head"),)
    assert capture.again == activation_capture.EVERY
    capture._hurried = activation_capture.HURRIED
    assert capture.again == 0
