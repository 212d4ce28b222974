"""How much memory processes hold over time, and by how much it has grown."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

BEGIN, SPAN = 0.4, 0.1
"""Shares of the whole time: what comes before the first is the start, where everything is loaded and
every history filled (2,048 steps in full, some six a second: six minutes of twenty); growth is told
between the stretch of the second's length after it, and the last such stretch."""
MiB = 1 << 20


@dataclass
class Series:
    """What a process has held: seconds since it was first seen, bytes resident."""

    name: str
    at: list[float] = field(default_factory=list)
    held: list[int] = field(default_factory=list)

    def growth(self) -> float:
        """Of the median over the last stretch to the one after the start, less 1. NaN: too few."""
        at, held = np.array(self.at), np.array(self.held, float)
        if len(at) < 20:
            return float("nan")
        begin, end = at[0], at[-1]
        whole = end - begin
        early = (at >= begin + BEGIN * whole) & (at <= begin + (BEGIN + SPAN) * whole)
        late = at >= end - SPAN * whole
        return float(np.median(held[late]) / np.median(held[early]) - 1)

    def told(self) -> str:
        growth = self.growth()
        held = np.array(self.held, float) / MiB
        course = " ".join(f"{part.mean():.0f}" for part in np.array_split(held, 10) if len(part))
        return (
            f"{self.name:42} {self.at[-1] - self.at[0]:6.0f} s  {held[0]:6.1f} MiB at first, then "
            f"{course}, {held.max():6.1f} at most, grown by {100 * growth:.1f} %"
        )


class Watch:
    """`look` notes what every process below the given ones holds now."""

    def __init__(self) -> None:
        self.series: dict[int, Series] = {}

    def look(self, named: Iterable[tuple[str, int]], now: float) -> None:
        below = children()
        for name, pid in named:
            self._note(name, pid, now)
            for number, child in enumerate(descendants(pid, below), 1):
                self._note(f"{name}, child {number} {command(child)}", child, now)

    def _note(self, name: str, pid: int, now: float) -> None:
        size = resident(pid)
        if size:
            series = self.series.setdefault(pid, Series(name))
            series.at.append(now)
            series.held.append(size)


def resident(pid: int) -> int:
    """Bytes; 0 where there is no such process any more."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    for line in status.splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def command(pid: int) -> str:
    """The words that tell one process of a command from another."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return ""
    return " ".join(Path(word).name for word in words[1:4])


def children() -> dict[int, list[int]]:
    """Of each process, those that it has started."""
    out: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        parent = int(text.rsplit(")", 1)[1].split()[1])
        out.setdefault(parent, []).append(int(stat.parent.name))
    return out


def descendants(pid: int, below: dict[int, list[int]]) -> list[int]:
    out: list[int] = []
    waiting = [pid]
    while waiting:
        for child in sorted(below.get(waiting.pop(), ())):
            out.append(child)
            waiting.append(child)
    return out
