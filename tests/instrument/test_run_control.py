"""What viewers ask is done between two steps: held, stepped, paced, recorded in full, ended."""

import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

import gradtui
from gradtui.core.control import Pause, RecordAll, Resume, SetPace, StepOnce, Stop
from gradtui.core.event import Paused, Resumed
from gradtui.instrument import budget, run_control
from gradtui.instrument.watcher import Watcher
from gradtui.runstore.reader.run_reader import RunReader
from gradtui.runstore.writer.control_file import ControlInbox
from tests.instrument.kept import Kept

PATIENCE = 30.0


class Training:
    """A program in a thread of its own, whose steps can be counted and waited for."""

    def __init__(self, most: int = 100_000) -> None:
        self.steps, self.ended = 0, threading.Event()
        self._most = most
        self._thread = threading.Thread(target=self._train, daemon=True)
        self._thread.start()

    def _train(self) -> None:
        net = nn.Linear(4, 2)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
        while self.steps < self._most and not self.ended.is_set():
            optimizer.zero_grad()
            net(torch.ones(8, 4)).square().mean().backward()
            optimizer.step()
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


def test_it_is_held_steps_and_goes_on(kept: Kept) -> None:
    inbox = inbox_of(kept)
    training = Training()
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


def test_every_step_in_full_from_now_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "ALLOWANCE", 0.0)
    inbox, sink = ControlInbox(), Kept()
    watcher = Watcher(sink, overhead=1e-3, log=sink.log.append, inbox=inbox)
    net = nn.Linear(4, 2)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)

    def train(steps: int) -> int:
        before = len(sink.snapshots)
        for _ in range(steps):
            optimizer.zero_grad()
            net(torch.ones(8, 4)).square().mean().backward()
            optimizer.step()
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


def test_stopping_is_an_interrupt_without_frames_of_ours(kept: Kept) -> None:
    net = nn.Linear(4, 2)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def step() -> None:
        net(torch.ones(8, 4)).square().mean().backward()
        optimizer.step()

    step()
    inbox_of(kept).take_in([Stop()], heard=True)
    try:
        with pytest.raises(KeyboardInterrupt) as caught:
            step()
    finally:
        signal.signal(signal.SIGINT, before)
    ours = str(Path(gradtui.__file__).parent)
    assert not [f for f in traceback.extract_tb(caught.tb) if f.filename.startswith(ours)]
    assert kept.snapshots[-1].step == 1


def test_through_the_run_directory(tmp_path: Path) -> None:
    watch = gradtui.watch(directory=tmp_path / "run", name="held")
    training = Training()
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
