"""A disk that is full in the middle of a command, from the command line to the last sentence."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runstore.test_small_disk import ROOT, in_small_space

STEPS = 400
TRAINING = f"""
import sys, torch
torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Linear(16, 16), torch.nn.Tanh(), torch.nn.Linear(16, 4))
optimizer = torch.optim.Adam(net.parameters(), 1e-2)
x, y = torch.randn(64, 16), torch.randint(0, 4, (64,))
for step in range({STEPS}):
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(net(x), y)
    loss.backward()
    optimizer.step()
print("the loss is", float(loss.detach()))
"""
LIMITED = (
    "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))\n" + TRAINING
)
"""No file of this program's may become larger, the recorder's included."""


def watched(script: Path, runs: Path) -> list[str]:
    own = [sys.executable, "-m", "gradtui", "run", "--headless", "--overhead", "off"]
    return [*own, "--runs", str(runs), sys.executable, str(script)]


def held(err: str, why: str) -> None:
    """What is missing comes first and adds up; the verdict says how far it reaches."""
    lines = [line for line in err.splitlines() if not re.match(r"gradtui: step [\d,]+(, |$)", line)]
    missing = (
        rf"gradtui: (?:at least )?(\d+) steps (?:are in no file|have no gradients on disk): {why}"
    )
    counts = [int(found[1]) for line in lines if (found := re.fullmatch(missing, line))]
    assert counts, err
    assert re.fullmatch(missing, lines[0]), err
    verdict = next((line for line in lines if " steps measured" in line), None)
    assert verdict is not None, err
    measured = re.match(
        rf"gradtui: (?:healthy|converged)(?: until step (\d+))?, (\d+) of {STEPS} steps measured",
        verdict,
    )
    assert measured, err
    assert int(measured[2]) + sum(counts) == STEPS
    assert measured[1] is None or int(measured[2]) - 1 <= int(measured[1]) < STEPS


@pytest.mark.slow
def test_a_command_whose_files_may_grow_no_more(tmp_path: Path) -> None:
    script, runs = tmp_path / "train.py", tmp_path / "runs"
    script.write_text(LIMITED)
    done = subprocess.run(
        watched(script, runs), capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("the loss is ")
    held(done.stderr, "File too large")
    listed = subprocess.run(
        [sys.executable, "-m", "gradtui", "runs", "--runs", str(runs), "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    (line,) = listed.stdout.splitlines()
    found = json.loads(line)
    assert found["steps"] == STEPS
    assert found["dropped"]["count"] == STEPS - 1 - found["last_step"]
    assert found["dropped"]["why"] == "File too large"


@pytest.mark.long  # its kin above fills a file; which file has the last block here is a matter of time
def test_a_command_on_a_disk_that_fills_up(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(TRAINING)
    source = f"""
import subprocess, sys
words = {watched(script, tmp_path / "small" / "runs")!r}
done = subprocess.run(words, capture_output=True, text=True)
print(done.returncode)
print(done.stdout, done.stderr)
"""
    told = in_small_space("160k", source, tmp_path / "small")
    code, loss, err = told.split("\n", 2)
    assert (code, loss[:12]) == ("0", "the loss is ")
    held(err.strip(), "No space left on device")


def test_a_disk_that_is_full_from_the_start_is_said_before_anything_is_started(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").touch()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "gradtui", "run", "--headless"),
            *("--runs", str(tmp_path / "file" / "runs"), "sh", "-c", "echo started"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "no run can be kept in" in done.stderr
