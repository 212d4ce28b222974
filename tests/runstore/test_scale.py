"""A thousand steps a second, a million steps in all: memory and files stay bounded, opening is cheap."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gradtui.runstore.reader.open_run import OpenRun
from gradtui.runstore.reader.run_reader import MOST, RunReader
from tests.factories import mlp_layout
from tests.runstore.long_run import go_on, write_long

ROOT = Path(__file__).parents[2]
LAYOUT = mlp_layout(100)
MILLION = 1_000_000
MIB = 1 << 20

STEADY = """
import sys, time
from pathlib import Path
from gradtui.runstore.format.records import STEP
from tests.benchmarks.run_directory import steady
figures = steady(Path(sys.argv[1]), 1000, 6.0, budget=8 << 20)
print(figures)
assert figures.dropped == 0, figures
assert figures.grown < 48 << 20, figures
assert figures.traced < 24 << 20, figures
assert figures.waiting < 16 << 20, figures
assert figures.details < 8.5 * (1 << 20), figures
assert figures.scalars == STEP.itemsize * figures.steps, figures
"""

OPEN = """
import sys
import gradtui
run = gradtui.open_run(sys.argv[1])
assert len(run.loss) == len(run.steps) == 1_000_000
assert 1000 < len(run.kept_steps) < 5000
# Not ru_maxrss: that is inherited from whoever started this process.
status = open("/proc/self/status").read()
print(int(status.split("VmHWM:")[1].split()[0]) * 1024, "torch" in sys.modules)
"""

FOLLOW = """
import sys
from gradtui.core.history import History
from gradtui.runstore.reader.run_reader import RunReader
reader = RunReader(sys.argv[1])
delivery = reader.poll()
started = delivery.events[0]
history = History(started.layout, started.info)
for one in delivery.snapshots:
    history.append(one)
assert delivery.snapshots[-1].step == 999_999
assert history.facts().total_norm[-1] > 0
# Not ru_maxrss: that is inherited from whoever started this process.
status = open("/proc/self/status").read()
print(int(status.split("VmHWM:")[1].split()[0]) * 1024, "torch" in sys.modules)
"""


def python(source: str, *words: str) -> str:
    """What a process prints."""
    done = subprocess.run(
        [sys.executable, "-c", source, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_thousand_steps_a_second_of_200_tensors(tmp_path: Path) -> None:
    python(STEADY, str(tmp_path / "r"))
    steps = OpenRun(tmp_path / "r").steps
    np.testing.assert_array_equal(steps, np.arange(len(steps)))


@pytest.fixture(scope="module")
def million(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("long") / "r"
    write_long(run, MILLION, LAYOUT)
    return run


@pytest.mark.parametrize(("source", "most"), [(OPEN, 450 * MIB), (FOLLOW, 350 * MIB)])
def test_a_million_steps_open_in_bounded_memory(million: Path, source: str, most: int) -> None:
    peak, torch = python(source, str(million)).split()
    assert torch == "False"
    assert int(peak) < most


def bytes_read() -> int:
    """By this process so far, by calls to the system."""
    return int(Path("/proc/self/io").read_text().split("rchar:")[1].split()[0])


def test_attached_in_the_middle_of_a_million_steps_a_poll_reads_what_is_new(tmp_path: Path) -> None:
    read = {}
    for total in (10_000, MILLION):
        run = tmp_path / str(total)
        write_long(run, total, LAYOUT)
        reader = RunReader(run, look=0.0)
        first = reader.poll().snapshots
        assert len(first) <= MOST + 200
        assert first[-1].step == total - 1
        polls = []
        for i in range(10):
            go_on(run, total + 10 * i, 10, LAYOUT)
            before = bytes_read()
            fresh = reader.poll().snapshots
            polls.append(bytes_read() - before)
            assert [s.step for s in fresh] == list(range(total + 10 * i, total + 10 * i + 10))
        read[total] = sorted(polls)[len(polls) // 2]
    assert 0 < read[MILLION] < 1.1 * read[10_000], read
