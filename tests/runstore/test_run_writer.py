"""What is put in comes out again to the bit; the trainer is neither held up nor thrown at."""

import json
import os
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradtui.core.ending import LATE
from gradtui.core.event import (
    Building,
    Ended,
    Event,
    Failed,
    NonFiniteSeen,
    Paused,
    Resumed,
    Started,
)
from gradtui.core.snapshot import Grad, NonFinite, Snapshot
from gradtui.runstore.format.run_json import read_header
from gradtui.runstore.format.scalar_rows import ScalarRows
from gradtui.runstore.reader.load import load_facts
from gradtui.runstore.reader.run_reader import RunReader
from gradtui.runstore.writer.run_writer import FLUSH, PAUSES, SHARE, RunWriter, pauses_after
from tests.factories import mlp_layout, run_info
from tests.runstore.recorded import LAYOUT, files, record, remembered, same, snap, wait_for

ANY = st.floats(width=64)
"""NaN with every payload, infinities, subnormals, both zeros."""


@st.composite
def snapshots(draw: st.DrawFn) -> list[Snapshot]:
    out: list[Snapshot] = []
    step = draw(st.integers(0, 1 << 40))
    for _ in range(draw(st.integers(1, 6))):
        base = snap(step, slow=draw(st.booleans()))
        grads = np.array(draw(st.lists(ANY, min_size=30, max_size=30))).reshape(6, 5)
        for row in draw(st.lists(st.integers(0, 5), max_size=3)):
            grads[row] = np.nan  # a gradient that is None
        scalars: dict[str, Any] = {
            name: draw(ANY)
            for name in ("loss", "accuracy", "lr", "seconds", "overhead", "loss_scale")
        }
        stage = draw(st.sampled_from(["raw", "unscaled", "clipped"]))
        skipped = draw(st.booleans())
        out.append(replace(base, grads=grads, stage=stage, skipped=skipped, **scalars))
        step += draw(st.integers(1, 1000))
    return out


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(snapshots())
def test_whatever_is_written_is_read_to_the_bit(
    tmp_path_factory: pytest.TempPathFactory, taken: list[Snapshot]
) -> None:
    run = tmp_path_factory.mktemp("run") / "r"
    assert record(run, taken).lost == 0
    got = RunReader(run).poll().snapshots
    assert [s.step for s in got] == [s.step for s in taken]
    for one, other in zip(got, taken, strict=True):
        for name in Snapshot.__slots__:
            a, b = getattr(one, name), getattr(other, name)
            if isinstance(b, np.ndarray):
                assert a.tobytes() == np.ascontiguousarray(b).tobytes(), name
            elif name == "time" and np.isnan(b):
                assert a > 0  # when it was written
            elif name != "run":
                assert repr(a) == repr(b), name


def test_facts_from_disk_are_the_facts_of_the_run(tmp_path: Path) -> None:
    taken = [snap(i) for i in range(300)]
    record(tmp_path / "r", taken)
    same(load_facts(tmp_path / "r"), remembered(taken))


def test_events_come_back_in_order(tmp_path: Path) -> None:
    seen = NonFinite(3, "backward", "layers.1", "weight")
    first = snap(3, float("nan"), nonfinite=seen)
    told: list[Event] = [Building(1, "x"), Paused(1, 2), Resumed(1), NonFiniteSeen(1, first)]
    things: list[Snapshot | Event] = [
        *(snap(i) for i in range(3)),
        first,
        *told,
        Ended(1, 3, "nonfinite"),
    ]
    record(tmp_path / "r", things)
    reader = RunReader(tmp_path / "r")
    events = [event for _ in range(3) for event in reader.poll().events]
    names = [type(event).__name__ for event in events]
    assert names == ["Building", "Paused", "Resumed", "Started", "NonFiniteSeen", "Ended"]
    assert events[4].snapshot.nonfinite == seen  # type: ignore[union-attr]
    assert np.isnan(events[4].snapshot.grads[0, Grad.NORM])  # type: ignore[union-attr]
    assert events[5] == Ended(1, 3, "nonfinite")


def test_a_crash_keeps_its_traceback(tmp_path: Path) -> None:
    record(tmp_path / "r", [snap(0), Failed(1, 0, "out of memory", "Traceback ...\n  x\n")])
    reader = RunReader(tmp_path / "r")
    reader.poll()
    told = (Failed(1, 0, "out of memory", "Traceback ...\n  x\n"),)
    assert repr(reader.poll().events) == repr(
        told
    )  # since Python 3.13 no event with a NaN is like another


