"""The very first frame: on screen before Textual, numpy or torch are imported."""

import os
import signal
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

from gradtui.core.text import printable

ENTER = "\x1b[?1049h\x1b[?25l\x1b[2J"
# 1047 leaves the alternate screen like 1049 but does not move the cursor, so that it does no harm
# where the app has left already.
LEAVE = "\x1b[?1047l\x1b[?25h"
BACK = "\x1b[?1049l\x1b[?25h"
MOUSE_OFF = "\x1b[?1000l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?2004l\x1b[?1004l"


def frame(title: str, columns: int, rows: int) -> str:
    """What is written: the name and what is being opened, in the middle of the screen."""
    lines = ["gradtui", printable(title)[: max(columns - 2, 0)], "", "starting"]
    out = [ENTER]
    for number, line in enumerate(lines):
        row = max(1, rows // 2 - 2 + number)
        column = max(1, (columns - len(line)) // 2 + 1)
        bold = ("\x1b[1m", "\x1b[0m") if number == 0 else ("", "")
        out.append(f"\x1b[{row};{column}H{bold[0]}{line}{bold[1]}")
    return "".join(out)


@contextmanager
def splash(title: str, ending: Callable[[int], object] = bool) -> Iterator[None]:
    """Show the first frame at once; the app inside draws over it.

    Whatever ends the block early, an exception or a signal, gives the terminal back. `ending` is
    told the signal.
    """
    # A copy of our own: the app points descriptors 1 and 2 elsewhere while it has the screen.
    terminal = os.dup(1 if os.isatty(1) else 2)
    size = os.get_terminal_size(terminal)
    modes = termios.tcgetattr(terminal)
    _write(terminal, frame(title, size.columns, size.lines))

    def end(number: int, where: FrameType | None) -> NoReturn:
        ending(number)
        with suppress(termios.error, OSError):
            termios.tcsetattr(terminal, termios.TCSANOW, modes)
        _write(terminal, MOUSE_OFF + BACK)
        os._exit(128 + number)

    numbers = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    except BaseException:
        _write(terminal, LEAVE)
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(terminal)


def _write(fd: int, text: str) -> None:
    with suppress(OSError):
        os.write(fd, text.encode())
