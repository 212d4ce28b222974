"""All steps of a part of a recorded run, and the extremes of the rest."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gradtui.core.history import History
from gradtui.runstore.format.records import STEP, UNMEASURED
from gradtui.runstore.reader import step_stretch
from gradtui.runstore.reader.replay import Replay
from gradtui.runstore.reader.run_reader import RunReader
from gradtui.runstore.reader.step_stretch import StretchReader
from tests.factories import run_info
from tests.runstore.recorded import LAYOUT, record, snap

LONG = 9_000


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("runs") / "run"
    record(directory, (snap(step) for step in range(200)))
    return directory


@pytest.fixture(scope="module")
def long(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a steps file of thousands of records, a spike and a NaN among them."""
    directory = tmp_path_factory.mktemp("runs") / "long"
    directory.mkdir()
    for path in run.iterdir():
        (directory / path.name).write_bytes(path.read_bytes())
    steps = np.resize(np.fromfile(run / "steps-0.bin", STEP), LONG)
    steps["step"] = np.arange(LONG)
    steps["loss"], steps["total_norm"] = 1.0, 0.5
    steps["loss"][4001], steps["loss"][6001], steps["total_norm"][5001] = 99.0, np.nan, 77.0
    steps["flags"][1::2] |= UNMEASURED
    steps["flags"][5001] = 0
    steps.tofile(directory / "steps-0.bin")
    return directory


def test_every_step_of_a_part(long: Path) -> None:
    found = StretchReader(long).read(3999, 4010)
    assert found is not None
    assert found.scalars.steps.tolist() == list(range(3999, 4011))
    assert found.scalars.loss[2] == 99.0
    assert found.steps.tolist() == list(range(4000, 4011, 2))
    assert found.total_norm.tolist() == [0.5] * 6


@pytest.mark.parametrize(("first", "last", "steps"), [(190, 500, 10), (0, 0, 1), (-5, 2, 3)])
def test_no_more_than_there_is(run: Path, first: int, last: int, steps: int) -> None:
    found = StretchReader(run).read(first, last)
    assert found is not None
    assert len(found.scalars) == steps


def test_what_cannot_be_read_is_not(run: Path, tmp_path: Path) -> None:
    assert StretchReader(run).read(500, 600) is None
    assert StretchReader(run).read(0, step_stretch.MOST) is None
    assert StretchReader(tmp_path / "nowhere").read(0, 9) is None
    for rank in range(2):
        record(tmp_path / "two", [snap(0)], rank=rank, world_size=2)
    assert StretchReader(tmp_path / "two").read(0, 9) is None


def test_a_replay_has_the_extremes_that_it_does_not_play(long: Path) -> None:
    replay = Replay(long)
    assert replay.extremes is not None
    history = History(LAYOUT, run_info())
    replay.seek(10_000)
    delivered = replay.poll()
    assert delivered.scalars is not None
    assert 99.0 not in delivered.scalars.loss
    assert delivered.extremes is not None
    history.extremes.merge(delivered.extremes)
    found = history.extremes.view()
    assert found is not None
    assert np.nanmax(found.loss.high) == 99.0
    assert np.nanmax(found.norm.high) == 77.0
    assert found.loss.broken.sum() == 1


def test_one_who_attaches_late_has_those_of_the_past(long: Path) -> None:
    delivered = RunReader(long).poll()
    assert delivered.extremes is not None
    assert np.nanmax(delivered.extremes.loss.high) == 99.0


def test_history_has_them_and_the_times_of_what_it_keeps() -> None:
    history = History(LAYOUT, run_info())
    one = snap(0, slow=False)
    for step in range(4200):
        loss = 55.0 if step == 4099 else 1.0
        history.append(replace(one, step=step, loss=loss, time=100.0 + step))
    facts = history.facts()
    assert 4099 not in facts.steps
    assert facts.extremes is not None
    assert np.nanmax(facts.extremes.loss.high) == 55.0
    np.testing.assert_array_equal(facts.scalars.time, 100.0 + facts.steps)
    before = facts.until(100)
    assert before.extremes is not None
    assert np.nanmax(before.extremes.loss.high) == 1.0
    assert len(before.scalars.time) == 100
