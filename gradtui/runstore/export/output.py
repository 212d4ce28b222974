"""Where an export goes: whole or not at all, and never through a link that somebody has laid there."""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from gradtui.core.errors import GradtuiError
from gradtui.core.text import printable

SYSTEM = (Path("/dev"), Path("/proc"))
"""Folders whose links nobody but the system lays: /dev/stdout is one."""
PRIVATE, PUBLIC = 0o600, 0o666


@contextmanager
def written(output: Path) -> Iterator[BinaryIO]:
    """A file to write to, that takes the place of `output` once the block has ended well. In a folder
    for its owner alone it is for its owner alone; one that is replaced keeps its mode. A pipe or a
    device is written to as it is.

    Raises GradtuiError where it is a link, or cannot be written.
    """
    try:
        found = refuse_link(output)
        if found is not None and not stat.S_ISREG(found.st_mode):
            with output.open("wb") as there:
                yield there
            return
        mode = mode_in(output.parent) if found is None else stat.S_IMODE(found.st_mode)
        partial = output.with_name(f".{output.name}.{secrets.token_hex(4)}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        fd = os.open(partial, flags, mode)
        try:
            if found is not None:
                os.fchmod(fd, mode)
            with os.fdopen(fd, "wb") as file:
                yield file
            partial.replace(output)
        except BaseException:
            with suppress(OSError):
                partial.unlink()
            raise
    except OSError as error:
        raise refused(output, error) from None


def refuse_link(output: Path) -> os.stat_result | None:
    """What is known of what has that name, None where nothing has. Raises GradtuiError where it is a
    link: it may lead anywhere, and what it leads to would be lost."""
    try:
        found = output.lstat()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise refused(output, error) from None
    if not stat.S_ISLNK(found.st_mode):
        return found
    if any(place in Path(os.path.abspath(output)).parents for place in SYSTEM):  # noqa: PTH100
        return os.stat_result((stat.S_IFCHR, *found[1:]))
    raise GradtuiError(
        f"{printable(str(output))} is a link: remove it, or name the file that it leads to."
    )


def mode_in(folder: Path) -> int:
    """Permissions of a new file in a folder, before the umask."""
    try:
        return PUBLIC if folder.stat().st_mode & 0o077 else PRIVATE
    except OSError:
        return PRIVATE


def refused(output: Path, error: Exception) -> GradtuiError:
    """The sentence on a file that could not be written."""
    why = printable(str(getattr(error, "strerror", "") or error))
    if getattr(error, "errno", None) == errno.ENOSPC:
        why = "the disk is full"
    return GradtuiError(f"{printable(str(output))} could not be written ({why}).")
