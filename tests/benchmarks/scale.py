"""What long runs, many ranks and many tensors cost the screen: python -m tests.benchmarks.scale

Recorded runs that go on at ten steps a second, each followed by `gradtui attach` in a pty of 140 x 45, in
turns with a plain one: its processor time, the seconds until its first layers and its peak memory, over those
of a plain run. And what 64 writers put on disk. `--seconds`: how long each is followed.
"""

import argparse
import compileall
import os
import shutil
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np

import gradtui
from gradtui.core.layout import Layout
from gradtui.runstore.format.file_names import detail_name, steps_name
from gradtui.runstore.writer.run_writer import RunWriter
from tests.app.terminal_emulator import Terminal
from tests.benchmarks.app_cost import cpu_seconds
from tests.factories import mlp_layout, run_info, snapshot
from tests.runstore.long_run import details, scalars, write_long

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


PLAIN = Case("2,000 steps of 200 tensors, one rank", 2_000)
LONG = Case("a million steps", 1_000_000)
RANKS = Case("64 ranks", 2_000, ranks=64)
TENSORS = Case("10,000 tensors", 1_000, tensors=10_000)


def write(directory: Path, case: Case) -> None:
    """By as many writers as there are ranks, of a model that is the same on each; a million steps as
    their files are in the end."""
    if case is LONG:
        write_long(directory, case.steps, case.layout)
        return
    layout = case.layout
    usual = snapshot(layout, 0, np.ones(len(layout.rows)))
    bare = replace(usual, weights=None, activations=None, histograms=None)
    for rank in range(case.ranks):
        writer = RunWriter(
            directory,
            layout,
            run_info(synchronised=case.ranks > 1),
            rank=rank,
            world_size=case.ranks,
            queue=1 << 34,
        )
        for step in range(case.steps):
            writer.put(replace(bare if step % 10 else usual, step=step))
        writer.close(120)


def sizes(directory: Path) -> list[int]:
    """[ranks] bytes of each rank's records."""
    found: dict[int, int] = defaultdict(int)
    for file in directory.glob("*.bin"):
        found[int(file.stem.split("-")[1])] += file.stat().st_size
    return [found[rank] for rank in sorted(found)]


@contextmanager
def going_on(directory: Path, case: Case) -> Iterator[None]:
    """Ten steps a second are added, each in full, on every rank; they are taken away again."""
    over = threading.Event()
    before = {file: file.stat().st_size for file in directory.glob("*.bin")}
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
        for file, size in before.items():
            os.truncate(file, size)


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


def in_turns(plain: Path, directory: Path, case: Case, seconds: float) -> None:
    """The plain run and the case, one after the other, several times."""
    pairs: list[tuple[Cost, Cost]] = []
    for _ in range(ROUNDS):
        costs = []
        for where, one in ((plain, PLAIN), (directory, case)):
            with going_on(where, one):
                costs.append(follow(where, seconds))
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


def say(words: str) -> None:
    print(words, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="What long runs, many ranks and tensors cost.")
    parser.add_argument("--seconds", type=float, default=8.0)
    seconds = parser.parse_args().seconds
    # As it is once it is installed: compiling it anew at each start would be counted as opening.
    compileall.compile_dir(Path(gradtui.__file__).parent, quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain"
        write(plain, PLAIN)
        say(f"beside {PLAIN.name}, {RATE} steps a second:")
        for case in (LONG, RANKS, TENSORS):
            directory = Path(folder) / case.name.replace(" ", "-")
            write(directory, case)
            if case is RANKS:
                first, *others = sizes(directory)
                most = max(others) / first
                say(
                    f"{case.name}: the first writes {first / (1 << 20):.1f} MiB, others x{most:.2f}"
                )
            in_turns(plain, directory, case, seconds)
            shutil.rmtree(directory)


if __name__ == "__main__":
    main()
