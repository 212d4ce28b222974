"""MLflow's folders and SQLite file: by its own client where it is installed, and small ones in any case."""

import hashlib
import json
import math
import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradtui.commands.recorded import named_run
from gradtui.core.errors import GradtuiError, UsageError
from gradtui.runstore.logs import mlflow_database, sqlite_file
from gradtui.runstore.logs.formats import format_of
from gradtui.runstore.logs.mlflow_run import StoredRun, meant, suffix
from tests.runstore.logs.made import judged, read, series, tabled
from tests.runstore.logs.mlflow_stores import (
    Point,
    create,
    database_run,
    folder_run,
)

STORES = ("folder", "database")
PROGRAM = """
import json, math, os, sys, time
os.environ.update(MLFLOW_ALLOW_FILE_STORE="true", MLFLOW_DISABLE_TELEMETRY="true")
import mlflow
from mlflow.entities import Metric
client = mlflow.MlflowClient(sys.argv[1])
experiment = client.create_experiment("a net/of mine")
run = client.create_run(experiment, run_name="first").info.run_id
odd = {25: math.nan, 26: math.inf, 27: -math.inf}
had = {"loss": [], "norm": [], "layer": []}
for step in range(30):
    layers = {f"{i}.{leaf}": math.sin(step + i) + 1.1 for i in (0, 2) for leaf in ("weight", "bias")}
    norm = math.hypot(*layers.values())
    logged = {"train/loss": odd.get(step, 3 / (step + 2)), "lr": 0.1, "grad_norm": norm}
    logged |= {f"gradients/norm/{name}": value for name, value in layers.items()}
    now = int(1000 * time.time())
    told = [Metric(name, value, now, 10 * step) for name, value in logged.items()]
    client.log_batch(run, metrics=told)
    had["loss"].append(logged["train/loss"])
    had["norm"].append(norm)
    had["layer"].append(layers["0.weight"])
client.log_metric(run, "val_loss", 0.5, step=290)
client.set_terminated(run)
theirs = {
    name: [(m.timestamp, m.step, m.value) for m in client.get_metric_history(run, name)]
    for name in [*logged, "val_loss"]
}
gone = client.create_run(experiment, run_name="gone").info.run_id
client.log_metric(gone, "loss", 1.0, step=0)
client.delete_run(gone)
client.create_run(experiment, run_name="empty")
fractions = had["fractions"] = client.create_run(experiment, run_name="fractions").info.run_id
for i in range(4):
    client.log_metric(fractions, "loss", 1.0 + i, step=i / 2)
told = [Metric("train/norm", 1.0, 9, s, dataset_name="d", dataset_digest="x") for s in range(3)]
client.log_batch(fractions, metrics=told)
print(json.dumps([run, gone, had, theirs]))
"""
needs_mlflow = pytest.mark.skipif(find_spec("mlflow") is None, reason="mlflow is not installed")
needs_sql = pytest.mark.skipif(
    find_spec("alembic") is None, reason="not all of mlflow is installed"
)


def state(folder: Path) -> dict[str, tuple[str, int]]:
    """What lies below, to the last byte."""
    return {
        str(file.relative_to(folder)): (
            hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else "",
            file.stat().st_mtime_ns,
        )
        for file in folder.rglob("*")
    }


def written(folder: Path, kind: str, runs: dict[str, list[Point]], **more: Any) -> Path:
    """A store of runs; the path of the store."""
    if kind == "folder":
        for number, points in runs.items():
            folder_run(folder / "mlruns", number, points, **more)
        return folder / "mlruns"
    made = create(folder / "mlflow.db")
    for number, points in runs.items():
        database_run(made, number, points, **more)
    made.close()
    return folder / "mlflow.db"


def points(values: list[float], name: str = "loss", begin: int = 0) -> list[Point]:
    return [(name, value, 1000 + 10 * i, begin + i) for i, value in enumerate(values)]


@dataclass(frozen=True, slots=True)
class Real:
    """What MLflow's own client has written, and says of it."""

    kind: str
    place: Path
    run: str
    gone: str
    had: dict[str, list[float]]
    """What the program had."""
    theirs: dict[str, list[tuple[float, float, float]]]
    """Time in milliseconds, step and value of each point, by its own reader."""

    @property
    def store(self) -> Path:
        """What runs are named below."""
        return self.place / ("mlflow.db" if self.kind == "database" else "mlruns")


@pytest.fixture(scope="module", params=["folder", pytest.param("database", marks=pytest.mark.long)])
def real(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Real:
    """By a process of its own: some of what MLflow imports warns."""
    pytest.importorskip("mlflow")
    place = tmp_path_factory.mktemp("mlflow")
    uri = f"file:{place / 'mlruns'}"
    if request.param == "database":
        pytest.importorskip("alembic")
        uri = f"sqlite:///{place / 'mlflow.db'}"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, uri], cwd=place, capture_output=True, text=True, check=True
    )
    run, gone, had, theirs = json.loads(done.stdout.splitlines()[-1])
    return Real(request.param, place, run, gone, had, theirs)


