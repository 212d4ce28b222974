"""Steps that are replayed from a CUDA graph, on a double of its class: what was recorded is run once more at
each replay, unseen by hooks."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gradtui.core.event import RunInfo, Started
from gradtui.core.snapshot import Grad, Weight
from gradtui.instrument import budget
from gradtui.instrument.watcher import Watcher
from tests.instrument.kept import Kept, norm
from tests.operations import Operations

Body = Callable[[], None]


class Device:
    """Stands in for a device that records: `capture` notes a body and runs it, as nothing that is recorded
    is seen by anybody, a replay runs it again."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.recording = False
        self.bodies: dict[int, Body] = {}
        base = torch._C._CUDAGraph
        monkeypatch.setattr(torch.cuda, "is_initialized", lambda: self.recording)
        monkeypatch.setattr(torch.cuda, "is_current_stream_capturing", lambda: self.recording)
        given = {
            "__new__": lambda cls, *_: base.__base__.__new__(cls),
            "__init__": lambda graph, *_: None,
            "capture_begin": lambda graph, **_: setattr(self, "recording", True),
            "capture_end": lambda graph: setattr(self, "recording", False),
            "replay": lambda graph: self.run(self.bodies[id(graph)]),
        }
        for name, value in given.items():
            monkeypatch.setattr(base, name, value, raising=False)

    def run(self, body: Body) -> None:
        self.recording = True
        try:
            body()
        finally:
            self.recording = False

    def capture(self, body: Body) -> torch.cuda.CUDAGraph:
        # With CUDA a class of pybind11's is beneath it, which would want its own constructor to be called.
        graph = torch.cuda.CUDAGraph.__new__(torch.cuda.CUDAGraph)
        graph.capture_begin()
        body()
        graph.capture_end()
        self.bodies[id(graph)] = body
        return graph


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Device:
    return Device(monkeypatch)


@pytest.fixture
def kept(device: Device) -> Iterator[Kept]:
    """Every step is measured."""
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append, overhead=float("inf"))
    sink.end = watcher.close
    yield sink
    watcher.close()
    assert sink.log == []


class Program:
    """A net that is trained on the same memory at every step, as graphs want it."""

    def __init__(self, *, clears: bool = False, clips: bool = False) -> None:
        torch.manual_seed(0)
        self.net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=0.05)
        self.x, self.y = torch.randn(16, 4), torch.randn(16, 1)
        self.loss = torch.zeros(())
        self.clears, self.clips = clears, clips

    def new_batch(self, scale: float = 1.0) -> None:
        self.x.copy_(scale * torch.randn(16, 4))
        self.y.copy_(torch.randn(16, 1))

    def forward_and_back(self) -> None:
        self.optimizer.zero_grad(set_to_none=False)
        loss = nn.functional.mse_loss(self.net(self.x), self.y)
        loss.backward()
        if self.loss.grad_fn is None:
            self.loss = loss
        else:
            self.loss.data.copy_(loss.detach())

    def step(self) -> None:
        self.forward_and_back()
        if self.clips:
            nn.utils.clip_grad_norm_(self.net.parameters(), 0.1)
        self.optimizer.step()
        if self.clears:
            self.optimizer.zero_grad(set_to_none=False)

    def begin(self, device: Device, steps: int = 3) -> torch.cuda.CUDAGraph:
        """Some steps, and a graph of the next ones."""
        for _ in range(steps):
            self.new_batch()
            self.step()
        self.loss = torch.zeros(())
        return device.capture(self.step)

    def gradients(self) -> list[float]:
        return [norm(p.grad) for p in self.net.parameters() if p.grad is not None]

    def weights(self) -> list[Tensor]:
        return [p.detach().clone() for p in self.net.parameters()]


def told(sink: Kept) -> RunInfo:
    return [event for event in sink.events if isinstance(event, Started)][-1].info


