"""A run directory from somewhere else may hold anything: one sentence, or what can still be read."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.core.errors import GradtuiError
from gradtui.runstore.export.rows import rows
from gradtui.runstore.format.records import STEP
from gradtui.runstore.reader.load import load_facts
from gradtui.runstore.reader.open_run import OpenRun
from gradtui.runstore.reader.replay import Replay
from gradtui.runstore.reader.run_reader import RunReader
from gradtui.runstore.reader.runs import list_runs, summary
from tests.runstore.recorded import record, snap

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda some: (
        st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=5), some, max_size=3)
    ),
    max_leaves=5,
)


def look(run: Path) -> None:
    """Every way to read a run; GradtuiError is the only error."""
    for way in (load_facts, lambda r: OpenRun(r).loss, lambda r: [t.tensors() for t in rows(r)]):
        said = ""
        try:
            way(run)
        except GradtuiError as error:
            said = str(error)
        assert said.isprintable()
    for source in (RunReader, Replay):
        try:
            opened = source(run)
        except GradtuiError:
            continue
        for _ in range(3):
            opened.poll()
    list_runs(run.parent)


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to everything inside a JSON value."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value[:2])
    return [at, *(path for key, item in items for path in paths(item, (*at, key)))][:200]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("runs") / "r"
    record(made, [snap(i) for i in range(12)])
    return made


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_header(run: Path, data: st.DataObject) -> None:
    path = run / "run.json"
    good = path.read_bytes()
    try:
        header = json.loads(good)
        *way, last = data.draw(st.sampled_from(paths(header)[1:]))
        inner = header
        for key in way:
            inner = inner[key]
        inner[last] = data.draw(ANYTHING)
        path.write_text(json.dumps(header))
        look(run)
    finally:
        path.write_bytes(good)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_any_bytes(run: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(p.name for p in run.iterdir())))
    path = run / name
    good = path.read_bytes()
    at = data.draw(st.integers(0, len(good)))
    rubbish = data.draw(st.binary(max_size=400))
    try:
        path.write_bytes(good[:at] + rubbish + good[at + data.draw(st.integers(0, 400)) :])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # numbers nobody measured may overflow
            look(run)
    finally:
        path.write_bytes(good)


@pytest.mark.parametrize("number", [1 << 62, (1 << 53) - 1, 1 << 40, 60 + (1 << 34), -5])
def test_a_number_that_cannot_be_is_no_step(number: int, tmp_path: Path) -> None:
    """Of the list of runs: how many steps there are is not what a damaged record says."""
    directory = tmp_path / "run"
    record(directory, [snap(step) for step in range(60)])
    path = directory / "steps-0.bin"
    found = np.fromfile(path, STEP)
    found["step"][-1] = number
    found.tofile(path)
    assert summary(directory).last_step == 58
    assert summary(directory).steps == 59
    found["step"][:] = number
    found.tofile(path)
    assert summary(directory).last_step == -1
    assert summary(directory).steps == 0
