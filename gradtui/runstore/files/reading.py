"""The one place where files of a run are opened to be read. A run may come from anyone: whatever lies
there under a file's name, nobody waits for it, follows it elsewhere, or reads it without a limit.

Only regular files are opened, and no links. They are read with `pread`, never mapped: a mapped file
that is cut off by its writer ends the reader with a signal. The directory itself may be a link, as
people keep one to the newest run or to another disk; what is in it may not.
"""

import errno
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gradtui.core.errors import GradtuiError
from gradtui.core.text import printable

HEADER = 32 << 20
"""Bytes of a run.json: some 80,000 tensors."""
SMALL = 1 << 16
"""Bytes of an exit.json."""
COSTS = {b",": 48, b":": 64, b"[": 64, b"{": 96}
"""Bytes of memory that JSON takes for each of these marks, roughly."""
MOST_MEMORY = 192 << 20
"""Bytes of memory that what is in one JSON file may take."""
CHUNK = 16 << 20

FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
DAMAGE = (OSError, ValueError, OverflowError, MemoryError, RecursionError, KeyError, TypeError)
"""What reading something that nobody of ours has written can end in."""


def any_numbers() -> np.errstate:
    """A block in which numbers may be too large to be added: a damaged file has any, and what comes of
    them is NaN or infinity, not a warning on standard error."""
    return np.errstate(all="ignore")


@contextmanager
def in_a_sentence(path: Path) -> Iterator[None]:
    """What goes wrong in the block as a GradtuiError of one sentence about `path`."""
    try:
        yield
    except (*DAMAGE, AttributeError, IndexError) as error:
        raise GradtuiError(f"{printable(str(path))} {_said(error)}") from None


def _said(error: BaseException) -> str:
    if isinstance(error, OSError):
        return f"cannot be read: {printable(error.strerror or str(error))[:80]}"
    if isinstance(error, MemoryError):
        return "is too large to be read into memory"
    return f"is damaged: {type(error).__name__} {printable(str(error))[:80]}".rstrip()


def look_at(path: Path) -> os.stat_result:
    """What is known of a regular file. Raises OSError where there is none."""
    try:
        found = path.lstat()
    except ValueError as error:  # a name that no file can have
        raise OSError(errno.EINVAL, str(error)) from None
    _refuse_others(found)
    return found


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """A descriptor of a regular file, closed at the end. Raises OSError where there is none."""
    look_at(path)  # some devices do something when they are opened
    fd = os.open(path, FLAGS)
    try:
        _refuse_others(os.fstat(fd))
        yield fd
    finally:
        os.close(fd)


def _refuse_others(found: os.stat_result) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise OSError(errno.ELOOP, "it is a link")
    if stat.S_ISDIR(found.st_mode):
        raise OSError(errno.EISDIR, "it is a directory")
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file")


def extent(fd: int) -> int:
    """Bytes of a file up to its first hole: whoever appends leaves none, so what lies behind one
    was never written, and may be as large as you like."""
    size = os.fstat(fd).st_size
    if size and hasattr(os, "SEEK_HOLE"):
        try:
            return min(size, os.lseek(fd, 0, os.SEEK_HOLE))
        except OSError:  # a file system that does not know, or a file that has become empty
            return os.fstat(fd).st_size
    return size


def read_at(fd: int, count: int, offset: int) -> bytes:
    """`count` bytes from `offset` on; fewer where the file ends before. Raises OSError."""
    parts = []
    while count > 0:
        part = os.pread(fd, min(count, CHUNK), offset)
        if not part:
            break
        parts.append(part)
        count, offset = count - len(part), offset + len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def records_at(fd: int, dtype: np.dtype[np.void], first: int, count: int) -> npt.NDArray[np.void]:
    """[count] records from the one at `first` on; fewer where the file ends before. Raises OSError,
    and MemoryError where there is no room for them."""
    size = dtype.itemsize
    if 0 < count * size <= CHUNK:  # as a rule it comes at once, and need not be copied
        part = os.pread(fd, count * size, first * size)
        if len(part) == count * size:
            return np.frombuffer(part, dtype)
    data = bytearray(max(count, 0) * size)
    view, at = memoryview(data), 0
    while at < len(data):
        part = os.pread(fd, min(len(data) - at, CHUNK), first * size + at)
        if not part:
            break
        view[at : at + len(part)] = part
        at += len(part)
    return np.frombuffer(data, dtype, at // size)


def read_small(path: Path, most: int) -> bytes:
    """All of a file of at most `most` bytes. Raises OSError, also where it is larger."""
    with opened(path) as fd:
        larger = os.fstat(fd).st_size > most
        data = b"" if larger else read_at(fd, most + 1, 0)
    if larger or len(data) > most:
        raise OSError(errno.EFBIG, f"it has more than {most:,} bytes")
    return data


def read_json(path: Path, most: int) -> Any:
    """What a JSON file of at most `most` bytes holds. Raises OSError, or ValueError where it is no
    JSON or would take more memory than MOST_MEMORY; RecursionError where it is nested too deeply."""
    data = read_small(path, most)
    if sum(data.count(mark) * cost for mark, cost in COSTS.items()) > MOST_MEMORY:
        raise ValueError("it has more in it than any run")
    return json.loads(data)
