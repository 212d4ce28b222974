"""Orders for workers, who is given up after a while, and what became of it all."""

import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from tests.fuzz.specimens import make_all
from tests.fuzz.worker import Order, Said, plan, work

HANG = 10.0
"""Seconds that a way may take; on a machine that is busy once more, by itself."""
SHELL_HANG = 60.0
HUGE = 512
"""MiB."""
LIFE = 100
"""Orders after which a worker makes way for a fresh one: screens leave something behind."""


@dataclass
class Outcome:
    """Of all runs: how many of each kind, and what went wrong, with the seed that shows it again."""

    runs: Counter[str] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[int, str, str, str]] = field(default_factory=list)
    """(seed, kinds, way, what happened)"""
    hangs: list[tuple[int, str, str]] = field(default_factory=list)
    huge: list[tuple[int, str, str, int]] = field(default_factory=list)
    late: list[tuple[int, str]] = field(default_factory=list)
    """(seed, way) of what took too long at first, and was tried once more by itself."""
    peak: int = 0
    seconds: float = 0.0

    @property
    def clean(self) -> bool:
        return not (self.wrong or self.hangs or self.huge)


class Worker:
    """One process, and what it is doing."""

    def __init__(self, home: Path) -> None:
        context = get_context("spawn")
        self.ours, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(str(home), theirs), daemon=True)
        self.process.start()
        theirs.close()
        self.order: Order | None = None
        self.way, self.since, self.done = "", time.monotonic(), 0

    def give(self, order: Order) -> None:
        self.order, self.way, self.since = order, "", time.monotonic()
        self.ours.send(order)

    @property
    def patience(self) -> float:
        if not self.way:
            return SHELL_HANG
        return SHELL_HANG if self.way == "shelled" else HANG

    @property
    def late(self) -> bool:
        return self.order is not None and time.monotonic() - self.since > self.patience

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.ours.close()


def bench(
    runs: int,
    seed: int,
    jobs: int = 2,
    *,
    dear: float = 0.05,
    shell: float = 0.01,
    kind: str = "",
    each: int = 3,
    report: Any = None,
) -> Outcome:
    """Damage and read `runs` runs; `dear` and `shell` are the shares of them that screens and
    processes read as well."""
    out = Outcome()
    began = time.monotonic()
    orders = iter([Order(seed + i, dear, shell, kind, each) for i in range(runs)])
    with tempfile.TemporaryDirectory(prefix="gradtui-fuzz-") as folder:
        home = Path(folder)
        make_all(home / "specimens")
        workers = [Worker(home) for _ in range(min(jobs, runs))]
        again: list[Order] = []
        try:
            _drive(workers, orders, out, home, again, report)
            for order in again:  # what hung, once more and alone
                workers[:] = [Worker(home)]
                _drive(workers, iter([order]), out, home, None, report)
                workers[0].end()
        finally:
            for worker in workers:
                if worker.process.is_alive():
                    worker.end()
    out.seconds = time.monotonic() - began
    return out


def _drive(
    workers: list[Worker],
    orders: Iterator[Order],
    out: Outcome,
    home: Path,
    again: list[Order] | None,
    report: Any,
) -> None:
    """Keep all workers busy until there are no more orders."""
    for worker in workers:
        _next(worker, orders)
    while any(worker.order is not None for worker in workers):
        ready: list[Any] = wait([w.ours for w in workers if w.order is not None], timeout=0.5)
        for i, worker in enumerate(workers):
            dead = False
            if worker.ours in ready:
                try:
                    _hear(worker, out, report, count=again is not None)
                except EOFError:
                    dead = True
                    _blame(worker, out, f"the process ended ({worker.process.exitcode})")
            elif worker.late:
                dead = True
                if again is not None and worker.order is not None:
                    again.append(worker.order)
                    out.late.append((worker.order.seed, worker.way))
                elif worker.order is not None:
                    out.runs[plan(worker.order)[2][0]] += 1
                    out.hangs.append((worker.order.seed, kinds_of(worker.order), worker.way))
            if dead or (worker.order is None and worker.done >= LIFE):
                worker.end()
                worker = workers[i] = Worker(home)
            if worker.order is None:
                _next(worker, orders)


def _next(worker: Worker, orders: Iterator[Order]) -> None:
    order = next(orders, None)
    if order is not None:
        worker.give(order)


def _hear(worker: Worker, out: Outcome, report: Any, *, count: bool) -> None:
    order = worker.order
    what, told = worker.ours.recv()
    worker.since = time.monotonic()
    if what == "way":
        worker.way = told
    elif what == "done":
        worker.order, worker.way = None, ""
        worker.done += 1
        if order is not None:
            out.runs[plan(order)[2][0]] += 1
            if report is not None:
                report(out)
    elif isinstance(told, Said) and order is not None:
        out.ways[told.way] += count
        out.peak = max(out.peak, told.peak)
        if told.trouble:
            out.wrong.append((order.seed, kinds_of(order), told.way, told.trouble))
        if told.peak > HUGE:
            out.huge.append((order.seed, kinds_of(order), told.way, told.peak))


def _blame(worker: Worker, out: Outcome, what: str) -> None:
    if worker.order is not None:
        out.runs[plan(worker.order)[2][0]] += 1
        out.wrong.append((worker.order.seed, kinds_of(worker.order), worker.way, what))


def kinds_of(order: Order) -> str:
    """What was damaged, and how."""
    _, specimen, kinds = plan(order)
    return f"{specimen}: {' + '.join(kinds)}"


def table(out: Outcome) -> str:
    """How many runs of each kind, and how many of them went wrong."""
    lines = [f"{'kind':<14} {'runs':>7} {'tracebacks':>11} {'hangs':>6} {'> 512 MiB':>10}"]

    def of(kind: str, found: list[Any]) -> int:
        return len({one[0] for one in found if one[1].partition(": ")[2].split(" + ")[0] == kind})

    for kind in sorted(out.runs):
        counts = [of(kind, found) for found in (out.wrong, out.hangs, out.huge)]
        lines.append(
            f"{kind:<14} {out.runs[kind]:>7,} {counts[0]:>11} {counts[1]:>6} {counts[2]:>10}"
        )
    totals = [len({one[0] for one in found}) for found in (out.wrong, out.hangs, out.huge)]
    lines.append(
        f"{'all':<14} {out.runs.total():>7,} {totals[0]:>11} {totals[1]:>6} {totals[2]:>10}"
    )
    lines += ["", "ways: " + ", ".join(f"{way} {n:,}" for way, n in sorted(out.ways.items()))]
    if out.late:
        lines.append(f"tried twice, as the machine was busy: {out.late}")
    lines.append(f"largest process: {out.peak} MiB; {out.seconds:.0f} s")
    return "\n".join(lines)


def failures(out: Outcome) -> str:
    """Each of them with the seed that shows it again: --runs 1 --seed N."""
    lines = []
    for seed, kinds, way, what in out.wrong:
        lines.append(f"seed {seed} ({kinds}), {way}:\n    " + what.strip().replace("\n", "\n    "))
    lines += [f"seed {seed} ({kinds}), {way}: hangs" for seed, kinds, way in out.hangs]
    lines += [f"seed {seed} ({kinds}), {way}: {peak} MiB" for seed, kinds, way, peak in out.huge]
    return "\n".join(lines)
