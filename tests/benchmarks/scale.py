"""What long runs, many ranks and many tensors cost the screen: python -m tests.benchmarks.scale

Recorded runs that go on at ten steps a second, each followed by `gradtui attach` in a pty of 140 x 45, two at
a time, side by side: its processor time, the seconds until its first frame and its peak memory, over those of
the first run of 10,000 steps, 200 tensors and one rank. Then what 64 writers put on disk. `--seconds`: how
long each is followed.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from gradtui.core.layout import Layout
from gradtui.runstore.format.file_names import detail_name, steps_name
from gradtui.runstore.format.run_header import Generation, here
from gradtui.runstore.format.run_json import write_header
from gradtui.runstore.writer.run_writer import RunWriter
from tests.app.terminal_emulator import Terminal
from tests.benchmarks.app_cost import cpu_seconds
from tests.factories import mlp_layout, run_info, snapshot
from tests.runstore.long_run import EVERY, details, scalars, write_long

RATE = 10
PLACE = "layers."
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    steps: int
    tensors: int = 200
    ranks: int = 1

    @property
    def layout(self) -> Layout:
        return mlp_layout(self.tensors // 2)


CASES = (
    Case("a million steps", 1_000_000),
    Case("64 ranks", 10_000, ranks=64),
    Case("10,000 tensors", 10_000, tensors=10_000),
)
PLAIN = Case("10,000 steps, 200 tensors, one rank", 10_000)


def write(directory: Path, case: Case) -> None:
    if case.ranks == 1:
        every = max(case.tensors // 200, 1)
        write_long(directory, case.steps, case.layout, sparser=every)
        return
    directory.mkdir(parents=True)
    for rank in range(case.ranks):
        label, layout = str(rank), case.layout
        header = here(("python", "train.py"), rank=rank, world_size=case.ranks)
        header.generations.append(Generation(layout, run_info()))
        write_header(directory, header)
        scalars(0, case.steps).tofile(directory / steps_name(label))
        for kind, every in EVERY.items():
            steps = np.arange(0, case.steps, every)
            details(kind, layout, steps).tofile(directory / detail_name(kind, label, 0))


@contextmanager
def going_on(directory: Path, case: Case):  # type: ignore[no-untyped-def]
    """Ten steps a second are added, each in full, on every rank."""
    over = threading.Event()
    layout = case.layout

    def add() -> None:
        step, began = case.steps, time.monotonic()
        while not over.wait(max(began + (step - case.steps) / RATE - time.monotonic(), 0)):
            for rank in range(case.ranks):
                label = str(rank)
                with (directory / detail_name("tensors", label, 0)).open("ab") as file:
                    file.write(details("tensors", layout, np.array([step])).tobytes())
                with (directory / steps_name(label)).open("ab") as file:
                    file.write(scalars(step, 1).tobytes())
            step += 1

    thread = threading.Thread(target=add)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@dataclass(frozen=True, slots=True)
class Cost:
    first: float
    """Seconds from the command to a layer on the screen."""
    share: float
    """Of a core, once it is there."""
    peak: int
    """Bytes of resident memory."""


def follow(directory: Path, seconds: float) -> Cost:
    began = time.monotonic()
    terminal = Terminal(sys.executable, "-m", "gradtui", "attach", str(directory), size=(140, 45))
    try:
        while PLACE not in terminal.text:
            terminal.read(0.01)
        first = time.monotonic() - began
        settled = time.monotonic() + 3
        while time.monotonic() < settled:
            terminal.read(0.1)
        used, began = cpu_seconds(terminal.process.pid), time.monotonic()
        while time.monotonic() < began + seconds:
            terminal.read(0.1)
        share = (cpu_seconds(terminal.process.pid) - used) / (time.monotonic() - began)
        status = Path(f"/proc/{terminal.process.pid}/status").read_text()
        return Cost(first, share, int(status.split("VmHWM:")[1].split()[0]) << 10)
    finally:
        terminal.close()


def in_turns(folder: Path, case: Case, seconds: float) -> None:
    """The case and the plain one, one after the other, several times."""
    pairs: list[tuple[Cost, Cost]] = []
    for turn in range(ROUNDS):
        costs = []
        for number, one in enumerate((PLAIN, case)):
            directory = folder / f"{case.steps}-{case.tensors}-{case.ranks}-{turn}-{number}"
            write(directory, one)
            with going_on(directory, one):
                costs.append(follow(directory, seconds))
        pairs.append((costs[0], costs[1]))

    def ratio(of: Callable[[Cost], float]) -> float:
        return median(of(b) / of(a) for a, b in pairs)

    peak = max(b.peak for _, b in pairs) / (1 << 20)
    say(
        f"{case.name}: processor time x{ratio(lambda c: c.share):.2f} "
        f"({median(b.share for _, b in pairs):.1%} of a core), first layer on the screen "
        f"x{ratio(lambda c: c.first):.2f} ({median(b.first for _, b in pairs):.2f} s), "
        f"memory x{ratio(lambda c: float(c.peak)):.2f} ({peak:.0f} MiB)"
    )


def writers(folder: Path, ranks: int = 64, steps: int = 2_000) -> None:
    """As many writers as there are ranks, of a model that is the same on each."""
    layout = mlp_layout(100)
    made = [snapshot(layout, i, np.ones(100), slow=i % 20 == 0) for i in range(steps)]
    sizes = []
    for rank in range(ranks):
        writer = RunWriter(
            folder / "writers", layout, run_info(), rank=rank, world_size=ranks, queue=1 << 32
        )
        for one in made:
            writer.put(one)
        writer.close(120)
        label = str(rank)
        files = (folder / "writers").glob(f"*-{label}*")
        sizes.append(sum(f.stat().st_size for f in files if f.stem.split("-")[1] == label))
    say(
        f"{ranks} writers, {steps:,} steps of {len(layout.tensors)} tensors: the first writes "
        f"{sizes[0] / (1 << 20):.1f} MiB, each other at most x{max(sizes[1:]) / sizes[0]:.2f}"
    )


def say(words: str) -> None:
    print(words, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="What long runs, many ranks and tensors cost.")
    parser.add_argument("--seconds", type=float, default=8.0)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        say(f"beside {PLAIN.name}, {RATE} steps a second:")
        for case in CASES:
            in_turns(Path(folder), case, seconds)
        writers(Path(folder))


if __name__ == "__main__":
    main()
