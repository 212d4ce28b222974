"""What a program has logged: written, thinned, read while it grows, and exported."""

import csv
import io
import json
import os
from math import inf, nan
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.core.metric import MOST_NAMES
from gradtui.core.snapshot import Snapshot
from gradtui.runstore.export.csv_and_parquet import write_csv, write_parquet
from gradtui.runstore.export.jsonl import write_jsonl
from gradtui.runstore.export.tensorboard import write_tensorboard
from gradtui.runstore.format.metric_records import METRIC, kept
from gradtui.runstore.format.metric_rows import MOST, MetricQueue, MetricRow
from gradtui.runstore.reader.metrics import RankMetrics
from gradtui.runstore.reader.open_run import open_run
from gradtui.runstore.reader.replay import Replay
from gradtui.runstore.reader.run_reader import RunReader
from gradtui.runstore.writer.metric_files import BUDGET, MetricFiles
from tests.runstore.recorded import files, record, snap


def row(name: str, step: int, value: float, way: str = "own", given: float = nan) -> MetricRow:
    return MetricRow(name, way, step, given, 1.7e9 + step, value)


def queued(*rows: MetricRow) -> MetricQueue:
    queue = MetricQueue()
    for one in rows:
        queue.put(one)
    return queue


def steps(count: int = 6) -> list[Snapshot]:
    return [snap(i) for i in range(count)]


LOGGED = (
    row("early", -1, 3.0),
    row("val/loss", 1, 0.5, given=7.0),
    row("val/loss", 3, nan),
    row("acc", 3, inf),
    row("val/loss", 4, 0.25),
)


def test_what_was_logged_is_read_as_it_was(tmp_path: Path) -> None:
    record(tmp_path / "r", steps(), metrics=queued(*LOGGED))
    found = open_run(tmp_path / "r").metrics
    assert list(found) == ["early", "val/loss", "acc"]
    loss = found["val/loss"]
    np.testing.assert_array_equal(loss.step, [1, 3, 4])
    np.testing.assert_array_equal(loss.value, [0.5, nan, 0.25])
    np.testing.assert_array_equal(loss.given, [7.0, nan, nan])
    np.testing.assert_array_equal(loss.time, [1.7e9 + 1, 1.7e9 + 3, 1.7e9 + 4])
    assert found["early"].step.tolist() == [-1]
    assert found["acc"].value.tolist() == [inf]
    assert files(tmp_path / "r")["metrics-0.bin"] == 0o600
    assert files(tmp_path / "r")["metrics-0.json"] == 0o600


def test_a_run_that_has_logged_nothing_has_no_file_of_it(tmp_path: Path) -> None:
    record(tmp_path / "r", steps(), metrics=MetricQueue())
    assert not [name for name in files(tmp_path / "r") if name.startswith("metrics")]
    assert open_run(tmp_path / "r").metrics == {}
    assert Replay(tmp_path / "r").poll().metrics == {}


def test_the_same_value_logged_in_two_ways_is_there_once(tmp_path: Path) -> None:
    same = np.float32(0.1).item()
    rows = [
        *(row("loss", 1, 0.1), row("loss", 1, same, "wandb"), row("loss", 1, 0.1, "mlflow")),
        *(row("loss", 2, nan), row("loss", 2, nan, "wandb")),
        *(row("loss", 3, 0.1), row("loss", 3, 0.1)),  # two batches, one way
        *(row("loss", 4, 0.1), row("loss", 4, 0.2, "wandb")),
        *(row("loss", 5, 0.2, "wandb"), row("other", 5, 0.2)),
    ]
    record(tmp_path / "r", steps(), metrics=queued(*rows))
    assert open_run(tmp_path / "r").metrics["loss"].step.tolist() == [1, 2, 3, 3, 4, 4, 5]


def test_of_too_many_names_and_values_it_is_said_how_much_is_lost(tmp_path: Path) -> None:
    rows = [row(f"n{i}", i, 1.0) for i in range(MOST_NAMES + 3)]
    record(tmp_path / "r", steps(), metrics=queued(*rows))
    told = json.loads((tmp_path / "r" / "metrics-0.json").read_text())
    assert (len(told["names"]), told["lost"]) == (MOST_NAMES, 3)
    queue = queued(*[row("x", i, 1.0) for i in range(MOST + 5)])
    found, lost = queue.take()
    assert (len(found), lost) == (MOST, 5)
    assert found[-1].step == MOST + 4
    assert queue.take() == ([], 0)


