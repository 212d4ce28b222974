"""A training process killed at any moment leaves a directory that opens and lacks half a second."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from gradtui.stream.load import load
from gradtui.stream.open_run import OpenRun

ROOT = Path(__file__).parents[2]
HALF = 0.5

SOURCE = """
import os, sys, time
from gradtui.stream.run_writer import RunWriter
from tests.factories import run_info
from tests.stream.recorded import LAYOUT, snap
ready = [snap(i, slow=i % 10 == 0) for i in range(4000)]
writer = RunWriter(sys.argv[1], LAYOUT, run_info(), budget=1 << 19)
for one in ready:
    writer.put(one)
    os.write(1, f"{one.step} {time.time()}\\n".encode())
    time.sleep(0.0005)
"""


def killed(directory: Path, after: float) -> list[tuple[int, float]]:
    """Steps and times of what a process had put when it was killed `after` its first."""
    child = subprocess.Popen(
        [sys.executable, "-c", SOURCE, str(directory)], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    first = child.stdout.readline()
    time.sleep(after)
    child.send_signal(signal.SIGKILL)
    rest = child.stdout.read()
    child.wait()
    child.stdout.close()
    *lines, _torn = (first + rest).decode().split("\n")
    return [(int(line.split()[0]), float(line.split()[1])) for line in lines]


def look_at(directory: Path, put: list[tuple[int, float]], after: float) -> None:
    end = put[-1][1]
    due = [step for step, when in put if when < end - HALF]
    if not (directory / "run.json").exists():
        assert not due, f"killed after {after}: nothing was written"
        return
    run = OpenRun(directory)
    np.testing.assert_array_equal(run.steps, np.arange(len(run.steps)))
    assert len(run.steps) >= len(due), f"killed after {after}"
    assert run.state == "lost"
    loaded = load(directory).block
    assert not len(run.steps) or loaded.steps[-1] <= run.steps[-1]
    expected = (1.0 + loaded.steps)[:, None]
    np.testing.assert_array_equal(loaded.grads[:, ::2, 0], np.repeat(expected, 3, axis=1))


@pytest.mark.parametrize("after", [0.05, 0.9])
def test_kill_once(tmp_path: Path, after: float) -> None:
    look_at(tmp_path / "r", killed(tmp_path / "r", after), after)


@pytest.mark.slow
def test_kill_thirty_times(tmp_path: Path) -> None:
    for i, after in enumerate(np.random.default_rng(1).uniform(0.0, 1.2, 30)):
        look_at(tmp_path / f"r{i}", killed(tmp_path / f"r{i}", float(after)), float(after))
