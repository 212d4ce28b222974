"""A process that damages runs and reads them, one order after the other."""

import faulthandler
import resource
import shutil
import sys
import traceback
import warnings
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

SEVERAL = 0.3
"""Of the runs are damaged in more than one way."""
ROOM = 3 << 30
"""Bytes of address space on top of what the process has at the start: nothing may need so much, and
the machine is not to suffer."""


@dataclass(frozen=True)
class Order:
    """One run to be damaged, and how dear the ways may be that read it. `kinds` are ways to damage,
    by name; empty for whatever chance says. `each`: of the ways that are neither cheap nor dear."""

    seed: int
    dear: float
    shell: float
    kind: str = ""
    each: int = 3


@dataclass(frozen=True)
class Said:
    """What came of a way to read a run. `trouble` is empty where all is well."""

    way: str
    trouble: str = ""
    peak: int = 0
    """MiB that the process needed at most, 0 where that is unknown."""


def plan(order: Order) -> tuple[Random, str, list[str]]:
    """The generator for the rest, the specimen, and the ways in which it is damaged."""
    from tests.fuzz.damage import DAMAGES
    from tests.fuzz.specimens import SPECIMENS

    chance = Random(order.seed)
    kinds = [order.kind or chance.choice(list(DAMAGES))]
    if chance.random() < SEVERAL:
        kinds.append(chance.choice(list(DAMAGES)))
    return chance, chance.choice(list(SPECIMENS)), kinds


def work(home: str, orders: Connection) -> None:
    """Take orders until None comes: ("way", name) before each way, then ("said", Said), ("done", n)."""
    faulthandler.enable()
    warnings.simplefilter("always")
    import asyncio

    import gradtui.cli
    import tests.fuzz.ways
    from tests.fuzz.damage import DAMAGES
    from tests.fuzz.ways import going_on, name_of, ways_for

    del asyncio
    gradtui.cli.build_parser = cache(gradtui.cli.build_parser)  # type: ignore[assignment]
    limited()
    place = Path(home)
    while (order := orders.recv()) is not None:
        chance, specimen, kinds = plan(order)
        here = place / f"run-{order.seed}"
        run = here / specimen
        shutil.rmtree(here, ignore_errors=True)
        shutil.copytree(place / "specimens" / specimen, run)
        shutil.copytree(place / "specimens" / "good", here / "good")
        going = None
        for kind in kinds:
            with suppress(OSError, IndexError, ValueError, RecursionError, MemoryError):
                going = DAMAGES[kind](chance, run) or going
        for way in ways_for(chance, order.dear, order.shell, order.each):
            orders.send(("way", name_of(way)))
            clear_peak()
            trouble = ""
            with going_on(going):
                try:
                    way(run)
                except tests.fuzz.ways.WrongError as wrong:
                    trouble = str(wrong)
                except Exception:
                    trouble = "".join(traceback.format_exc().splitlines(keepends=True)[-14:])
            orders.send(("said", Said(name_of(way), trouble, peak())))
        for path in (run, here):
            path.chmod(0o700)
        shutil.rmtree(here, ignore_errors=True)
        orders.send(("done", order.seed))


def limited() -> None:
    """No more memory than ROOM on top of what there is."""
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + ROOM
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def clear_peak() -> None:
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak() -> int:
    """MiB that this process has needed at most since `clear_peak`."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) >> 10
    return 0
