"""The terminal as a borrowed thing: checked before, kept clean while in use, given back whole.

Libraries print from C, past `sys.stdout`, and would tear the screen. So while the app runs, file
descriptors 1 and 2 lead to a file that the app can show, and Textual writes to a duplicate of the
terminal's own. It finds that as `sys.__stderr__` (to draw) and `sys.__stdout__` (to ask its size).
"""

import errno
import fcntl
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from traceback import format_exception
from typing import IO

from gradtui.core.errors import UsageError
from gradtui.core.paths import state_home

KEPT = 256 * 1024
"""Bytes of captured output that are kept; a chatty library must not fill the disk."""

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def refuse_without_terminal(instead: str = "gradtui check SCENARIO") -> None:
    """Raise a UsageError where no screen can be drawn; `instead` is what does without one."""
    if not os.isatty(0) or not (os.isatty(1) or os.isatty(2)):
        raise UsageError(
            "this needs a terminal, and input or output is none; "
            f"`{instead}` does without a screen."
        )
    if os.environ.get("TERM", "dumb") in ("dumb", "unknown", ""):
        raise UsageError(
            "the terminal says that it cannot draw (TERM=dumb); set TERM, "
            f"or use `{instead}`, which needs no screen."
        )


class Output:
    """What was printed to file descriptors 1 and 2 while the app had the terminal."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        flags = fcntl.fcntl(file, fcntl.F_GETFL)
        fcntl.fcntl(file, fcntl.F_SETFL, flags | os.O_APPEND)
        self.stream = open(  # noqa: SIM115, PTH123 - lives as long as this object
            os.dup(file.fileno()), "w", encoding="utf-8", errors="replace", buffering=1
        )

    def fileno(self) -> int:
        return self._file.fileno()

    def size(self) -> int:
        return os.fstat(self.fileno()).st_size

    def trim(self) -> None:
        """Forget everything once it has become too much."""
        if self.size() > KEPT:
            os.ftruncate(self.fileno(), 0)

    def text(self) -> str:
        return os.pread(self.fileno(), KEPT, 0).decode("utf-8", "replace")

    def close(self) -> None:
        self.stream.close()
        self._file.close()


@contextmanager
def borrowed_terminal() -> Iterator[Output]:
    """Redirect file descriptors 1 and 2 to an `Output`; Textual keeps the terminal."""
    terminal = os.dup(1 if os.isatty(1) else 2)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    saved = os.dup(1), os.dup(2)
    originals = sys.__stdout__, sys.__stderr__
    with tempfile.TemporaryFile(prefix="gradtui-") as file:
        output = Output(file)
        screen = open(terminal, "w", encoding="utf-8", errors="replace")  # noqa: SIM115, PTH123
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
        _set_originals(screen, screen)
        try:
            yield output
        finally:
            with suppress(OSError, ValueError):
                screen.flush()
            for stream in (sys.stdout, sys.stderr):
                with suppress(OSError, ValueError):
                    stream.flush()
            for number, fd in enumerate(saved, start=1):
                os.dup2(fd, number)
                os.close(fd)
            _set_originals(*originals)
            with suppress(OSError):
                screen.close()
            output.close()


def _set_originals(stdout: IO[str] | None, stderr: IO[str] | None) -> None:
    for name, stream in (("__stdout__", stdout), ("__stderr__", stderr)):
        setattr(sys, name, stream)


def catch_signals(end: Callable[[int], object]) -> None:
    """Call `end(number)` in the running event loop on the signals that end a program."""
    import asyncio

    loop = asyncio.get_running_loop()
    for number in ENDING:
        loop.add_signal_handler(number, end, int(number))


def state_dir() -> Path:
    """Where logs go: `$XDG_STATE_HOME/gradtui`, readable by its owner alone. Raises OSError."""
    path = state_home()
    if path is None:
        raise FileNotFoundError(errno.ENOENT, "there is no home directory")
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def add_fault(trace: str) -> Path | None:
    """Add a traceback to this process's file of faults that were passed over; None: it cannot be."""
    try:
        path = state_dir() / f"faults-{os.getpid()}.log"
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        with os.fdopen(fd, "a", encoding="utf-8") as file:
            file.write(f"{datetime.now():%Y-%m-%d %H:%M:%S}\n{trace}\n")
    except OSError:
        return None
    return path


def write_crash_log(error: BaseException, output: str = "") -> Path:
    """The traceback and what was printed before it, in a new file that only its owner can read."""
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    path = state_dir() / f"crash-{stamp}-{os.getpid()}.log"
    text = "".join(format_exception(error))
    if output:
        text += f"\n--- printed before ---\n{output}"
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as file:
        file.write(text)
    return path