def test_what_it_holds(real: Real) -> None:
    before = state(real.place)
    form = format_of(real.place)
    assert form is not None
    assert form.name == "MLflow run"
    path = _of(real, real.run)
    log = read(path)
    assert np.array_equal(series(log, "train/loss").values, real.had["loss"], equal_nan=True)
    assert series(log, "grad_norm").values.tolist() == real.had["norm"]
    assert series(log, "gradients/norm/0.weight").values.tolist() == real.had["layer"]
    table = tabled(path)
    assert table.steps.tolist() == [10 * i for i in range(30)]
    assert table.time[0] == pytest.approx(table.time[-1], abs=600)
    assert table.time[0] > 1.6e9
    facts, diagnosis = judged(path)
    leaves = ("weight", "bias") if real.kind == "database" else ("bias", "weight")
    assert [tensor.name for tensor in facts.layout.tensors] == [
        f"{layer}.{leaf}" for layer in (0, 2) for leaf in leaves
    ]
    assert diagnosis.verdict == "nonfinite"
    assert diagnosis.findings[0].first_step == 250
    assert log.files == ("a net/of mine/first",)
    assert state(real.place) == before


def test_the_same_as_its_own_reader_gives(real: Real) -> None:
    """That gives the largest float64 for an infinity out of a database."""
    log = read(_of(real, real.run))
    assert {one.name for one in log.series} == set(real.theirs)
    for one in log.series:
        time, step, value = np.array(real.theirs[one.name]).T
        assert np.array_equal(one.steps, step)
        assert np.array_equal((one.times * 1000).round(), time)
        if real.kind == "database":
            value[np.abs(value) > 1e308] = np.copysign(np.inf, value[np.abs(value) > 1e308])
        assert np.array_equal(one.values, value, equal_nan=True)


def test_what_is_not_asked_for(real: Real) -> None:
    """A deleted run has to be named, one without metrics is never meant."""
    with pytest.raises(UsageError, match="holds 2 runs") as error:
        read(real.place)
    assert "gone" not in str(error.value)
    assert "empty" not in str(error.value)
    log = read(_of(real, real.gone))
    assert series(log, "loss").values.tolist() == [1.0]
    assert any("deleted in MLflow" in clause for clause in log.limits)
    if real.kind == "database":
        with pytest.raises(UsageError, match="has no run gone"):
            read(real.store / "gone")


def test_a_step_that_is_a_fraction(real: Real) -> None:
    """Both stores take it; MLflow's reader of folders then fails on all of the experiment."""
    run = _of(real, real.had["fractions"])
    log = read(run)
    assert series(log, "loss").steps.tolist() == [0.0, 0.5, 1.0, 1.5]
    assert series(log, "train/norm").steps.tolist() == [0.0, 1.0, 2.0]  # each with a data set
    table = tabled(run)
    assert table.steps.tolist() == [0, 1, 2, 3]
    assert any("no whole numbers" in clause for clause in table.limits)


def _of(real: Real, number: Any) -> Path:
    if real.kind == "database":
        return real.store / number
    (found,) = real.store.glob(f"*/{number}")
    return found


@needs_mlflow
def test_what_gradtui_itself_has_written_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gradtui.commands.forward.address import Address
    from gradtui.commands.forward.channels.mlflow import MlflowChannel
    from tests.commands.forward.made import ABOUT, batch

    for name in ("MLFLOW_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_ID"):
        monkeypatch.delenv(name, raising=False)
    channel = MlflowChannel(Address("mlflow", f"file:{tmp_path / 'ml'}"), ABOUT)
    channel.send(batch(5))
    channel.close(failed=True)
    log = read(tmp_path / "ml")
    assert series(log, "grad/total_norm").values.tolist() == [2.0, 3.0, 4.0, 5.0, 6.0]
    assert any("MLflow has it as failed" in clause for clause in log.limits)


@pytest.mark.parametrize("kind", STORES)
def test_nan_and_infinities(tmp_path: Path, kind: str) -> None:
    values = [1.0, math.nan, math.inf, -math.inf, 0.1 + 0.2]
    place = written(tmp_path, kind, {"a" * 32: points(values)})
    assert np.array_equal(series(read(place), "loss").values, values, equal_nan=True)


