"""Steps of which only scalars are recorded, between others: written, read, thinned, exported."""

import io
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gradtui.core.history import History
from gradtui.core.scalar_series import POINTS
from gradtui.runstore.export.jsonl import write_jsonl
from gradtui.runstore.format import scalar_rows
from gradtui.runstore.format.records import measured
from gradtui.runstore.format.scalar_rows import ScalarRows
from gradtui.runstore.reader import scalar_files
from gradtui.runstore.reader.load import load, load_facts
from gradtui.runstore.reader.open_run import OpenRun
from gradtui.runstore.reader.replay import Replay
from gradtui.runstore.reader.run_reader import RunReader
from gradtui.runstore.reader.scalar_files import scalars_of
from gradtui.runstore.writer.run_writer import RunWriter
from tests.factories import run_info
from tests.runstore.recorded import LAYOUT, snap

EVERY, STEPS = 8, 200


def row(step: int) -> scalar_rows.Row:
    return (step, 1000.0 + step, 0.5 * step, 0.01, 0, 1, 1.0, 0.5 * step, False, None)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Every EVERY-th step in full, and the last, whose scalars came first."""
    writer = RunWriter(tmp_path / "run", LAYOUT, run_info(), flush=0.01)
    between: ScalarRows | None = None
    for step in range(STEPS):
        full = step % EVERY == 0
        if not full:
            if between is None:
                between = ScalarRows()
                writer.follow(between)
            between.rows.append(row(step))
        if full or step == STEPS - 1:
            if between is not None:
                between.close(EVERY)
                between = None
            writer.put(replace(snap(step, loss=0.5 * step), time=1000.0 + step, lr=0.01))
    assert writer.close(30)
    assert writer.lost == 0
    return tmp_path / "run"


def test_every_step_is_there_and_tensors_of_the_measured_ones(directory: Path) -> None:
    run = OpenRun(directory)
    assert run.steps.tolist() == list(range(STEPS))
    assert run.loss.tolist() == [0.5 * step for step in range(STEPS)]
    assert run.time.tolist() == [1000.0 + step for step in range(STEPS)]
    assert set(run.lr.tolist()) == {0.01}
    kept = [*range(0, STEPS, EVERY), STEPS - 1]
    assert run.kept_steps.tolist() == kept
    assert np.flatnonzero(measured(run.scalars)).tolist() == kept
    assert run.grad_norm.array[:, 0].tolist() == pytest.approx([1.0 + step for step in kept])
    assert np.isnan(run.total_norm).sum() == STEPS - len(kept)


def test_viewers_know_how_many_were_measured(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = STEPS // EVERY + 1
    monkeypatch.setattr(scalar_files, "AT_ONCE", 7)
    delivery = RunReader(directory).poll()
    assert delivery.measured == kept
    assert delivery.lag == pytest.approx(time.time() - (999.0 + STEPS), abs=60)
    replay = Replay(directory, clock=lambda: 0.0)
    replay.seek(5 * EVERY)
    assert replay.poll().measured == 6
    replay.seek(STEPS)
    assert replay.poll().measured == kept
    monkeypatch.setattr(scalar_files, "COUNTED", STEPS - 1)
    assert RunReader(directory).poll().measured is None


def test_a_replay_ends_with_the_last_step_that_was_taken(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path / "run", LAYOUT, run_info(), flush=0.01)
    writer.put(snap(0))
    rest = ScalarRows()
    writer.follow(rest)
    rest.rows += [row(step) for step in range(1, 50)]
    rest.close(EVERY)
    assert writer.close(30)
    replay = Replay(tmp_path / "run", speed=1e9)
    delivery = replay.poll()
    assert (replay.last_step, replay.last_taken) == (0, 49)
    assert delivery.scalars is not None
    assert delivery.scalars.steps.tolist() == list(range(50))


def test_rules_and_viewers_know_of_all_steps(directory: Path) -> None:
    facts = load_facts(directory)
    assert len(facts) < STEPS / 4
    assert facts.scalars.steps.tolist() == list(range(STEPS))
    assert facts.until(10).scalars.taken == int(facts.steps[9]) + 1
    history = History(LAYOUT, run_info())
    for delivery in (RunReader(directory).poll(), Replay(directory, speed=1e9).poll()):
        assert delivery.scalars is not None
        history.follow(delivery.scalars)
        for one in delivery.snapshots:
            if history.latest is None or one.step > history.latest.step:
                history.append(one)
    assert history.taken == STEPS
    assert history.facts().scalars.loss.tolist() == [0.5 * step for step in range(STEPS)]


def test_an_export_has_each_step_once(directory: Path) -> None:
    out = io.StringIO()
    write_jsonl(directory, out)
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [one["step"] for one in rows] == list(range(STEPS))
    assert [bool(one["tensors"]) for one in rows] == [
        step % EVERY == 0 or step == STEPS - 1 for step in range(STEPS)
    ]


def test_a_long_course_is_sampled(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, LAYOUT, run_info(), flush=0.01)
    between = ScalarRows()
    writer.put(snap(0))
    writer.follow(between)
    between.rows.extend(row(step) for step in range(1, 50_001))
    between.close(50_000)
    assert writer.close(30)
    scalars = scalars_of(load(tmp_path).ranks)
    assert scalars.taken == 50_001
    assert 1000 < len(scalars) <= POINTS + 1
    assert (scalars.loss == np.where(scalars.steps > 0, 0.5 * scalars.steps, scalars.loss)).all()


def test_rows_that_nobody_fetches_are_counted() -> None:
    steps = ScalarRows()
    steps.rows.extend(row(step) for step in range(10))
    assert steps.take() == ([row(step) for step in range(10)], False, 0)
    steps.rows.extend(row(step) for step in range(10, 15 + scalar_rows.MOST))
    steps.close(15 + scalar_rows.MOST)
    found = steps.take()
    assert (len(found.rows), found.closed, found.lost) == (scalar_rows.MOST, True, 5)
