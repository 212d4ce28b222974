"""What tools answer: as their schemas say, with the run's own numbers, and of limited size."""

import json
from pathlib import Path
from typing import Any

import pytest

from gradtui.cli import main
from gradtui.core.errors import GradtuiError
from tests.runstore.recorded import LAYOUT, ROWS


def test_runs_are_listed_the_newest_first(ask: Any) -> None:
    answer = ask("list_runs")
    assert [run["name"] for run in answer["runs"]] == [
        "4-wide",
        "3-turns",
        "2-sick",
        "1-well",
        "0-odd",
    ]
    assert [run["state"] for run in answer["runs"]] == ["ended"] * 4 + ["unreadable"]
    assert answer["runs"][2]["verdict"] == "nonfinite"
    assert answer["left_out"] == []
    few = ask("list_runs", most=2)
    assert [run["name"] for run in few["runs"]] == ["4-wide", "3-turns"]
    assert few["found"] == 5
    assert few["left_out"] == [{"at": "/runs", "count": 3}]
    assert [run["name"] for run in ask("list_runs", name="sick")["runs"]] == ["2-sick"]
    assert ask("list_runs", name="none")["found"] == 0


def test_a_verdict_is_that_of_check(
    ask: Any, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = ask("judge_run", run="sick")
    assert main(["check", "sick", "--json", "--runs", str(home / "runs")]) == 4
    printed = json.loads(capsys.readouterr().out)
    assert {k: v for k, v in answer.items() if k != "left_out"} == printed
    assert answer["left_out"] == []
    early = ask("judge_run", run="sick", steps=30)
    assert (early["steps"], early["first_nonfinite"]) == (30, None)
    assert ask("judge_run")["target"] == "4-wide"  # the newest


def test_a_verdict_on_many_layers_says_how_many_it_left_out(ask: Any) -> None:
    answer = ask("judge_run", run="wide")
    (first, *_) = answer["findings"]
    gaps = {gap["at"]: gap["count"] for gap in answer["left_out"]}
    assert first["layers"][0] == "layers.0"
    assert len(first["layers"]) + gaps["/findings/0/layers"] > 400


def test_layers(ask: Any) -> None:
    answer = ask("list_layers", run="well")
    assert [layer["name"] for layer in answer["layers"]] == [row.name for row in LAYOUT.rows]
    (last,) = ask("list_layers", run="well", name=".2")["layers"]
    assert last["norm_last"] == pytest.approx((1 + 99) * 1.01**0.5)
    assert last["norm_lowest"] == pytest.approx(1 * 1.01**0.5)
    assert last["parameters"] == 64 * 64 + 64
    assert last["first_nonfinite_step"] is None
    sick = ask("list_layers", run="sick")["layers"][0]
    assert (sick["norm_last"], sick["nonfinite_steps"], sick["first_nonfinite_step"]) == (
        "nan",
        1,
        40,
    )


def test_of_many_layers_those_that_findings_name_are_told(ask: Any) -> None:
    answer = ask("list_layers", run="wide", most=50)
    assert len(answer["layers"]) == 50
    assert answer["found"] == 700
    assert answer["left_out"] == [{"at": "/layers", "count": 650}]
    assert all(layer["named"] for layer in answer["layers"])


def test_norms_of_a_layer_over_steps_and_around_one(ask: Any) -> None:
    answer = ask("layer_norms", layer="layers.1", run="well", step=50, around=2, points=10)
    assert [point["step"] for point in answer["around"]] == [48, 49, 50, 51, 52]
    here = answer["around"][2]
    assert here["grad_norm"] == pytest.approx(51 * 1.01**0.5)
    assert here["weight_norm"] == pytest.approx(8 * 2**0.5)
    assert here["loss"] == pytest.approx(1 / 51)
    assert answer["around"][3]["weight_norm"] is None  # weights are measured every fifth step
    curve = answer["over_steps"]
    assert len(curve["steps"]) <= 10
    assert (curve["steps"][0], curve["steps"][-1]) == (0, 99)
    assert [tensor["name"] for tensor in answer["tensors"]] == ["layers.1.weight", "layers.1.bias"]
    assert ask("layer_norms", layer="layers.1.bias", run="well")["layer"]["name"] == "layers.1"
    last = ask("layer_norms", layer=".0", run="sick", around=1)["around"][-1]
    assert (last["step"], last["grad_norm"], last["loss"]) == (40, "nan", "nan")


def test_series(ask: Any) -> None:
    answer = ask("run_series", run="well", points=10)
    assert answer["names"] == [
        "loss",
        "lr",
        "total_norm",
        "clipped_norm",
        "val/loss",
        "metric:loss",
    ]
    assert answer["points"] == 100
    assert len(answer["series"]["steps"]) <= 10
    assert answer["series"]["values"][0] == 1.0
    assert answer["series"]["values"][-1] == pytest.approx(0.01)
    part = ask("run_series", run="well", since=20, until=24)
    assert part["series"]["steps"] == [20, 21, 22, 23, 24]
    assert part["series"]["values"] == [pytest.approx(1 / (s + 1)) for s in range(20, 25)]
    beyond = ask("run_series", run="well", since=1000)
    assert (beyond["first_step"], beyond["points"], beyond["series"]["steps"]) == (None, 0, [])
    assert ask("run_series", run="sick")["series"]["values"][-1] == "nan"


def test_metrics(ask: Any) -> None:
    answer = ask("run_series", name="val/loss", run="well")
    assert answer["series"] == {"steps": [10, 20, 30, 40], "values": [1.0, 2.0, 3.0, "nan"]}
    assert ask("run_series", name="metric:loss", run="well")["series"]["values"] == [0.25]
    assert ask("run_series", name="val/loss", run="well", since=15, until=30)["points"] == 2


def test_optimizers_that_take_turns_can_be_told_apart(ask: Any) -> None:
    whole = ask("run_series", run="turns")
    assert whole["optimizers"] == 2
    one = ask("run_series", run="turns", optimizer=1)
    assert set(one["series"]["values"]) == {1.0}
    assert one["points"] == 15


def test_two_runs(ask: Any) -> None:
    answer = ask("compare_runs", one="sick", other="well", most=1)
    assert answer["verdicts"][0] == "nonfinite"
    assert len(answer["layers"]) == 1
    assert answer["left_out"] == [{"at": "/layers", "count": ROWS - 1}]
    assert answer["runs"][1].endswith("1-well")


def test_what_is_known_and_what_is_not(ask: Any, home: Path) -> None:
    answer = ask("run_coverage", run="sick")
    assert answer["steps_taken"] == answer["steps_on_disk"] == answer["steps_measured"] == 41
    assert "the task, classification of 10 classes" in answer["known"]
    assert any("where the first NaN" in one for one in answer["unknown"])
    wide = ask("run_coverage", run="wide")
    assert any("the task" in one for one in wide["unknown"])
    log = ask("run_coverage", run=str(home / "log"))
    assert "norms of single layers" in log["unknown"]
    assert log["run"] == str(home / "log")


def test_logs_are_judged_as_runs_are(ask: Any, home: Path) -> None:
    assert ask("judge_run", run=str(home / "log"))["logged"]["gradients"] == "nothing"
    assert ask("run_series", run=str(home / "log"))["points"] == 60
    with pytest.raises(GradtuiError, match="nothing of single layers"):
        ask("list_layers", run=str(home / "log"))
