"""What is looked at beside the source: the command's output, its end, its ranks, a replay's time."""

from typing import Any

from gradtui.app.log_tail import LogTail
from gradtui.app.playback import Playback
from gradtui.app.render.text import safe
from gradtui.app.view import Outside
from gradtui.app.watched_run import WatchedRun
from gradtui.runstore.format.file_names import OUTPUT_NAME
from gradtui.runstore.writer.launch_record import exit_code
from gradtui.runstore.writer.ports import Source

LOG = OUTPUT_NAME
READ_EVERY = 0.25
"""Seconds between two looks at the output."""
ASK_EVERY = 1.0
"""Seconds between two looks at how a command of another process has ended."""


class ProcessView:
    """Collects an `Outside` at every tick."""

    def __init__(self, watched: WatchedRun, source: Source, playback: Playback | None) -> None:
        self._watched = watched
        self._source: Any = source
        self._playback = playback
        self._tail = LogTail(watched.directory / LOG)
        self._opened: float | None = None
        self._read = self._asked = float("-inf")
        self._code: int | None = None

    def look(self, now: float) -> Outside:
        """The state of things; cheap where nothing has happened."""
        watched, playback = self._watched, self._playback
        self._opened = now if self._opened is None else self._opened
        self._look_for_end(now)
        if now - self._read >= READ_EVERY or (watched.child is not None and self._code is not None):
            self._read = now
            self._tail.poll()
        return Outside(
            command=watched.command,
            log=self._tail.lines,
            code=self._code,
            stopping=watched.child.stopping if watched.child is not None else "",
            waited=float(int(now - self._opened)),
            ranks=tuple(safe(note) for note in getattr(self._source, "rank_notes", ())),
            world=max(len(self._source.ranks.ranks), 1) if hasattr(self._source, "ranks") else 1,
            last_step=playback.last_taken if playback is not None else -1,
            speed=playback.speed if playback is not None else "",
            kept=self._tail.there,
        )

    def _look_for_end(self, now: float) -> None:
        if self._code is not None:
            return
        if self._watched.child is not None:
            self._code = self._watched.child.look()
        elif now - self._asked >= ASK_EVERY:
            self._asked = now
            self._code = exit_code(self._watched.directory)