def test_each_replay_is_a_step_with_its_loss_its_norms_and_its_update(
    kept: Kept, device: Device
) -> None:
    program = Program()
    graph = program.begin(device)
    assert not told(kept).replayed
    losses, norms, updates = [], [], []
    for _ in range(10):
        program.new_batch()
        before = program.weights()
        graph.replay()
        losses.append(program.loss.item())
        norms.append(program.gradients())
        updates.append([norm(a - b) for a, b in zip(program.weights(), before, strict=True)])
    kept.end()
    replayed = kept.snapshots[3:]
    assert [snapshot.step for snapshot in kept.snapshots] == list(range(13))
    assert [snapshot.loss for snapshot in replayed] == losses
    np.testing.assert_allclose([s.grads[:, Grad.NORM] for s in replayed], norms, rtol=1e-6)
    for snapshot, update in zip(replayed, updates, strict=True):
        assert snapshot.weights is not None
        np.testing.assert_allclose(snapshot.weights[:, Weight.UPDATE], update, rtol=1e-5)
    assert {snapshot.stage for snapshot in replayed} == {"raw"}
    assert told(kept).replayed


def test_replays_are_let_through_as_steps_are(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "ALLOWANCE", 0.0)
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append, overhead=1e-9)
    program = Program()
    graph = program.begin(device)
    losses = {}
    for step in range(3, 203):
        program.new_batch()
        graph.replay()
        losses[step] = program.loss.item()
    watcher.close()
    measured = {snapshot.step: snapshot.loss for snapshot in sink.snapshots}
    rows = {step: row[2] for step, row in sink.rows.items()}
    assert {*measured, *rows} == {*range(203)}
    assert len(rows) > 100
    assert {step: loss for step, loss in (measured | rows).items() if step > 2} == losses
    last = sink.snapshots[-1]
    assert last.step == 202
    np.testing.assert_allclose(last.grads[:, Grad.NORM], program.gradients(), rtol=1e-6)
    assert sink.log == []


def test_gradients_that_are_cleared_within_the_graph_are_not_taken_for_zeros(
    kept: Kept, device: Device
) -> None:
    program = Program(clears=True)
    graph = program.begin(device)
    for _ in range(3):
        program.new_batch()
        graph.replay()
    kept.end()
    replayed = kept.snapshots[3:]
    assert {snapshot.stage for snapshot in replayed} == {"unknown"}
    assert all(np.isnan(snapshot.grads).all() for snapshot in replayed)
    assert all(snapshot.loss > 0 for snapshot in replayed)


def test_what_a_graph_clips_is_said_to_be_clipped(kept: Kept, device: Device) -> None:
    program = Program(clips=True)
    graph = program.begin(device)
    program.new_batch()
    graph.replay()
    kept.end()
    assert [snapshot.stage for snapshot in kept.snapshots] == ["clipped"] * 4
    norms = kept.snapshots[-1].grads[:, Grad.NORM]
    assert float(np.linalg.norm(norms)) == pytest.approx(0.1, rel=1e-4)


def test_gradients_that_a_later_pass_of_the_graph_adds_to_are_not_read(
    kept: Kept, device: Device
) -> None:
    """As of two networks that take turns: the second one's pass goes through the first."""
    first, second = Program(), Program()
    first.begin(device)
    second.begin(device)

    def both() -> None:
        first.step()
        second.step()

    graph = device.capture(both)
    count = len(kept.snapshots)
    for _ in range(4):
        graph.replay()
    kept.end()
    replayed = kept.snapshots[count:]
    assert [(s.step, s.optimizer) for s in replayed] == [(count + 2 * i + 1, 1) for i in range(4)]
    assert {*kept.rows} == {count + 2 * i for i in range(4)}


def test_a_nan_in_a_replay_is_told_with_why_it_is_not_traced(kept: Kept, device: Device) -> None:
    program = Program()
    graph = program.begin(device)
    program.new_batch()
    graph.replay()
    program.new_batch(scale=float("inf"))
    graph.replay()
    kept.end()
    seen = [s.nonfinite for s in kept.snapshots if s.nonfinite is not None]
    assert seen[0].step == 4
    assert seen[0].autopsy is not None
    assert "replayed from a CUDA graph" in seen[0].autopsy.words


