"""The schemas, and docs/json.md that is written from them, against the JSON that there is."""

import json
import re
from dataclasses import asdict, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator, ValidationError

from gradtui.cli import main
from gradtui.commands.command_verdict import judged, judged_run
from gradtui.commands.json_schemas import FOLDER, KEPT, NAMES, schema, schema_text
from gradtui.commands.ps import as_json
from gradtui.commands.recorded import named_run
from gradtui.commands.report import strict
from gradtui.core.autopsy import Argument, Autopsy, ModuleRange, Span
from gradtui.core.control import Detach, Pause, RecordAll, Resume, SetPace, StepOnce, Stop
from gradtui.core.event import Building, Ended, Failed, Paused, Resumed
from gradtui.core.snapshot import NonFinite
from gradtui.core.symptom import OPEN, SYMPTOMS, VERDICTS
from gradtui.doctor.remedy_effect import CURED, NO_GAIN, PARTLY, WORSE, RemedyEffect
from gradtui.inject.process_table import ProcessFacts
from gradtui.lab.scenario.catalogue import read_catalogue
from gradtui.runstore.export.rows import FIELDS, SCALARS
from gradtui.runstore.format.attach_json import DETACHED, AttachAnswer, write_answer
from gradtui.runstore.format.metric_rows import MetricQueue, MetricRow
from gradtui.runstore.writer.control_file import send_control
from gradtui.runstore.writer.event_log import EventLog
from gradtui.runstore.writer.launch_record import record_exit
from tests import regenerate_json
from tests.documents.pages import page
from tests.factories import snapshot
from tests.runstore.logs.made import summary_writer
from tests.runstore.recorded import LAYOUT, ROWS, record, snap
from tests.schemas import closed, hold, validator

