"""What the program that starts a command writes: what it is about to start, and how that ended."""

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gradtui.runstore.files.disk import replace_file
from gradtui.runstore.files.reading import DAMAGE, SMALL, read_json
from gradtui.runstore.format.run_header import here
from gradtui.runstore.format.run_json import write_header

EXIT = "exit.json"


def record_launch(directory: Path, command: Sequence[str], *, world_size: int = 1) -> None:
    """Write run.json before the command is started; the first rank takes it over.

    Raises OSError.
    """
    own = here(command, world_size=world_size)
    launcher = {"pid": own.pid, "machine": own.machine}
    write_header(directory, replace(own, pid=0, launcher=launcher))


def record_attachment(directory: Path, command: Sequence[str], pid: int) -> None:
    """Write run.json of a process that is about to be attached to, which takes it over at its first step.

    Raises OSError.
    """
    own = here(command)
    launcher = {"pid": pid, "machine": own.machine}
    write_header(directory, replace(own, pid=0, launcher=launcher))


def record_exit(directory: Path, code: int) -> None:
    """Write how the command ended: its exit code, 128+n after signal n. Raises OSError."""
    replace_file(directory / EXIT, json.dumps({"code": code, "time": time.time()}).encode())


def exit_code(directory: Path) -> int | None:
    """What the command ended with; None while it runs, and where nobody was there to see."""
    try:
        code = read_json(directory / EXIT, SMALL)["code"]
    except DAMAGE:
        return None
    known = isinstance(code, int) and not isinstance(code, bool) and 0 <= code < 256
    return code if known else None
