"""Programs that write a run until they are killed, forked from one that has imported everything.

    python -m tests.runstore.killed_programs [torch]

reads one JSON object a line: `directory` of the run, `truth` (a file that gets "step time" of every
step as soon as it is taken), `pause` (seconds between steps), `seed`, optionally `rank`; and answers
each with the pid of the process that does so.
"""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from gradtui.runstore.writer.run_writer import RunWriter
from tests.factories import run_info
from tests.runstore.recorded import LAYOUT, snap

LONGEST = 20.0
"""Seconds after which a program ends whatever becomes of the test."""
AHEAD = 4000
"""Snapshots that are made in advance, so that steps are as fast as can be."""


PULSE = -1
"""In a step's place: the line of a thread that shows how long threads and the disk are held up now."""


class Truth:
    """A side channel that no kill loses: what is written is the kernel's."""

    def __init__(self, path: str) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._beside = Path(f"{path}.{os.getpid()}")
        threading.Thread(target=self._beat, daemon=True).start()

    def _beat(self) -> None:
        while True:
            self._beside.write_bytes(bytes(1 << 16))
            self._beside.replace(f"{self._beside}.there")
            self.say(PULSE)
            time.sleep(0.05)

    def say(self, step: int) -> None:
        os.write(self._fd, f"{step} {time.time()}\n".encode())


def told(path: Path) -> list[tuple[int, float]]:
    """Steps and times that a truth has; a torn last line is none."""
    *lines, _torn = path.read_text().split("\n") if path.exists() else [""]
    return [(int(line.split()[0]), float(line.split()[1])) for line in lines]


def write(order: dict[str, Any]) -> None:
    """Made-up steps through a RunWriter whose files are so small that they thin all the time."""
    budget = int(np.random.default_rng(order["seed"]).integers(1 << 17, 1 << 20))
    rank = order.get("rank", 0)
    truth = Truth(order["truth"])
    writer = RunWriter(order["directory"], LAYOUT, run_info(), rank=rank, budget=budget)
    end = time.monotonic() + LONGEST
    step = 0
    while time.monotonic() < end:
        writer.put(snap(step, slow=step % 10 == 0, skipped=step % 7 < 3))
        truth.say(step)
        step += 1
        time.sleep(order["pause"])


def train(order: dict[str, Any]) -> None:
    """A real network, watched with all that it measures."""
    import torch

    import gradtui

    torch.manual_seed(order["seed"])
    truth = Truth(order["truth"])
    model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    if "GRADTUI_WATCH_RUN" not in os.environ:
        gradtui.watch(model, directory=order["directory"], overhead=1.0)
    end = time.monotonic() + LONGEST
    step = 0
    while time.monotonic() < end:
        optimizer.zero_grad()
        model(torch.randn(16, 8)).square().mean().backward()
        optimizer.step()
        truth.say(step)
        step += 1
        time.sleep(order["pause"])


def serve(work: Any) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are gone at once
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                work(json.loads(line))
            finally:
                os._exit(1)
        print(child, flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["torch"]:
        import torch

        import gradtui.monitor  # noqa: F401

        torch.set_num_threads(1)
        serve(train)
    elif sys.argv[1:]:
        {"write": write, "train": train}[sys.argv[1]](json.loads(sys.argv[2]))
    else:
        serve(write)
