"""`gradtui run --headless`: an unmodified command, recorded from outside."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from gradtui.core.snapshot import NonFinite
from tests.factories import snapshot

HEALTHY = """
import sys, time
import torch
torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Linear(16, 16), torch.nn.Tanh(), torch.nn.Linear(16, 4))
x, y = torch.randn(64, 16), torch.randint(0, 4, (64,))
for step in range(int(sys.argv[1])):
    loss = torch.nn.functional.cross_entropy(net(x), y)
    loss.backward()
    with torch.no_grad():
        for p in net.parameters():
            p -= 0.3 * p.grad
    net.zero_grad()
    time.sleep(float(sys.argv[2]))
print("the loss is", float(loss.detach()))
sys.exit(int(sys.argv[3]))
"""
"""By hand: an optimizer has torch import its compiler, which takes longer than all the rest."""
SICK = HEALTHY.replace("Tanh", "ReLU").replace("0.3 *", "1e30 *")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GRADTUI_RUNS", str(tmp_path / "runs"))
    (tmp_path / "healthy.py").write_text(HEALTHY)
    (tmp_path / "sick.py").write_text(SICK)
    return tmp_path


def command(home: Path, name: str, *words: str) -> list[str]:
    return [sys.executable, str(home / name), *words]


def headless(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gradtui", "run", "--headless", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def said(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Our own last lines, without how far it has come."""
    ours = [line for line in done.stderr.splitlines() if line.startswith("gradtui: ")]
    return [line for line in ours if not line.startswith("gradtui: step ")]


def test_a_command_is_recorded_and_its_output_passes_through(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    done = headless(home, *command(home, "healthy.py", "40", "0", "0"))
    assert done.returncode == 0, done.stderr
    assert "the loss is" in done.stdout
    assert "healthy; recorded in" in done.stderr
    listed = subprocess.run(
        [sys.executable, "-m", "gradtui", "export", "--format", "jsonl"],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [json.loads(line) for line in listed.stdout.splitlines()]
    assert [line["step"] for line in lines] == list(range(40))
    assert set(lines[0]["tensors"]) == {"0.weight", "0.bias", "2.weight", "2.bias"}


@pytest.mark.slow
def test_a_sick_run_gives_its_verdict_as_exit_code(home: Path) -> None:
    done = headless(home, *command(home, "sick.py", "12", "0", "0"))
    assert done.returncode == 4, done.stderr
    verdict, why, first, *_, where = said(done)
    assert verdict.startswith("gradtui: sick: nonfinite")
    assert why.startswith("gradtui:   why: ")
    assert first.startswith("gradtui:   try: ")
    assert where.startswith("gradtui: recorded in ")


@pytest.mark.slow
def test_a_page_is_left_behind(home: Path) -> None:
    page = home / "page.html"
    done = headless(home, "--html", str(page), *command(home, "healthy.py", "20", "0", "7"))
    assert done.returncode == 7
    text = page.read_text()
    assert text.index("exited with 7") < text.index("healthy until step 19")


def test_with_a_screen_there_is_no_page() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gradtui", "run", "--html", "x.html", "true"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "--html is for --headless" in done.stderr


@pytest.mark.slow
def test_the_commands_own_failure_comes_first(home: Path) -> None:
    done = headless(home, *command(home, "healthy.py", "3", "0", "7"))
    assert done.returncode == 7
    assert said(done)[0] == "gradtui: exited with 7"
    assert "until step 2" in said(done)[1]


@pytest.mark.slow
def test_an_exception_is_said_before_the_verdict(home: Path) -> None:
    words = command(home, "healthy.py", "30", "0", "no number")
    done = headless(home, *words)
    assert done.returncode == 1
    how, what, verdict = said(done)
    assert how == "gradtui: exited with 1"
    assert what.startswith("gradtui: ValueError: invalid literal for int()")
    assert verdict.startswith("gradtui: healthy until step 29; recorded in ")


def test_a_command_without_torch_is_said_to_be_unseen(home: Path) -> None:
    done = headless(home, sys.executable, "-c", "print('no torch here')")
    assert done.returncode == 0
    assert "no torch here" in done.stdout
    assert "nothing was seen" in done.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [([], "name the command to run"), (["/no/such/program"], "cannot be started")],
)
def test_usage(words: list[str], sentence: str, home: Path) -> None:
    done = headless(home, *words)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_a_signal_reaches_the_command(home: Path) -> None:
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "gradtui", "run", "--headless"),
            *command(home, "healthy.py", "100000", "0.01", "0"),
        ],
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    runs = home / "runs"
    for _ in range(600):
        if list(runs.glob("*/steps-0.bin")):
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 128 + signal.SIGTERM


def test_a_long_run_says_how_far_it_has_come(tmp_path: Path) -> None:
    from gradtui.commands.progress import Progress, steps_taken
    from tests.runstore.recorded import record, snap

    lines: list[str] = []
    now = [0.0]
    glance = Progress(tmp_path, lines.append, lambda: now[0])
    now[0] = 6.0
    assert glance()
    assert lines == []  # nothing is there yet
    assert steps_taken(tmp_path) == 0
    record(tmp_path, [snap(step) for step in range(30)])
    now[0] = 12.0
    glance()
    assert lines == []  # the next look is ten seconds after the first
    now[0] = 16.5
    glance()
    assert len(lines) == 1
    assert lines[0].startswith("step 29, loss ")
    assert steps_taken(tmp_path) == 30
    now[0] = 100.0
    glance()
    assert len(lines) == 1  # no news


def test_a_loss_that_was_never_seen_is_not_called_nan(tmp_path: Path) -> None:
    from gradtui.commands.progress import Progress
    from tests.runstore.recorded import LAYOUT, ROWS, record

    lines: list[str] = []
    for place, broken in (("unseen", False), ("lost", True)):
        found = NonFinite(0, "forward", "", "loss") if broken else None
        grads = np.full(ROWS, np.nan) if broken else np.ones(ROWS)
        made = snapshot(LAYOUT, 0, grads, loss=float("nan"), nonfinite=found)
        record(tmp_path / place, [made])
        now = [0.0]
        glance = Progress(tmp_path / place, lines.append, lambda now=now: now[0])  # type: ignore[misc]
        now[0] = 16.5
        glance()
    assert lines == ["step 0", "step 0, loss nan"]


def test_within_a_launcher_it_says_where_it_belongs(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "3")
    monkeypatch.setenv("WORLD_SIZE", "4")
    done = headless(home, sys.executable, "-c", "pass")
    assert "this is rank 3 of 4" in said(done)[0]
    assert "put gradtui run before the launcher" in said(done)[0]
