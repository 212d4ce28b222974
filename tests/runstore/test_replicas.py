"""Ranks whose gradients are those of others: what is read of them, and what they write."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gradtui.core.event import Ended
from gradtui.core.layout import Layout
from gradtui.core.snapshot import Grad
from gradtui.runstore.format.block import block_bytes
from gradtui.runstore.format.record_tail import PICKED, RecordTail, StepsFile
from gradtui.runstore.format.records import STEP, detail_dtype
from gradtui.runstore.ranks.process_status import read_ranks
from gradtui.runstore.ranks.rank_files import RankFiles
from gradtui.runstore.ranks.replicas import beside, roles
from gradtui.runstore.reader import run_reader
from gradtui.runstore.reader.ending import late_steps
from gradtui.runstore.reader.load import load, load_facts
from gradtui.runstore.reader.run_reader import SHARE, RunReader
from gradtui.runstore.writer.detail_files import SPARSE
from gradtui.runstore.writer.run_writer import RunWriter
from tests.factories import mlp_layout, run_info
from tests.runstore.long_run import details, scalars, write_long
from tests.runstore.recorded import LAYOUT, record, snap, wait_for

TOGETHER = run_info(synchronised=True)


def parts(directory: Path, over: tuple[str, ...] = ()) -> tuple[list[str], list[str]]:
    """Labels of leads and replicas."""
    found = roles(read_ranks(directory), over)
    return [r.label for r in found.leads], [r.label for r in found.replicas]


def test_of_ranks_with_the_same_tensors_two_are_read_or_one_where_they_agree(
    tmp_path: Path,
) -> None:
    for name, info in (("apart", run_info()), ("together", TOGETHER)):
        for rank in range(4):
            record(tmp_path / name, [snap(0)], info=info, rank=rank, world_size=4)
    assert parts(tmp_path / "apart") == (["0", "1"], ["2", "3"])
    assert parts(tmp_path / "together") == (["0"], ["1", "2", "3"])
    assert parts(tmp_path / "together", over=("0",)) == (["0", "1"], ["2", "3"])


def test_what_only_one_rank_has_is_read(tmp_path: Path) -> None:
    for rank in range(4):
        mine = replace(LAYOUT.tensors[0], name=f"expert{rank}")
        layout = Layout((*LAYOUT.tensors[1:], mine), LAYOUT.rows)
        record(tmp_path / "r", [snap(0)], layout, TOGETHER, rank=rank, world_size=4)
        shard = tuple(replace(t, placement="shard") for t in LAYOUT.tensors)
        sharded = Layout(shard, LAYOUT.rows)
        record(tmp_path / "s", [snap(0)], sharded, TOGETHER, rank=rank, world_size=4)
    assert parts(tmp_path / "r") == (["0", "1", "2", "3"], [])
    assert parts(tmp_path / "s") == (["0", "1", "2", "3"], [])


@pytest.mark.parametrize("info", [run_info(), TOGETHER])
def test_losses_are_the_mean_of_all_and_a_nan_of_any_is_seen(tmp_path: Path, info: object) -> None:
    for rank in range(5):
        taken = [replace(snap(i), loss=float(rank * 10 + i)) for i in range(40)]
        if rank == 4:
            taken[8] = snap(8, float("nan"), loss=48.0)
        record(tmp_path / "r", taken, info=info, rank=rank, world_size=5)  # type: ignore[arg-type]
    facts = load_facts(tmp_path / "r")
    live = RunReader(tmp_path / "r").poll().snapshots
    assert facts.steps.tolist() == [s.step for s in live] == list(range(40))
    assert facts.loss.tolist() == [s.loss for s in live] == [20.0 + i for i in range(40)]
    lost = np.isnan(facts.grads[..., Grad.NORM]).all(axis=1)
    assert np.flatnonzero(lost).tolist() == [8]
    assert [s.step for s in live if np.isnan(s.grads[0, Grad.NORM])] == [8]


def test_what_one_shows_is_not_looked_for_on_the_others(tmp_path: Path) -> None:
    """Behind an all-reduce a NaN is everywhere: the gradients of 64 ranks would be read for it."""
    lost = [snap(i, float("nan") if i == 8 else 1.0) for i in range(20)]
    for rank in range(3):
        record(tmp_path / "r", lost, info=TOGETHER, rank=rank, world_size=3)
    replicas = roles(read_ranks(tmp_path / "r")).replicas
    steps = np.arange(20)
    bare, full = beside(replicas, steps, np.array([8]), LAYOUT)
    assert [len(block) for block in bare] == [20, 20]
    assert full == []
    bare, full = beside(replicas, steps, np.array([], np.int64), LAYOUT)
    assert [len(block) for block in bare] == [19, 19]
    assert [block.steps.tolist() for block in full] == [[8], [8]]
    assert np.isnan(full[0].grads[0, :, Grad.NORM]).all()


def test_a_rank_that_agrees_with_another_writes_a_tenth_at_most(tmp_path: Path) -> None:
    layout, steps = mlp_layout(100), 400
    for rank in range(3):
        taken = [snap(i, layout=layout) for i in range(steps)]
        record(tmp_path / "r", taken, layout, TOGETHER, rank=rank, world_size=3, queue=1 << 30)
    sizes = [
        sum(f.stat().st_size for f in (tmp_path / "r").glob(f"*-{rank}*.bin")) for rank in range(3)
    ]
    assert max(sizes[1:]) < sizes[0] / 10
    kept = RankFiles(tmp_path / "r", "1").poll(layout).steps.tolist()
    assert kept == [*range(0, steps, SPARSE), steps - 1]
    assert RankFiles(tmp_path / "r", "0").poll(layout).steps.tolist() == list(range(steps))


def test_where_the_rank_that_is_read_has_gone_another_is(tmp_path: Path) -> None:
    writers = [
        RunWriter(tmp_path / "r", LAYOUT, run_info(), rank=rank, world_size=3, flush=0.01)
        for rank in range(3)
    ]
    wait_for(lambda: len(list((tmp_path / "r").glob("run*.json"))) == 3)
    reader = RunReader(tmp_path / "r", look=0.0)
    seen: list[int] = []

    def comes(step: int) -> bool:
        seen.extend(s.step for s in reader.poll().snapshots)
        return step in seen

    for writer in writers:
        writer.put(snap(0))
    wait_for(lambda: comes(0))
    for writer in writers[:2]:
        writer.close()
    for step in range(1, 5):
        writers[2].put(snap(step))
    wait_for(lambda: comes(4))
    assert seen == [0, 1, 2, 3, 4]
    writers[2].close()


def test_a_long_past_is_read_in_part_and_what_follows_in_full(tmp_path: Path) -> None:
    write_long(tmp_path / "r", 200_000, LAYOUT)
    rank = RankFiles(tmp_path / "r", "0")
    whole = RankFiles(tmp_path / "r", "0").poll(LAYOUT)
    some = rank.poll(LAYOUT, 200)
    assert len(whole) > 800 >= 4 * len(some)
    assert some.steps[0] == 0
    assert some.steps[-1] == 199_999
    assert np.isin(some.steps, whole.steps).all()
    np.testing.assert_array_equal(some.grads[:, 0, 0], some.steps)
    with (tmp_path / "r" / "steps-0.bin").open("ab") as file:
        file.write(scalars(200_000, 5).tobytes())
    with (tmp_path / "r" / "tensors-0-0.bin").open("ab") as file:
        file.write(details("tensors", LAYOUT, np.arange(200_000, 200_005)).tobytes())
    assert rank.poll(LAYOUT, 200).steps.tolist() == list(range(200_000, 200_005))


def test_records_are_picked_once_and_found_again(tmp_path: Path) -> None:
    path, dtype = tmp_path / "tensors-0-0.bin", detail_dtype("tensors", LAYOUT)
    many = details("tensors", LAYOUT, np.arange(0, 10 * PICKED, 3))
    many.tofile(path)
    tail = RecordTail(path, dtype)
    found = tail.poll(pick=lambda records, steps: np.flatnonzero(steps % 9 == 0))
    assert found["step"].tolist() == list(range(0, 10 * PICKED, 9))
    assert len(tail.poll()) == 0
    again = tail.find(np.array([3, 4, 300, 9_999_999]))
    assert again["record"].tolist() == [3, 300]
    assert len(RecordTail(tmp_path / "none.bin", dtype).find(np.array([1]))) == 0


@pytest.mark.parametrize("twice", [(), (3, 7)])
def test_the_last_record_of_each_step_is_given(tmp_path: Path, twice: tuple[int, ...]) -> None:
    """A closure that is evaluated twice has two records of a step."""
    steps = sorted([*range(10), *twice])
    out = np.zeros(len(steps), STEP)
    out["step"], out["loss"] = steps, np.arange(len(steps))
    out.tofile(tmp_path / "steps-0.bin")
    found, places = StepsFile(tmp_path / "steps-0.bin").of_steps(np.array([0, 3, 4, 9, 12]))
    assert found["step"].tolist() == [0, 3, 4, 9]
    last = [len(steps) - 1 - steps[::-1].index(step) for step in (0, 3, 4, 9)]
    assert places.tolist() == found["loss"].tolist() == last


def test_reading_that_takes_long_is_done_less_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    used = [0.0]
    write_long(tmp_path / "r", 100, LAYOUT)
    reader = RunReader(tmp_path / "r", clock=lambda: now[0])
    monkeypatch.setattr(run_reader.time, "thread_time", lambda: used[0])
    poll = reader._poll

    def slow(when: float) -> object:
        used[0] += 0.015
        return poll(when)

    monkeypatch.setattr(reader, "_poll", slow)
    assert len(reader.poll().snapshots) == 65  # of the past the price does not count
    seen, reads = [], 0
    for i in range(40):
        now[0] += 0.1
        with (tmp_path / "r" / "steps-0.bin").open("ab") as file:
            file.write(scalars(100 + i, 1).tobytes())
        with (tmp_path / "r" / "tensors-0-0.bin").open("ab") as file:
            file.write(details("tensors", LAYOUT, np.array([100 + i])).tobytes())
        before = used[0]
        seen += [s.step for s in reader.poll().snapshots]
        reads += used[0] > before
    now[0] += 2.0
    seen += [s.step for s in reader.poll().snapshots]
    assert seen == list(range(100, 140))
    assert reads == pytest.approx(4.0 * SHARE / 0.015, abs=2)


def test_of_many_tensors_a_past_takes_a_bounded_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_long(tmp_path / "r", 20_000, LAYOUT)
    monkeypatch.setattr(run_reader, "ROOM", 200 * block_bytes(LAYOUT))
    found = RunReader(tmp_path / "r").poll().snapshots
    assert 100 < len(found) <= 200
    assert found[-1].step == 19_999


def test_ranks_of_one_net_share_its_layout(tmp_path: Path) -> None:
    record(tmp_path / "r", [snap(0)], rank=0, world_size=2)
    record(tmp_path / "r", [snap(0)], rank=1, world_size=2)
    one, other = (rank.layout for rank in read_ranks(tmp_path / "r"))
    assert one is other
    assert one == LAYOUT


def test_histograms_are_read_where_they_are_wanted(tmp_path: Path) -> None:
    write_long(tmp_path / "r", 4096, LAYOUT)
    without, whole = load(tmp_path / "r"), load(tmp_path / "r", histograms=True)
    assert not without.block.histograms
    assert whole.block.histograms
    for name in ("scalars", "grads", "weights", "activations"):
        np.testing.assert_array_equal(getattr(without.block, name), getattr(whole.block, name))


def test_the_pace_of_the_last_steps_is_told_behind_blank_records(tmp_path: Path) -> None:
    write_long(tmp_path / "r", 4096, LAYOUT)
    assert late_steps(load(tmp_path / "r")) == 1200  # LATE seconds of a thousand steps each
    with (tmp_path / "r" / "steps-0.bin").open("ab") as file:
        file.write(bytes(STEP.itemsize * 100))
    assert late_steps(load(tmp_path / "r")) == 1200


def test_where_rank_0_is_over_before_the_others_none_of_its_steps_is_lost(tmp_path: Path) -> None:
    others = RunWriter(tmp_path / "r", LAYOUT, TOGETHER, rank=1, world_size=2, flush=0.01)
    for step in range(60):
        others.put(snap(step))
    wait_for(lambda: (tmp_path / "r" / "run-1.json").exists())
    wait_for(lambda: RankFiles(tmp_path / "r", "1").steps.count == 60)
    taken = [snap(step) for step in range(60)]
    record(tmp_path / "r", [*taken, Ended(1, 60, "finished")], info=TOGETHER, rank=0, world_size=2)
    reader = RunReader(tmp_path / "r", look=0.0)
    steps: list[int] = []

    def there() -> bool:
        steps.extend(one.step for one in reader.poll().snapshots)
        return steps[-1:] == [59]

    wait_for(there)
    assert steps == list(range(60))
    assert others.close()
