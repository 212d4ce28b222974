"""Memory of processes and of the machine, from Linux's own files; elsewhere nothing is known."""

import os
from collections.abc import Sequence
from pathlib import Path

from gradtui.core.machine_load import NAN

PROC, CGROUP = Path("/proc"), Path("/sys/fs/cgroup")
DEEPEST = 32
"""Levels of control groups that are looked at."""


def resident(pids: Sequence[int], proc: Path = PROC) -> float:
    """Bytes that these processes hold; NaN where none of them can be seen."""
    pages = [n for pid in pids if (n := _pages(proc / str(pid) / "statm")) is not None]
    return float(sum(pages) * os.sysconf("SC_PAGE_SIZE")) if pages else NAN


def memory(pid: int, proc: Path = PROC, cgroup: Path = CGROUP) -> tuple[float, float]:
    """(used, total) bytes of the machine, or of the control group of `pid` whose limit is closest to being
    reached: it is by that one that a process is killed."""
    told = _fields(proc / "meminfo", 1024)
    total = told.get("MemTotal:", NAN)
    found = [(total - told.get("MemAvailable:", NAN), total)]
    for folder in _groups(pid, proc, cgroup):
        limit, now = _number(folder / "memory.max"), _number(folder / "memory.current")
        if limit < total:
            # What is read from files goes first when room is short.
            cached = _fields(folder / "memory.stat", 1).get("inactive_file", 0.0)
            found.append((now - cached, limit))
    return max((pair for pair in found if pair[0] >= 0), key=_part, default=(NAN, NAN))


def _part(pair: tuple[float, float]) -> float:
    return pair[0] / pair[1] if pair[1] > 0 else 0.0


def _groups(pid: int, proc: Path, cgroup: Path) -> list[Path]:
    """The control group (version 2) of a process, and those around it."""
    lines = _text(proc / str(pid) / "cgroup").splitlines()
    path = next((line[3:] for line in lines if line.startswith("0::/")), None)
    if path is None:
        return []
    parts = [part for part in path.split("/") if part not in ("", ".", "..")][:DEEPEST]
    return [cgroup.joinpath(*parts[:count]) for count in range(len(parts), -1, -1)]


def _pages(path: Path) -> int | None:
    words = _text(path).split()
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else None


def _fields(path: Path, unit: int) -> dict[str, float]:
    """Lines of a name and a number, in bytes."""
    pairs = [line.split()[:2] for line in _text(path).splitlines()]
    return {p[0]: float(p[1]) * unit for p in pairs if len(p) == 2 and p[1].isdigit()}


def _number(path: Path) -> float:
    word = _text(path).strip()
    return float(word) if word.isdigit() else NAN


def _text(path: Path) -> str:
    try:
        with path.open(errors="replace") as file:
            return file.read(1 << 16)
    except OSError:
        return ""
