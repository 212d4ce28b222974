"""What a collector that is dead costs a training: its speed with `--to otlp=`, over its speed without.

    python -m tests.benchmarks.dead_collector [--rounds 300] [--seconds 0.25]

Four trainings are run with `gradtui run`: two of them send nothing, one sends to an address where nobody
listens, one to a server that takes every connection and never answers. They take short turns, in an order
that moves on by one a round, so that what the machine does meanwhile hits all. A ratio is that of a turn to
the mean of the two that send nothing in its round: of steps a second of the training's own processor time,
and by the clock. The median of all rounds is printed, and the quartiles. How far the two that send nothing
are apart says how far that can be trusted. The first seconds of each, in which libraries are loaded and
budgets learned, are left out. Prints only: what is measured on a shared machine is no test.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.receivers.servers import HOST, free_port

WARM_UP = 8.0
"""Seconds."""
BARE, AGAIN, GONE, SILENT = "sends nothing", "sends nothing, again", "nobody listens", "no answer"


class Turn(NamedTuple):
    """Steps a second."""

    of_processor: float
    of_clock: float


def work() -> None:
    """The program: trains for as many seconds as each line of standard input says."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = nn.Sequential(*[m for _ in range(4) for m in (nn.Linear(64, 64), nn.Tanh())])
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    x = torch.randn(128, 64)
    for line in sys.stdin:
        steps, began, used = 0, time.perf_counter(), time.process_time()
        while time.perf_counter() < began + float(line):
            optimizer.zero_grad()
            (model(x) - x).square().mean().backward()
            optimizer.step()
            steps += 1
        used, passed = time.process_time() - used, time.perf_counter() - began
        print("turn", steps / used, steps / passed, flush=True)


class Side:
    """One of the trainings."""

    def __init__(self, place: Path, to: str) -> None:
        place.mkdir()
        flags = ["--headless", "--runs", str(place / "runs"), *([f"--to=otlp={to}"] if to else [])]
        program = [sys.executable, "-m", __spec__.name, "--work"]
        self._errors = (place / "errors").open("w+")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "gradtui", "run", *flags, *program],
            env=dict(os.environ) | {"OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def turn(self, seconds: float) -> Turn:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{seconds}\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith("turn "):
                return Turn(*map(float, line.split()[1:]))
        raise SystemExit(self.said())

    def end(self) -> str:
        """What was said of sending."""
        self._process.communicate()
        return self.said()

    def said(self) -> str:
        self._errors.seek(0)
        return "".join(line for line in self._errors if "otlp" in line or "Error" in line).strip()


@contextmanager
def silent() -> Iterator[str]:
    """A server that takes every connection and says nothing."""
    with socket.create_server((HOST, 0), backlog=64) as server:
        held: list[socket.socket] = []

        def take() -> None:
            try:
                while True:
                    held.append(server.accept()[0])
            except OSError:  # it is closed
                return

        threading.Thread(target=take, daemon=True).start()
        try:
            yield f"http://{HOST}:{server.getsockname()[1]}"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            for one in held:
                one.close()


def ratios(turns: Mapping[str, Sequence[Turn]], name: str, kind: str) -> list[float]:
    """[rounds] of a side's rate to the mean of those that send nothing; of one of these to the other."""
    rates = {side: [getattr(turn, kind) for turn in got] for side, got in turns.items()}
    others = [BARE] if name == AGAIN else [BARE, AGAIN]
    means = [statistics.mean(each) for each in zip(*(rates[one] for one in others), strict=True)]
    return [rate / mean for rate, mean in zip(rates[name], means, strict=True)]


def line(turns: Mapping[str, Sequence[Turn]], name: str) -> str:
    parts = []
    for kind, words in (("of_processor", "of processor time"), ("of_clock", "by the clock")):
        found = ratios(turns, name, kind)
        low, high = np.quantile(found, (0.25, 0.75)).tolist()
        parts.append(f"{words} {statistics.median(found):.3f} ({low:.3f} .. {high:.3f})")
    return f"{name:22s} {'   '.join(parts)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=0.25)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.work:
        work()
        return
    with tempfile.TemporaryDirectory() as name, silent() as mute:
        folder = Path(name)
        to = {BARE: "", GONE: f"http://{HOST}:{free_port()}", AGAIN: "", SILENT: mute}
        sides = {side: Side(folder / str(i), to[side]) for i, side in enumerate(to)}
        for side in sides.values():
            side.turn(WARM_UP)
        turns: dict[str, list[Turn]] = {side: [] for side in sides}
        names = list(sides)
        for i in range(args.rounds):
            for side in names[i % len(names) :] + names[: i % len(names)]:
                turns[side].append(sides[side].turn(args.seconds))
        said = {side: one.end() for side, one in sides.items()}
    length = 1000 / statistics.median(turn.of_processor for turn in turns[BARE])
    print(f"{args.rounds} rounds of {args.seconds:g} s, a step takes {length:.2f} ms")
    for side in (GONE, SILENT, AGAIN):
        print(line(turns, side))
    print(*(f"  {words}" for words in said.values() if words), sep="\n")


if __name__ == "__main__":
    main()
