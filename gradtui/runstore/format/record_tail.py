"""Reading files of records while somebody else writes them, each record once."""

import os
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from gradtui.core.layout import IntArray
from gradtui.runstore.files.reading import extent, look_at, opened, read_at, records_at
from gradtui.runstore.format.records import STEP, RecordArray, as_steps, rising

SPARSE = 16
"""Records apart from which on single ones are read instead of all between."""
LARGEST = 128 << 20
"""Bytes that are read at once of a file that its writer thins long before; the rest comes next."""
BLANK = 512
"""Records at the end that may be nothing but zeros: of a block that was given and never written to."""
PICKED = 128
"""Records from which on some of them are picked, where that is asked for."""
ROOM = 16 << 20
"""Bytes from which on they are."""
KEYS = np.dtype([("record", "<i8"), ("step", "<i8")])
"""What every record begins with."""
Pick = Callable[[IntArray, IntArray], IntArray]
"""Indices into the steps file and steps of records -> which of them are wanted, rising."""
LEAST = 32
"""Records that are read at once however large they are: the thinnest file has half as many."""


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

    def poll(self, most: int = 1 << 62, pick: Pick | None = None) -> RecordArray:
        """What has come since the last call, at most `most` records of it; a torn last record waits
        for its rest. Of many `pick` may leave some out: they are never read."""
        nothing = np.empty(0, self.dtype)
        most = min(most, max(LARGEST // self.dtype.itemsize, LEAST))
        try:
            there = look_at(self.path)
            if (there.st_ino, there.st_size, there.st_mtime_ns) == self._state:
                return nothing
            with opened(self.path) as fd:
                # The path may lead to another file by now: what counts is what was opened.
                here = os.fstat(fd)
                whole = extent(fd) // self.dtype.itemsize
                begin = self._begin(fd, whole)
                past = whole - begin
                many = past > PICKED or (past > 1 and past * self.dtype.itemsize > ROOM)
                if pick is not None and many:
                    found, self._count = self._picked(fd, begin, whole, pick), whole
                else:
                    found = records_at(fd, self.dtype, begin, min(whole - begin, most))
                    self._count = begin + len(found)
        except (OSError, MemoryError):
            return nothing
        self._state = (0, 0, 0)
        if self._count == whole:
            self._state = (here.st_ino, here.st_size, here.st_mtime_ns)
        # Rising, as they are written; whatever else is in a damaged file is passed over.
        before = np.maximum.accumulate(np.append(self._last, found["record"][:-1]))[: len(found)]
        good = found["record"] > before
        fresh = found if good.all() else found[good]
        if len(fresh):
            self._last = int(fresh["record"][-1])
        return fresh

    def _picked(self, fd: int, begin: int, end: int, pick: Pick) -> RecordArray:
        size = self.dtype.itemsize
        keys = b"".join(os.pread(fd, KEYS.itemsize, at * size) for at in range(begin, end))
        heads = np.frombuffer(keys, KEYS, len(keys) // KEYS.itemsize)
        wanted = begin + pick(heads["record"].astype(np.int64), heads["step"].astype(np.int64))
        return _complete((read_at(fd, size, at * size) for at in wanted.tolist()), self.dtype)

    def keys(self) -> RecordArray:
        """[n] KEYS of all that are in the file now; nothing else of them is read."""
        size = self.dtype.itemsize
        try:
            with opened(self.path) as fd:
                count = extent(fd) // size
                parts = [os.pread(fd, KEYS.itemsize, at * size) for at in range(count)]
        except OSError:
            return np.empty(0, KEYS)
        return _complete(parts, KEYS)

    def find(self, records: IntArray) -> RecordArray:
        """Those of rising indices into the steps file that are in the file now."""
        size, parts = self.dtype.itemsize, []
        try:
            with opened(self.path) as fd:
                whole = extent(fd) // size
                for record in records.tolist():
                    at = bisect_left(range(whole), record, key=lambda i: self._number(fd, i))
                    if at < whole and self._number(fd, at) == record:
                        parts.append(read_at(fd, size, at * size))
        except OSError:
            return np.empty(0, self.dtype)
        return _complete(parts, self.dtype)

    def _begin(self, fd: int, whole: int) -> int:
        """How many records of the file have been read. Thinning only ever moves later records
        forward, so the last of those read tells whether they are still the first of the file; an
        inode number does not, it may come again. After thinning the place is searched."""
        if self._count == 0:
            return 0
        if self._count <= whole and self._number(fd, self._count - 1) == self._last:
            return self._count
        return bisect_right(range(whole), self._last, key=lambda at: self._number(fd, at))

    def _number(self, fd: int, at: int) -> int:
        """The index into the steps file that the record at `at` has; every record begins with it."""
        return int.from_bytes(os.pread(fd, 8, at * self.dtype.itemsize), "little", signed=True)


def _complete(parts: Iterable[bytes], dtype: np.dtype[np.void]) -> RecordArray:
    """Records that were read one by one, but for those that are torn."""
    return np.frombuffer(b"".join(p for p in parts if len(p) == dtype.itemsize), dtype)


class StepsFile:
    """The scalars of one rank's every step, read here and there. `dtype` is as its header says;
    what comes out is STEP. Nothing raises: where nothing can be read nothing comes."""

    def __init__(self, path: Path, dtype: np.dtype[np.void] = STEP) -> None:
        self.path = path
        self.dtype = dtype
        self._size = dtype.itemsize

    def last(self) -> RecordArray:
        """[1] STEP, the last complete record that is not blank; [0] where there is none."""
        try:
            with opened(self.path) as fd:
                count = extent(fd) // self.dtype.itemsize
                before = max(count - BLANK, 0)
                while count > before and not any(read_at(fd, self._size, (count - 1) * self._size)):
                    count -= 1
                return self._at(fd, count - 1) if count else np.empty(0, STEP)
        except OSError:
            return np.empty(0, STEP)

    @property
    def count(self) -> int:
        """Complete records so far."""
        try:
            with opened(self.path) as fd:
                return extent(fd) // self.dtype.itemsize
        except OSError:
            return 0

    def all(self) -> RecordArray:
        """[n] STEP, every complete record whose step is in order. Raises MemoryError."""
        try:
            with opened(self.path) as fd:
                count = extent(fd) // self.dtype.itemsize
                found = as_steps(records_at(fd, self.dtype, 0, count))
        except OSError:
            return np.empty(0, STEP)
        good = rising(found["step"])
        return found if good.all() else found[good]

    def at(self, at: IntArray) -> RecordArray:
        """[n] STEP, the records at rising indices, as many of them as there are."""
        if not len(at):
            return np.empty(0, STEP)
        first, size = int(at[0]), self.dtype.itemsize
        try:
            with opened(self.path) as fd:
                count = extent(fd) // size
                at = at[at < count]
                if not len(at):
                    return np.empty(0, STEP)
                span = int(at[-1]) - first + 1
                if span <= SPARSE * len(at):
                    found = records_at(fd, self.dtype, first, span)
                    if span == len(at):
                        return as_steps(found)
                    return as_steps(found[at[at - first < len(found)] - first])
                parts = [os.pread(fd, size, int(i) * size) for i in at]
        except OSError:
            return np.empty(0, STEP)
        return as_steps(_complete(parts, self.dtype))

    def of_steps(self, steps: IntArray) -> tuple[RecordArray, IntArray]:
        """[n] STEP, the last records of those of the rising steps that there are, and [n] where in the
        file they are."""
        found = self.at(steps)
        if len(found) == len(steps) and (found["step"] == steps).all():
            return found, steps  # as a rule each step has one record
        try:
            with opened(self.path) as fd:
                count = extent(fd) // self.dtype.itemsize
                places = [
                    bisect_right(range(count), step, key=lambda at: self._step(fd, at)) - 1
                    for step in steps.tolist()
                ]
        except OSError:
            return np.empty(0, STEP), np.empty(0, np.int64)
        at = np.unique(np.array([place for place in places if place >= 0], np.int64))
        found = self.at(at)
        here = np.isin(found["step"], steps)
        return found[here], at[: len(found)][here]

    def first_from(self, step: int) -> RecordArray:
        """[1] STEP, the first record of `step` or a later one; [0] where there is none. Reads a
        record for each doubling of the run's length."""
        try:
            with opened(self.path) as fd:
                count = extent(fd) // self.dtype.itemsize
                place = bisect_left(range(count), step, key=lambda at: self._step(fd, at))
                return self._at(fd, place) if place < count else np.empty(0, STEP)
        except OSError:
            return np.empty(0, STEP)

    def _at(self, fd: int, at: int) -> RecordArray:
        data = os.pread(fd, self.dtype.itemsize, at * self.dtype.itemsize)
        whole = data[: len(data) // self.dtype.itemsize * self.dtype.itemsize]
        return as_steps(np.frombuffer(whole, self.dtype))

    def _step(self, fd: int, at: int) -> int:
        found = self._at(fd, at)
        return int(found["step"][0]) if len(found) else 1 << 62