SPAN = Span(1e-3, 2.0, 1, 32)
FOUND = Autopsy(
    40,
    "forward",
    "fc",
    "Linear",
    "output",
    "fc gave NaN",
    operation="log",
    source="train.py:41",
    argument=Argument(-1.0, 2.0, 3, 32, "below 0"),
    inputs=SPAN,
    around=(ModuleRange("fc", "Linear", SPAN, SPAN, SPAN, SPAN), ModuleRange("out", "Linear")),
    at=0,
    float32_would_hold=True,
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs, the second of which ends in NaN that was looked into."""
    place = tmp_path_factory.mktemp("runs")
    well = [snap(step, loss=1 / (step + 1)) for step in range(40)]
    seen = NonFinite(40, "forward", "", "loss", FOUND)
    last = snapshot(LAYOUT, 40, np.full(ROWS, np.nan), loss=np.nan, nonfinite=seen)
    logged = MetricQueue()
    logged.put(MetricRow("val/loss", "own", 3, 1.0, 1.7e9, float("inf")))
    record(place / "one", [*well, Ended(1, 40, "finished")], metrics=logged)  # type: ignore[list-item]
    record(place / "two", [*well, last, Ended(1, 41, "finished")])  # type: ignore[list-item]
    record_exit(place / "two", 0)
    write_answer(place / "two", AttachAnswer(DETACHED, 7, "", 0.25, 12))
    for control in (Pause(), Resume(), StepOnce(), Stop(), SetPace(20), RecordAll(True), Detach()):
        assert send_control(place / "two", control)
    return place


def lines(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> list[dict[str, Any]]:
    assert main(list(words)) == code
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_page_is_written_from_the_schemas() -> None:
    assert page("docs/json.md").text == regenerate_json.page(), (
        "run: python -m tests.regenerate_json"
    )


@pytest.mark.parametrize("name", NAMES)
def test_schemas_are_whole_and_readable_everywhere(name: str) -> None:
    whole = schema(name)
    Draft202012Validator.check_schema(whole)
    assert schema_text(name).isascii()
    version = whole.get("properties", {}).get("schema", {"const": 1})["const"]
    assert whole["$id"] == f"urn:gradtui:schema:{name}:{version}"
    assert whole["title"]
    assert whole["description"]
    parts = whole.get("$defs", {})
    for of in (whole, *parts.values()):
        for field, what in of.get("properties", {}).items():
            told = what.get("description") or parts[what["$ref"].rpartition("/")[2]]["description"]
            assert told.endswith("."), (name, field)
    used = set(re.findall(r'"#/\$defs/(\w+)"', schema_text(name)))
    assert used == set(parts)


def test_all_files_of_the_folder_are_schemas_by_name() -> None:
    assert {f"{name}.schema.json" for name in NAMES} == {
        one.name for one in FOLDER.iterdir() if one.name.endswith(".json")
    }


def test_what_is_called_the_same_is_the_same() -> None:
    """Each file is whole in itself, so that parts are in several."""
    for one, other in combinations(NAMES, 2):
        mine, yours = (schema(name).get("$defs", {}) for name in (one, other))
        for part in mine.keys() & yours.keys():
            assert mine[part] == yours[part], (one, other, part)
    run = schema("list_runs")["$defs"]["run"]
    assert {k: run[k] for k in ("properties", "required")} == {
        k: schema("runs")[k] for k in ("properties", "required")
    }


def test_a_reader_stands_fields_that_it_does_not_know(home: Path) -> None:
    report = judged(home / "one", ["python"], code=0).as_json() | {"moon": "full"}
    Draft202012Validator(schema("check")).validate(report)
    with pytest.raises(ValidationError):
        hold("check", report)
    with pytest.raises(ValidationError):  # what is there keeps its type
        Draft202012Validator(schema("check")).validate(report | {"steps": "many"})


def test_check_of_runs(home: Path) -> None:
    report = judged(home / "two", ["python", "train.py"], code=0).as_json()
    hold("check", report)
    assert report["findings"][0]["prescriptions"]
    assert report["first_nonfinite"]["autopsy"]["around"]
    assert report["final"]["loss"] == "nan"
    hold("check", judged(home, ["python"], code=7).as_json())
    hold("check", judged(home / "one", ["python"], code=137, disk="disk full").as_json())


def test_check_of_a_log(tmp_path: Path) -> None:
    with summary_writer(tmp_path / "log") as writer:
        for step in range(60):
            writer.add_scalar("train/loss", 2 / (step + 1), step)
    with named_run(str(tmp_path / "log"), tmp_path) as run:
        report = judged_run(run, "log").as_json()
    assert report["logged"]
    hold("check", report)


@pytest.mark.slow
def test_check_of_scenarios(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("check", "lr_too_small", "--treat", "--steps", "20", "--json", "--jobs", "1")
    assert main(words) in (0, 3)
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert any(line["treatment"] for line in told)
    for line in told:
        hold("check", line)


def test_words_are_those_that_there_are() -> None:
    parts = schema("check")["$defs"]
    assert parts["finding"]["properties"]["symptom"]["examples"] == list(SYMPTOMS)
    verdicts = schema("check")["properties"]["verdict"]["examples"]
    assert set(verdicts) == {*VERDICTS, *OPEN, "failed"}
    assert parts["effect"]["properties"]["word"]["examples"] == [CURED, PARTLY, NO_GAIN, WORSE]
    effect = strict(asdict(RemedyEffect(CURED, "better", "plateau", "healthy", float("nan"))))
    validator("check").evolve(
        schema=closed({"$ref": "#/$defs/effect", "$defs": dict(parts)})
    ).validate(effect)


def test_runs(home: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "run.json").write_text("{")
    told = [
        line
        for at in (home, tmp_path)
        for line in lines(capsys, "runs", "--json", "--runs", str(at))
    ]
    assert {line["state"] for line in told} == {"ended", "unreadable"}
    for line in told:
        hold("runs", line)


def test_ps() -> None:
    process = ProcessFacts(7, age=1.25, python=(3, 11), command=("python", "train.py"))
    hold("ps", as_json(process, None, "it has ended"))
    hold("ps", as_json(replace(process, python=None), Path("/runs/x"), ""))


def test_compare(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = lines(capsys, "compare", "one", "two", "--json", "--runs", str(home), code=4)
    assert line["layers"]
    assert line["treatment"]
    hold("compare", line)


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    told = lines(capsys, "list", "--json")
    assert len(told) == len(read_catalogue(None).scenarios)
    for line in told:
        hold("list", line)


def test_export(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for run in ("one", "two"):
        told = lines(capsys, "export", run, "--format", "jsonl", "--runs", str(home))
        for line in told:
            hold("export", line)
            assert set(line) == {*SCALARS, "tensors", "metrics"}
            assert set(next(iter(line["tensors"].values()))) == {*FIELDS, "numel"}
        assert (run == "one") == any(line["metrics"] for line in told)
    assert told[-1]["loss"] == "nan"


@pytest.mark.parametrize("run", ["one", "two"])
def test_files_of_a_run(run: str, home: Path) -> None:
    folder = home / run
    told = {"run.json": "run.json", "metrics.json": "metrics-0.json", "exit.json": "exit.json"}
    told |= {"attach.json": "attach.json"}
    for name, file in told.items():
        if (folder / file).exists():
            hold(name, json.loads((folder / file).read_text()))
    for name in ("events.jsonl", "control.jsonl"):
        if (folder / name).exists():
            for line in (folder / name).read_text().splitlines():
                hold(name, json.loads(line))
    assert (folder / "metrics-0.json").exists() == (run == "one")
    assert (folder / "control.jsonl").exists() == (run == "two")


def test_every_kind_of_event(tmp_path: Path) -> None:
    log = EventLog(0)
    events: list[Any] = [Building(1, "data"), Paused(1, 3), Resumed(1), Ended(1, 4, "finished")]
    for event in [*events, Failed(1, 4, "ValueError: no", "Traceback", float("inf"))]:
        log.event(event, 0.0)
    odd = NonFinite(2, "forward", "layers.0", "weight", replace(FOUND, float32_would_hold=None))
    log.snapshot(replace(snap(1), skipped=True, loss_scale=2.0), 0.0)
    log.snapshot(replace(snap(2), loss_scale=1.0, clip_coefficient=0.5, nonfinite=odd), 0.0)
    log.lost(3, 1, "No space left on device", last=True)
    log.line({"kind": "started", "generation": 0}, 0.0)
    log.line({"kind": "closed", "pid": 1}, 0.0)
    log.write(tmp_path / "events.jsonl")
    told = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    for line in told:
        hold("events.jsonl", line)
    known = {f"{line['kind']}_event" for line in told}
    assert known == set(schema("events.jsonl")["$defs"]) - {
        *("other_event", "number", "autopsy", "argument", "call", "span")
    }
    Draft202012Validator(schema("events.jsonl")).validate({"kind": "moved", "to": 3})
    with pytest.raises(ValidationError):
        hold("events.jsonl", {"kind": "ended", "time": 0, "rank": 0, "step": 1})


def test_the_page_on_files_tells_their_fields() -> None:
    text = page("docs/run-format.md").text
    told = set(re.findall(r"[`\"](\w+)[`\"]", text))
    for name in KEPT:
        named = {
            field
            for of in (schema(name), *schema(name).get("$defs", {}).values())
            for field in of.get("properties", {})
        }
        assert named - told == set(), name
