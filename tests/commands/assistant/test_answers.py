"""What tools answer: as their schemas say, with the run's own numbers, and of limited size."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradtui.commands.assistant.answering import answered, checked
from gradtui.commands.assistant.bounds import LARGEST
from gradtui.commands.assistant.tools import TOOLS, tools_by_name
from gradtui.core.errors import GradtuiError, UsageError
from gradtui.core.event import Ended
from gradtui.core.snapshot import NonFinite
from gradtui.runstore.format.metric_rows import MetricQueue, MetricRow
from tests.factories import mlp_layout, run_info, snapshot
from tests.runstore.logs.made import summary_writer
from tests.runstore.recorded import LAYOUT, ROWS, record, snap
from tests.schemas import hold

WIDE = mlp_layout(700)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A healthy run that logs, one that ends in NaN, one of two optimizers, one of many layers, one that is
    damaged; and beside them a log."""
    place = tmp_path_factory.mktemp("place")
    runs = place / "runs"
    well = [snap(step, loss=1 / (step + 1)) for step in range(100)]
    logged = MetricQueue()
    for step in (10, 20, 30):
        logged.put(MetricRow("val/loss", "own", step, 1.0, 1.7e9, step / 10))
    logged.put(MetricRow("val/loss", "own", 40, 1.0, 1.7e9, float("nan")))
    logged.put(MetricRow("loss", "own", 5, 1.0, 1.7e9, 0.25))
    record(runs / "1-well", [*well, Ended(1, 100, "finished")], metrics=logged)  # type: ignore[list-item]
    seen = NonFinite(40, "forward", "", "loss")
    last = snapshot(LAYOUT, 40, np.full(ROWS, np.nan), loss=np.nan, nonfinite=seen)
    record(runs / "2-sick", [*well[:40], last, Ended(1, 41, "nonfinite")])  # type: ignore[list-item]
    turns = [
        replace(snap(step, loss=float(step % 2)), optimizer=step % 2, skipped=step == 7)
        for step in range(30)
    ]
    record(runs / "3-turns", [*turns, Ended(1, 30, "finished")])  # type: ignore[list-item]
    norms = 10.0 ** -np.linspace(12, 0, 700)
    wide = [snapshot(WIDE, step, norms, slow=step % 10 == 0) for step in range(12)]
    record(runs / "4-wide", [*wide, Ended(1, 12, "finished")], WIDE, run_info(task=""))  # type: ignore[list-item]
    (runs / "0-odd").mkdir()
    (runs / "0-odd" / "run.json").write_text("{")
    with summary_writer(place / "log") as writer:
        for step in range(60):
            writer.add_scalar("train/loss", 2 / (step + 1), step)
    return place


@pytest.fixture
def ask(home: Path) -> Iterator[Any]:
    """Calls a tool, and holds the answer against its schema."""
    before = sorted(home.rglob("*"))

    def asked(name: str, /, **given: Any) -> dict[str, Any]:
        tool = tools_by_name()[name]
        answer = answered(tool, given, home / "runs")
        hold(tool.answers, answer)
        assert len(json.dumps(answer, allow_nan=False)) < 1.5 * LARGEST
        return answer

    yield asked
    assert sorted(home.rglob("*")) == before  # nothing is written


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
    from gradtui.cli import main

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


WRONG = [
    ("judge_run", {"run": "nobody"}, "there is no run 'nobody'"),
    ("judge_run", {"run": "-"}, "is in the names of 5 runs"),
    ("judge_run", {"run": "/etc"}, "no recorded run at /etc"),
    ("judge_run", {"rum": "x"}, "takes no 'rum': did you mean 'run'"),
    ("judge_run", {"run": 3}, "run must be text, not 3"),
    ("judge_run", {"run": "x" * 5000}, "run is too long"),
    ("judge_run", {"steps": 0}, "steps must be 1 to"),
    ("judge_run", {"steps": 1.5}, "steps must be a whole number, not 1.5"),
    ("judge_run", {"steps": True}, "steps must be a whole number, not true"),
    ("run_coverage", {"run": "odd"}, "is not the header of a run"),
    ("list_layers", {"run": "odd"}, "is not the header of a run"),
    ("layer_norms", {"run": "well"}, "layer_norms needs 'layer'"),
    ("layer_norms", {"run": "well", "layer": "layer"}, "several layers: layers.0, layers.1"),
    ("layer_norms", {"run": "well", "layer": "layers.9"}, "no layer 'layers.9': did you mean"),
    ("run_series", {"run": "well", "name": "los"}, "no series 'los': did you mean 'loss'"),
    ("compare_runs", {"one": "well"}, "compare_runs needs 'other'"),
    ("compare_runs", {"one": "well", "other": "well", "step": 500}, "steps 0 to 99, not 500"),
]


@pytest.mark.parametrize(("tool", "given", "words"), WRONG, ids=lambda x: str(x)[:40])
def test_what_is_wrong_is_one_sentence(
    tool: str, given: dict[str, Any], words: str, ask: Any
) -> None:
    with pytest.raises(GradtuiError) as caught:
        ask(tool, **given)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_null_is_as_if_left_out() -> None:
    assert checked(tools_by_name()["judge_run"], {"run": None, "steps": 5.0}) == {"steps": 5}
    with pytest.raises(UsageError):
        checked(tools_by_name()["compare_runs"], {"one": "a", "other": None})


def test_tools_take_what_their_functions_take() -> None:
    import inspect

    for tool in TOOLS:
        _, *taken = inspect.signature(tool.answer()).parameters.values()
        assert {one.name for one in taken} == set(tool.takes), tool.name
        assert {one.name for one in taken if one.default is one.empty} == set(tool.required)
        for one in taken:
            told = tool.takes[one.name]["description"]
            if isinstance(one.default, int):
                assert f"Default: {one.default}." in told, (tool.name, one.name)
        assert "$id" not in tool.output_schema
        assert tool.output_schema["type"] == "object"
