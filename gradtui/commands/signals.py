"""Signals that this program gets and that are meant for the command which it has started."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

FORWARDED = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
)
LATE = 0.3
"""Seconds within which a signal to a group has reached all of it."""


class Witness:
    """A process of this one's group that does nothing but wait, and that a signal ends or stops.

    Nothing else tells whether a signal was sent to the whole group, as terminals and `timeout` do:
    then the command has it already, and would have it twice. It ends with this process, whatever
    ends that.
    """

    def __init__(self) -> None:
        self._pid, self._held = 0, -1
        self._had: list[int] = []
        """What earlier ones were ended by, and nobody has asked about yet."""
        self._begin()

    def has(self, number: int) -> bool:
        """Whether it has been given this one too, a moment ago or now."""
        end = time.monotonic() + LATE
        while self._pid:
            with suppress(ChildProcessError):
                pid, status = os.waitpid(self._pid, os.WNOHANG | os.WUNTRACED)
                if pid and os.WIFSTOPPED(status):
                    return os.WSTOPSIG(status) == number
                if pid:
                    self._had += [os.WTERMSIG(status)] if os.WIFSIGNALED(status) else []
                    self._begin()
            if number in self._had:
                self._had.remove(number)
                return True
            if time.monotonic() >= end:
                break
            time.sleep(LATE / 50)
        return False

    def resume(self) -> None:
        if self._pid:
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGCONT)

    def close(self) -> None:
        pid, self._pid = self._pid, 0
        if pid:
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        if self._held >= 0:
            os.close(self._held)
            self._held = -1

    def _begin(self) -> None:
        """Start another: it reads from a pipe that nobody writes to."""
        if self._held >= 0:
            os.close(self._held)
            self._held = -1
        self._pid = 0
        path = shutil.which("cat", path=os.defpath)
        if path is None:
            return
        inside, self._held = os.pipe()
        streams = [
            (os.POSIX_SPAWN_DUP2, inside, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        ]
        deadly = [*FORWARDED, signal.SIGTSTP]
        try:
            self._pid = os.posix_spawn(
                path, ["cat"], {}, file_actions=streams, setsigdef=deadly, setsigmask=[]
            )
        except OSError:
            self._pid = 0
        finally:
            os.close(inside)


@contextmanager
def forwarding(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Signals to this process are the command's: it alone decides what they mean.

    What was sent to the whole group of both has reached it already; where it is in a group of its
    own, all of that gets it. Where this process is stopped (Ctrl+Z), so is a command that is out
    of the terminal's reach; both go on together.
    """
    together = False
    with suppress(ProcessLookupError):
        together = os.getpgid(child.pid) == os.getpgrp()
    witness = Witness()

    def send(number: int, *, whole: bool) -> None:
        with suppress(ProcessLookupError, PermissionError):
            if not whole:
                child.send_signal(number)
            elif not together and child.poll() is None:
                os.killpg(child.pid, number)

    def forward(number: int, where: FrameType | None) -> None:
        send(number, whole=witness.has(number))

    def stop(number: int, where: FrameType | None) -> None:
        whole = witness.has(number)
        # A group that no shell is in charge of passes over SIGTSTP.
        send(signal.SIGSTOP, whole=whole)
        os.kill(os.getpid(), signal.SIGSTOP)
        witness.resume()
        send(signal.SIGCONT, whole=whole)

    before = {number: signal.signal(number, forward) for number in FORWARDED}
    before[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        witness.close()
