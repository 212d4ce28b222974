"""Files that only their owner can read, appended to in whole records."""

import errno
import fcntl
import os
import stat
from contextlib import suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt

HIGH = (700, 150)
"""Numbers from which on descriptors are that are kept open. A process may often have 1,024 or 256."""


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


def identity(status: os.stat_result) -> tuple[int, int]:
    """What tells a file from every other one that is there."""
    return status.st_dev, status.st_ino


class Descriptor:
    """An open file whose number is used only while it still means that file.

    A program may close numbers that it has not opened, as daemons do, and get them again for files
    of its own: these are neither written to nor closed. All that is left is a program that does
    both, in another thread, between the look and the call after it.
    """

    __slots__ = ("_number", "known")

    def __init__(self, path: Path, flags: int, *, kept: bool = False) -> None:
        """`kept` open for long: then out of the way, so that a program's own files have the numbers
        that they would have without us."""
        number = open_private(path, flags)
        self.known = identity(os.fstat(number))
        self._number = _high(number) if kept else number

    @property
    def ours(self) -> bool:
        try:
            return self._number >= 0 and identity(os.fstat(self._number)) == self.known
        except OSError:
            return False

    @property
    def number(self) -> int:
        """For the very next call. Raises OSError where it is somebody else's by now."""
        if not self.ours:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return self._number

    def close(self) -> None:
        number, ours = self._number, self.ours
        self._number = -1
        if ours:
            with suppress(OSError):
                os.close(number)


def _high(number: int) -> int:
    """The same file under a number that programs do not get to, where there is one."""
    for least in HIGH:
        try:
            high = fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, least)
        except OSError:  # beyond what the process may have
            continue
        os.close(number)
        return high
    return number


def replace_file(path: Path, data: bytes) -> None:
    """Put `data` in the place of a file: a reader sees all of the old or all of the new."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        file = Descriptor(beside, os.O_WRONLY | os.O_TRUNC)
        try:
            write_at(file.number, data, 0)
        finally:
            file.close()
        if beside.stat().st_size != len(data):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        beside.replace(path)
    except OSError:
        with suppress(OSError):
            beside.unlink()
        raise


def append_line(path: Path, line: str) -> None:
    """Add a line to a file of lines; a torn line before it is ended first. Raises OSError."""
    file = Descriptor(path, os.O_RDWR | os.O_APPEND)
    try:
        size = os.fstat(file.number).st_size
        torn = size > 0 and os.pread(file.number, 1, size - 1) != b"\n"
        view = memoryview(("\n" * torn + line + "\n").encode())
        while view:
            view = view[os.write(file.number, view) :]
    finally:
        file.close()


class RecordFile:
    """An append-only file of equal records. What a failed write leaves is cut off, or written over.

    A descriptor that is not ours any more is let go, and the file opened again where it was.
    """

    def __init__(self, path: Path, itemsize: int, *, claim: bool = False) -> None:
        """`claim`: the file must be new; FileExistsError otherwise."""
        self.path = path
        self.itemsize = itemsize
        flags = os.O_RDWR | (os.O_EXCL if claim else 0)
        self._file: Descriptor | None = Descriptor(path, flags, kept=True)
        self.count = os.fstat(self._file.number).st_size // itemsize if itemsize else 0

    @property
    def fd(self) -> int:
        """For the very next call. Raises OSError: where the file is gone, or cannot be opened."""
        if self._file is None or self.gone:
            raise FileNotFoundError(errno.ENOENT, "the file has been deleted or replaced")
        try:
            return self._file.number
        except OSError:
            again = Descriptor(self.path, os.O_RDWR, kept=True)
            if again.known != self._file.known:
                again.close()
                raise FileNotFoundError(errno.ENOENT, "the file has been replaced") from None
            self._file = again
            return again.number

    def append(self, records: npt.NDArray[np.void]) -> None:
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
            return self._file is None or identity(self.path.stat()) != self._file.known
        except OSError:
            return True

    def touch(self) -> None:
        """Set the time of the last change to now: a sign of life."""
        os.utime(self.fd)

    def replace(self, other: "RecordFile") -> None:
        """Go on with the file of `other`, which has been put in the place of this one."""
        self.close()
        self._file, self.count, other._file = other._file, other.count, None

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
