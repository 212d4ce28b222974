"""From a way to make the app to an exit code, with the terminal given back whatever happens."""

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from gradtui.app.render.text import safe
from gradtui.app.splash import LEAVE
from gradtui.app.terminal import (
    Output,
    borrowed_terminal,
    refuse_without_terminal,
    write_crash_log,
)
from gradtui.core.errors import GradtuiError

if TYPE_CHECKING:
    from gradtui.app.terminal_app import TerminalApp

PATIENCE = 1.0
"""Seconds that a trainer may take for the step under way when the app has ended."""


def run_app(make: Callable[[Output], "TerminalApp"]) -> int:
    """As `show_app_once`, and nothing comes after it: no thread is left running."""
    code = show_app_once(make)
    end_threads(code)
    return code


def show_app_once(make: Callable[[Output], "TerminalApp"]) -> int:
    """Run the app that `make` returns on this terminal; its exit code. Another may come after it.

    0 after a normal end, 128+n after signal n, 1 after a crash: then one sentence on stderr names
    the file that has the traceback. Raises UsageError where there is no terminal.
    """
    refuse_without_terminal()
    crash: Exception | None = None
    code = 0
    with borrowed_terminal() as output:
        try:
            app = make(output)
            app.run()
            crash, code = app.crash, app.exit_code
            if crash is None and app.return_code is None:
                crash = RuntimeError("it ended although nobody had asked")
        except GradtuiError:
            raise
        except Exception as error:
            crash = error
        printed = output.text()
    if crash is not None:
        code = 1
        with suppress(OSError):  # the terminal may be gone
            # Textual may not have got as far as leaving the alternate screen, or entering it.
            print(LEAVE, end="", file=sys.stderr)  # noqa: T201
            print(crash_sentence(crash, printed), file=sys.stderr)  # noqa: T201
    return code


def end_threads(code: int) -> None:
    """Wait a moment for threads that have been asked to end. Where one does not, this program does:
    Python would pull the interpreter from under a thread that is inside torch, and abort."""
    if not threads_ended(PATIENCE):
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)


def threads_ended(seconds: float) -> bool:
    """Wait for the daemon threads, which have been asked to end; True when they have."""
    end = monotonic() + seconds
    for thread in threading.enumerate():
        if thread.daemon and thread is not threading.current_thread():
            thread.join(max(end - monotonic(), 0.0))
    return not any(thread.daemon for thread in threading.enumerate())


def crash_sentence(crash: Exception, printed: str) -> str:
    """What to tell after a crash, having written its traceback to a file."""
    lines = str(crash).strip().splitlines()
    reason = safe(lines[0])[:200] if lines else ""
    what = f"{type(crash).__name__}: {reason}" if reason else type(crash).__name__
    try:
        path = write_crash_log(crash, printed)
    except OSError as error:
        return f"gradtui: the screen crashed ({what}); no log could be written: {error.strerror}."
    return f"gradtui: the screen crashed ({what}); the traceback is in {path}"
