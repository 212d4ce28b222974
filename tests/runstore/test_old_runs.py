"""Runs that earlier versions have written open, and later ones are refused in a sentence."""

import json
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradtui.core.errors import GradtuiError
from gradtui.runstore.export.rows import rows
from gradtui.runstore.format.records import STEP, as_steps, steps_dtype
from gradtui.runstore.ranks.process_status import status
from gradtui.runstore.reader.load import load_facts
from gradtui.runstore.reader.open_run import OpenRun
from gradtui.runstore.reader.replay import Replay
from gradtui.runstore.reader.run_reader import RunReader
from tests.runstore.recorded import record, remembered, same, snap


def rewritten(run: Path, fields: list[list[str]], schema: int) -> None:
    """Make a run one of another version: its steps file has these fields alone."""
    path = run / "steps-0.bin"
    found = np.fromfile(path, STEP)
    out = np.zeros(len(found), np.dtype([(name, code) for name, code in fields]))
    for name, _ in fields:
        if name in (STEP.names or ()):
            out[name] = found[name]
    out.tofile(path)
    header = json.loads((run / "run.json").read_text())
    header["schema"], header["steps"]["dtype"] = schema, fields
    (run / "run.json").write_text(json.dumps(header))


def fields_of(dtype: np.dtype[Any]) -> list[list[str]]:
    return [[name, dtype[name].str] for name in dtype.names or ()]


def test_a_run_of_version_1_opens_everywhere(tmp_path: Path) -> None:
    run = tmp_path / "r"
    taken = [snap(i) for i in range(20)]
    record(run, taken)
    old = list(takewhile(lambda field: field[0] != "backwards", fields_of(STEP)))
    rewritten(run, old, 1)
    assert (run / "steps-0.bin").stat().st_size == 20 * 96
    same(load_facts(run), remembered(taken))
    opened = OpenRun(run)
    np.testing.assert_array_equal(opened.backwards, np.ones(20))
    assert np.isnan(opened.objective).all()
    np.testing.assert_array_equal(opened.loss, [s.loss for s in taken])
    assert status(run).ranks[0].last_step == 19
    got = RunReader(run).poll().snapshots
    assert [(s.step, s.backwards, s.loss) for s in got] == [(s.step, 1, s.loss) for s in taken]
    assert [row.scalars["step"] for row in rows(run)] == list(range(20))
    assert Replay(run).last_step == 19


def test_fields_that_are_not_known_yet_are_passed_over(tmp_path: Path) -> None:
    run = tmp_path / "r"
    record(run, [snap(i) for i in range(5)])
    rewritten(run, [["energy", "<f4"], *fields_of(STEP), ["later", "|u1"]], 2)
    assert OpenRun(run).steps.tolist() == [0, 1, 2, 3, 4]
    assert OpenRun(run).scalars.dtype == STEP


def test_micro_batches_are_kept(tmp_path: Path) -> None:
    taken = [replace(snap(i), backwards=1 + i % 4, objective=2.0 * i) for i in range(9)]
    record(tmp_path / "r", taken)
    assert OpenRun(tmp_path / "r").objective.tolist() == [s.objective for s in taken]
    assert OpenRun(tmp_path / "r").backwards.tolist() == [s.backwards for s in taken]
    got = RunReader(tmp_path / "r").poll().snapshots
    assert [s.backwards for s in got] == [s.backwards for s in taken]
    assert [s.objective for s in got] == [s.objective for s in taken]


@pytest.mark.parametrize("schema", [0, 3, "2", None])
def test_other_versions_are_refused_in_a_sentence(tmp_path: Path, schema: object) -> None:
    record(tmp_path / "r", [snap(0)])
    path = tmp_path / "r" / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema": schema}))
    with pytest.raises(GradtuiError, match="another version of gradtui"):
        OpenRun(tmp_path / "r")


@pytest.mark.parametrize(
    "fields",
    [
        None,
        [],
        [["step", "<i8"]],
        [["step", "<i8"], ["time", "O"]],
        [["step", "<i8"], ["time", "<f8", [9]]],
        [["step", "<i8"], ["time", "<f8"], ["time", "<f8"]],
        [["step", "<i8"], ["time", "<f8"], ["", "<f8"]] * 99,
        [["step", "<i1"], ["time", "<f1"]],
    ],
)
def test_a_description_that_makes_no_sense(fields: object) -> None:
    with pytest.raises(ValueError, match="steps"):
        steps_dtype(fields)


def test_what_an_old_record_lacks() -> None:
    dtype = steps_dtype([["time", "<f8"], ["step", "<i4"], ["flags", "<f4"]])
    found = as_steps(np.array([(1.0, 7, 2.0)], dtype))
    assert (found["step"][0], found["flags"][0], found["backwards"][0]) == (7, 2, 1)
    assert np.isnan(found["loss"][0])


@pytest.mark.parametrize(
    ("words", "value"), [("norm 1, value 1e-07", 1e-7), ("norm 1", None), ("", None)]
)
def test_a_clip_that_is_told_in_words_alone_is_known_all_the_same(
    tmp_path: Path, words: str, value: float | None
) -> None:
    run = tmp_path / "r"
    record(run, [snap(i) for i in range(3)])
    header = json.loads((run / "run.json").read_text())
    for generation in header["generations"]:
        del generation["info"]["clip_value"]
        generation["info"]["clip"] = words
    (run / "run.json").write_text(json.dumps(header))
    assert load_facts(run).info.clip_value == value