@pytest.mark.parametrize("kind", STORES)
def test_a_resumed_run(tmp_path: Path, kind: str) -> None:
    """Norms before the break are not those after it, though each metric is a series of its own."""
    first = [
        (name, v, 10 * i, i) for i in range(40) for name, v in (("loss", 9.0), ("grad_norm", 1.0))
    ]
    then = [
        (name, v, 1000 + 10 * i, i)
        for i in range(20, 60)
        for name, v in (("loss", 2.0), ("grad_norm", 3.0))
    ]
    place = written(tmp_path, kind, {"a" * 32: [*first, *then]})
    table = tabled(place)
    assert table.steps.tolist() == list(range(60))
    assert table.loss.tolist() == [9.0] * 20 + [2.0] * 40
    assert table.norm.tolist() == [1.0] * 20 + [3.0] * 40
    assert any("go back from 39 to 20" in clause for clause in table.limits)


@pytest.mark.parametrize("kind", STORES)
def test_several_values_at_one_step_and_a_clock_that_goes_back(tmp_path: Path, kind: str) -> None:
    """Points of one metric stay in the order in which they were taken."""
    told: list[Point] = [
        ("loss", 3.0, 500, 0),
        ("loss", 2.0, 400, 1),
        ("loss", 2.5, 300, 1),
        ("loss", 1.0, 600, 2),
    ]
    place = written(tmp_path, kind, {"a" * 32: told})
    table = tabled(place)
    assert table.steps.tolist() == [0, 1, 1, 2]
    assert table.loss.tolist() == [3.0, 2.0, 2.5, 1.0]
    assert table.evaluation.tolist() == [0, 1, 2, 0]


@pytest.mark.parametrize("kind", STORES)
def test_a_step_that_was_never_given(tmp_path: Path, kind: str) -> None:
    told: list[Point] = [("loss", 1.0 + i, 10 * i, 0) for i in range(5)]
    table = tabled(written(tmp_path, kind, {"a" * 32: told}))
    assert table.steps.tolist() == [0, 1, 2, 3, 4]
    assert any("no steps were given" in clause for clause in table.limits)


@pytest.mark.parametrize("kind", STORES)
def test_of_many_runs_one_is_asked_for(tmp_path: Path, kind: str) -> None:
    runs = {f"{i:032x}": points([1.0, 2.0]) for i in range(9)}
    place = written(tmp_path, kind, runs)
    with pytest.raises(UsageError, match=r"holds 9 runs: name one of .*, .* and 3 more\.$"):
        read(place)
    with pytest.raises(UsageError, match="holds 9 runs"):
        read(tmp_path)  # the store in a folder
    inside = place / "1" if kind == "folder" else place
    assert len(series(read(inside / f"{3:032x}"), "loss")) == 2


def test_a_run_of_a_database_by_its_name(tmp_path: Path) -> None:
    made = create(tmp_path / "mlflow.db")
    database_run(made, "a1" * 16, points([1.0]), "plain")
    database_run(made, "b2" * 16, points([2.0]), "twice")
    database_run(made, "c3" * 16, points([3.0]), "twice")
    made.close()
    file = tmp_path / "mlflow.db"
    for word, value in (("plain", 1.0), ("exp/plain", 1.0), ("b2b2b2b2", 2.0), ("c3" * 16, 3.0)):
        assert series(read(file / word), "loss").values.tolist() == [value]
    with pytest.raises(UsageError, match=f"holds 2 runs: name one of .*{'b2' * 16}"):
        read(file / "twice")
    with pytest.raises(UsageError, match="has no run b2"):  # too short for a number
        read(file / "b2")
    with named_run(f"{file}/plain", tmp_path / "home") as run:
        assert run.logged
    with (
        pytest.raises(UsageError, match="has no run nobody"),
        named_run(f"{file}/nobody", tmp_path / "home"),
    ):
        pass


def test_names_that_stand_for_a_run() -> None:
    one, two = (StoredRun(c * 32, Path(c), f"n{c}", "exp") for c in "ab")
    odd = StoredRun("c" * 32, Path("c"), "a/../b", "exp")
    shadow = StoredRun("d" * 32, Path("d"), "exp", "exp")
    runs = [one, two, odd, shadow]
    assert [suffix(run, runs) for run in runs] == ["na", "nb", "c" * 32, "d" * 32]
    for run in runs:
        assert meant(runs, suffix(run, runs)) == [run]


def test_a_line_that_is_not_whole_is_left_out(tmp_path: Path) -> None:
    run = folder_run(tmp_path, "a" * 32, points([1.0, 2.0]))
    file = run / "metrics" / "loss"
    file.write_text(f"{file.read_text()}words\n1020 3.0 2\n1030 4.")
    log = read(run)
    assert series(log, "loss").values.tolist() == [1.0, 2.0, 3.0]
    assert any("2 lines of loss are not whole" in clause for clause in log.limits)


def test_links_out_of_a_store_are_not_followed(tmp_path: Path) -> None:
    run = folder_run(tmp_path / "mlruns", "a" * 32, points([1.0]))
    (tmp_path / "secret").write_text("1 7.0 0\n")
    (run / "metrics" / "other").symlink_to(tmp_path / "secret")
    with pytest.raises(GradtuiError, match="cannot be read"), named_run(str(run), tmp_path):
        pass
    run.rename(tmp_path / "moved")
    run.symlink_to(tmp_path / "moved")
    assert format_of(tmp_path / "mlruns") is None


