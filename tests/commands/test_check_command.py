"""`gradtui check -- CMD`: a verdict on a program of one's own."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gradtui.commands.check_lines import VerdictLines
from gradtui.commands.command_verdict import unseen
from gradtui.commands.output import paint
from gradtui.commands.report import SCHEMA, Report
from tests.commands.test_run import command, home

__all__ = ["home"]


def check(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gradtui", "check", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def report(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """What was printed as JSON: one line, whatever the program itself has printed."""
    (line,) = done.stdout.splitlines()
    whole: dict[str, Any] = json.loads(line)
    return whole


def test_a_healthy_program(home: Path) -> None:
    done = check("--json", "--", *command(home, "healthy.py", "40", "0", "0"))
    assert done.returncode == 0, done.stderr
    found = report(done)
    assert found["verdict"] == "healthy"
    assert found["as_expected"] is True
    assert found["steps"] == 40
    assert found["command_exit"] == 0
    assert found["target"].endswith("healthy.py 40 0 0")
    assert (Path(found["run"]) / "run.json").is_file()
    assert "the loss is" in done.stderr  # what the program prints is kept out of the report


def test_a_sick_program(home: Path) -> None:
    done = check("--json", "--", *command(home, "sick.py", "12", "0", "0"))
    assert done.returncode == 4, done.stderr
    found = report(done)
    assert found["verdict"] == "nonfinite"
    assert found["as_expected"] is False
    assert found["first_nonfinite"]["step"] >= 0
    assert found["findings"][0]["remedies"]


def test_a_page_is_left_behind_whatever_the_verdict(home: Path) -> None:
    page = home / "page.html"
    done = check("--json", "--html", str(page), "--", *command(home, "sick.py", "12", "0", "0"))
    assert done.returncode == 4, done.stderr
    assert report(done)["verdict"] == "nonfinite"
    text = page.read_text()
    assert "sick: nonfinite" in text
    assert 'data-chart="loss"' in text
    assert text.count("<tr") == 1 + 2


@pytest.mark.slow
def test_so_is_one_of_a_program_of_which_nothing_was_seen(home: Path) -> None:
    page = home / "page.html"
    done = check("--html", str(page), "--", sys.executable, "-c", "raise SystemExit(7)")
    assert done.returncode == 1
    text = page.read_text()
    assert "exited with 7" in text
    assert "nothing was seen" in text


@pytest.mark.slow
def test_a_page_that_cannot_be_written_takes_no_verdict_away(home: Path) -> None:
    """Where all was well a job must not go on as if it had its page."""
    page = home / "sub" / "page.html"
    page.parent.mkdir()
    gone = f"import shutil; shutil.rmtree({str(page.parent)!r})"
    program = home / "healthy.py"
    program.write_text(f"{gone}\n{program.read_text()}")
    done = check("--json", "--html", str(page), "--", *command(home, "healthy.py", "40", "0", "0"))
    assert done.returncode == 1
    assert report(done)["verdict"] == "healthy"
    assert "page.html could not be written" in done.stderr


@pytest.mark.slow
def test_lines_for_people(home: Path) -> None:
    done = check("--", *command(home, "sick.py", "12", "0", "0"))
    assert done.returncode == 4
    assert done.stdout.startswith("sick: nonfinite  ")
    assert "expected" not in done.stdout.lower()
    assert "try: " in done.stdout
    assert f"recorded in {home}" in done.stdout


def test_plain_words_come_first() -> None:
    def line(**told: Any) -> str:
        made = Report(SCHEMA, "python a.py", None, "healthy", steps=9, command_exit=0)
        text = VerdictLines(paint(False), ["python a.py"], brief=False).report(
            replace(made, **told)
        )
        return text.split("\n")[0]

    assert line(verdict="healthy", as_expected=True) == "healthy  python a.py  (9 steps)"
    assert line(verdict="plateau", severity="warning") == "warning: plateau  python a.py  (9 steps)"
    broken = line(verdict="healthy", ending=["exited with 7"], command_exit=7)
    assert broken == "failed: exited with 7  python a.py"
    short = line(verdict="healthy", covered="healthy, 3 of 9 steps measured", steps_measured=3)
    assert short.startswith("healthy, 3 of 9 steps measured  python a.py")
    assert line(error="nothing was seen", command_exit=1) == "failed  python a.py"


@pytest.mark.slow
def test_a_program_that_fails_is_no_verdict_alone(home: Path) -> None:
    done = check("--json", "--", *command(home, "healthy.py", "20", "0", "7"))
    assert done.returncode == 1
    found = report(done)
    assert found["error"] == "the command exited with 7"
    assert found["command_exit"] == 7
    assert found["verdict"] == "healthy"  # as far as it came
    assert found["covered"] == "healthy until step 19"
    assert found["ending"] == ["exited with 7"]
    assert found["signal"] is None
    assert found["steps_taken"] == 20
    assert (found["tensors_seen"], found["tensors_unseen"]) == (4, 0)
    assert found["as_expected"] is False


def test_a_program_without_torch(home: Path) -> None:
    done = check("--json", "--", sys.executable, "-c", "print('no torch here')")
    assert done.returncode == 1
    found = report(done)
    assert found["verdict"] == "failed"
    assert "nothing was seen" in found["error"]


def test_what_the_watching_side_has_logged_is_the_reason(tmp_path: Path) -> None:
    assert "-I, -S and -E" in unseen(tmp_path)
    (tmp_path / "watch.log").write_text("one\ngetting ready: no module numpy\n\n")
    assert unseen(tmp_path) == "nothing was seen: getting ready: no module numpy"


@pytest.mark.slow
def test_so_many_steps_and_no_more(home: Path) -> None:
    words = command(home, "healthy.py", "100000", "0.005", "0")
    done = check("--json", "--steps", "30", "--", *words)
    assert done.returncode == 0, done.stderr
    assert report(done)["steps"] == 30
    assert report(done)["command_exit"] == 0


@pytest.mark.slow
def test_a_signal_ends_the_program_and_is_the_exit_code(home: Path) -> None:
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "gradtui", "check", "--json", "--"),
            *command(home, "healthy.py", "100000", "0.01", "0"),
        ],
        stderr=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    runs = home / "runs"
    for _ in range(600):
        if list(runs.glob("*/steps-0.bin")):
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGTERM
    found = json.loads(out)
    assert found["command_exit"] == 128 + signal.SIGTERM
    assert found["signal"] == "SIGTERM"
    assert found["ending"][0].startswith("killed by SIGTERM")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--"], "name the command to check"),
        (["deep_sigmoid", "--", "true"], "not both at once"),
        (["--all", "--", "true"], "not both at once"),
        (["--", "/no/such/program"], "cannot be started"),
        (["--html", "/nowhere/at/all.html", "--", "true"], "there is no folder /nowhere/at"),
        (["--html", "/", "--", "true"], "/ is a folder"),
        (["--html", "x.html", "deep_sigmoid"], "gradtui export SCENARIO --format html"),
        (["--overhead", "0", "--", "true"], "--overhead must be a number from 0.01 to 100"),
    ],
)
def test_usage(words: list[str], sentence: str, home: Path) -> None:
    done = check(*words)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
