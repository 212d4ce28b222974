"""A file of records that thins as it grows: recent steps in full, older ones ever further apart."""

import os
from contextlib import suppress
from pathlib import Path

import numpy as np

from gradtui.core.alternating_optimizers import on_lattice
from gradtui.core.layout import BoolArray, IntArray
from gradtui.runstore.files.disk import RecordFile
from gradtui.runstore.format.records import RecordArray

LEAST = 16
"""Records that a file may hold however large they are."""
CHUNK = 1 << 22
EDGE = 5
"""Records at either end of a stretch of special ones that say how it began and ended."""


class ThinningFile(RecordFile):
    """At most `budget` bytes. A full file is rewritten beside and put in its place, at least half
    empty: the first and the latest steps, those that are special, and every `stride`-th between.

    `stride` is a power of two and counts in units of `period` steps, so that ranks that thin apart
    keep steps in common, and optimizers that take turns are thinned alike.
    """

    def __init__(self, path: Path, dtype: np.dtype[np.void], budget: int) -> None:
        super().__init__(path, dtype.itemsize)
        self.dtype = dtype
        self.capacity = max(LEAST, budget // dtype.itemsize)
        self.stride = 1
        self._steps = np.zeros(self.capacity, np.int64)
        self._special = np.zeros(self.capacity, np.bool_)
        self.count = 0

    def add(self, records: RecordArray, special: BoolArray, period: int = 1) -> None:
        """Append records in the order of steps. Raises OSError; then some may be lost."""
        at = 0
        while at < len(records):
            if self.count == self.capacity:
                self._thin(period)
            part = records[at : at + self.capacity - self.count]
            before = self.count
            try:
                self.append(part)
            finally:
                done = self.count - before
                self._steps[before : self.count] = part["step"][:done]
                self._special[before : self.count] = special[at : at + done]
            at += len(part)

    def mark(self, step: int) -> None:
        """Make the records of a recent step special that have been written already."""
        recent = slice(max(self.count - LEAST, 0), self.count)
        self._special[recent] |= self._steps[recent] == step

    def limit(self, budget: int, period: int = 1) -> None:
        """Hold no more than `budget` bytes from now on. Raises OSError."""
        capacity = max(LEAST, budget // self.itemsize)
        while self.count > capacity:
            self.capacity = max(self.count, LEAST)
            self._thin(period)
        self.capacity = min(self.capacity, capacity)

    def _thin(self, period: int) -> None:
        steps, special = self._steps[: self.count], self._special[: self.count]
        keep, stride = chosen(steps, special, self.capacity, self.stride, period)
        beside = self.path.with_name(f".{self.path.name}.new")
        with suppress(OSError):
            beside.unlink()
        fresh = RecordFile(beside, self.itemsize)
        try:
            self._copy(np.flatnonzero(keep), fresh)
            beside.replace(self.path)
        except OSError:
            fresh.close()
            with suppress(OSError):
                beside.unlink()
            raise
        self.replace(fresh)
        self.stride = stride
        self._steps[: self.count] = steps[keep]
        self._special[: self.count] = special[keep]

    def _copy(self, kept: IntArray, fresh: RecordFile) -> None:
        many = max(CHUNK // self.itemsize, 1)
        for begin in range(0, self.count, many):
            data = os.pread(self.fd, many * self.itemsize, begin * self.itemsize)
            part = np.frombuffer(data[: len(data) // self.itemsize * self.itemsize], self.dtype)
            at = kept[(kept >= begin) & (kept < begin + len(part))] - begin
            if len(at):
                fresh.append(part[at])


def chosen(
    steps: IntArray, special: BoolArray, capacity: int, stride: int, period: int = 1
) -> tuple[BoolArray, int]:
    """Which of the records to keep so that half the capacity is free, and the stride of the old."""
    always = most_special(special, capacity // 4)
    always[0] = True
    always[-max(capacity // 8, 1) :] = True
    while True:
        keep = always | on_lattice(steps, period, stride)
        if np.count_nonzero(keep) <= max(capacity // 2, 1):
            return keep, stride
        if stride > steps[-1] // period:
            keep = always
            if np.count_nonzero(keep) >= len(
                keep
            ):  # equal steps throughout: closures, a stuck count
                keep[1:-1:2] = False
            return keep, stride
        stride *= 2


def most_special(special: BoolArray, most: int) -> BoolArray:
    """All special records; where they are too many the ends of each stretch, then the first and
    last of those."""
    if np.count_nonzero(special) <= most:
        return special.copy()
    ends = np.zeros(len(special) + 1, np.bool_)
    ends[0], ends[-1] = special[0], special[-1]
    ends[1:-1] = special[1:] != special[:-1]
    near = np.zeros_like(special)
    for edge in np.flatnonzero(ends):
        near[max(edge - EDGE, 0) : edge + EDGE] = True
    found = np.flatnonzero(special & near)
    if len(found) > most:
        half = most // 2
        found = np.concatenate([found[: most - half], found[len(found) - half :]])
    out = np.zeros_like(special)
    out[found] = True
    return out
