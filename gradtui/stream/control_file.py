"""control.jsonl: what viewers ask of a run, one JSON object a line."""

import time
from pathlib import Path

from gradtui.core.control import Control
from gradtui.stream.disk import append_line
from gradtui.stream.lines import LineTail, dumps
from gradtui.stream.wire import control_from, control_json

NAME = "control.jsonl"
EVERY = 0.1
"""Seconds between two looks at the file: `poll` may be called at every step."""


class ControlReader:
    """The training side. `poll` never raises, and costs a clock reading most of the time."""

    def __init__(self, directory: Path | str, *, every: float = EVERY) -> None:
        self._tail = LineTail(Path(directory) / NAME)
        self._every = every
        self._next = 0.0

    def poll(self) -> list[Control]:
        """What has been asked since the last call, in order."""
        now = time.monotonic()
        if now < self._next:
            return []
        self._next = now + self._every
        asked = (control_from(line) for line in self._tail.poll())
        return [control for control in asked if control is not None]


def send_control(directory: Path, control: Control) -> bool:
    """Ask something of the run in `directory`; False where it cannot be asked or written."""
    line = control_json(control)
    if line is None:
        return False
    try:
        append_line(directory / NAME, dumps(line | {"time": time.time()}))
    except OSError:
        return False
    return True
