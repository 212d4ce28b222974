"""Deleting a run: the one that was meant, all of it, and nothing else.

A name may mean something else by the time that a question about it is answered. So a run is
identified before, looked at again through an open descriptor, and its files are deleted through that.
Nothing is deleted of a directory that has something in it which gradtui does not write: a project that
happens to have a run.json, or a run in whose directory somebody has put a checkpoint.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gradtui.core.errors import GradtuiError
from gradtui.core.text import printable
from gradtui.runstore.files.disk import identity
from gradtui.runstore.files.run_folders import HEADER
from gradtui.runstore.format.file_names import RUN_FILE

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC

Stamp = tuple[str, int, int, int]


class NotRemovedError(GradtuiError):
    """A run stays where it is; why, in a clause."""


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """What tells a run from whatever else may get its name: an inode alone is soon given again."""

    name: str
    directory: tuple[int, int]
    headers: tuple[Stamp, ...]


def identify(home: Path, name: str) -> RunIdentity:
    """The run of that name in `home` as it is now. Raises NotRemovedError where there is none that
    could be deleted."""
    with _said(), _opened(home, name) as (_, folder):
        return RunIdentity(name, identity(os.fstat(folder)), _headers(_contents(folder)))


def remove_run(home: Path, run: RunIdentity, running: Callable[[Path], bool]) -> None:
    """Delete a run. `running` is asked about its directory at the last moment.

    Raises NotRemovedError, as a rule with nothing deleted; where the system refuses in the middle
    the headers are still there, so that it stays in the list.
    """
    with _said(), _opened(home, run.name) as (parent, folder):
        names = _contents(folder)
        now = RunIdentity(run.name, identity(os.fstat(folder)), _headers(names))
        if now != run:
            raise NotRemovedError("it has changed since it was asked about")
        if running(home / run.name):
            raise NotRemovedError("it is still running")
        for name in sorted(names, key=_is_header):
            os.unlink(name, dir_fd=folder)
        _refuse_others(parent, run)
        os.rmdir(run.name, dir_fd=parent)


def _refuse_others(parent: int, run: RunIdentity) -> None:
    found = os.stat(run.name, dir_fd=parent, follow_symlinks=False)
    if identity(found) != run.directory:
        raise NotRemovedError("something else has got its name meanwhile; its files are deleted")


@contextmanager
def _opened(home: Path, name: str) -> Iterator[tuple[int, int]]:
    """Descriptors of `home`, which may be a link, and of the directory of that name in it, which may
    not."""
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise NotRemovedError("that is no name of a run")
    parent = os.open(home, FOLDER)
    try:
        found = os.stat(name, dir_fd=parent, follow_symlinks=False)
        if stat.S_ISLNK(found.st_mode):
            raise NotRemovedError("it is a link to a directory elsewhere")
        folder = os.open(name, FOLDER | os.O_NOFOLLOW, dir_fd=parent)
        try:
            yield parent, folder
        finally:
            os.close(folder)
    finally:
        os.close(parent)


def _contents(folder: int) -> dict[str, os.stat_result]:
    """What is in a run's directory. Raises NotRemovedError where that is not what gradtui writes."""
    found = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            there = entry.stat(follow_symlinks=False)
            if not (stat.S_ISREG(there.st_mode) and RUN_FILE.fullmatch(entry.name)):
                raise NotRemovedError(
                    f"there is {printable(entry.name)!r} in it, which gradtui has not written"
                )
            found[entry.name] = there
    if not any(map(_is_header, found)):
        raise NotRemovedError("it holds no run")
    return found


def _headers(found: dict[str, os.stat_result]) -> tuple[Stamp, ...]:
    stamps = ((n, f.st_ino, f.st_size, f.st_mtime_ns) for n, f in found.items() if _is_header(n))
    return tuple(sorted(stamps))


def _is_header(name: str) -> bool:
    return HEADER.fullmatch(name) is not None


@contextmanager
def _said() -> Iterator[None]:
    """What the system refuses as a clause."""
    try:
        yield
    except FileNotFoundError:
        raise NotRemovedError("it is gone already") from None
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise NotRemovedError("files were written into it meanwhile") from None
        why = printable(error.strerror or str(error))
        raise NotRemovedError(f"the system refuses ({why})") from None
