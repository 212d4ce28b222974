"""With `catch_nan` a NaN is traced in the step that it is born in, however little measuring may cost."""

import gc
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import gradtui
from gradtui.instrument import budget, nan_capture
from gradtui.instrument.watcher import Watcher
from tests.instrument.kept import Kept

BAD, STEPS = 150, 400


class Part(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(4, 4)

    def forward(self, x: Tensor, scale: float) -> Tensor:
        return (self.inner(x).square() * scale).log()


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.part, self.out = Part(), nn.Linear(4, 1)

    def forward(self, x: Tensor, scale: float) -> Tensor:
        out: Tensor = self.out(self.part(x, scale))
        return out


@pytest.fixture
def scarce(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "ALLOWANCE", 0.0)


def trained(*, catch: bool) -> Kept:
    """A net whose `part` is given 0 in one step, with hardly a budget."""
    torch.manual_seed(0)
    sink = Kept()
    watcher = Watcher(sink, overhead=1e-4, catch_nan=catch, log=sink.log.append)
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = net(torch.randn(8, 4), 0.0 if step == BAD else 1.0).square().mean()
        loss.backward()
        optimizer.step()
    watcher.close()
    assert sink.log == []
    return sink


@pytest.mark.usefixtures("scarce")
def test_every_step_is_looked_at_until_a_nan_is_found() -> None:
    sink = trained(catch=True)
    steps = [snapshot.step for snapshot in sink.snapshots]
    assert steps[: BAD + 1] == list(range(BAD + 1))
    assert len(steps) < STEPS - 100  # nothing more is to be caught: the budget holds again
    first = next(s.nonfinite for s in sink.snapshots if s.nonfinite is not None)
    assert (first.step, first.phase) == (BAD, "forward")
    autopsy = first.autopsy
    assert autopsy is not None
    assert (autopsy.module, autopsy.operation, autopsy.reproduced) == ("part", "log", True)
    assert autopsy.source.startswith("tests/instrument/test_catch_nan.py:")


@pytest.mark.usefixtures("scarce")
@pytest.mark.parametrize("catch", [True, False])
def test_numbers_on_another_device_are_waited_for(
    catch: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without, the update has changed the weights by the time that they arrive."""
    monkeypatch.setattr(nan_capture, "_on_host", lambda record: False)
    sink = trained(catch=catch)
    first = next(s.nonfinite for s in sink.snapshots if s.nonfinite is not None)
    autopsy = first.autopsy
    assert autopsy is not None
    if catch:
        assert (first.step, autopsy.module, autopsy.operation) == (BAD, "part", "log")
    else:
        assert not autopsy.reproduced
        assert "--catch-nan" in autopsy.words


def ended_before_its_update(bad: bool, autopsy: bool = True) -> Kept:
    """A program that looks at its own loss, and stops."""
    torch.manual_seed(0)
    sink = Kept()
    watcher = Watcher(sink, autopsy=autopsy, log=sink.log.append)
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
    for step in range(21):
        optimizer.zero_grad()
        loss = net(torch.randn(8, 4), 0.0 if bad and step == 20 else 1.0).square().mean()
        loss.backward()
        if step == 20:
            break
        optimizer.step()
    weights = [p.clone() for p in net.parameters()]
    grads = [None if p.grad is None else p.grad.clone() for p in net.parameters()]
    watcher.failed("ValueError: the loss is NaN", "")
    watcher.close()
    assert sink.log == []
    for p, weight, grad in zip(net.parameters(), weights, grads, strict=True):
        assert torch.equal(p, weight)
        assert p.grad is not None
        assert grad is not None
        assert torch.equal(p.grad, grad) or bool(grad.isnan().any() and p.grad.isnan().any())
    return sink


def test_a_program_that_stops_at_the_nan_itself_is_told_where_it_was_born() -> None:
    sink = ended_before_its_update(bad=True)
    assert [snapshot.step for snapshot in sink.snapshots] == list(range(21))
    last = sink.snapshots[-1]
    assert last.raised
    assert last.nonfinite is not None
    autopsy = last.nonfinite.autopsy
    assert autopsy is not None
    assert (autopsy.module, autopsy.operation, autopsy.reproduced) == ("part", "log", True)


def test_one_that_stops_with_a_finite_loss_has_no_step_more() -> None:
    sink = ended_before_its_update(bad=False)
    assert [snapshot.step for snapshot in sink.snapshots] == list(range(20))
    assert all(snapshot.nonfinite is None for snapshot in sink.snapshots)


def test_without_a_second_run_it_is_recorded_all_the_same() -> None:
    last = ended_before_its_update(bad=True, autopsy=False).snapshots[-1]
    assert last.nonfinite is not None
    assert (last.step, last.nonfinite.phase) == (20, "forward")


def test_what_is_neither_true_nor_false_is_ignored_with_a_line(tmp_path: Path) -> None:
    """Such as a word that somebody has read from a file."""
    net = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
    watch = gradtui.watch(net, directory=tmp_path / "run", catch_nan="no")  # type: ignore[arg-type]
    ledgers = [o for o in gc.get_objects() if type(o) is budget.Ledger]
    assert not any(ledger.every_step for ledger in ledgers)
    net(torch.randn(2, 3)).sum().backward()
    optimizer.step()
    watch.close()
    log = (tmp_path / "run" / "watch.log").read_text()
    assert "catch_nan 'no' is ignored: False is used instead" in log


@pytest.mark.usefixtures("scarce")
def test_a_lost_loss_is_traced_by_its_graph_where_steps_are_let_through() -> None:
    sink = trained(catch=False)
    assert BAD - 1 not in [snapshot.step for snapshot in sink.snapshots]
    first = next(s.nonfinite for s in sink.snapshots if s.nonfinite is not None)
    assert (first.step, first.phase) == (BAD, "forward")
    autopsy = first.autopsy
    assert autopsy is not None
    assert (autopsy.module, autopsy.operation, autopsy.reproduced) == ("part", "log", False)
    assert autopsy.source.startswith("tests/instrument/test_catch_nan.py:")
    assert autopsy.argument is not None
