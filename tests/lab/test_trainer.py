"""The lab's thread: it obeys between two steps, loses nothing, and leaks nothing."""

import gc
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator
from itertools import pairwise

import pytest

from gradtui.core.control import Pause, Resume, SetPace, Start, StepOnce, Stop
from gradtui.core.event import Ended, Event, Failed, NonFiniteSeen, Paused, Resumed, Started
from gradtui.core.snapshot import Snapshot
from gradtui.lab.scenario.schema import ScenarioRemedy
from gradtui.lab.trainer import Lab
from tests.runs import scenario

SMALL = scenario(steps=100_000, model={"depth": 2, "width": 8}, data={"batch_size": 4})
SHORT = scenario(steps=7, model={"depth": 2, "width": 8})
NAN = scenario(steps=1000, model={"depth": 3, "init": "normal", "init_std": 5.0})
BROKEN = scenario(model={"depth": 2}, data={"name": "no such data"})


class Viewer:
    """Polls a lab and remembers all that came."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.events: list[Event] = []
        self.snapshots: list[Snapshot] = []
        self.dropped = 0

    def look(self) -> None:
        delivery = self.lab.poll()
        self.events += delivery.events
        self.snapshots += delivery.snapshots
        self.dropped = delivery.dropped

    def wait_for(self, kind: type, run: int | None = None) -> Event:
        for _ in range(4000):
            self.look()
            for event in self.events:
                if isinstance(event, kind) and run in (None, event.run):
                    return event
            time.sleep(0.005)
        raise AssertionError(f"no {kind.__name__} among {self.events}")

    def steps(self, run: int) -> list[int]:
        return [s.step for s in self.snapshots if s.run == run]

    def taken(self, run: int, count: int) -> None:
        """Wait for so many steps of a run."""
        for _ in range(4000):
            self.look()
            if len(self.steps(run)) >= count:
                return
            time.sleep(0.005)
        raise AssertionError(f"{len(self.steps(run))} of {count} steps")

    def settled(self, run: int) -> list[int]:
        """The steps of a run once none has come for a moment."""
        seen = -1
        while len(self.steps(run)) != seen:
            seen = len(self.steps(run))
            time.sleep(0.15)
            self.look()
        return self.steps(run)


@pytest.fixture
def viewer() -> Iterator[Viewer]:
    catalogue = {"small": SMALL, "short": SHORT, "nan": NAN, "broken": BROKEN}
    lab = Lab(catalogue, "cpu", stretch=1)
    yield Viewer(lab)
    lab.close()
    assert lab.join(10)


def test_a_short_run_comes_through_whole(viewer: Viewer) -> None:
    viewer.lab.send(Start(1, "short"))
    ended = viewer.wait_for(Ended)
    assert ended == Ended(1, 7, "finished")
    assert viewer.settled(1) == list(range(7))
    started = next(e for e in viewer.events if isinstance(e, Started))
    assert len(started.layout.rows) == 3
    assert viewer.dropped == 0


def test_on_screen_a_run_is_stretched() -> None:
    lab = Lab({"short": SHORT}, "cpu", stretch=3)
    viewer = Viewer(lab)
    lab.send(Start(1, "short"))
    assert viewer.wait_for(Ended) == Ended(1, 21, "finished")
    lab.close()
    assert lab.join(10)


def test_pause_step_resume(viewer: Viewer) -> None:
    viewer.lab.send(Start(1, "small"))
    viewer.wait_for(Started)
    viewer.lab.send(Pause())
    paused = viewer.wait_for(Paused)
    assert isinstance(paused, Paused)
    before = viewer.settled(1)
    assert paused.step == before[-1] + 1
    for count in (1, 2, 3):
        viewer.lab.send(StepOnce())
        assert len(viewer.settled(1)) == len(before) + count
    viewer.lab.send(Resume())
    viewer.wait_for(Resumed)
    time.sleep(0.2)
    viewer.look()
    assert len(viewer.steps(1)) > len(before) + 10


def test_a_single_step_pauses_a_running_lab(viewer: Viewer) -> None:
    viewer.lab.send(Start(1, "small"))
    viewer.wait_for(Started)
    viewer.lab.send(StepOnce())
    viewer.wait_for(Paused)


def test_pace_holds_training_back_and_lets_controls_through(viewer: Viewer) -> None:
    viewer.lab.send(SetPace(20.0))
    viewer.lab.send(Start(1, "small"))
    viewer.wait_for(Started)
    began = time.monotonic()
    viewer.taken(1, 20)
    assert time.monotonic() - began > 0.5, "20 steps are to take a second"
    viewer.lab.send(SetPace(0.0))
    viewer.taken(1, 80)


def test_stop_ends_between_two_steps(viewer: Viewer) -> None:
    viewer.lab.send(Start(1, "small"))
    viewer.wait_for(Started)
    viewer.lab.send(Stop())
    ended = viewer.wait_for(Ended)
    assert isinstance(ended, Ended)
    assert ended.reason == "stopped"
    assert viewer.settled(1)[-1] == ended.step - 1


def test_a_new_start_replaces_a_paused_run(viewer: Viewer) -> None:
    viewer.lab.send(Start(1, "small"))
    viewer.lab.send(Pause())
    viewer.wait_for(Paused)
    viewer.lab.send(Start(2, "short"))
    assert viewer.wait_for(Ended, 2) == Ended(2, 7, "finished")


def test_nan_is_told_losslessly_and_the_run_ends_soon_after(viewer: Viewer) -> None:
    viewer.lab.send(Start(1, "nan"))
    ended = viewer.wait_for(Ended)
    assert isinstance(ended, Ended)
    assert ended.reason == "nonfinite"
    seen = [e for e in viewer.events if isinstance(e, NonFiniteSeen)]
    assert len(seen) == 1
    assert seen[0].snapshot.nonfinite is not None


def test_nan_survives_a_mailbox_that_overflows() -> None:
    lab = Lab({"nan": NAN}, "cpu", stretch=1, capacity=2)
    lab.send(Start(1, "nan"))
    viewer = Viewer(lab)
    time.sleep(0.1)
    for _ in range(2000):
        if any(isinstance(e, Ended) for e in viewer.events):
            break
        # Only look long after everything happened, so that snapshots are surely dropped.
        time.sleep(0.01)
        if not lab._mailbox._events or not isinstance(lab._mailbox._events[-1], Ended):
            continue
        viewer.look()
    assert viewer.dropped > 0
    assert [e for e in viewer.events if isinstance(e, NonFiniteSeen)]
    assert len(viewer.snapshots) == 2
    lab.close()
    assert lab.join(10)


def test_a_failure_is_told_and_the_lab_lives_on(viewer: Viewer) -> None:
    viewer.lab.send(Start(1, "broken"))
    failed = viewer.wait_for(Failed)
    assert isinstance(failed, Failed)
    assert "no such data" in failed.message
    assert "Traceback" in failed.traceback
    viewer.lab.send(Start(2, "not in the catalogue"))
    viewer.wait_for(Failed, 2)
    viewer.lab.send(Start(3, "short"))
    viewer.wait_for(Ended, 3)


def test_out_of_memory_in_a_step_is_one_sentence(
    viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gradtui.lab.run import Run

    def fall_over(self: Run) -> None:
        raise MemoryError

    monkeypatch.setattr(Run, "step", fall_over)
    viewer.lab.send(Start(1, "short"))
    failed = viewer.wait_for(Failed)
    assert isinstance(failed, Failed)
    assert "ran out of memory" in failed.message


@pytest.mark.slow
def test_a_thousand_switches_leak_no_thread_and_no_memory(viewer: Viewer) -> None:
    def switch(first: int, count: int) -> None:
        for run in range(first, first + count):
            viewer.lab.send(Start(run, "small"))
            if run % 10 == 0:
                viewer.wait_for(Started, run)
            viewer.look()
            viewer.snapshots.clear()
            viewer.events.clear()

    def settle() -> int:
        viewer.events.clear()
        viewer.lab.send(Pause())
        viewer.wait_for(Paused)
        viewer.snapshots.clear()
        viewer.events.clear()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    switch(0, 200)
    threads = threading.active_count()
    tracemalloc.start()
    sizes = [settle()]
    for first in (200, 600):
        switch(first, 400)
        sizes.append(settle())
    tracemalloc.stop()
    assert threading.active_count() <= threads
    # What leaks grows with each switch; what others do in this process meanwhile comes once.
    grown = [after - before for before, after in pairwise(sizes)]
    assert min(grown) < 500_000, f"{grown} bytes more after 400 switches each"


def test_importing_the_lab_does_not_import_torch() -> None:
    code = (
        "import sys; from gradtui.lab.trainer import Lab; Lab({}); "
        "raise SystemExit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_remedy_changes_the_run_and_nothing_else(viewer: Viewer) -> None:
    remedy = ScenarioRemedy(title="wider", set={"model": {"width": 12}})
    treated = scenario(steps=3, model={"depth": 2, "width": 8})
    lab = Lab({"x": type(treated)(**{**_fields(treated), "remedies": (remedy,)})}, "cpu", stretch=1)
    other = Viewer(lab)
    lab.send(Start(1, "x", (0,)))
    started = other.wait_for(Started)
    assert isinstance(started, Started)
    assert started.layout.tensors[0].shape == (12, 64)
    lab.close()
    assert lab.join(10)


def losses(viewer: Viewer, run: int) -> list[float]:
    return [s.loss for s in viewer.snapshots if s.run == run]


def test_twins_train_step_by_step_and_each_as_if_alone(viewer: Viewer) -> None:
    viewer.lab.send(Start(2, "short", beside=Start(1, "small")))
    viewer.wait_for(Ended, 2)
    viewer.settled(1)
    assert viewer.steps(1) == viewer.steps(2) == list(range(7))
    order = [s.run for s in viewer.snapshots]
    assert order == [2, 1] * 7
    for number, name in ((4, "short"), (5, "small")):
        viewer.lab.send(Start(number, name))
        while len(losses(viewer, number)) < 7:
            viewer.look()
    assert losses(viewer, 2) == losses(viewer, 4)
    assert losses(viewer, 1) == losses(viewer, 5)[:7]


def test_the_run_under_way_becomes_the_twin_and_waits(viewer: Viewer) -> None:
    viewer.lab.send(Start(1, "small"))
    viewer.wait_for(Started)
    viewer.lab.send(Start(2, "short", beside=Start(1, "small")))
    viewer.wait_for(Ended, 2)
    ahead = len(viewer.settled(1))
    viewer.lab.send(Start(1, "small"))
    viewer.wait_for(Resumed, 1)
    while len(viewer.steps(1)) <= ahead:
        viewer.look()
    after = viewer.steps(1)
    assert after == list(range(len(after)))
    assert sum(isinstance(e, Started) and e.run == 1 for e in viewer.events) == 1


def test_a_twin_that_fails_leaves_the_run_alone(viewer: Viewer) -> None:
    viewer.lab.send(Start(2, "short", beside=Start(1, "broken")))
    viewer.wait_for(Failed, 1)
    assert viewer.wait_for(Ended, 2) == Ended(2, 7, "finished")
    viewer.lab.send(Start(3, "broken", beside=Start(4, "small")))
    viewer.wait_for(Failed, 3)
    viewer.lab.send(Start(4, "small"))
    viewer.wait_for(Started, 4)


def test_a_twin_that_is_let_go_ends(viewer: Viewer) -> None:
    viewer.lab.send(Start(2, "small", beside=Start(1, "nan")))
    assert viewer.wait_for(Ended, 1).reason == "nonfinite"  # type: ignore[union-attr]
    viewer.lab.send(Start(3, "short"))
    assert viewer.wait_for(Ended, 2).reason == "stopped"  # type: ignore[union-attr]
    viewer.wait_for(Ended, 3)
    ended = [e.run for e in viewer.events if isinstance(e, Ended)]
    assert sorted(ended) == [1, 2, 3]


def _fields(value: object) -> dict[str, object]:
    return {name: getattr(value, name) for name in value.__slots__}  # type: ignore[attr-defined]
