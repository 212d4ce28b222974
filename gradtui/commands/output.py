"""Lines on standard output and error: safe to print, coloured only for a terminal that wants it."""

import os
import sys
from dataclasses import dataclass

from gradtui.core.text import printable

CODES = {"good": "32", "bad": "31;1", "faint": "2"}


@dataclass(frozen=True, slots=True)
class Paint:
    """Colours words, or leaves them as they are. Colour never carries meaning alone."""

    on: bool

    def __call__(self, meaning: str, words: str) -> str:
        return f"\x1b[{CODES[meaning]}m{words}\x1b[0m" if self.on else words


def paint(color: bool) -> Paint:
    """Colours if they are wanted and standard output is a terminal that has them."""
    terminal = sys.stdout is not None and sys.stdout.isatty()
    return Paint(color and terminal and os.environ.get("TERM", "") not in ("", "dumb"))


def say(line: str) -> None:
    """One line on standard output, at once, so that a pipe sees results as they come."""
    if sys.stdout is not None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def warn(words: str) -> None:
    """One line on standard error."""
    if sys.stderr is not None:
        sys.stderr.write(f"gradtui: {printable(words)}\n")
        sys.stderr.flush()
