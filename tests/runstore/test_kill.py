"""Killed at any moment, whoever it is: the directory opens and lacks half a second at most.

A hundred kills in all: of processes that write, of the command under `gradtui run`, of `gradtui run`
itself, of viewers. Moments are drawn by chance; a failure prints the seed, KILL_SEED draws it again.
"""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from gradtui.core.ending import LATE
from gradtui.runstore.files.run_folders import run_paths
from gradtui.runstore.format.record_tail import StepsFile
from gradtui.runstore.ranks.rank_files import labels
from tests.app.terminal_emulator import Terminal
from tests.runstore.killed_programs import told
from tests.runstore.killing import (
    ENVIRONMENT,
    ROOT,
    Pool,
    due,
    gone,
    look_at,
    pool,
    seed_of_today,
    truth_of,
)
from tests.runstore.recorded import wait_for

AT_ONCE = 5


def kill_some(
    programs: Pool, folder: Path, count: int, seed: int, longest: float, *, made_up: bool
) -> None:
    draw = np.random.default_rng(seed)
    for first in range(0, count, AT_ONCE):
        these = [folder / f"r{i}" for i in range(first, min(first + AT_ONCE, count))]
        pauses = draw.uniform(0.0004, 0.004, len(these))
        pids = [programs.start(d, float(p), seed) for d, p in zip(these, pauses, strict=True)]
        began = time.monotonic()
        moments = sorted(draw.uniform(0.0, longest, len(these)))
        for directory, pid, moment in zip(these, pids, moments, strict=True):
            time.sleep(max(began + moment - time.monotonic(), 0.0))
            programs.kill(pid)
            why = f"KILL_SEED={seed}, {directory.name} killed after {moment:.3f} s"
            run = look_at(directory, due(directory), why, made_up=made_up)
            assert run is None or run.state == "lost", why


def test_writers_are_killed(tmp_path: Path) -> None:
    with pool() as programs:
        kill_some(programs, tmp_path, 4, seed_of_today(), 2 * LATE, made_up=True)


@pytest.mark.long
def test_seventy_writers_are_killed(tmp_path: Path) -> None:
    with pool() as programs:
        kill_some(programs, tmp_path, 70, seed_of_today(), 2 * LATE, made_up=True)


@pytest.mark.slow
def test_eight_trainings_are_killed(tmp_path: Path) -> None:
    with pool("torch") as programs:
        kill_some(programs, tmp_path, 8, seed_of_today(), 3.0, made_up=False)


