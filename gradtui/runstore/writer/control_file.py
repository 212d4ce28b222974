"""control.jsonl: what viewers ask of a run, one JSON object a line."""

import os
import stat
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any

from gradtui.core.control import Control
from gradtui.runstore.files.disk import append_line
from gradtui.runstore.format.event_json import control_from, control_json
from gradtui.runstore.format.json_lines import LineTail, dumps

NAME = "control.jsonl"


class ControlInbox:
    """What has been asked and not been done yet. One thread puts it in, another one takes it out."""

    def __init__(self) -> None:
        self.controls: deque[Control] = deque()
        self.sign = float("-inf")
        """When a viewer was last heard of, by the monotonic clock."""
        self.wanted = False
        """Whether anything is to be done after the next step: read there, and nothing else."""

    def take_in(self, controls: list[Control], *, heard: bool) -> None:
        """`heard`: a viewer has shown that it is there."""
        if heard:
            self.sign = time.monotonic()
        self.controls += controls
        if self.controls:
            self.wanted = True


class ControlReader:
    """The training side; `poll` never raises.

    Only what the owner of this process has written into a file that nobody else may write to is
    read. What was asked before the time `after` (seconds since 1970) is passed over: a process that
    is started again must not obey what its predecessor was told.
    """

    def __init__(self, directory: Path | str, *, after: float = 0.0) -> None:
        self._path = Path(directory) / NAME
        self._tail = LineTail(self._path)
        self._after = after
        self._touched = 0
        self.heard = False
        """Whether a viewer has written to the file, or touched it, between the last two polls."""

    def poll(self) -> list[Control]:
        """What has been asked since the last call, in order."""
        self.heard = False
        try:
            found = os.lstat(self._path)
        except OSError:
            return []
        mine = not hasattr(os, "geteuid") or found.st_uid == os.geteuid()
        if not mine or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            return []
        self.heard = found.st_mtime_ns != self._touched
        self._touched = found.st_mtime_ns
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


def show_sign(directory: Path) -> None:
    """Say that whoever asked last is still there."""
    with suppress(OSError):
        os.utime(directory / NAME, follow_symlinks=False)
