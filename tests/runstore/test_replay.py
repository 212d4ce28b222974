"""Playing a run again: at its pace, at another, stopped, step by step, back and forth."""

from pathlib import Path

import pytest

from gradtui.core.control import Pause, Resume, SetPace, Start, StepOnce
from gradtui.core.event import Ended, Event, Failed, NonFiniteSeen, Started
from gradtui.core.snapshot import NonFinite, Snapshot
from gradtui.runstore.reader.replay import Replay
from tests.runstore.recorded import record, snap


class Player:
    def __init__(self, run: Path, **options: float) -> None:
        self.now = 0.0
        self.replay = Replay(run, clock=lambda: self.now, **options)  # type: ignore[arg-type]

    def after(self, seconds: float) -> tuple[list[str], list[int]]:
        self.now += seconds
        delivery = self.replay.poll()
        names = [type(event).__name__ for event in delivery.events]
        return names, [s.step for s in delivery.snapshots]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    record(tmp_path / "r", [*(snap(i) for i in range(100)), Ended(1, 99, "stopped")])
    return tmp_path / "r"


def test_at_a_pace_of_its_own(run: Path) -> None:
    player = Player(run)
    player.replay.send(SetPace(10))
    assert player.after(0.0) == (["Started"], [0])
    assert player.after(1.0) == ([], list(range(1, 11)))
    player.replay.send(SetPace(0))
    assert player.after(0.01) == (["Ended"], list(range(11, 100)))
    assert player.after(1.0) == ([], [])


def test_pause_step_and_go_on(run: Path) -> None:
    player = Player(run)
    player.replay.send(SetPace(10))
    player.after(0.5)
    player.replay.send(Pause())
    assert player.after(60) == (["Paused"], [])
    player.replay.send(StepOnce())
    assert player.after(1) == ([], [6])
    assert player.after(1) == ([], [])
    player.replay.send(Resume())
    assert player.after(0.2) == (["Resumed"], [7, 8])


def test_seek_forward_and_back(run: Path) -> None:
    player = Player(run)
    player.replay.send(SetPace(10))
    player.after(0.0)
    player.replay.seek(50)
    assert player.after(0.0) == ([], list(range(1, 51)))
    assert player.replay.position == 50
    player.replay.seek(20)
    assert player.after(0.0) == (["Started"], list(range(21)))
    assert player.after(0.1) == ([], [21])


def test_at_recorded_speed_all_of_it_comes(run: Path) -> None:
    player = Player(run)
    got = player.after(0.0)[1]
    for _ in range(50):
        got += player.after(0.1)[1]
    assert got == list(range(100))


def test_a_start_begins_again_under_its_number(run: Path) -> None:
    player = Player(run)
    player.replay.send(SetPace(0))
    player.after(1.0)
    player.replay.send(Start(7, "x"))
    player.now += 1
    delivery = player.replay.poll()
    assert delivery.events[0] == Started(7, delivery.events[0].layout, delivery.events[0].info)  # type: ignore[union-attr]
    assert {s.run for s in delivery.snapshots} == {7}


def test_trouble_and_the_end_are_told_when_they_come(tmp_path: Path) -> None:
    seen = NonFinite(5, "forward", "layers.0", "weight")
    things: list[Snapshot | Event] = [
        *(snap(i, nonfinite=seen if i == 5 else None) for i in range(10)),
        Failed(1, 9, "it broke", "Traceback"),
    ]
    record(tmp_path / "r", things)
    player = Player(tmp_path / "r")
    player.replay.send(SetPace(1))
    assert player.after(4.5)[0] == ["Started"]
    player.now += 1
    (event,) = player.replay.poll().events
    assert isinstance(event, NonFiniteSeen)
    assert event.snapshot.nonfinite == seen
    player.now += 10
    told = (Failed(1, 9, "it broke", "Traceback"),)
    assert repr(player.replay.poll().events) == repr(told)  # as one with a NaN may be unlike itself
