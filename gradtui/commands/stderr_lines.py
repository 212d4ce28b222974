"""Lines of ours on a stream that a command writes to as well: never within one of its own.

Whether its last line is finished can be seen in a file. On a terminal and in a pipe it cannot: what
is half printed there, a progress bar say, stays in one piece, as long as the command runs.
"""

import os
import stat
import sys
from contextlib import suppress

from gradtui.commands.output import warn


def aside(words: str) -> bool:
    """A line on standard error while a command runs, where it has finished its own; else nothing,
    and False."""
    if _last_byte() not in (b"", b"\n"):
        return False
    warn(words)
    return True


def fresh_line() -> None:
    """Before the first line on standard error after a command has ended: what it has left
    unfinished gets an end. Where all is well nothing is to be seen of that."""
    if sys.stderr is None:
        return
    with suppress(OSError, ValueError):
        sys.stderr.flush()
        if os.isatty(2):
            # From the first column these spaces fill the line, from another one they begin the next.
            os.write(2, b" " * (os.get_terminal_size(2).columns or 80) + b"\r")
        elif _last_byte() not in (b"", b"\n", None):
            os.write(2, b"\n")


def _last_byte() -> bytes | None:
    """Of standard error, where that is a file; None where nobody can know."""
    try:
        status = os.fstat(2)
        if not stat.S_ISREG(status.st_mode):
            return None
        if not status.st_size:
            return b""
        again = os.open("/dev/fd/2", os.O_RDONLY)  # its own descriptor may be for writing alone
        try:
            return os.pread(again, 1, status.st_size - 1)
        finally:
            os.close(again)
    except OSError:
        return None
