"""Files that only their owner can read, appended to in whole records."""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

import numpy as np

from gradtui.stream.records import RecordArray


def open_private(path: Path, flags: int) -> int:
    """os.open with mode 0600 whatever the umask; never inherited by a program started later. Raises
    OSError, also where something else than a regular file has that name."""
    kept_out = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
    fd = os.open(path, flags | os.O_CREAT | kept_out, 0o600)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        os.fchmod(fd, 0o600)
    except OSError:
        os.close(fd)
        raise
    return fd


def write_at(fd: int, data: bytes | memoryview, offset: int) -> None:
    """Write all of `data` at `offset`, or raise OSError having written a part."""
    view = memoryview(data)
    while view:
        count = os.pwrite(fd, view, offset)
        view, offset = view[count:], offset + count


def replace_file(path: Path, data: bytes) -> None:
    """Put `data` in the place of a file: a reader sees all of the old or all of the new."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        fd = open_private(beside, os.O_WRONLY | os.O_TRUNC)
        try:
            write_at(fd, data, 0)
        finally:
            os.close(fd)
        beside.replace(path)
    except OSError:
        with suppress(OSError):
            beside.unlink()
        raise


def append_line(path: Path, line: str) -> None:
    """Add a line to a file of lines; a torn line before it is ended first. Raises OSError."""
    fd = open_private(path, os.O_RDWR | os.O_APPEND)
    try:
        size = os.fstat(fd).st_size
        torn = size > 0 and os.pread(fd, 1, size - 1) != b"\n"
        view = memoryview(("\n" * torn + line + "\n").encode())
        while view:
            view = view[os.write(fd, view) :]
    finally:
        os.close(fd)


class RecordFile:
    """An append-only file of equal records. What a failed write leaves is cut off, or written over."""

    def __init__(self, path: Path, itemsize: int, *, claim: bool = False) -> None:
        """`claim`: the file must be new; FileExistsError otherwise."""
        self.path = path
        self.itemsize = itemsize
        self.fd = open_private(path, os.O_RDWR | (os.O_EXCL if claim else 0))
        self.count = os.fstat(self.fd).st_size // itemsize if itemsize else 0

    def append(self, records: RecordArray) -> None:
        """Raises OSError; `count` says how many of them have been written whole even then."""
        data = np.ascontiguousarray(records).tobytes()
        end = self.count * self.itemsize
        try:
            write_at(self.fd, data, end)
        except OSError:
            with suppress(OSError):
                whole = max(os.fstat(self.fd).st_size - end, 0) // self.itemsize
                whole = min(whole, len(records))
                os.ftruncate(self.fd, end + whole * self.itemsize)
                self.count += whole
            raise
        self.count += len(records)

    @property
    def gone(self) -> bool:
        """Whether somebody has deleted or replaced the file."""
        try:
            there, here = self.path.stat(), os.fstat(self.fd)
        except OSError:
            return True
        return (there.st_dev, there.st_ino) != (here.st_dev, here.st_ino)

    def touch(self) -> None:
        """Set the time of the last change to now: a sign of life."""
        os.utime(self.fd)

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
