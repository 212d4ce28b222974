"""`--stop-on`: who is ended, when, and how."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from gradtui.commands import early_stop
from gradtui.commands.early_stop import NONFINITE, SICK, EarlyStop
from gradtui.commands.report import SCHEMA, Report
from tests.commands.test_check_command import check, report
from tests.commands.test_run import home

__all__ = ["home"]


class Looks:
    """Reports to come, and a clock that the test moves."""

    def __init__(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str, *verdicts: str
    ) -> None:
        self.now, self.asked = 0.0, 0
        self._verdicts = list(verdicts)
        self.stop = EarlyStop(tmp_path, ["python", "a.py"], way, lambda: self.now)
        monkeypatch.setattr(EarlyStop, "_look", lambda _: self._report())
        monkeypatch.setattr(EarlyStop, "_ask", lambda _: self._count())

    def _count(self) -> None:
        self.asked += 1

    def _report(self) -> Report:
        verdict = self._verdicts.pop(0)
        return Report(SCHEMA, "python a.py", None, "", verdict=verdict, steps=int(10 * self.now))

    def wait(self, seconds: float = early_stop.PAUSE) -> bool:
        self.now += seconds
        return self.stop()


def test_a_verdict_that_passes_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("plateau", "healthy", "plateau", "oscillating_loss", "oscillating_loss")
    looks = Looks(tmp_path, monkeypatch, SICK, *names)
    assert all(looks.wait() for _ in range(4))
    assert not looks.asked
    assert looks.wait()  # it is asked, and gets time to save
    assert looks.asked == 1
    assert looks.stop.stopped == "stopped at step 99, as --stop-on sick asks: oscillating_loss"
    assert looks.wait(early_stop.PATIENCE / 2)
    assert not looks.wait(early_stop.PATIENCE)
    assert looks.asked == 1


def test_a_nan_stays_and_nothing_else_counts_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = Looks(tmp_path, monkeypatch, NONFINITE, "plateau", "plateau", "plateau", "nonfinite")
    assert all(looks.wait() for _ in range(3))
    assert not looks.stop.stopped
    looks.wait()
    assert looks.asked == 1


def test_a_run_that_stands_still_is_not_judged_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = Looks(tmp_path, monkeypatch, SICK, *["plateau"] * 4)
    monkeypatch.setattr(
        EarlyStop, "_look", lambda _: Report(SCHEMA, "a", None, "", verdict="plateau", steps=40)
    )
    assert all(looks.wait() for _ in range(4))
    assert not looks.asked


FOREVER = """
import sys, time, torch
torch.manual_seed(0)
weight = torch.ones(4, requires_grad=True)
try:
    for step in range(100_000):
        loss = (weight * 1e30 ** min(step, 2)).square().sum() if step > 30 else weight.square().sum()
        loss.backward()
        with torch.no_grad():
            weight -= 0.1 * weight.grad
        weight.grad = None
        time.sleep(0.002)
except KeyboardInterrupt:
    print("saved")
"""


@pytest.mark.slow
def test_it_is_ended_as_by_ctrl_c_and_judged(home: Path) -> None:
    (home / "forever.py").write_text(FOREVER)
    done = check("--json", "--stop-on", "nonfinite", "--", sys.executable, str(home / "forever.py"))
    assert done.returncode == 4, done.stderr
    found: dict[str, Any] = report(done)
    assert found["verdict"] == "nonfinite"
    assert found["command_exit"] == 0
    assert found["error"] is None
    assert "saved" in done.stderr
    assert ", as --stop-on nonfinite asks: nonfinite" in done.stderr
    assert json.loads((Path(found["run"]) / "run.json").read_text())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--stop-on", "sick", "deep_sigmoid"], "--stop-on is for a command"),
        (
            ["--stop-on", "never", "--", "true"],
            "there is no --stop-on 'never': choose from nonfinite, sick",
        ),
    ],
)
def test_usage(words: list[str], sentence: str, home: Path) -> None:
    done = check(*words)
    assert done.returncode == 2
    assert sentence in done.stderr
