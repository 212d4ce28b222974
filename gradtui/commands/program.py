"""A training command in a child process: started, awaited, its end noted."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from gradtui.commands.settings import Settings
from gradtui.core.errors import UsageError
from gradtui.core.text import printable

GLANCE = 0.2
"""Seconds between two looks at a command that is being recorded."""
PATIENCE = 10.0
"""Seconds that a command gets between being asked to end and being ended."""


def new_directory(command: list[str], runs: str) -> Path:
    """The directory that this command will be recorded into, with its run.json. Raises UsageError
    where it cannot be made."""
    from gradtui.runstore.files.run_folders import new_run, runs_home
    from gradtui.runstore.writer.launch_record import record_launch

    directory = new_run(runs_home(runs), command)
    try:
        record_launch(directory, command)
    except OSError as error:
        with suppress(OSError):
            directory.rmdir()
        where = printable(str(directory.parent))
        raise UsageError(f"no run can be kept in {where} ({error.strerror}); see --runs") from None
    return directory


def start(
    directory: Path,
    command: list[str],
    settings: Settings,
    *,
    output: int | None = None,
) -> subprocess.Popen[bytes]:
    """The command in a child process that records itself into `directory`, as `settings` say.

    `output` takes both its streams and puts it into a session of its own, out of reach of the
    terminal's Ctrl+C and of its input; None leaves everything as it is. Raises UsageError where it
    cannot be started.
    """
    from gradtui.inject import environment

    apart = output is not None
    watching = environment(
        directory,
        overhead=settings.overhead / 100,
        autopsy=settings.autopsy,
        catch_nan=settings.catch_nan,
    )
    try:
        return subprocess.Popen(  # noqa: S603 - what the person asked to run
            command,
            env=os.environ | watching,
            stdin=_input() if apart else None,
            stdout=output,
            stderr=output,
            start_new_session=apart,
        )
    except OSError as error:
        ended(directory, 127 if isinstance(error, FileNotFoundError) else 126)
        name = printable(command[0])
        raise UsageError(f"{name} cannot be started ({error.strerror}).") from None


def _input() -> int | None:
    """What a session of its own gets as input: a pipe as it is, of a terminal nothing."""
    return subprocess.DEVNULL if sys.stdin is None or sys.stdin.isatty() else None


def ended(directory: Path, code: int) -> int:
    """Note how the command ended; its exit code as a shell would give it."""
    return noted(directory, code)[0]


def noted(directory: Path, code: int) -> tuple[int, str]:
    """As `ended`, and what the disk says where it did not take that; "" where it did."""
    from gradtui.runstore.writer.launch_record import record_exit

    code = 128 - code if code < 0 else code
    try:
        record_exit(directory, code)
    except OSError as error:
        return code, error.strerror or str(error)
    return code, ""


def waited(child: subprocess.Popen[bytes], glance: Callable[[], bool] = lambda: True) -> int:
    """Wait for the command's end; what `Popen.wait` gives.

    `glance` is called every GLANCE seconds; once it says False the command is asked to end.
    """
    while True:
        try:
            return child.wait(GLANCE)
        except subprocess.TimeoutExpired:
            if not glance():
                return stop(child)


def stop(child: subprocess.Popen[bytes], patience: float = PATIENCE) -> int:
    """End the command and what it has started: SIGTERM, and SIGKILL for what stays."""
    for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, patience)):
        with suppress(ProcessLookupError, PermissionError):
            if os.getpgid(child.pid) == os.getpgrp():
                child.send_signal(number)
            else:
                os.killpg(child.pid, number)
        with suppress(subprocess.TimeoutExpired):
            return child.wait(seconds)
    return child.wait()
