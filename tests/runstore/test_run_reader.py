"""Following a run while it is written: nothing twice, nothing torn, the same for every reader."""

import os
import shutil
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from gradtui.core.control import Detach, Pause, RecordAll, SetPace, Start, Stop
from gradtui.core.errors import GradtuiError
from gradtui.core.event import Ended, Failed, Started
from gradtui.core.history import History
from gradtui.runstore.format.records import STEP
from gradtui.runstore.reader.load import load_facts
from gradtui.runstore.reader.run_reader import RunReader
from gradtui.runstore.writer.control_file import ControlReader, send_control, show_sign
from gradtui.runstore.writer.run_writer import RunWriter
from tests.factories import run_info
from tests.runstore.recorded import LAYOUT, record, remembered, same, snap, wait_for


def test_a_live_run_is_followed_to_its_end(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path / "r", LAYOUT, run_info(), flush=0.01)
    writer.put(snap(0))
    wait_for(lambda: (tmp_path / "r" / "tensors-0-0.bin").exists())
    readers = [RunReader(tmp_path / "r", look=0.0) for _ in range(2)]
    got: list[list[int]] = [[], []]
    ends: list[list[object]] = [[], []]

    def follow(i: int) -> None:
        while not any(isinstance(e, Ended) for e in ends[i]):
            delivery = readers[i].poll()
            ends[i] += delivery.events
            got[i] += [s.step for s in delivery.snapshots]

    threads = [threading.Thread(target=follow, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for step in range(1, 800):
        writer.put(snap(step, slow=False))
    writer.tell(Ended(1, 799, "stopped"))
    writer.close()
    for thread in threads:
        thread.join(30)
    assert got == [list(range(800))] * 2
    for told in ends:
        assert isinstance(told[0], Started)
        assert told[-1] == Ended(1, 799, "stopped")


@pytest.mark.parametrize("name", ["steps-0.bin", "tensors-0-0.bin", "weights-0-0.bin"])
def test_a_file_torn_at_any_byte_gives_whole_steps(tmp_path: Path, name: str) -> None:
    taken = [snap(i) for i in range(4)]
    record(tmp_path / "r", taken)
    path = tmp_path / "r" / name
    data = path.read_bytes()
    whole = remembered(taken)
    last = STEP.itemsize * 2 if name == "steps-0.bin" else 700
    for size in range(max(len(data) - last, 0), len(data)):
        path.write_bytes(data[:size])
        facts = load_facts(tmp_path / "r")
        count = len(facts)
        np.testing.assert_array_equal(facts.grads, whole.grads[:count])
        np.testing.assert_array_equal(facts.loss, whole.loss[:count])
        if name == "steps-0.bin":
            assert count == size // STEP.itemsize


@pytest.mark.parametrize("name", ["events.jsonl", "control.jsonl"])
def test_torn_lines_wait_and_rubbish_is_passed_over(tmp_path: Path, name: str) -> None:
    record(tmp_path / "r", [snap(0), Ended(1, 0, "finished")])
    path = tmp_path / "r" / name
    path.touch()
    data = path.read_bytes() + b'\xff\x00rubbish\n{"kind":3}\n[1]\n' + b'{"a":' * 9999 + b"\n"
    for size in range(min(len(data), 400)):
        path.write_bytes(data[:size])
        RunReader(tmp_path / "r").poll()
        ControlReader(tmp_path / "r").poll()
    path.write_bytes(data)
    RunReader(tmp_path / "r").poll()
    assert ControlReader(tmp_path / "r").poll() == []


def test_what_is_asked_reaches_the_trainer_once(tmp_path: Path) -> None:
    record(tmp_path / "r", [snap(0)])
    control = ControlReader(tmp_path / "r")
    for asked in (Pause(), SetPace(20.0), Start(1, "x"), RecordAll(False), Stop(), Detach()):
        assert send_control(tmp_path / "r", asked) is not isinstance(asked, Start)
    assert control.poll() == [Pause(), SetPace(20.0), RecordAll(False), Stop(), Detach()]
    assert control.poll() == []
    later = ControlReader(tmp_path / "r", after=time.time() + 60)
    assert later.poll() == [], "what a process before this one was told"


def test_only_the_owner_of_a_run_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = tmp_path / "r"
    record(run, [snap(0)])
    path = run / "control.jsonl"
    assert send_control(run, Pause())
    path.chmod(0o620)
    control = ControlReader(run)
    assert (control.poll(), control.heard) == ([], False)
    path.chmod(0o600)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    assert (control.poll(), control.heard) == ([], False)
    monkeypatch.undo()
    assert (control.poll(), control.heard) == ([Pause()], True)
    assert (control.poll(), control.heard) == ([], False)
    show_sign(run)
    assert (control.poll(), control.heard) == ([], True)
    path.rename(run / "elsewhere")
    path.symlink_to(run / "elsewhere")
    assert ControlReader(run).poll() == []


def test_a_run_that_is_over_is_not_asked(tmp_path: Path) -> None:
    record(tmp_path / "r", [snap(0), Ended(1, 0, "finished")])
    reader = RunReader(tmp_path / "r")
    reader.poll()
    assert reader.send(Pause()) == "The run is over."
    assert not (tmp_path / "r" / "control.jsonl").exists()


def test_a_start_delivers_the_run_again_under_its_number(tmp_path: Path) -> None:
    record(tmp_path / "r", [snap(i) for i in range(9)])
    reader = RunReader(tmp_path / "r")
    reader.send(Start(1, "x"))
    assert [s.run for s in reader.poll().snapshots] == [1] * 9
    reader.send(Start(2, "x"))
    delivery = reader.poll()
    assert delivery.events == (Started(2, LAYOUT, run_info()),)
    assert [s.run for s in delivery.snapshots] == [2] * 9


def test_a_long_past_comes_in_one_delivery_that_a_history_can_keep(tmp_path: Path) -> None:
    taken = [snap(i, slow=False) for i in range(5000)]
    record(tmp_path / "r", taken)
    snapshots = RunReader(tmp_path / "r").poll().snapshots
    assert len(snapshots) <= 1024
    assert (snapshots[0].step, snapshots[-1].step) == (0, 4999)
    history = History(LAYOUT, run_info())
    for one in [*snapshots, *(snap(i) for i in range(5000, 9000))]:
        history.append(one)
    assert len(history) > 700


def test_a_process_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    record(tmp_path / "r", [snap(0)])
    text = (tmp_path / "r" / "run.json").read_text()
    pid = text.split('"pid": ')[1].split(",")[0]
    (tmp_path / "r" / "run.json").write_text(text.replace(f'"pid": {pid}', '"pid": 4194303'))
    (tmp_path / "r" / "events.jsonl").unlink()
    reader = RunReader(tmp_path / "r")
    reader.poll()
    (event,) = reader.poll().events
    assert isinstance(event, Failed)
    assert "gone" in event.message
    assert reader.ranks.state == "lost"


def test_a_directory_that_vanishes_under_a_reader_ends_nothing(tmp_path: Path) -> None:
    record(tmp_path / "r", [snap(0)])
    reader = RunReader(tmp_path / "r", look=0.0)
    assert len(reader.poll().snapshots) == 1
    shutil.rmtree(tmp_path / "r")
    assert reader.poll().snapshots == ()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"schema": 99}', '{"schema": 1}', '{"schema":1,"generations":[{}]}'],
)
def test_a_header_that_makes_no_sense_is_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(GradtuiError) as raised:
        RunReader(tmp_path)
    assert "\n" not in str(raised.value)


def test_two_stretches_read_apart_are_what_is_read_at_once(tmp_path: Path) -> None:
    taken = [snap(i) for i in range(40)]
    record(tmp_path / "r", taken)
    same(load_facts(tmp_path / "r"), remembered(taken))
    facts = load_facts(tmp_path / "r", max_steps=20)
    assert len(facts) <= 24
    assert len(load_facts(tmp_path / "r", max_steps=1)) <= 24
    assert (facts.steps[0], facts.steps[-1]) == (0, 39)