# Thinning

VALUES = st.floats(-5, 5) | st.sampled_from([nan, inf, -inf, 1e308])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40), VALUES), max_size=400),
    st.integers(40, 200),
)
def test_what_is_kept(rows: list[tuple[int, int, float]], most: int) -> None:
    records = np.zeros(len(rows), METRIC)
    if rows:
        records["metric"], gaps, records["value"] = (np.array(c) for c in zip(*rows, strict=True))
        records["step"] = np.cumsum(gaps) - 1
    keep = kept(records, most)
    assert keep.sum() <= max(most, 4)
    if len(rows) <= most:
        assert keep.all()
    for one in np.unique(records["metric"]):
        here = records["metric"] == one
        before, after = records["value"][here], records["value"][here & keep]
        assert keep[np.flatnonzero(here)[[0, -1]]].all()
        finite = before[np.isfinite(before)]
        if len(finite):
            assert after[np.isfinite(after)].min() == finite.min()
            assert after[np.isfinite(after)].max() == finite.max()
        assert np.isfinite(after).all() == np.isfinite(before).all()


def test_a_long_run_stays_small(tmp_path: Path) -> None:
    """The latest in full, the extremes of long ago as they were."""
    out = MetricFiles(budget=BUDGET // 16)
    tail = RankMetrics(tmp_path, "0")
    spike, latest = 123_457, 0
    for begin in range(0, 200_000, 4000):
        many = [
            row("loss", i, 99.0 if i == spike else i * 1e-6) for i in range(begin, begin + 4000)
        ]
        out.write(tmp_path, "0", [*many, row("acc", begin + 3999, 0.5)], 0)
        if begin % 40_000 == 0:
            assert tail.poll()
            latest = int(tail.metrics["loss"].step[-1])
            assert latest == begin + 3999
    out.finish(tmp_path, "0")
    assert (tmp_path / "metrics-0.bin").stat().st_size <= BUDGET // 16
    assert tail.poll()
    assert not tail.poll()
    loss = tail.metrics["loss"]
    assert loss.step[0] == 0
    assert loss.step[-1] == 199_999
    assert loss.value.max() == 99.0
    assert int(loss.step[loss.value.argmax()]) == spike
    assert (np.diff(loss.step[-400:]) == 1).all()
    assert len(tail.metrics["acc"]) == 50  # a name with few values keeps them all
    assert out.lost == 0


# Reading


def test_a_run_is_followed(tmp_path: Path) -> None:
    record(tmp_path / "r", steps(), metrics=queued(*LOGGED))
    now = [0.0]
    source = RunReader(tmp_path / "r", clock=lambda: now[0])
    got = source.poll()
    assert got.metrics is not None
    assert list(got.metrics) == ["early", "val/loss", "acc"]
    now[0] += 1
    assert source.poll().metrics is None
    out = MetricFiles()
    out._names = {name: i for i, name in enumerate(got.metrics)}
    out.write(tmp_path / "r", "0", [row("acc", 5, 0.5), row("new", 5, 1.0)], 0)
    now[0] += 1
    got = source.poll()
    assert got.metrics is not None
    assert got.metrics["acc"].value.tolist() == [inf, 0.5]
    assert got.metrics["new"].value.tolist() == [1.0]


def test_of_ranks_the_lowest_that_has_logged_a_name_counts(tmp_path: Path) -> None:
    for rank in range(2):
        rows = [row("loss", 1, float(rank)), row(f"own{rank}", 1, 1.0)]
        record(tmp_path / "r", steps(), rank=rank, world_size=2, metrics=queued(*rows))
    found = open_run(tmp_path / "r").metrics
    assert {name: metric.value.tolist() for name, metric in found.items()} == {
        "loss": [0.0],
        "own0": [1.0],
        "own1": [1.0],
    }


@pytest.mark.parametrize(
    "damage",
    [
        lambda told: "{",
        lambda told: told | {"names": "loss"},
        lambda told: told | {"names": [3]},
        lambda told: told | {"names": ["x"] * 5000},
        lambda told: told | {"dtype": [["step", "O"]]},
        lambda told: told | {"dtype": [["step", "<i8"]]},
        lambda told: [],
    ],
)
def test_damaged_names_are_no_metrics_and_no_error(tmp_path: Path, damage) -> None:  # type: ignore[no-untyped-def]
    record(tmp_path / "r", steps(), metrics=queued(*LOGGED))
    path = tmp_path / "r" / "metrics-0.json"
    found = damage(json.loads(path.read_text()))
    path.write_text(found if isinstance(found, str) else json.dumps(found))
    assert open_run(tmp_path / "r").metrics == {}


def test_records_that_mean_nothing_are_left_out_and_names_are_escaped(tmp_path: Path) -> None:
    rows = [row("a\x1b[2J\ud800", i, float(i)) for i in range(4)]
    record(tmp_path / "r", steps(), metrics=queued(*rows))
    path = tmp_path / "r" / "metrics-0.bin"
    found = np.fromfile(path, METRIC)
    found["metric"][1], found["step"][2] = 9, -7
    path.write_bytes(found.tobytes() + b"torn")
    (metric,) = open_run(tmp_path / "r").metrics.items()
    assert metric[0] == "a\\x1b[2J\\ud800"
    assert metric[1].value.tolist() == [0.0, 3.0]


def test_no_link_is_followed(tmp_path: Path) -> None:
    record(tmp_path / "r", steps(), metrics=queued(*LOGGED))
    path = tmp_path / "r" / "metrics-0.bin"
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert open_run(tmp_path / "r").metrics == {}


def test_a_file_that_is_gone_is_begun_anew(tmp_path: Path) -> None:
    out = MetricFiles()
    out.write(tmp_path, "0", [row("loss", 1, 1.0)], 0)
    (tmp_path / "metrics-0.bin").unlink()
    with pytest.raises(OSError, match="deleted"):
        out.write(tmp_path, "0", [row("loss", 2, 2.0)], 0)
    out.write(tmp_path, "0", [row("loss", 3, 3.0)], 0)
    tail = RankMetrics(tmp_path, "0")
    assert tail.poll()
    assert tail.metrics["loss"].value.tolist() == [3.0]
    out.finish(tmp_path, "0")
    assert json.loads((tmp_path / "metrics-0.json").read_text())["lost"] == 1


# Exports


def test_exports_have_them_at_the_steps_after_which_they_came(tmp_path: Path) -> None:
    record(tmp_path / "r", steps(), metrics=queued(*LOGGED, row("=1+1", 4, 2.0)))
    out = io.StringIO()
    write_jsonl(tmp_path / "r", out)
    told = [json.loads(line)["metrics"] for line in out.getvalue().splitlines()]
    assert told == [
        {"early": 3.0},
        {"val/loss": 0.5},
        {},
        {"val/loss": "nan", "acc": "inf"},
        {"val/loss": 0.25, "=1+1": 2.0},
        {},
    ]
    table = io.StringIO()
    write_csv(tmp_path / "r", table)
    cells = list(csv.DictReader(io.StringIO(table.getvalue())))
    assert [cell["metrics.val/loss"] for cell in cells] == ["", "0.5", "", "nan", "0.25", ""]
    write_parquet(tmp_path / "r", tmp_path / "r.parquet")
    parquet = pytest.importorskip("pyarrow.parquet")
    column = parquet.read_table(tmp_path / "r.parquet")["metrics.acc"].to_pylist()
    assert column == [None, None, None, inf, None, None]


def test_tensorboard_has_them(tmp_path: Path) -> None:
    loader = pytest.importorskip("tensorboard.backend.event_processing.event_file_loader")
    record(tmp_path / "r", steps(), metrics=queued(*LOGGED))
    write_tensorboard(tmp_path / "r", tmp_path / "board")
    (path,) = (tmp_path / "board" / "rank0").iterdir()
    found = [
        (event.step, value.tensor.float_val[0])
        for event in loader.EventFileLoader(os.fspath(path)).Load()
        for value in event.summary.value
        if value.tag == "metrics/val/loss"
    ]
    assert found[0] == (1, 0.5)
    assert found[1][1] != found[1][1]
    assert found[2] == (4, 0.25)
