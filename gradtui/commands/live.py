"""`gradtui run` with a screen: the command in the background, its run on the terminal."""

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from gradtui.commands import program
from gradtui.commands.forward.address import Address
from gradtui.commands.forward.forwarder import Forwarder
from gradtui.commands.notify import Notifier
from gradtui.commands.output import warn
from gradtui.commands.settings import Settings
from gradtui.core.errors import GradtuiError
from gradtui.core.secrets import masked
from gradtui.core.text import printable
from gradtui.runstore.format.file_names import OUTPUT_NAME

STEPS = ((0.0, signal.SIGINT), (5.0, signal.SIGTERM), (15.0, signal.SIGKILL))
"""Seconds after having been asked to end, and how it is asked then: many scripts save their state
on KeyboardInterrupt."""
GRACE = 2.0
"""Seconds that a command gets to end before the screen's own end, where both were told to."""


class Command:
    """The command as the screen sees it."""

    def __init__(
        self,
        child: subprocess.Popen[bytes],
        directory: Path,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.pid = child.pid
        self._child = child
        self._directory = directory
        self._clock = clock
        self._code: int | None = None
        self._asked: float | None = None
        self._sent = 0

    def look(self) -> int | None:
        """Its exit code, noted in the run's directory when it is first seen."""
        if self._code is None and (code := self._child.poll()) is not None:
            self._code = program.ended(self._directory, code)
        if self._code is None and self._asked is not None:
            past = self._clock() - self._asked
            while self._sent < len(STEPS) and past >= STEPS[self._sent][0]:
                self.forward(STEPS[self._sent][1])
                self._sent += 1
        return self._code

    def stop(self) -> None:
        if self._asked is None:
            self._asked = self._clock()
            self.look()

    def forward(self, number: int) -> None:
        """A signal to the command and all that it has started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    @property
    def stopping(self) -> str:
        if self._asked is None:
            return ""
        sent = STEPS[max(self._sent - 1, 0)][1].name
        words = f"stopping... {sent} was sent"
        if self._sent < len(STEPS):
            when, following = STEPS[self._sent]
            left = max(when - (self._clock() - self._asked), 0.0)
            words += f"; {following.name} follows in {left:.0f} s"
        return words

    def wait(self, seconds: float) -> None:
        """Give it some time to end."""
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(seconds)


def run_live(
    directory: Path,
    command: list[str],
    settings: Settings,
    stop_on: str | None = None,
    notify: str | None = None,
    to: Sequence[Address] = (),
) -> int:
    """Start the command and show its run until somebody leaves. `stop_on`: how bad it has to be for a
    question whether to end it; `notify` is a command of the shell that is told of it, `to` where values
    are sent on to.

    The command's own exit code where it has ended, else that of the screen.
    """
    from gradtui.app.watched_run import WatchedRun
    from gradtui.commands.command_verdict import judged
    from gradtui.commands.run_screen import show_run
    from gradtui.runstore.files.disk import open_private
    from gradtui.runstore.reader.run_reader import RunReader

    log = open_private(directory / OUTPUT_NAME, os.O_WRONLY | os.O_APPEND)
    try:
        popen = program.start(directory, command, settings, output=log)
    finally:
        os.close(log)
    child = Command(popen, directory)
    forwarder = Forwarder(to, directory)
    notifier = Notifier(notify, directory, command)
    watched = WatchedRun(
        "run",
        directory,
        printable(shlex.join(masked(command))),
        child=child,
        stop_on=stop_on or "",
        alarmed=notifier.found,
    )

    def ending(number: int) -> None:
        if number != signal.SIGHUP:
            child.forward(number)

    code = show_run(RunReader(directory), watched, settings, ending)
    if code > 128 and code != 128 + signal.SIGHUP:
        child.wait(GRACE)
    ended = child.look()
    if ended is not None:
        forwarder.end(failed=ended != 0)
        if notify is not None:
            with suppress(GradtuiError):  # a record that cannot be read
                notifier.ended(judged(directory, command, code=ended), ended)
            if notifier.complaint:
                warn(notifier.complaint)
        for line in forwarder.finish():
            warn(line)
        return code or ended
    forwarder.leave()
    with suppress(OSError):  # the terminal may be gone
        warn(f"training goes on (process {child.pid}); 'gradtui attach' shows it again")
    return code