def test_a_new_layout_begins_a_generation_and_the_past_is_seen_in_it(tmp_path: Path) -> None:
    more = mlp_layout(5)
    old = [snap(i) for i in range(10)]
    new = [snap(i, layout=more) for i in range(10, 20)]
    started = [Started(1, LAYOUT, run_info()), Started(1, more, run_info())]
    record(tmp_path / "r", [started[0], *old, started[1], *new])
    facts = load_facts(tmp_path / "r")
    assert facts.layout == more
    np.testing.assert_array_equal(facts.steps, np.arange(20))
    np.testing.assert_array_equal(facts.grads[:10, :6], [s.grads for s in old])
    assert np.isnan(facts.grads[:10, 6:]).all()
    np.testing.assert_array_equal(facts.grads[10:], [s.grads for s in new])
    delivery = RunReader(tmp_path / "r").poll()
    assert delivery.events == (Started(1, more, run_info()),)
    assert len(delivery.snapshots) == 20


def test_what_is_learned_of_the_run_later_takes_no_files_of_its_own(tmp_path: Path) -> None:
    told = replace(run_info(), label_loss=0.7, steps=20, device="cuda:0")
    steps = [snap(i) for i in range(20)]
    begun = [Started(1, LAYOUT, run_info()), Started(1, LAYOUT, told)]
    record(tmp_path / "r", [begun[0], *steps[:10], begun[1], *steps[10:]])
    header = read_header(tmp_path / "r" / "run.json")
    assert [one.info for one in header.generations] == [told]
    assert header.device == "cuda:0"
    assert not list((tmp_path / "r").glob("*-0-1.bin"))
    same(load_facts(tmp_path / "r"), replace(remembered(steps), info=told))


def test_ranks_that_turn_out_to_be_replicas_keep_their_steps_apart(tmp_path: Path) -> None:
    """Of a replica few steps are kept: not in the files of one that keeps all."""
    told = replace(run_info(), synchronised=True)
    steps = [snap(i) for i in range(20)]
    begun = [Started(1, LAYOUT, run_info()), Started(1, LAYOUT, told)]
    record(tmp_path / "r", [begun[0], *steps[:10], begun[1], *steps[10:]])
    header = read_header(tmp_path / "r" / "run.json")
    assert [one.info.synchronised for one in header.generations] == [False, True]
    assert len(load_facts(tmp_path / "r")) == 20


def test_a_viewer_hears_what_is_learned_of_the_run_later(tmp_path: Path) -> None:
    told = replace(run_info(), label_loss=0.7)
    writer = RunWriter(tmp_path / "r", LAYOUT, run_info())
    for step in range(3):
        writer.put(snap(step))
    wait_for(lambda: (tmp_path / "r" / "run.json").exists())
    wait_for(lambda: len(load_facts(tmp_path / "r")) == 3)
    reader = RunReader(tmp_path / "r")
    assert reader.poll().events == (Started(1, LAYOUT, run_info()),)
    writer.tell(Started(1, LAYOUT, told))
    heard: list[Event] = []
    wait_for(lambda: heard.extend(reader.poll().events) or heard)
    assert heard == [Started(1, LAYOUT, told)]
    writer.close()


def test_the_process_that_trains_is_known_while_it_does(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path / "r", LAYOUT, run_info())
    writer.put(snap(0))
    wait_for(lambda: (tmp_path / "r" / "run.json").exists())
    reader = RunReader(tmp_path / "r")
    assert reader.pids == (os.getpid(),)
    writer.close()
    assert RunReader(tmp_path / "r").pids == ()


def test_snapshots_of_another_shape_are_left_out(tmp_path: Path) -> None:
    record(tmp_path / "r", [snap(0), snap(1, layout=mlp_layout(5)), snap(2)])
    assert list(load_facts(tmp_path / "r").steps) == [0, 2]


def test_only_the_owner_can_read_whatever_the_umask(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        record(tmp_path / "a" / "r", [snap(i) for i in range(6)])
    finally:
        os.umask(old)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "a" / "r").stat().st_mode & 0o777 == 0o700
    found = files(tmp_path / "a" / "r")
    assert set(found.values()) == {0o600}
    assert {"run.json", "steps-0.bin", "tensors-0-0.bin", "events.jsonl"} <= set(found)


