"""`--notify`: what is run, when, and what it is told."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from gradtui.commands import notify
from gradtui.commands.notify import LOG, PREFIX, Notifier
from gradtui.commands.report import SCHEMA, Report
from tests.commands.test_check_command import check, report
from tests.commands.test_run import home

__all__ = ["home"]

TELL = (
    f'{sys.executable} -c "import json, os; '
    f"print(json.dumps({{k: v for k, v in os.environ.items() if k.startswith('{PREFIX}')}}))\""
)


def look(verdict: str, severity: str, steps: int) -> Report:
    findings = [
        {"symptom": verdict, "evidence": f"{verdict}\x1b[2J; $(touch x)", "first_step": steps // 2}
    ]
    return Report(
        SCHEMA,
        "python a.py",
        None,
        "",
        verdict=verdict,
        severity=severity,
        steps=steps,
        findings=findings if severity != "ok" else [],
    )


def told(directory: Path) -> list[dict[str, str]]:
    lines = (directory / LOG).read_text().splitlines() if (directory / LOG).exists() else []
    return [{k.removeprefix(PREFIX): v for k, v in json.loads(one).items()} for one in lines]


def test_the_first_critical_finding_and_the_end(tmp_path: Path) -> None:
    one = Notifier(TELL, tmp_path, ["python", "train.py", "--api-key=abcdef0123456789"])
    one.see(look("plateau", "warning", 10))
    one.see(look("plateau", "warning", 20))
    one.see(look("exploding_gradient", "critical", 30))
    assert one.awaits
    one.see(look("exploding_gradient", "critical", 40))
    assert not one.awaits
    one.see(look("nonfinite", "critical", 50))
    one.ended(look("nonfinite", "critical", 60), 1)
    assert not one.complaint
    finding, end = told(tmp_path)
    assert finding == {
        "EVENT": "finding",
        "VERDICT": "exploding_gradient",
        "SEVERITY": "critical",
        "STEP": "20",
        "EVIDENCE": "exploding_gradient\\x1b[2J; $(touch x)",
        "RUN": str(tmp_path),
        "COMMAND": finding["COMMAND"],
        "EXIT_CODE": "",
    }
    assert "abcdef" not in finding["COMMAND"]
    assert (end["EVENT"], end["VERDICT"], end["STEP"], end["EXIT_CODE"]) == (
        "end",
        "nonfinite",
        "59",
        "1",
    )
    assert (tmp_path / LOG).stat().st_mode & 0o777 == 0o600


def test_the_end_comes_after_a_finding_that_takes_its_time(tmp_path: Path) -> None:
    slow = f'[ "${PREFIX}EVENT" = end ] || sleep 1; echo ${PREFIX}EVENT'
    one = Notifier(slow, tmp_path, ["python", "train.py"])
    one.found("nonfinite", 3, "")
    one.ended(look("nonfinite", "critical", 60), 1)
    assert (tmp_path / LOG).read_text().split() == ["finding", "end"]


def test_of_a_healthy_run_the_end_is_told(tmp_path: Path) -> None:
    one = Notifier(TELL, tmp_path, ["python", "train.py"])
    one.see(look("healthy", "ok", 10))
    one.ended(look("healthy", "ok", 20), 0)
    (end,) = told(tmp_path)
    assert (end["EVENT"], end["VERDICT"], end["SEVERITY"], end["EVIDENCE"]) == (
        "end",
        "healthy",
        "ok",
        "",
    )


def test_without_a_command_nothing_is_run(tmp_path: Path) -> None:
    one = Notifier(None, tmp_path, ["python", "train.py"])
    assert not one.awaits
    one.see(look("nonfinite", "critical", 50))
    one.ended(look("nonfinite", "critical", 60), 1)
    assert not list(tmp_path.iterdir())


def test_one_that_fails_is_told_of(tmp_path: Path) -> None:
    one = Notifier("echo no such host; exit 6", tmp_path, ["python", "train.py"])
    one.ended(look("healthy", "ok", 20), 0)
    assert one.complaint == f"--notify: exit code 6; what it printed is in {tmp_path / LOG}"
    assert (tmp_path / LOG).read_text() == "no such host\n"


def test_one_that_takes_long_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify, "PATIENCE", 0.05)
    one = Notifier("exec sleep 60", tmp_path, ["python", "train.py"])
    began = time.monotonic()
    one.ended(look("healthy", "ok", 20), 0)
    assert time.monotonic() - began < 30
    assert not one.complaint
    (child,) = one._started
    assert child.poll() is None
    child.kill()
    child.wait()


def test_one_that_cannot_be_started_is_told_of(tmp_path: Path) -> None:
    one = Notifier("true", tmp_path / "gone", ["python", "train.py"])
    one.found("nonfinite", 3, "")
    one.ended(look("healthy", "ok", 20), 0)
    assert one.complaint.startswith("--notify: No such file or directory")


SICK = """
import torch
weight = torch.ones(4, requires_grad=True)
for step in range(60):
    loss = (weight * 1e30 ** min(step, 2)).square().sum() if step > 30 else weight.square().sum()
    loss.backward()
    with torch.no_grad():
        weight -= 0.1 * weight.grad
    weight.grad = None
"""


@pytest.mark.slow
def test_a_command_that_is_checked(home: Path) -> None:
    (home / "sick.py").write_text(SICK)
    done = check("--json", "--notify", TELL, "--", sys.executable, str(home / "sick.py"))
    assert done.returncode == 4, done.stderr
    found: dict[str, Any] = report(done)
    end = told(Path(found["run"]))[-1]
    assert (end["EVENT"], end["VERDICT"], end["EXIT_CODE"]) == ("end", "nonfinite", "0")


def test_it_is_for_commands(home: Path) -> None:
    done = check("--notify", "true", "deep_sigmoid")
    assert done.returncode == 2
    assert "--notify is for a command" in done.stderr
