"""Every step's scalars in stretches: the same as all at once, wherever the cuts fall."""

from pathlib import Path

import numpy as np
import pytest

from gradtui.runstore.format.records import STEP
from gradtui.runstore.ranks.process_status import read_ranks
from gradtui.runstore.reader import step_chunks as module
from gradtui.runstore.reader.open_run import OpenRun
from gradtui.runstore.reader.step_chunks import step_chunks
from tests.runstore.recorded import record, snap

FIELDS = ("step", "loss", "total_norm", "optimizer", "flags")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEAST", 1)


def same(run: Path, at_once: int) -> None:
    parts = list(step_chunks(read_ranks(run), at_once))
    assert all(len(part) for part in parts)
    found = np.concatenate(parts)
    whole = OpenRun(run).scalars
    for name in FIELDS:
        np.testing.assert_array_equal(found[name], whole[name], err_msg=name)


@pytest.mark.parametrize("at_once", [1, 2, 7, 50, 1000])
def test_one_rank(tmp_path: Path, at_once: int) -> None:
    record(tmp_path / "run", (snap(i, loss=1 / (i + 1)) for i in range(50)))
    same(tmp_path / "run", at_once)


@pytest.mark.parametrize("at_once", [1, 5, 1000])
def test_ranks_that_have_not_come_equally_far(tmp_path: Path, at_once: int) -> None:
    for rank, count in enumerate((40, 33, 50)):
        steps = (snap(i, loss=rank + i) for i in range(count) if rank != 1 or i % 3)
        record(tmp_path / "run", steps, rank=rank, world_size=3)
    same(tmp_path / "run", at_once)


@pytest.mark.parametrize("at_once", [1, 2, 3, 1000])
def test_steps_that_were_evaluated_several_times(tmp_path: Path, at_once: int) -> None:
    record(tmp_path / "run", (snap(i) for i in range(6)))
    path = tmp_path / "run" / "steps-0.bin"
    records = np.repeat(np.fromfile(path, STEP), [1, 4, 1, 7, 1, 3])
    records["loss"] = np.arange(len(records))
    records.tofile(path)
    same(tmp_path / "run", at_once)


def test_a_damaged_file_is_read_to_its_end(tmp_path: Path) -> None:
    record(tmp_path / "run", (snap(i) for i in range(60)))
    path = tmp_path / "run" / "steps-0.bin"
    records = np.fromfile(path, STEP)
    records["step"][[7, 30]] = -5, 3
    path.write_bytes(records.tobytes() + b"torn")
    steps = np.concatenate([part["step"] for part in step_chunks(read_ranks(tmp_path / "run"), 16)])
    assert (np.diff(steps) > 0).all()
    assert set(range(60)) - {7, 30} == set(steps.tolist())


def test_no_steps(tmp_path: Path) -> None:
    record(tmp_path / "run", [])
    assert list(step_chunks(read_ranks(tmp_path / "run"))) == []
    assert list(step_chunks([])) == []