def test_nothing_is_written_and_no_writer_waits(tmp_path: Path) -> None:
    """A reader in the middle of a long run holds no lock while it works on what it has."""
    written(tmp_path, "database", {"a" * 32: points([1.0] * 10_000)})
    file = tmp_path / "mlflow.db"
    before = state(tmp_path)
    read(file)
    assert state(tmp_path) == before
    with sqlite_file.database(file) as connection:
        rows = mlflow_database._rows(connection, "a" * 32)
        next(rows)
        writer = sqlite3.connect(file, timeout=0, isolation_level=None)
        database_run(writer, "b" * 32, points([2.0] * 5000))
        writer.close()
        assert sum(1 for _ in rows) == 9_999
    with (
        pytest.raises(sqlite3.OperationalError, match="readonly"),
        sqlite_file._connection(file) as connection,
    ):
        connection.execute("delete from metrics")


KILLED = """
import os, signal, sqlite3, sys
made = sqlite3.connect(sys.argv[1], isolation_level=None)
made.execute(f"pragma journal_mode = {sys.argv[2]}")
made.execute("pragma cache_size = 1")
made.execute("begin")
rows = [("loss", 99.0, i, "a" * 32, 1000 + i, 0) for i in range(5000)]
made.executemany("insert into metrics values (?, ?, ?, ?, ?, ?)", rows)
if sys.argv[2] == "wal":
    made.execute("commit")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(("mode", "expected"), [("delete", 3), ("wal", 5003)])
def test_a_database_whose_writer_was_killed(tmp_path: Path, mode: str, expected: int) -> None:
    """What a transaction had not ended is taken back, and what lies in the write-ahead log is there: in a
    copy, the store is left as it is."""
    written(tmp_path, "database", {"a" * 32: points([1.0, 2.0, 3.0])})
    file = tmp_path / "mlflow.db"
    done = subprocess.run([sys.executable, "-c", KILLED, str(file), mode], check=False)
    assert done.returncode == -signal.SIGKILL
    beside = file.with_name(f"mlflow.db-{'wal' if mode == 'wal' else 'journal'}")
    assert beside.stat().st_size > 0
    file.with_name("mlflow.db-shm").unlink(missing_ok=True)  # as in what was copied from elsewhere
    before = state(tmp_path)
    assert len(series(read(file), "loss")) == expected
    assert state(tmp_path) == before


def test_a_database_of_another_kind_is_none(tmp_path: Path) -> None:
    for name, sql in (
        ("other", "create table notes (words)"),
        ("view", "create table t (a); create view metrics as select a from t;"),
    ):
        made = sqlite3.connect(tmp_path / f"{name}.db")
        made.executescript(sql)
        made.close()
        assert format_of(tmp_path / f"{name}.db") is None
    assert format_of(tmp_path) is None
    (tmp_path / "torn.db").write_bytes(sqlite_file.MAGIC + os.urandom(5000))
    assert format_of(tmp_path / "torn.db") is None


def test_a_query_without_an_end_is_broken_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite3.connect(tmp_path / "a.db").executescript("create table t (a)")
    monkeypatch.setattr(sqlite_file, "LONGEST", 0.0)
    endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n"
    with (
        pytest.raises(GradtuiError, match="takes longer than"),
        sqlite_file.database(tmp_path / "a.db") as connection,
    ):
        connection.execute(endless).fetchone()


def test_values_that_no_column_should_hold(tmp_path: Path) -> None:
    made = create(tmp_path / "mlflow.db")
    database_run(made, "a" * 32, points([1.0, 2.0]))
    made.execute("insert into metrics values ('loss', 'words', 9, ?, 7, 0)", ("a" * 32,))
    made.execute("insert into metrics values (x'ff00', 4.0, 9, ?, 8, 0)", ("a" * 32,))
    made.close()
    log = read(tmp_path / "mlflow.db")
    assert series(log, "loss").values.tolist() == [1.0, 2.0]
    assert any("a point that is no number is" in clause for clause in log.limits)


def test_layers_of_folders_stand_by_number(tmp_path: Path) -> None:
    names = [f"layer.{i}/grad_norm" for i in (10, 2, 1)]
    told: list[Point] = [(name, 1.0, 5, s) for s in range(30) for name in names]
    run = folder_run(tmp_path, "a" * 32, [*told, *points([1.0] * 30)])
    facts, diagnosis = judged(run)
    assert [row.name for row in facts.layout.rows] == ["layer.1", "layer.2", "layer.10"]
    assert any("stand in the order of their names" in note for note in diagnosis.notes)
