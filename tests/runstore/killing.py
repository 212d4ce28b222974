"""Killing programs at a known moment, and what has to be in their run directories then."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from gradtui.core.ending import LATE
from gradtui.runstore.ranks.rank_files import labels
from gradtui.runstore.reader.load import load
from gradtui.runstore.reader.open_run import OpenRun
from gradtui.runstore.reader.run_reader import RunReader
from tests.runstore.killed_programs import PULSE, told
from tests.runstore.recorded import wait_for

ROOT = Path(__file__).parents[2]
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1"}


def seed_of_today() -> int:
    return int(os.environ.get("KILL_SEED", "0")) or time.time_ns() % (1 << 32)


class Pool:
    """Starts programs by forking one that has imported all that they need."""

    def __init__(self, *words: str) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.runstore.killed_programs", *words],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
        )
        self._pids: set[int] = set()

    def start(self, directory: Path, pause: float, seed: int, rank: int = 0) -> int:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        order = {"directory": str(directory), "truth": str(truth_of(directory, rank))}
        order |= {"pause": pause, "seed": seed, "rank": rank}
        self._server.stdin.write(json.dumps(order) + "\n")
        self._server.stdin.flush()
        pid = int(self._server.stdout.readline())
        self._pids.add(pid)
        return pid

    def kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: gone(pid))
        self._pids.discard(pid)

    def close(self) -> None:
        for pid in self._pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._server.communicate()


@contextmanager
def pool(*words: str) -> Iterator[Pool]:
    made = Pool(*words)
    try:
        yield made
    finally:
        made.close()


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def truth_of(directory: Path, rank: int = 0) -> Path:
    return directory.with_name(f"{directory.name}.truth{rank or ''}")


def due(directory: Path, now: float | None = None, rank: int = 0) -> list[int]:
    """Steps that have to be on disk: taken `LATE` seconds before the last one or before `now`. Where
    the program or a thread of it was not let run for a while, nor was its writer: that is added."""
    put = told(truth_of(directory, rank))
    steps = [(step, when) for step, when in put if step != PULSE]
    if not steps:
        return []
    end = steps[-1][1] if now is None else now
    stall = 0.0
    for some in (steps, [line for line in put if line[0] == PULSE]):
        times = [when for _, when in some if end - 3 * LATE < when < end]
        stall += max(np.diff([*times, end]), default=0.0)
    return [step for step, when in steps if when < end - LATE - stall]


def look_at(
    directory: Path, wanted: list[int], why: str, *, made_up: bool = True
) -> OpenRun | None:
    """It opens, and holds what it has to, to the bit."""
    if not labels(directory):
        assert not wanted, f"{why}: nothing was written"
        return None
    # The details first: a run that goes on writing has more steps a moment later, never fewer.
    block = load(directory).block
    run = OpenRun(directory)
    steps = run.steps
    np.testing.assert_array_equal(steps, np.arange(len(steps)), err_msg=why)
    assert len(steps) >= len(wanted), f"{why}: {len(steps)} steps of {len(wanted)}"
    assert len(block) or not wanted, f"{why}: no step in full"
    assert not len(block) or block.steps[-1] <= steps[-1], why
    if made_up:
        norms = np.repeat((1.0 + block.steps)[:, None], 3, axis=1)
        np.testing.assert_array_equal(block.grads[:, ::2, 0], norms, err_msg=why)
    assert np.isfinite(run.loss).all(), why
    RunReader(directory).poll()
    return run
