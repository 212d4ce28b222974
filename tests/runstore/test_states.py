"""States of optimizers on disk: written, read, merged, and missing from runs of earlier versions."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gradtui.core.history import STATES_KEPT, History
from gradtui.core.layout import FloatArray, Layout
from gradtui.core.snapshot import Snapshot, State
from gradtui.runstore.reader.load import load_facts
from tests.factories import run_info
from tests.runstore.recorded import LAYOUT, record, same, snap

TENSORS = len(LAYOUT.tensors)


def table(value: float) -> FloatArray:
    out = np.full((TENSORS, State.COLUMNS), value)
    out[:, State.NONFINITE] = 0
    return out


def kept(step: int, states: FloatArray | None = None) -> Snapshot:
    slow = step % 5 == 0
    return replace(snap(step), states=table(step) if slow and states is None else states)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    record(tmp_path / "r", [kept(i) for i in range(20)])
    facts = load_facts(tmp_path / "r")
    assert list(facts.states) == [0, 5, 10, 15]
    for step, states in facts.states.items():
        np.testing.assert_array_equal(states, table(step))
    assert list(facts.until(11).states) == [0, 5, 10]


def test_a_run_of_a_version_without_them_is_as_it_was(tmp_path: Path) -> None:
    steps = [kept(i) for i in range(20)]
    record(tmp_path / "new", steps)
    record(tmp_path / "old", [replace(one, states=None) for one in steps])
    header = tmp_path / "old" / "run.json"
    told = json.loads(header.read_text())
    for generation in told["generations"]:
        del generation["files"]["states"]
    header.write_text(json.dumps(told))
    assert not (tmp_path / "old" / "states-0-0.bin").exists()
    old, new = load_facts(tmp_path / "old"), load_facts(tmp_path / "new")
    same(old, new)
    assert old.states == {}
    assert len(new.states) == 4


def test_shards_add_up_and_replicas_count_once(tmp_path: Path) -> None:
    placements = ("shard", "replica") * (TENSORS // 2)
    pairs = zip(LAYOUT.tensors, placements, strict=True)
    layout = Layout(tuple(replace(t, placement=p) for t, p in pairs), LAYOUT.rows)
    for rank, (first, lr) in enumerate(((3.0, 0.5), (4.0, 0.5))):
        states = table(first)
        states[:, State.LR], states[:, State.STEPS] = lr, 7.0
        record(tmp_path / "r", [kept(0, states)], layout, rank=rank, world_size=2)
    (found,) = load_facts(tmp_path / "r").states.values()
    assert found[0].tolist() == pytest.approx([0.5, 7.0, 5.0, 5.0, 0.0])
    assert found[1].tolist() == pytest.approx([0.5, 7.0, 3.0, 3.0, 0.0])


def test_memory_has_an_end() -> None:
    history = History(LAYOUT, run_info())
    count = 2 * STATES_KEPT + 3
    for step in range(count):
        history.append(kept(step, table(step)))
    steps = list(history.facts().states)
    assert len(steps) <= STATES_KEPT
    assert {0, count - 1} <= set(steps)