def test_a_step_is_on_disk_while_the_run_goes_on(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path / "r", LAYOUT, run_info())
    wait_for(lambda: (tmp_path / "r" / "run.json").exists())
    for step in range(5):
        writer.put(snap(step))
        wait_for(lambda step=step: len(load_facts(tmp_path / "r")) == step + 1)  # type: ignore[misc]
    writer.close()


def test_rounds_come_as_seldom_as_they_are_dear_and_no_seldomer_than_promised() -> None:
    assert pauses_after(0.0) == 0
    costs = [FLUSH * SHARE * i for i in range(1, PAUSES + 1)]
    assert [pauses_after(cost) for cost in costs] == list(range(1, PAUSES + 1))
    assert pauses_after(10.0) == PAUSES
    # kill -9 loses what came since the round before, and that round where it was under way.
    assert pytest.approx(2 * PAUSES * FLUSH) == LATE


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_writes_nothing(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path / "r", LAYOUT, run_info())
    writer.put(snap(0))
    child = os.fork()
    if child == 0:
        try:
            for step in range(100, 110):
                writer.put(snap(step))
            writer.tell(Ended(1, 110, "finished"))
            writer.close()
        finally:
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    writer.put(snap(1))
    writer.close()
    assert list(load_facts(tmp_path / "r").steps) == [0, 1]
    lines = (tmp_path / "r" / "events.jsonl").read_text().splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["started", "closed"]


def test_a_second_process_of_the_same_rank_takes_files_of_its_own(tmp_path: Path) -> None:
    record(tmp_path / "r", [snap(i) for i in range(5)])
    record(tmp_path / "r", [snap(i) for i in range(7)])
    assert {"run.json", "run-0.1.json", "steps-0.bin", "steps-0.1.bin"} <= set(
        files(tmp_path / "r")
    )
    assert len(load_facts(tmp_path / "r")) == 7


def test_how_many_steps_were_taken_and_measured_is_in_the_header_in_the_end(tmp_path: Path) -> None:
    """A step counts once, however often its closure was evaluated."""
    rows = ScalarRows()
    rows.rows += [(step, 0.0, 1.0, 0.1, 0, 1, 1.0, 1.0, False, None) for step in range(3, 9)]
    rows.close(6)
    writer = RunWriter(tmp_path / "r", LAYOUT, run_info(), flush=0.01)
    for taken in (snap(0), replace(snap(1), evaluation=1), replace(snap(1), evaluation=2), snap(2)):
        writer.put(taken)
    writer.follow(rows)
    writer.put(snap(9))
    wait_for(lambda: (tmp_path / "r" / "run.json").exists())
    under_way = json.loads((tmp_path / "r" / "run.json").read_text())
    assert (under_way["steps_taken"], under_way["steps_measured"]) == (0, 0)
    assert writer.close(30)
    header = json.loads((tmp_path / "r" / "run.json").read_text())
    assert (header["steps_taken"], header["steps_measured"]) == (10, 4)


def test_closures_and_optimizers_are_told_apart(tmp_path: Path) -> None:
    taken = [
        replace(snap(0), evaluation=1, loss=2.0),
        replace(snap(0), evaluation=2, loss=1.0),
        replace(snap(1), optimizer=3),
    ]
    record(tmp_path / "r", taken)
    got = RunReader(tmp_path / "r").poll().snapshots
    assert [(s.step, s.evaluation, s.optimizer, s.loss) for s in got] == [
        (0, 2, 0, 1.0),
        (1, 0, 3, taken[2].loss),
    ]


def test_a_program_that_waits_for_all_threads_does_not_wait_for_the_writer(tmp_path: Path) -> None:
    before = threading.enumerate()

    writer = RunWriter(tmp_path, LAYOUT, run_info())
    writer.put(snap(0))

    assert threading.enumerate() == before
    assert writer.close()
    assert writer.close()


def test_the_clock_of_a_program_is_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests and simulations put clocks of their own into `time`, and count how often they are read."""
    readings: list[str] = []
    for name in ("time", "monotonic", "perf_counter"):
        monkeypatch.setattr(time, name, lambda name=name: readings.append(name) or 0.0)

    writer = RunWriter(tmp_path, LAYOUT, run_info(), flush=0.01)
    for step in range(20):
        writer.put(snap(step))
    assert writer.close()

    assert readings == []
