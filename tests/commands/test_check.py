"""`gradtui check`, from scenario files to lines and exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest

from gradtui.cli import main
from gradtui.commands.check import exit_code_of_all, exit_code_of_treated, worst
from gradtui.commands.report import Report
from gradtui.doctor.finding import Diagnosis
from gradtui.lab.headless import run_headless
from gradtui.lab.scenario.schema import Scenario, Setup

TINY = """
title = "Tiny \\u001b[2J net"
expect = "{expect}"
steps = 4
[model]
depth = 2
width = 8
[data]
batch_size = 8
"""
REMEDY = "[[remedy]]\ntitle = 'wider'\nset = { model.width = 9 }\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of scenarios and no others; every verdict is "healthy" unless a test says so."""
    monkeypatch.setattr("gradtui.lab.scenario.catalogue.shipped_folder", lambda: tmp_path / "none")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    verdict(monkeypatch, "healthy")
    return tmp_path


def verdict(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    from gradtui.core.symptom import Severity

    monkeypatch.setattr(
        "gradtui.doctor.diagnose.diagnose",
        lambda facts: Diagnosis(word, Severity.OK, len(facts) - 1),
    )


def write(folder: Path, name: str, expect: str = "healthy", more: str = "") -> None:
    (folder / f"{name}.toml").write_text(TINY.format(expect=expect) + more)


def check(folder: Path, *words: str) -> int:
    return main(["check", "--device", "cpu", "--scenarios", str(folder), *words])


def test_a_healthy_run(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(folder, "tiny")
    assert check(folder, "tiny") == 0
    out, err = capfd.readouterr()
    assert out == "ok               tiny  healthy  (4 steps)\n"
    assert err == ""


def test_json_is_one_strict_object_a_line(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(folder, "tiny")
    assert check(folder, "tiny", "--json", "--steps", "2", "--seed", "5") == 0
    (line,) = capfd.readouterr().out.splitlines()
    found: dict[str, Any] = json.loads(line)
    assert found["target"] == "tiny"
    assert found["steps"] == 2
    assert isinstance(found["final"]["loss"], float)
    assert found["steps_per_s"] > 0


@pytest.mark.parametrize(
    ("word", "code"), [("healthy", 0), ("converged", 0), ("plateau", 3), ("nonfinite", 4)]
)
def test_the_exit_code_of_a_named_scenario_follows_the_verdict(
    word: str, code: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, "tiny", expect=word)
    verdict(monkeypatch, word)
    assert check(folder, "tiny") == code


def test_not_as_expected_is_said(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(folder, "tiny", expect="plateau")
    assert check(folder, "tiny") == 0
    assert capfd.readouterr().out == "NOT AS EXPECTED  tiny  healthy, expected plateau  (4 steps)\n"


def test_piped_output_has_no_control_characters(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write(folder, "tiny", more='[[remedy]]\ntitle = "x\\u001b]0;"\nset = { model.width = 9 }\n')
    check(folder, "tiny+1", "--color")
    out, _ = capfd.readouterr()
    assert "\x1b" not in out
    assert "x\\x1b]0;" in out


def test_a_remedy_by_number(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(folder, "tiny", more=REMEDY)
    assert check(folder, "tiny+1", "--json") == 0
    found = json.loads(capfd.readouterr().out)
    assert (found["target"], found["remedy"]) == ("tiny+1", "wider")


@pytest.mark.slow
def test_all_runs_in_worker_processes(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(folder, "one", more=REMEDY)
    write(folder, "two", expect="fp16_underflow")
    (folder / "broken.toml").write_text("title = ")
    assert check(folder, "--all", "--json", "--jobs", "2") == 1
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    found = {line["target"]: line for line in lines}
    assert sorted(found) == ["broken", "one", "one+1", "two"]
    assert found["broken"]["verdict"] == "failed"
    assert "is not valid TOML" in found["broken"]["error"]
    assert found["two"]["as_expected"] is False
    assert found["one"]["steps"] == 4
    (folder / "broken.toml").unlink()
    assert check(folder, "--all", "--jobs", "1") == 3
    assert capfd.readouterr().out.splitlines()[-1].endswith(" of 3 as expected")


def test_a_crash_in_training_is_a_failed_target(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from gradtui.core.errors import TrainingError

    def refuse(*args: object, **options: object) -> None:
        raise TrainingError("no CUDA device here")

    write(folder, "tiny")
    monkeypatch.setattr("gradtui.lab.headless.Run", refuse)
    assert check(folder, "tiny") == 1
    assert capfd.readouterr().out == "NOT AS EXPECTED  tiny  failed: no CUDA device here\n"


def test_the_same_seed_gives_the_same_run(folder: Path) -> None:
    from gradtui.lab.scenario.catalogue import collect

    write(folder, "tiny")
    scenario = collect([folder]).find("tiny")
    losses = [
        run_headless(scenario, device="cpu", seed=3).history.facts().loss.tolist() for _ in range(2)
    ]
    assert losses[0] == losses[1]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "name the scenarios to check, or --all"),
        (("tiny", "--all"), "name the scenarios to check, or --all"),
        (("tinny",), "there is no scenario 'tinny': did you mean 'tiny'?"),
        (("tiny+1",), "tiny has no remedy '1': it has none."),
        (("tiny", "--steps", "0"), "argument --steps: must be a whole number from 1"),
        (("tiny", "--jobs", "x"), "argument --jobs: must be a whole number from 1"),
        (("tiny", "--step", "1"), "unrecognized arguments: --step"),
    ],
)
def test_usage(
    words: tuple[str, ...], sentence: str, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write(folder, "tiny")
    assert check(folder, *words) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("gradtui: ")
    assert sentence in err
    assert err.count("\n") == 1


def reports(*verdicts: str, as_expected: bool = True) -> list[Report]:
    return [Report(1, "t", None, v, as_expected=as_expected, verdict=v) for v in verdicts]


def test_exit_codes_of_several() -> None:
    assert worst(reports("healthy", "plateau")) == 3
    assert worst(reports("plateau", "nonfinite", "healthy")) == 4
    assert worst(reports("nonfinite", "failed")) == 1
    assert exit_code_of_all(reports("plateau", "nonfinite")) == 0
    assert exit_code_of_all(reports("plateau", as_expected=False)) == 3
    assert exit_code_of_all(reports("failed", as_expected=False)) == 1


def test_every_remedy_is_judged_beside_the_untreated_run(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    still = "[[remedy]]\ntitle = 'still'\nset = { optimizer.momentum = 0.5 }\n"
    learns = "[optimizer]\nlr = 0.0\n[[remedy]]\ntitle = 'learns'\nset = { optimizer.lr = 0.3 }\n"
    write(folder, "tiny", more=learns.replace("[[", still + "[[", 1))
    words = ["tiny", "--treat", "--json", "--steps", "150", "--jobs", "1"]
    check(folder, *words)
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    found = {line["target"]: line["treatment"] for line in lines}
    assert found["tiny"] is None
    assert found["tiny+1"]["word"] == "no gain"
    assert found["tiny+2"]["word"] == "cured"
    assert found["tiny+2"]["reason"].startswith("accuracy")
    assert found["tiny+2"]["cost"] > 0
    check(folder, *words[:2], "--steps", "150")
    assert "\n    cured: accuracy" in capfd.readouterr().out


def test_a_remedy_that_cannot_be_built_leaves_the_others_be(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from gradtui.lab.run import Run

    class Refusing(Run):
        def __init__(self, scenario: Scenario, setup: Setup, **options: Any) -> None:
            if setup.model.width == 13:
                raise MemoryError
            super().__init__(scenario, setup, **options)

    monkeypatch.setattr("gradtui.lab.headless.Run", Refusing)
    bad = "[[remedy]]\ntitle = 'bad'\nset = { model.width = 13 }\n"
    good = "[optimizer]\nlr = 0.0\n[[remedy]]\ntitle = 'learns'\nset = { optimizer.lr = 0.3 }\n"
    write(folder, "tiny", more=good + bad)
    assert check(folder, "tiny", "--treat", "--json", "--steps", "150") == 1
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [line["verdict"] == "failed" for line in lines] == [False, False, True]
    assert lines[1]["treatment"]["word"] == "cured"
    # A remedy that is named alone has its untreated twin beside it as well.
    check(folder, "tiny+1", "--treat", "--json", "--steps", "150")
    (line,) = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert line["treatment"]["word"] == "cured"


def test_the_exit_code_of_treated_runs_is_of_those_that_nothing_cures() -> None:
    def report(target: str, verdict: str, word: str = "") -> Report:
        remedy = "r" if "+" in target else None
        treatment = {"word": word} if word else None
        return Report(1, target, remedy, "healthy", verdict=verdict, treatment=treatment)

    sick = report("a", "plateau")
    assert exit_code_of_treated([sick, report("a+1", "healthy", "cured")]) == 0
    assert exit_code_of_treated([sick, report("a+1", "healthy", "no gain")]) == 3
    assert exit_code_of_treated([sick, report("b+1", "healthy", "cured")]) == 3
    assert (
        exit_code_of_treated([sick, report("a+1", "healthy", "cured"), report("a+2", "failed")])
        == 1
    )
