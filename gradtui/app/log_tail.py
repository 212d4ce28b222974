"""The end of a file that a command writes its output to: lines as a terminal would show them.

Progress bars draw over themselves with carriage returns and cursor moves; what remains of them here
is their last state. Colours are dropped, and nothing that comes out can move anybody's cursor.
"""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from gradtui.app.render.text import safe
from gradtui.runstore.files.reading import look_at, opened, read_at

KEPT_BYTES = 128 * 1024
"""Bytes from the end that are read of a file that has grown by more."""
KEPT_LINES = 1000
LONGEST = 2000
"""Characters of a line that are kept."""

_TOKEN = re.compile(
    r"(?P<csi>\x1b\[(?P<args>[0-9;:?<>= ]*)(?P<end>[@-~]))"
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|\x1b[ -/]*[0-~]"
    r"|(?P<move>[\r\n\b])"
    r"|(?P<text>[^\x1b\r\n\b]+)"
)
_OPEN = re.compile(r"\x1b(?:\[[0-9;:?<>= ]*|[\]PX^_][^\x07\x1b]{0,4096}|[ -/]*)?\x1b?$")
"""An escape sequence whose end has not been written yet."""


class LogTail:
    """`poll` reads what is new; `lines` is the end of the file, oldest first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: tuple[str, ...] = ()
        self.there = False
        """Whether there has been such a file."""
        self._restart()

    def _restart(self) -> None:
        self._at = 0
        self._identity: tuple[int, int] | None = None
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rows: list[str] = [""]
        self._row = 0
        self._column = 0
        self._pending = ""

    def poll(self) -> bool:
        """Read what has been written since the last call; True where there is something new."""
        try:
            status = look_at(self.path)
        except OSError:
            return False
        self.there = True
        identity = (status.st_dev, status.st_ino)
        if status.st_size < self._at or identity != (self._identity or identity):
            self._restart()
        self._identity = identity
        if status.st_size == self._at:
            return False
        try:
            with opened(self.path) as fd:
                skipped = status.st_size - self._at > KEPT_BYTES
                if skipped:
                    self._restart()
                    self._identity = identity
                    self._at = status.st_size - KEPT_BYTES
                data = read_at(fd, KEPT_BYTES, self._at)
        except OSError:
            return False
        self._at += len(data)
        if skipped:  # what is left of the line that was cut tells nothing
            data = data[data.find(b"\n") + 1 :]
        self._take(self._pending + self._decoder.decode(data))
        shown = self._rows[:-1] if self._rows and not self._rows[-1] else self._rows
        self.lines = tuple(safe(row.rstrip().expandtabs()) for row in shown)
        return True

    def _take(self, text: str) -> None:
        unfinished = _OPEN.search(text)
        self._pending = text[unfinished.start() :] if unfinished else ""
        for kind, value in _tokens(text[: len(text) - len(self._pending)]):
            match kind:
                case "text":
                    self._write(value)
                case "\n":
                    self._down()
                case "\r":
                    self._column = 0
                case "\b":
                    self._column = max(self._column - 1, 0)
                case "A":
                    self._row = max(self._row - int(value), 0)
                case "K":
                    self._erase(value)
                case _:
                    pass

    def _write(self, text: str) -> None:
        row, at = self._rows[self._row], self._column
        row = (row[:at].ljust(at) + text + row[at + len(text) :])[:LONGEST]
        self._rows[self._row] = row
        self._column = min(at + len(text), LONGEST)

    def _down(self) -> None:
        self._row, self._column = self._row + 1, 0
        if self._row == len(self._rows):
            self._rows.append("")
        surplus = len(self._rows) - KEPT_LINES - 1
        if surplus > 0:
            del self._rows[:surplus]
            self._row -= surplus

    def _erase(self, how: str) -> None:
        row = self._rows[self._row]
        if how == "2":
            row = ""
        elif how == "1":
            row = " " * self._column + row[self._column :]
        else:
            row = row[: self._column]
        self._rows[self._row] = row


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """(kind, value): "text", a control character that moves, or the letter of an escape sequence."""
    for found in _TOKEN.finditer(text):
        if found["text"]:
            yield "text", found["text"]
        elif found["move"]:
            yield found["move"], ""
        elif found["csi"]:
            args = found["args"]
            if found["end"] == "A":
                yield "A", args if args.isascii() and args.isdecimal() and len(args) < 5 else "1"
            elif found["end"] == "K":
                yield "K", args