def launched(runs: Path, truth: Path, kind: str, pause: float) -> subprocess.Popen[bytes]:
    """`gradtui run --headless` of a program that writes by itself, or of one that trains."""
    order = {"truth": str(truth), "pause": pause, "seed": 1}
    source = (
        "import json, os, sys; from tests.runstore.killed_programs import write, train;"
        "order = json.loads(sys.argv[2]) | {'directory': os.environ['GRADTUI_WATCH_RUN']};"
        "open(order['truth'] + '.pid', 'w').write(f'{os.getpid()} ');"
        "{'write': write, 'train': train}[sys.argv[1]](order)"
    )
    words = [sys.executable, "-m", "gradtui", "--runs", str(runs), "run", "--headless"]
    command = [sys.executable, "-c", source, kind, json.dumps(order)]
    return subprocess.Popen(
        [*words, *command],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def child_of(truth: Path) -> int:
    path = truth.with_name(truth.name + ".pid")
    wait_for(lambda: path.exists() and path.read_text().endswith(" "), 60)
    return int(path.read_text())


def settled_truth(directory: Path, truth: Path) -> None:
    """Put a truth that was written beside the folder of runs where `due` looks for it."""
    with suppress(FileNotFoundError):
        truth_of(directory).unlink()
    if truth.exists():
        os.link(truth, truth_of(directory))


@pytest.mark.long
def test_ten_launchers_are_killed_and_training_goes_on(tmp_path: Path) -> None:
    seed = seed_of_today()
    draw = np.random.default_rng(seed)
    for first in range(0, 10, 5):
        numbers = range(first, first + 5)
        runs = [tmp_path / f"runs{i}" for i in numbers]
        truths = [tmp_path / f"truth{i}" for i in numbers]
        launchers = [launched(r, t, "write", 0.002) for r, t in zip(runs, truths, strict=True)]
        children = [child_of(truth) for truth in truths]
        try:
            for launcher, moment in zip(launchers, draw.uniform(0, 0.2, 5), strict=True):
                time.sleep(float(moment))
                launcher.kill()
                launcher.wait()
            for truth in truths:
                wait_for(lambda truth=truth: len(told(truth)) > 100, 60)  # type: ignore[misc]
            time.sleep(2 * LATE)
            for i, home, truth in zip(numbers, runs, truths, strict=True):
                why = f"KILL_SEED={seed}, launcher {i}"
                (directory,) = run_paths(home)
                settled_truth(directory, truth)
                run = look_at(directory, due(directory, time.time()), why)
                assert run is not None
                assert run.state == "running", why
        finally:
            for child in children:
                os.kill(child, signal.SIGKILL)
        for child, home in zip(children, runs, strict=True):
            wait_for(lambda child=child: gone(child))  # type: ignore[misc]
            (directory,) = run_paths(home)
            run = look_at(directory, due(directory), f"KILL_SEED={seed}")
            assert run is not None
            assert run.state == "lost"


@pytest.mark.long
def test_four_commands_are_killed_under_the_launcher(tmp_path: Path) -> None:
    seed = seed_of_today()
    draw = np.random.default_rng(seed)
    for first in range(0, 4, 2):
        numbers = range(first, first + 2)
        runs = [tmp_path / f"runs{i}" for i in numbers]
        truths = [tmp_path / f"truth{i}" for i in numbers]
        launchers = [launched(r, t, "train", 0.004) for r, t in zip(runs, truths, strict=True)]
        for truth in truths:
            wait_for(truth.exists, 60)
        for launcher, home, truth in zip(launchers, runs, truths, strict=True):
            moment = float(draw.uniform(0, 0.8))
            time.sleep(moment)
            os.kill(child_of(truth), signal.SIGKILL)
            assert launcher.wait(30) == 128 + signal.SIGKILL
            (directory,) = run_paths(home)
            settled_truth(directory, truth)
            why = f"KILL_SEED={seed}, {truth.name} killed after {moment:.3f} s"
            run = look_at(directory, due(directory), why, made_up=False)
            assert run is not None
            assert run.state == "crashed", why


@pytest.mark.long
def test_ten_viewers_are_killed_and_the_run_does_not_notice(tmp_path: Path) -> None:
    seed = seed_of_today()
    draw = np.random.default_rng(seed)
    directory = tmp_path / "r"
    with pool() as programs:
        pid = programs.start(directory, 0.005, seed)
        wait_for(lambda: bool(labels(directory)))
        for _ in range(5):
            words = (sys.executable, "-m", "gradtui", "attach", str(directory))
            viewers = [Terminal(*words, env={"OMP_NUM_THREADS": "1"}) for _ in range(2)]
            for viewer, moment in zip(viewers, np.sort(draw.uniform(0, 2.0, 2)), strict=True):
                viewer.read(float(moment))
                viewer.process.kill()
                viewer.process.wait()
                viewer.close()
            wanted = due(directory, time.time())
            why = f"KILL_SEED={seed}, viewers killed"
            run = look_at(directory, wanted, why)
            assert run is not None
            assert run.state == "running", why
        programs.kill(pid)
        look_at(directory, due(directory), f"KILL_SEED={seed}")


def test_two_writers_of_one_rank_never_share_a_file(tmp_path: Path) -> None:
    """Started at the same moment, each has files of its own, and both are whole."""
    directory = tmp_path / "r"
    with pool() as programs:
        pids = [programs.start(directory, 0.002, 1) for _ in range(2)]
        wait_for(lambda: len(list(directory.glob("tensors-*.bin"))) == 2)
        time.sleep(LATE)
        for pid in pids:
            programs.kill(pid)
    assert {"0", "0.1"} == set(labels(directory))
    pids_told = {json.loads(p.read_text())["pid"] for p in directory.glob("run*.json")}
    assert pids_told == set(pids)
    for name in ("steps-0.bin", "steps-0.1.bin"):
        steps = StepsFile(directory / name).all()["step"]
        np.testing.assert_array_equal(steps, np.arange(len(steps)))
        assert len(steps) > 20
