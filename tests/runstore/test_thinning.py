"""Files that thin: bounded whatever the length, ends and trouble kept, readable at every moment."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.core.event import Event, Started
from gradtui.core.snapshot import Snapshot
from gradtui.runstore.format.record_tail import RecordTail
from gradtui.runstore.format.records import STEP, detail_dtype
from gradtui.runstore.format.run_header import Generation, here
from gradtui.runstore.format.run_json import write_header
from gradtui.runstore.reader.load import load, load_facts
from gradtui.runstore.writer.detail_files import DetailFiles
from gradtui.runstore.writer.run_writer import BUDGET
from gradtui.runstore.writer.thinning import LEAST, ThinningFile, chosen, most_special
from tests.factories import mlp_layout, run_info
from tests.runstore.recorded import LAYOUT, record, snap

DTYPE = detail_dtype("tensors", LAYOUT)


def records(begin: int, end: int) -> np.ndarray:
    out = np.zeros(end - begin, DTYPE)
    out["record"] = out["step"] = np.arange(begin, end)
    out["values"] = np.arange(begin, end)[:, None, None]
    return out


@given(
    st.lists(st.booleans(), min_size=LEAST, max_size=200),
    st.integers(1, 3),
    st.integers(0, 6),
)
def test_a_choice_frees_half_and_keeps_both_ends(
    special: list[bool], period: int, power: int
) -> None:
    marks = np.array(special)
    steps = np.arange(len(marks), dtype=np.int64) * 3
    keep, stride = chosen(steps, marks, len(marks), 1 << power, period)
    assert keep.sum() <= len(marks) // 2
    assert keep[0]
    assert keep[-1]
    assert stride >= 1 << power
    if marks.sum() <= len(marks) // 4:
        assert keep[marks].all()


@given(st.lists(st.booleans(), max_size=60), st.integers(2, 20))
def test_of_too_many_special_ones_the_edges_stay(special: list[bool], most: int) -> None:
    marks = np.array(special, dtype=np.bool_)
    kept = most_special(marks, most)
    assert not (kept & ~marks).any()
    assert kept.sum() <= max(most, 0) or kept.sum() == marks.sum()
    if marks.any():
        assert kept[np.flatnonzero(marks)[0]]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 40), max_size=20), st.integers(LEAST, 64))
def test_a_reader_gets_each_surviving_record_once(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], capacity: int
) -> None:
    path = tmp_path_factory.mktemp("thin") / "t.bin"
    file = ThinningFile(path, DTYPE, capacity * DTYPE.itemsize)
    tail = RecordTail(path, DTYPE)
    got: list[int] = []
    at = 0
    for size in sizes:
        file.add(records(at, at + size), np.zeros(size, np.bool_))
        at += size
        fresh = tail.poll()
        np.testing.assert_array_equal(fresh["values"][:, 0, 0], fresh["step"])
        got += fresh["step"].tolist()
        assert path.stat().st_size <= capacity * DTYPE.itemsize
    file.close()
    assert got == sorted(set(got))
    if at:
        whole = np.fromfile(path, DTYPE)["step"]
        assert (whole[0], whole[-1]) == (0, at - 1)
        assert got[-1] == at - 1


def test_while_a_file_is_rewritten_readers_see_whole_ones(tmp_path: Path) -> None:
    path = tmp_path / "t.bin"
    file = ThinningFile(path, DTYPE, 64 * DTYPE.itemsize)
    over = threading.Event()
    wrong: list[object] = []

    def read() -> None:
        while not over.is_set():
            found = np.fromfile(path, DTYPE)
            good = (found["values"] == found["step"][:, None, None]).all()
            if not good or (np.diff(found["step"]) <= 0).any():
                wrong.append(found["step"])

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for at in range(0, 6000, 5):
        file.add(records(at, at + 5), np.zeros(5, np.bool_))
    over.set()
    for thread in threads:
        thread.join()
    file.close()
    assert not wrong


def test_trouble_keeps_its_neighbours_in_full(tmp_path: Path) -> None:
    bad = {700, 701, 2500}
    taken = [
        snap(i, float("nan") if i in bad else 1.0, layout=LAYOUT, slow=False) for i in range(4000)
    ]
    record(tmp_path / "r", taken, budget=64 * DTYPE.itemsize * 2)
    kept = set(load(tmp_path / "r").block.steps.tolist())
    around = {step + by for step in bad for by in range(-2, 3)}
    assert around <= kept
    assert {0, 3999} <= kept
    assert len(kept) <= 64


def test_a_run_that_stays_nan_is_bounded_too(tmp_path: Path) -> None:
    taken = [snap(i, 1.0 if i < 100 else float("nan"), slow=False) for i in range(3000)]
    record(tmp_path / "r", taken, budget=64 * DTYPE.itemsize * 2)
    kept = load(tmp_path / "r").block.steps
    assert len(kept) <= 64
    assert {98, 99, 100} <= set(kept.tolist())


def test_optimizers_that_take_turns_are_thinned_alike(tmp_path: Path) -> None:
    taken = [replace(snap(i, slow=False), optimizer=i % 2) for i in range(4000)]
    record(tmp_path / "r", taken, budget=128 * DTYPE.itemsize * 2)
    who = load(tmp_path / "r").block.scalars["optimizer"]
    assert 0.3 < who.mean() < 0.7


def test_generations_share_the_budget(tmp_path: Path) -> None:
    things: list[Event | Snapshot] = []
    step = 0
    for rows in (3, 4, 5, 6):
        layout = mlp_layout(rows)
        things.append(Started(1, layout, run_info()))
        for _ in range(600):
            things.append(snap(step, layout=layout, slow=False))
            step += 1
    budget = 400 * DTYPE.itemsize
    record(tmp_path / "r", things, budget=budget)
    sizes = [p.stat().st_size for p in (tmp_path / "r").glob("tensors-0-*.bin")]
    assert len(sizes) == 4
    assert sum(sizes) <= budget
    facts = load_facts(tmp_path / "r")
    assert (facts.steps[0], facts.steps[-1]) == (0, 2399)


@pytest.mark.long
def test_a_million_steps_of_two_hundred_tensors_stay_within_bounds(tmp_path: Path) -> None:
    """Through the files' own code, two thousand steps at a call; opened in two seconds."""
    layout = mlp_layout(100)
    total, chunk, budget = 1_000_000, 2_000, BUDGET
    bad = {3, 123_457, 999_000}
    files = DetailFiles(tmp_path, "0", 0, layout, budget)
    grads = np.random.default_rng(0).random((chunk, 200, 5))
    one = Snapshot(run=1, step=0, loss=1.0, grads=grads[0])
    slow = replace(one, weights=np.ones((200, 4)), activations=np.ones((100, 6)), histograms=None)
    header = here(("python", "train.py"))
    header.generations.append(Generation(layout, run_info()))
    write_header(tmp_path, header)
    with (tmp_path / "steps-0.bin").open("wb") as steps:
        for first in range(0, total, chunk):
            out = np.zeros(chunk, STEP)
            out["step"] = np.arange(first, first + chunk)
            out["time"] = 1e9 + out["step"] * 1e-3
            out["flags"] = np.isin(out["step"], list(bad)) * 2
            out.tofile(steps)
            steps.flush()
            snapshots = [
                Snapshot(1, i, 1.0, one.grads) if i % 100 else replace(slow, step=i)
                for i in range(first, first + chunk)
            ]
            files.add(out, first + np.arange(len(out)), snapshots, grads, rate=1000.0)
    files.write_latest()
    files.close()
    size = sum(path.stat().st_size for path in tmp_path.glob("*-0-0.bin"))
    assert size <= budget
    facts = load_facts(tmp_path)
    kept = set(facts.steps.tolist())
    assert {0, total - 1} | bad <= kept
    assert np.diff(facts.steps).max() < total / 100
