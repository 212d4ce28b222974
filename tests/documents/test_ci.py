"""The jobs of docs/ci.md: YAML that says what it should, and the commands in it on a small training."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.commands.test_run import SICK
from tests.documents.pages import page
from tests.schemas import hold

PAGE = page("docs/ci.md")
GITHUB, GITLAB = (yaml.safe_load(code) for kind, code in PAGE.blocks if kind == "yaml")
STEPS: list[dict[str, Any]] = GITHUB["jobs"]["gradients"]["steps"]
COMMANDS = [step["run"] for step in STEPS if "run" in step]


def test_the_workflow_is_one() -> None:
    assert set(GITHUB) == {"name", True, "jobs"}  # "on" is a word for true in YAML 1.1
    for step in STEPS:
        assert ("run" in step) != ("uses" in step)
        assert "@" in step.get("uses", "@")
    kept = STEPS[-1]
    assert kept["if"] == "always()"
    assert kept["with"]["path"] in shlex.split(COMMANDS[-1])


def test_both_jobs_do_the_same() -> None:
    assert GITLAB["gradients"]["script"] == COMMANDS
    assert GITLAB["gradients"]["artifacts"]["paths"] == [STEPS[-1]["with"]["path"]]
    assert GITLAB["gradients"]["artifacts"]["when"] == "always"


def test_what_is_installed_first() -> None:
    installs, *trains = COMMANDS
    assert installs == "python -m pip install -r requirements.txt gradtui"
    assert len(trains) == 1


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With a `gradtui` on the path, and a training that is sick."""
    (tmp_path / "bin").mkdir()
    for name, what in (("gradtui", "-m gradtui"), ("python", "")):
        program = tmp_path / "bin" / name
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {what} "$@"\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("GRADTUI_RUNS", str(tmp_path / "runs"))
    (tmp_path / "train.py").write_text(f"import sys\nsys.argv += ['12', '0', '0']\n{SICK}")
    return tmp_path


def test_the_job_fails_on_a_sick_run_and_keeps_its_page(repository: Path) -> None:
    (repository / "summary.md").touch()
    job = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(repository / "summary.md"),
        "GITHUB_WORKSPACE": str(repository),
    }
    done = subprocess.run(
        ["bash", "-e", "-c", COMMANDS[-1].replace("check ", "check --json ")],
        cwd=repository,
        env=os.environ | job,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 4, done.stderr
    report = json.loads(done.stdout)
    hold("check", report)
    assert "sick: nonfinite" in (repository / STEPS[-1]["with"]["path"]).read_text()
    told = [line for line in done.stderr.splitlines() if line.startswith("::")]
    assert len(told) == len(report["findings"])
    assert told[0].startswith("::error ")
    assert "nonfinite" in told[0]
    summary = (repository / "summary.md").read_text()
    assert summary.startswith("### gradtui: sick")
    assert "`python train.py`" in summary
