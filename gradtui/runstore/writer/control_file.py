"""control.jsonl: what viewers ask of a run, one JSON object a line."""

import time
from pathlib import Path
from typing import Any

from gradtui.core.control import Control
from gradtui.runstore.files.disk import append_line
from gradtui.runstore.format.event_json import control_from, control_json
from gradtui.runstore.format.json_lines import LineTail, dumps

NAME = "control.jsonl"
EVERY = 0.1
"""Seconds between two looks at the file: `poll` may be called at every step."""


class ControlReader:
    """The training side. `poll` never raises, and costs a clock reading most of the time.

    What was asked before the time `after` (seconds since 1970) is passed over: a process that is
    started again must not obey what its predecessor was told.
    """

    def __init__(self, directory: Path | str, *, every: float = EVERY, after: float = 0.0) -> None:
        self._tail = LineTail(Path(directory) / NAME)
        self._after = after
        self._every = every
        self._next = 0.0

    def poll(self) -> list[Control]:
        """What has been asked since the last call, in order."""
        now = time.monotonic()
        if now < self._next:
            return []
        self._next = now + self._every
        asked = [control_from(line) for line in self._tail.poll() if self._recent(line)]
        return [control for control in asked if control is not None]

    def _recent(self, line: dict[str, Any]) -> bool:
        when = line.get("time", self._after)
        return isinstance(when, (int, float)) and when >= self._after


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
