"""docs/json.md against what `--json` prints: every field, and no other."""

import json
import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from gradtui.cli import main
from gradtui.commands.command_verdict import judged
from gradtui.core.event import Ended
from gradtui.core.snapshot import NonFinite
from gradtui.runstore.export.rows import FIELDS, SCALARS
from tests.documents.pages import page, table
from tests.factories import snapshot
from tests.runstore.recorded import LAYOUT, ROWS, record, snap

PAGE = page("docs/json.md")


def section(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE.text, re.DOTALL | re.MULTILINE)
    assert found, title
    return found[1]


def named(text: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", text))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs, the second of which ends in NaN."""
    place = tmp_path_factory.mktemp("runs")
    well = [snap(step, loss=1 / (step + 1)) for step in range(40)]
    seen = NonFinite(40, "forward", "", "loss")
    last = snapshot(LAYOUT, 40, np.full(ROWS, np.nan), loss=np.nan, nonfinite=seen)
    record(place / "one", [*well, Ended(1, 40, "finished")])  # type: ignore[list-item]
    record(place / "two", [*well, last, Ended(1, 41, "finished")])  # type: ignore[list-item]
    return place


def lines(
    capsys: pytest.CaptureFixture[str], *words: str, code: int = 0
) -> list[dict[str, object]]:
    assert main(list(words)) == code
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_check(home: Path) -> None:
    report = judged(home / "two", ["python", "train.py"], code=0).as_json()
    rows = table(section("check"), "field")
    told = {name for row in rows for name in named(row[0])}
    assert told == set(report)
    meaning = {name: row[2] for row in rows for name in named(row[0])}
    (finding, *_) = report["findings"]
    assert set(finding) <= named(meaning["findings"])
    (prescription, *_) = finding["prescriptions"]
    assert set(prescription) | set(prescription["parts"][0]) <= named(meaning["findings"])
    assert set(report["first_nonfinite"]) == named(meaning["first_nonfinite"])
    assert set(report["final"]) == named(meaning["final"])


def test_treatments_are_named_as_they_are() -> None:
    from gradtui.doctor.remedy_effect import CURED, NO_GAIN, PARTLY, WORSE, RemedyEffect

    meaning = next(row[2] for row in table(section("check"), "field") if "treatment" in row[0])
    assert named(meaning) == {field.name for field in fields(RemedyEffect)}
    assert set(re.findall(r'"([^"]+)"', meaning)) == {CURED, PARTLY, NO_GAIN, WORSE}


def test_runs(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for line in lines(capsys, "runs", "--json", "--runs", str(home)):
        assert set(line) == named(section("runs"))


def test_compare(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = lines(capsys, "compare", "one", "two", "--json", "--runs", str(home), code=4)
    layer = line["layers"][0]  # type: ignore[index]
    assert set(line) | set(layer) == named(section("compare"))


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    line = lines(capsys, "list", "--json")[0]
    remedy = line["remedies"][0]  # type: ignore[index]
    assert set(line) | set(remedy) == named(section("list"))


def test_export(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for line in lines(capsys, "export", "two", "--format", "jsonl", "--runs", str(home)):
        tensor = next(iter(line["tensors"].values()))  # type: ignore[attr-defined]
        assert set(line) | set(tensor) == named(section("export --format jsonl")) - {"schema"}
        assert set(line) == {*SCALARS, "tensors", "metrics"}
        assert set(tensor) == {*FIELDS, "numel"}
