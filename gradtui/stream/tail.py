"""Reading files of records while somebody else writes them, each record once."""

import os
from pathlib import Path

import numpy as np

from gradtui.core.layout import IntArray
from gradtui.stream.records import STEP, RecordArray

SPARSE = 16
"""Records apart from which on single ones are read instead of all between."""


class RecordTail:
    """The records of a file that grows, and that may be replaced by a thinner one."""

    def __init__(self, path: Path, dtype: np.dtype[np.void]) -> None:
        self.path = path
        self.dtype = dtype
        self._state = (0, 0, 0)
        self._count = 0
        self._last = -1

    def rewind(self) -> None:
        """Begin again with the first record."""
        self._state, self._count, self._last = (0, 0, 0), 0, -1

    def poll(self) -> RecordArray:
        """What has come since the last call; a torn last record waits for its rest."""
        nothing = np.empty(0, self.dtype)
        try:
            there = self.path.stat()
            if (there.st_ino, there.st_size, there.st_mtime_ns) == self._state:
                return nothing
            with self.path.open("rb") as file:
                # The path may lead to another file by now: what counts is what was opened.
                here = os.fstat(file.fileno())
                whole = here.st_size // self.dtype.itemsize
                begin = self._count if self._continues(file.fileno(), whole) else 0
                offset = begin * self.dtype.itemsize
                found = np.fromfile(file, self.dtype, whole - begin, offset=offset)
        except OSError:
            return nothing
        self._state = (here.st_ino, here.st_size, here.st_mtime_ns)
        self._count = begin + len(found)
        # Rising, as they are written; whatever else is in a damaged file is passed over.
        before = np.maximum.accumulate(np.append(self._last, found["record"][:-1]))[: len(found)]
        fresh = found[found["record"] > before]
        if len(fresh):
            self._last = int(fresh["record"][-1])
        return fresh

    def _continues(self, fd: int, whole: int) -> bool:
        """Whether the records read so far are the first of the file. Thinning only ever moves later
        records forward, so the last of them tells; an inode number does not, it may come again."""
        if not 0 < self._count <= whole:
            return False
        size = self.dtype.itemsize
        data = os.pread(fd, size, (self._count - 1) * size)
        return len(data) == size and int(np.frombuffer(data, self.dtype)["record"][0]) == self._last


def last_step_record(path: Path) -> RecordArray:
    """[1] STEP, the last complete record of a steps file; [0] where there is none."""
    try:
        with path.open("rb") as file:
            count = os.fstat(file.fileno()).st_size // STEP.itemsize
            if not count:
                return np.empty(0, STEP)
            return np.fromfile(file, STEP, 1, offset=(count - 1) * STEP.itemsize)
    except OSError:
        return np.empty(0, STEP)


def step_records_at(path: Path, at: IntArray) -> RecordArray:
    """[n] STEP, the scalars at rising indices, as many of them as there are."""
    if not len(at):
        return np.empty(0, STEP)
    first, size = int(at[0]), STEP.itemsize
    try:
        with path.open("rb") as file:
            count = os.fstat(file.fileno()).st_size // size
            at = at[at < count]
            if not len(at):
                return np.empty(0, STEP)
            span = int(at[-1]) - first + 1
            if span <= SPARSE * len(at):
                found = np.fromfile(file, STEP, span, offset=first * size)
                return found[at[at - first < len(found)] - first]
            parts = [os.pread(file.fileno(), size, int(i) * size) for i in at]
    except OSError:
        return np.empty(0, STEP)
    return np.frombuffer(b"".join(p for p in parts if len(p) == size), STEP)
