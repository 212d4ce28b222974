"""docs/run-format.md against what is written and read: files, fields, kinds, limits."""

import json
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradtui.core import metric
from gradtui.core.control import Pause, Resume, SetPace, StepOnce, Stop
from gradtui.core.event import Building, Ended, Failed, OptimizerGroup, Paused, Resumed, RunInfo
from gradtui.core.layout import RowInfo, TensorInfo
from gradtui.core.logged import Logged
from gradtui.core.snapshot import HIST_BINS, HIST_LOW, Act, Grad, NonFinite, State, Weight
from gradtui.runstore.files import reading
from gradtui.runstore.format import (
    json_lines,
    metric_records,
    metric_rows,
    nan_trace_json,
    run_json,
)
from gradtui.runstore.format.event_json import control_json
from gradtui.runstore.format.metric_records import METRIC
from gradtui.runstore.format.metric_rows import MetricQueue, MetricRow
from gradtui.runstore.format.records import NONFINITE, RAISED, SKIPPED, STAGES, STEP, UNMEASURED
from gradtui.runstore.ranks import process_status
from gradtui.runstore.reader import metrics
from gradtui.runstore.writer import metric_files, thinning
from gradtui.runstore.writer.detail_files import LIVE, NEIGHBOURS
from gradtui.runstore.writer.event_log import EventLog
from gradtui.runstore.writer.launch_record import record_exit
from gradtui.runstore.writer.recorder import BEAT
from gradtui.runstore.writer.step_changes import TOLD
from tests.documents.pages import page, table
from tests.runstore.recorded import record, snap

PAGE = page("docs/run-format.md")
KINDS = {"i8": "<i8", "f8": "<f8", "u2": "<u2", "u1": "u1"}


def section(title: str) -> str:
    found = re.search(
        rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE.text, re.DOTALL | re.MULTILINE
    )
    assert found, title
    return " ".join(found[1].split())


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("run") / "run"
    logged = MetricQueue()
    logged.put(MetricRow("loss", "own", 3, 1.0, 1.7e9, 0.5))
    things = [*(snap(i) for i in range(12)), Ended(1, 12, "finished")]
    record(place, things, command=["x"], metrics=logged)
    record_exit(place, 0)
    return place


def test_the_fields_of_a_step_are_those_of_the_table() -> None:
    told = [
        (name, kind)
        for names, kind, _ in table(PAGE.text, "field")
        for name in re.findall(r"`(\w+)`", names)
    ]
    assert STEP.names is not None
    assert {name for name, _ in told} == set(STEP.names)
    for name, kind in told:
        assert STEP[name] == np.dtype(KINDS[kind]), name
    assert f"{STEP.itemsize} bytes each" in PAGE.flat


def test_flags_and_stages() -> None:
    meaning = next(row[2] for row in table(PAGE.text, "field") if "`flags`" in row[0])
    told = dict(re.findall(r"(\d): ([^;]+)", meaning))
    words = {SKIPPED: "skipped", NONFINITE: "finite", UNMEASURED: "not measured", RAISED: "raised"}
    assert {int(bit) for bit in told} == set(words)
    for bit, word in words.items():
        assert word in told[str(bit)]
    assert f'"{STAGES[-1]}"' in section("steps-RANK.bin")


def test_columns_of_the_files_beside() -> None:
    beside = PAGE.text.partition("## Per-tensor files")[2]
    told = {row[0]: row[1:] for row in table(beside, "file")}
    for kind, columns in (
        ("tensors", Grad),
        ("weights", Weight),
        ("activations", Act),
        ("states", State),
    ):
        shape, names = told[kind]
        assert int(re.findall(r", (\d+)\]", shape)[0]) == columns.COLUMNS
        assert len(names.split(",")) == columns.COLUMNS
    assert int(re.findall(r", (\d+)\]", told["histograms"][0])[0]) == HIST_BINS
    assert f"{HIST_LOW} + i <= log2" in told["histograms"][1]


def test_files_of_a_run_are_those_of_the_table(run: Path) -> None:
    told = {row[0].strip("`") for row in table(PAGE.text, "file")}
    assert {path.name for path in run.iterdir()} <= told
    from gradtui.app.process_view import LOG
    from gradtui.monitor import LOG as WATCHING
    from gradtui.runstore.writer.control_file import NAME as ASKED
    from gradtui.runstore.writer.launch_record import EXIT

    assert {ASKED, EXIT, LOG, WATCHING} <= told
    for path in run.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path
    assert run.stat().st_mode & 0o777 == 0o700


def test_every_key_of_run_json_is_told_and_no_other(run: Path) -> None:
    header = json.loads((run / "run.json").read_text())
    text = section("run.json")
    told = set(re.findall(r"`(\w+)`", text))
    inner = {
        f.name
        for kind in (RunInfo, RowInfo, TensorInfo, OptimizerGroup, Logged)
        for f in fields(kind)
    }
    inner |= set(header["generations"][0]) | set(header["steps"])
    inner |= {"pid", "machine", "owner", "stage"}
    assert set(header) <= told
    assert told <= set(header) | inner, told - set(header) - inner
    for name in ("tensors", "rows"):
        assert set(header["generations"][0][name][0]) <= told, name
    assert set(header["generations"][0]) <= told
    assert f"`schema` ({header['schema']})" in text
    assert f"version {run_json.SCHEMA} of the format" in PAGE.flat


