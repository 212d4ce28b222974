"""What a run directory costs: put, writing, following, opening. python -m tests.benchmarks.run_directory

Prints only: what is measured on a shared machine is no test. A number of seconds, by default 10, is
how long the steady rate of a thousand steps a second is held.
"""

import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import gradtui
from gradtui.core.snapshot import Snapshot
from gradtui.runstore.format.records import STEP, detail_dtype
from gradtui.runstore.format.run_header import Generation, here
from gradtui.runstore.format.run_json import write_header
from gradtui.runstore.reader.load import load_facts
from gradtui.runstore.reader.run_reader import RunReader
from gradtui.runstore.writer.detail_files import DetailFiles
from gradtui.runstore.writer.run_writer import BUDGET, RunWriter
from tests.factories import mlp_layout, run_info, snapshot

TENSORS = 200
LAYOUT = mlp_layout(TENSORS // 2)
ARRAYS = ("grads", "weights", "activations", "histograms")
MIB = 1 << 20


def snapshots(count: int) -> list[Snapshot]:
    """Weights and activations every 10 steps, histograms every 100."""
    norms = np.ones(TENSORS // 2)
    slow = snapshot(LAYOUT, 0, norms)
    out = []
    for step in range(count):
        one = replace(slow, step=step, grads=slow.grads.copy())
        if step % 10:
            one = replace(one, weights=None, activations=None)
        out.append(one if step % 100 == 0 else replace(one, histograms=None))
    return out


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def write(directory: Path, count: int) -> None:
    """As fast as it goes: time of put, and of everything until it is on disk."""
    ready = snapshots(count)
    writer = RunWriter(directory, LAYOUT, run_info(), queue=1 << 32)
    used = time.process_time()
    put = seconds(lambda: [writer.put(one) for one in ready])
    rest = seconds(lambda: writer.close(120))
    used = time.process_time() - used
    say(f"put: {put / count * 1e6:.1f} us a step of {TENSORS} tensors")
    say(f"written: {count / (put + rest):,.0f} steps/s, {used / count * 1e6:.0f} us of CPU a step")


def follow(directory: Path, rate: int, duration: float) -> None:
    """At a given pace, with a reader ten times a second."""
    ready = snapshots(int(rate * duration))
    writer = RunWriter(directory, LAYOUT, run_info())
    time.sleep(0.3)
    reader = RunReader(directory)
    began, used, polled, got = time.perf_counter(), time.process_time(), 0.0, 0
    look = began
    for i, one in enumerate(ready):
        writer.put(one)
        if time.perf_counter() >= look:
            look += 0.1
            before = time.perf_counter()
            got += len(reader.poll().snapshots)
            polled += time.perf_counter() - before
        time.sleep(max(began + (i + 1) / rate - time.perf_counter(), 0.0))
    share = (time.process_time() - used) / (time.perf_counter() - began)
    writer.close()
    say(
        f"followed at {rate:,} steps/s: {got:,} of {len(ready):,} seen, {writer.lost} lost, "
        f"{polled * 100 / duration:.1f} ms a second of reading, {share:.0%} of a core in all"
    )


@dataclass(frozen=True)
class Figures:
    """Of a run at a steady rate; sizes in bytes."""

    steps: int
    dropped: int
    kept: int
    """Steps whose tensors are on disk in the end."""
    grown: int
    """Resident memory after the last step, less that after the first second."""
    traced: int
    """Peak of what Python and numpy have allocated meanwhile, as far as it was traced."""
    waiting: int
    """Most that ever waited for the disk."""
    scalars: int
    details: int
    cpu: float
    """Seconds of the writer thread a step."""

    def __str__(self) -> str:
        return (
            f"{self.steps:,} steps, {self.dropped} lost, {self.kept:,} kept in full; resident memory "
            f"{self.grown / MIB:+.1f} MiB, traced peak {self.traced / MIB:.1f} MiB, "
            f"queue at most {self.waiting / MIB:.2f} MiB; files {self.scalars / MIB:.1f} MiB of scalars, "
            f"{self.details / MIB:.1f} MiB per tensor; writer thread {self.cpu * 1e6:.0f} us a step"
        )


def resident() -> int:
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def steady(directory: Path, rate: int, duration: float, *, budget: int = BUDGET) -> Figures:
    """So many steps a second for so many seconds, every array a new one, as in training."""
    made = snapshots(100)
    writer = RunWriter(directory, LAYOUT, run_info(), budget=budget)
    clock = time.pthread_getcpuclockid(writer.thread)
    count, waiting, settled = int(rate * duration), 0, 0
    began = time.perf_counter()
    for step in range(count):
        one = made[step % 100]
        arrays = {n: a.copy() for n in ARRAYS if (a := getattr(one, n)) is not None}
        writer.put(replace(one, step=step, **arrays))
        waiting = max(waiting, writer.waiting)
        if step == rate - 1:
            settled = resident()
            tracemalloc.start()
        time.sleep(max(began + (step + 1) / rate - time.perf_counter(), 0.0))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    grown, cpu = resident() - settled, time.clock_gettime(clock)
    writer.close(30)
    sizes = {path.name: path.stat().st_size for path in directory.glob("*.bin")}
    scalars = sizes.pop("steps-0.bin")
    kept = sizes["tensors-0-0.bin"] // detail_dtype("tensors", LAYOUT).itemsize
    lost, details = writer.lost, sum(sizes.values())
    return Figures(count, lost, kept, grown, peak, waiting, scalars, details, cpu / count)


def opened(directory: Path, what: str, source: str) -> None:
    """How long a process of its own takes, from its start to its end, and what it needs at most."""
    peak = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    words = [sys.executable, "-c", f"import sys\n{source}\n{peak}", str(directory)]
    began = time.perf_counter()
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    took = time.perf_counter() - began
    say(f"{what}, a process of its own: {took:.2f} s, at most {done.stdout.strip()} MiB")


def long_run(directory: Path, total: int = 1_000_000, chunk: int = 2_000) -> None:
    """A million steps, then opening them."""
    directory.mkdir()
    files = DetailFiles(directory, "0", 0, LAYOUT, BUDGET)
    grads = np.random.default_rng(0).random((chunk, TENSORS, 5))
    slow = snapshots(1)[0]
    header = here(("python", "train.py"))
    header.generations.append(Generation(LAYOUT, run_info()))
    write_header(directory, header)

    def write_all() -> None:
        with (directory / "steps-0.bin").open("wb") as steps:
            for first in range(0, total, chunk):
                out = np.zeros(chunk, STEP)
                out["step"] = np.arange(first, first + chunk)
                out.tofile(steps)
                steps.flush()
                batch = [
                    Snapshot(1, i, 1.0, grads[0])
                    if i % 100
                    else replace(
                        slow, step=i, histograms=slow.histograms if i % 1000 == 0 else None
                    )
                    for i in range(first, first + chunk)
                ]
                files.add(out, first + np.arange(len(out)), batch, grads, rate=1000.0)
        files.write_latest()
        files.close()

    took = seconds(write_all)
    say(f"a million steps: {took:.1f} s of writing per-tensor records and scalars")
    for kind in ("steps-0", "tensors-0-0", "weights-0-0", "activations-0-0", "histograms-0-0"):
        size = (directory / f"{kind}.bin").stat().st_size
        say(f"  {kind}.bin {size / 2**20:.1f} MiB")
    say(f"facts for the doctor: {seconds(lambda: load_facts(directory)):.2f} s")
    say(f"first delivery of a reader: {seconds(lambda: RunReader(directory).poll()):.2f} s")
    say(f"open_run, every loss: {seconds(lambda: gradtui.open_run(directory).loss):.2f} s")
    opened(directory, "open_run, every loss", "import gradtui; gradtui.open_run(sys.argv[1]).loss")
    reading = (
        "from gradtui.runstore.reader.run_reader import RunReader; RunReader(sys.argv[1]).poll()"
    )
    opened(directory, "first delivery of a reader", reading)
    idle = RunReader(directory, look=0.0)
    idle.poll()
    say(
        f"a later poll without news: {seconds(lambda: [idle.poll() for _ in range(99)]) / 99e-6:.0f} us"
    )


def say(words: str) -> None:
    print(words, flush=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "fast", 5_000)
        follow(Path(folder) / "followed", 1000, 5.0)
        follow(Path(folder) / "slowly", 20, 3.0)
        held = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
        say(f"at 1,000 steps/s for {held:.0f} s: {steady(Path(folder) / 'steady', 1000, held)}")
        long_run(Path(folder) / "long")


if __name__ == "__main__":
    main()