def test_steps_outside_of_a_graph_get_the_loss_of_its_backward_pass(
    kept: Kept, device: Device
) -> None:
    program = Program()
    program.begin(device)
    program.loss = torch.zeros(())
    graph = device.capture(program.forward_and_back)
    count, losses, norms = len(kept.snapshots), [], []
    for _ in range(5):
        program.new_batch()
        graph.replay()
        losses.append(program.loss.item())
        norms.append(program.gradients())
        program.optimizer.step()
    kept.end()
    stepped = kept.snapshots[count:]
    assert [snapshot.loss for snapshot in stepped] == losses
    np.testing.assert_allclose([s.grads[:, Grad.NORM] for s in stepped], norms, rtol=1e-6)
    assert not told(kept).replayed


def test_a_loss_that_is_scaled_in_a_graph_is_told_as_it_was(kept: Kept, device: Device) -> None:
    program = Program()
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)

    def back() -> None:
        program.optimizer.zero_grad(set_to_none=False)
        loss = nn.functional.mse_loss(program.net(program.x), program.y)
        scaler.scale(loss).backward()
        if program.loss.grad_fn is None:
            program.loss = loss
        else:
            program.loss.data.copy_(loss.detach())

    def step() -> None:
        scaler.step(program.optimizer)
        scaler.update()

    back()
    step()
    program.loss = torch.zeros(())
    graph = device.capture(back)
    for _ in range(3):
        program.new_batch()
        graph.replay()
        step()
        assert kept.snapshots[-1].loss == program.loss.item()
    assert len(kept.snapshots) == 4


def test_a_graph_that_trains_nothing_counts_for_nothing(kept: Kept, device: Device) -> None:
    program = Program()
    program.begin(device, 2)
    graph = device.capture(lambda: program.net(program.x).detach_())
    for _ in range(3):
        graph.replay()
    kept.end()
    assert [snapshot.step for snapshot in kept.snapshots] == [0, 1]


def test_the_weights_are_the_same_and_so_is_what_is_computed(device: Device) -> None:
    def trained() -> tuple[list[Tensor], list[str]]:
        program = Program()
        graph = program.begin(device)
        with Operations() as recorded:
            second = device.capture(program.step)
        for _ in range(5):
            program.new_batch()
            graph.replay()
            second.replay()
        return program.weights(), recorded.seen

    weights, recorded = trained()
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append)
    seen_weights, seen_recorded = trained()
    watcher.close()
    assert seen_recorded == recorded
    assert all(torch.equal(a, b) for a, b in zip(weights, seen_weights, strict=True))
    assert len({*sink.rows} | {s.step for s in sink.snapshots}) == 13
    assert sink.log == []


def test_the_class_is_as_it_was_when_nobody_watches(device: Device) -> None:
    graph = torch.cuda.CUDAGraph
    before = [getattr(graph, name) for name in ("capture_begin", "capture_end", "replay")]
    codes = [function.__code__ for function in before]
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append)
    watcher.close()
    after = [getattr(graph, name) for name in ("capture_begin", "capture_end", "replay")]
    assert after == before
    assert [function.__code__ for function in after] == codes


def test_a_loss_that_the_program_has_not_kept_is_not_known(kept: Kept, device: Device) -> None:
    """And not that of the last step outside of the graph."""
    program = Program()

    def step() -> None:
        program.optimizer.zero_grad(set_to_none=False)
        (nn.functional.mse_loss(program.net(program.x), program.y) / 2).backward()
        program.optimizer.step()

    program.begin(device)
    graph = device.capture(step)
    count = len(kept.snapshots)
    for _ in range(3):
        program.new_batch()
        graph.replay()
    kept.end()
    assert all(np.isnan(snapshot.loss) for snapshot in kept.snapshots[count:])
    assert len(kept.snapshots) == count + 3
