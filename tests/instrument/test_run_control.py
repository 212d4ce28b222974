"""What viewers ask is done between two steps: held, stepped, paced, recorded in full, ended."""

import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import gradtui
from gradtui.core.control import Pause, RecordAll, Resume, SetPace, StepOnce, Stop
from gradtui.core.event import Paused, Resumed
from gradtui.instrument import budget, run_control
from gradtui.instrument.watcher import Watcher
from gradtui.runstore.reader.run_reader import RunReader
from gradtui.runstore.writer.control_file import ControlInbox
from tests.instrument.kept import Kept

PATIENCE = 30.0


def optimizer_steps(net: nn.Module) -> Callable[[], None]:
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)

    def step() -> None:
        optimizer.zero_grad()
        net(torch.ones(8, 4)).square().mean().backward()
        optimizer.step()

    return step


def updated(net: nn.Module, grads: Iterable[Tensor]) -> None:
    with torch.no_grad():
        for p, grad in zip(net.parameters(), grads, strict=True):
            p -= 0.01 * grad


def steps_by_hand(net: nn.Module) -> Callable[[], None]:
    """Of two backward passes each."""

    def step() -> None:
        net.zero_grad()
        for _ in range(2):
            net(torch.ones(8, 4)).square().mean().backward()
        updated(net, [p.grad for p in net.parameters() if p.grad is not None])

    return step


def steps_by_autograd_grad(net: nn.Module) -> Callable[[], None]:
    def step() -> None:
        loss = net(torch.ones(8, 4)).square().mean()
        updated(net, torch.autograd.grad(loss, list(net.parameters())))

    return step


WAYS = (optimizer_steps, steps_by_hand, steps_by_autograd_grad)
every_way = pytest.mark.parametrize("way", WAYS)
Way = Callable[[nn.Module], Callable[[], None]]


class Training:
    """A program in a thread of its own, whose steps can be counted and waited for."""

    def __init__(self, most: int = 100_000, way: Way = optimizer_steps) -> None:
        self.steps, self.ended = 0, threading.Event()
        self._most, self._way = most, way
        self._thread = threading.Thread(target=self._train, daemon=True)
        self._thread.start()

    def _train(self) -> None:
        step = self._way(nn.Linear(4, 2))
        while self.steps < self._most and not self.ended.is_set():
            step()
            self.steps += 1
            time.sleep(1e-3)

    def stands(self, seconds: float = 0.3) -> bool:
        """Whether no step is taken for so long."""
        before = self.steps
        time.sleep(seconds)
        return self.steps == before

    def end(self) -> None:
        self.ended.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.fixture
def kept() -> Iterator[Kept]:
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append, inbox=(inbox := ControlInbox()))
    sink.inbox = inbox  # type: ignore[attr-defined]
    yield sink
    watcher.close()
    assert sink.log == []


def inbox_of(kept: Kept) -> ControlInbox:
    found: ControlInbox = kept.inbox  # type: ignore[attr-defined]
    return found


@every_way
def test_it_is_held_steps_and_goes_on(kept: Kept, way: Way) -> None:
    inbox = inbox_of(kept)
    training = Training(way=way)
    until(lambda: training.steps > 3)
    inbox.take_in([Pause()], heard=True)
    until(lambda: any(isinstance(event, Paused) for event in kept.events))
    until(training.stands)
    held = training.steps
    inbox.take_in([StepOnce()], heard=True)
    until(lambda: training.steps == held + 1)
    assert training.stands()
    inbox.take_in([Resume()], heard=True)
    until(lambda: training.steps > held + 3)
    training.end()
    assert isinstance([e for e in kept.events if isinstance(e, (Paused, Resumed))][-1], Resumed)
    assert not inbox.wanted


def test_nobody_is_held_by_a_viewer_that_has_died(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_control, "LEASE", 0.5)
    training = Training()
    until(lambda: training.steps > 0)
    inbox_of(kept).take_in([Pause()], heard=True)
    until(lambda: any(isinstance(event, Resumed) for event in kept.events))
    training.end()


def test_steps_of_processes_that_wait_for_each_other_are_never_held(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    training = Training(200)
    inbox_of(kept).take_in([Pause(), StepOnce(), SetPace(1.0)], heard=True)
    until(lambda: training.steps == 200)
    assert not any(isinstance(event, Paused) for event in kept.events)


def test_a_pace(kept: Kept) -> None:
    training = Training()
    inbox_of(kept).take_in([SetPace(10.0)], heard=True)
    time.sleep(1.0)
    assert training.steps <= 15
    inbox_of(kept).take_in([SetPace(0.0)], heard=True)
    before = training.steps
    until(lambda: training.steps > before + 50)
    training.end()


@every_way
def test_every_step_in_full_from_now_on(monkeypatch: pytest.MonkeyPatch, way: Way) -> None:
    monkeypatch.setattr(budget, "ALLOWANCE", 0.0)
    inbox, sink = ControlInbox(), Kept()
    watcher = Watcher(sink, overhead=1e-3, log=sink.log.append, inbox=inbox)
    step = way(nn.Linear(4, 2))

    def train(steps: int) -> int:
        before = len(sink.snapshots)
        for _ in range(steps):
            step()
        return len(sink.snapshots) - before

    assert train(300) < 100
    inbox.take_in([RecordAll(True)], heard=True)
    train(1)
    assert train(100) == 100
    inbox.take_in([RecordAll(False)], heard=True)
    train(1)
    assert train(300) < 200
    watcher.close()
    assert sink.log == []


@every_way
def test_stopping_is_an_interrupt_without_frames_of_ours(kept: Kept, way: Way) -> None:
    step = way(nn.Linear(4, 2))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    step()
    step()
    inbox_of(kept).take_in([Stop()], heard=True)
    try:
        with pytest.raises(KeyboardInterrupt) as caught:
            step()
    finally:
        signal.signal(signal.SIGINT, before)
    ours = str(Path(gradtui.__file__).parent)
    assert not [f for f in traceback.extract_tb(caught.tb) if f.filename.startswith(ours)]
    # By hand a step is over when the next one's backward pass begins.
    assert kept.snapshots[-1].step == (2 if way is optimizer_steps else 1)
    for _ in range(3):
        step()
    assert kept.snapshots[-1].step > 2


@pytest.mark.parametrize("way", WAYS[:2])
def test_through_the_run_directory(tmp_path: Path, way: Way) -> None:
    watch = gradtui.watch(directory=tmp_path / "run", name="held")
    training = Training(way=way)
    until(lambda: (tmp_path / "run" / "run.json").exists())
    viewer = RunReader(tmp_path / "run")
    assert viewer.send(Pause()) == ""
    until(training.stands)
    held = training.steps
    assert viewer.send(StepOnce()) == ""
    until(lambda: training.steps == held + 1)
    viewer.close()  # which lets go of what it has held
    until(lambda: training.steps > held + 5)
    training.end()
    watch.close()
