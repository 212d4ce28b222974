"""`gradtui compare`: two recorded runs side by side."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gradtui.cli import main
from gradtui.runstore.writer.launch_record import record_exit, record_launch
from gradtui.runstore.writer.run_writer import RunWriter
from tests.factories import MadeUp, healthy, history, snapshots, vanishing
from tests.runstore.recorded import record, snap


def recorded(home: Path, name: str, made: MadeUp) -> None:
    """A run of that name in `home`, with everything that the made-up run measured."""
    directory = home / name
    directory.mkdir(parents=True)
    record_launch(directory, ["python", f"{name}\x1b[2J.py"])
    writer = RunWriter(directory, made.layout, made.info, flush=0.01)
    for one in snapshots(made):
        writer.put(one)
    assert writer.close(30)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GRADTUI_RUNS", str(tmp_path))
    recorded(tmp_path, "sick", vanishing(8))
    recorded(tmp_path, "well", healthy(8))
    return tmp_path


def test_lines(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "sick", "well"]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert "\x1b" not in out
    lines = out.splitlines()
    assert lines[0].startswith("one    vanishing gradient")
    assert lines[1].startswith("other  healthy")
    layers = [line for line in lines if line.startswith("layers.")]
    assert len(layers) == 8
    assert layers[0].endswith("far apart")
    assert lines[-1].startswith("cured: accuracy")
    assert "the losses differ from step 0 on" in lines


def test_json(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "well", "sick", "--step", "30", "--json"]) == 3
    found = json.loads(capfd.readouterr().out)
    assert found["steps"] == [30, 30]
    assert found["verdicts"] == ["healthy", "vanishing_gradient"]
    assert found["treatment"]["word"] == "worse"
    first = found["layers"][0]
    assert first["name"] == "layers.0"
    assert first["ratio"] == pytest.approx(first["other"] / first["one"])
    facts = history(healthy(8)).facts()
    assert first["one"] == pytest.approx(facts.row_norms[30, 0])


def test_a_run_that_was_killed_is_said_to_be(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    record_exit(home / "well", 137)
    assert main(["compare", "sick", "well"]) == 0
    sick, well = capfd.readouterr().out.splitlines()[:2]
    assert well.startswith("other  healthy until 59 ")
    assert "60 steps  killed by SIGKILL  well" in well
    assert "until" not in sick
    assert main(["compare", "sick", "well", "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert found["endings"] == ["ended", "killed by SIGKILL"]
    assert found["whole"] == [True, False]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["sick", "nowhere"], "there is no run 'nowhere'"),
        (["sick", "well", "--step", "4000"], "both runs have steps 0 to 59, not 4000"),
        (["sick", "well", "--step", "-1"], "must be a step"),
        (["sick"], "RUN"),
    ],
)
def test_usage(
    home: Path, words: list[str], sentence: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", *words]) == 2
    assert sentence in capfd.readouterr().err


def test_numbers_beyond_adding_are_no_warnings(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A damaged file may hold any."""
    for name, loss in (("one", 1.7e308), ("other", float("inf"))):
        record(tmp_path / name, [replace(snap(i), loss=loss) for i in range(60)])
    assert main(["compare", str(tmp_path / "one"), str(tmp_path / "other")]) in (0, 3, 4)
    assert capfd.readouterr().err == ""