def test_what_is_logged_is_as_told(run: Path) -> None:
    text = section("metrics-RANK.bin and metrics-RANK.json")
    told = json.loads((run / "metrics-0.json").read_text())
    assert all(f"`{key}`" in text for key in told)
    for name, code in told["dtype"]:
        assert re.search(rf"`{name}` \({code.lstrip('<')}[:,]", text), name
    assert f"{metric_files.BUDGET // METRIC.itemsize:,} of them" in text
    assert f"{metric.MOST_NAMES} names of up to {metric.LONGEST_NAME} characters" in text
    assert f"{metric_files.AT_ONCE:,} values" in text
    assert f"{metric_rows.MOST:,} may wait" in text
    assert f"{metric_records.MOST_READ:,} names" in text
    assert f"first {metrics.LARGEST >> 20} MiB" in text
    steps, code = page_reader(run), re.search(r"```text\n(metrics = .*?)```", PAGE.text, re.DOTALL)
    assert code
    exec(code[1].replace("val/loss", "loss"), steps)
    assert steps["loss"]["value"].tolist() == [0.5]


def page_reader(run: Path) -> dict[str, Any]:
    """What the lines of the page stand on."""

    def records(file: dict[str, Any]) -> Any:
        return np.fromfile(run / file["file"], np.dtype([tuple(f) for f in file["dtype"]]))

    return {"json": json, "directory": run, "records": records}


def test_every_kind_of_event_is_told(tmp_path: Path) -> None:
    text = section("events.jsonl")
    log = EventLog(0)
    events: list[Any] = [
        Building(1, "data"),
        Paused(1, 3),
        Resumed(1),
        Ended(1, 4, "finished"),
        Failed(1, 4, "ValueError: no", "Traceback", 2.5),
    ]
    for event in events:
        log.event(event, 0.0)
    odd = NonFinite(2, "forward", "layers.0", "weight")
    log.snapshot(replace(snap(1), skipped=True, loss_scale=2.0), 0.0)
    log.snapshot(replace(snap(2), loss_scale=1.0, clip_coefficient=0.5, nonfinite=odd), 0.0)
    log.lost(3, 1, "No space left on device", last=True)
    log.line({"kind": "started", "generation": 0}, 0.0)
    log.line({"kind": "closed", "pid": 1}, 0.0)
    log.write(tmp_path / "events.jsonl")
    written = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    kinds = {line["kind"] for line in written}
    assert len(kinds) == 13
    for line in written:
        told = re.search(rf"`{line['kind']}`( \(.*?\))?", text)
        assert told, line["kind"]
        for key in set(line) - {"time", "rank", "kind", "pid"}:
            assert f"`{key}`" in (told[1] or ""), (line["kind"], key)
    assert "`time`, `rank`, `kind`" in text
    assert f"the first {'hundred' if TOLD == 100 else TOLD} changes" in text


def test_the_keys_of_an_autopsy() -> None:
    text = section("events.jsonl").partition("has an object `autopsy`")[2]
    for key in (
        *nan_trace_json.TEXTS,
        *nan_trace_json.SPANS,
        "call",
        "around",
        "at",
        "float32_would_hold",
    ):
        assert f"`{key}`" in text, key


def test_what_viewers_ask_is_told() -> None:
    text = section("control.jsonl")
    for control in (Pause(), Resume(), StepOnce(), Stop()):
        said = control_json(control)
        assert said is not None
        assert f'"{said["ask"]}"' in text
    assert json.dumps(control_json(SetPace(20)) or {}) in text


LIMITS = [
    ("32 MiB for a run.json", reading.HEADER, 32 << 20),
    ("64 kB for exit.json", reading.SMALL, 64 << 10),
    ("1 MiB for a line", json_lines.LONGEST, 1 << 20),
    ("8 MiB at once for a file of lines", json_lines.AT_ONCE, 8 << 20),
    ("more than 65,536 characters", run_json.LONGEST, 65_536),
    ("more than 262,144 tensors", run_json.MOST_TENSORS, 262_144),
    ("4,096 generations", run_json.MOST_GENERATIONS, 4096),
    ("beyond 2^62", run_json.LARGEST, 1 << 62),
    ("less than 15 seconds old", process_status.SILENT, 15),
    ("more than two seconds before", process_status.LAG, 2),
    ("touched once a second", BEAT, 1),
    ("never holds fewer than 16 records", thinning.LEAST, 16),
    ("up to 32 times a second", LIVE, 32),
    ("with its two neighbours before and after", NEIGHBOURS, 2),
]


@pytest.mark.parametrize(("words", "value", "said"), LIMITS, ids=[w for w, *_ in LIMITS])
def test_limits(words: str, value: float, said: float) -> None:
    assert words in PAGE.flat
    assert value == said


def test_states() -> None:
    told = set(re.findall(r"\*(\w+)\*", section("Is it alive?")))
    assert told >= {
        process_status.RUNNING,
        process_status.ENDED,
        process_status.CRASHED,
        process_status.LOST,
    }
