"""One viewer: the app in a process on a pseudo-terminal. What it draws goes to a browser, what is typed
there comes back."""

import asyncio
import fcntl
import os
import pty
import signal
import struct
import sys
import termios
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

LARGEST = 1000
"""Columns and rows of a terminal."""
MOST_TYPED = 1 << 20
"""Bytes that wait to be read by the app; what comes beyond is dropped."""
AT_ONCE = 1 << 16
PATIENCE = (
    (signal.SIGHUP, 3.0),
    (signal.SIGTERM, 2.0),
    (signal.SIGKILL, 5.0),
)
"""How a viewer's process is asked to end, and seconds that it gets: a hang-up first, as when a terminal is
closed."""
STOP_KEY = b"\x1a"
"""Ctrl+Z: there is no shell to go back to, and nobody to let the app go on."""
TERMINAL = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
FOREIGN = ("COLUMNS", "LINES", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "TMUX", "STY")
"""Variables of the terminal that the server runs on, which is another."""


def environment(ours: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    """The variables of a viewer's process."""
    kept = {name: value for name, value in ours.items() if name not in FOREIGN}
    return kept | TERMINAL | dict(settings)


class Viewer:
    """`run` draws until the app has ended; `end` ends it."""

    def __init__(
        self,
        words: Sequence[str],
        env: Mapping[str, str],
        send: Callable[[bytes], Awaitable[None]],
    ) -> None:
        """`words`: gradtui's arguments. `send` takes what the app draws; nothing is read on meanwhile."""
        # -P: nothing is imported from the folder that the server happens to be in.
        self._command = [sys.executable, "-P", "-m", "gradtui.commands.web.own_terminal", *words]
        self._env = dict(env)
        self._send = send
        self._master = -1
        self._typed = bytearray()
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, columns: int, rows: int) -> None:
        """Raises OSError where there are no more terminals or processes."""
        self._master, slave = pty.openpty()
        try:
            os.set_blocking(self._master, False)
            self._set_size(columns, rows)
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=slave,
                stdout=slave,
                stderr=slave,
                env=self._env,
                start_new_session=True,
            )
        finally:
            os.close(slave)

    async def run(self) -> None:
        """Send what is drawn, until nobody has the terminal open any more."""
        while self._master >= 0:
            await self._readable()
            try:
                data = os.read(self._master, AT_ONCE)
            except BlockingIOError:
                continue
            except OSError:
                return
            if not data:
                return
            await self._send(data)

    def type(self, data: bytes) -> None:
        """Keys, pastes and the mouse, as a terminal sends them."""
        data = data.replace(STOP_KEY, b"")
        if self._master < 0 or len(self._typed) + len(data) > MOST_TYPED:
            return
        self._typed += data
        self._write()

    def resize(self, columns: int, rows: int) -> None:
        """The app is told by a signal, which the terminal sends."""
        if self._master >= 0:
            with suppress(OSError):
                self._set_size(columns, rows)

    async def end(self) -> None:
        """Ask the app to end, and see to it."""
        if self._process is not None:
            for number, seconds in PATIENCE:
                if self._process.returncode is not None:
                    break
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._process.pid, number)
                await self._drained(seconds)
        self._close()

    async def _drained(self, seconds: float) -> None:
        """Wait for the process, reading what it draws to nobody: it may not end before."""
        assert self._process is not None
        gone = asyncio.ensure_future(self._process.wait())
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while not gone.done() and loop.time() < until:
            with suppress(OSError):
                while os.read(self._master, AT_ONCE):
                    pass
            await asyncio.wait([gone], timeout=0.05)
        gone.cancel()

    def _close(self) -> None:
        if self._master >= 0:
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._master)
            loop.remove_writer(self._master)
            os.close(self._master)
            self._master = -1

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        there: asyncio.Future[None] = loop.create_future()

        def arrived() -> None:
            if not there.done():
                there.set_result(None)

        loop.add_reader(self._master, arrived)
        try:
            await there
        finally:
            if self._master >= 0:
                loop.remove_reader(self._master)

    def _write(self) -> None:
        """What the terminal takes now; the rest when it takes more."""
        loop = asyncio.get_running_loop()
        loop.remove_writer(self._master)
        try:
            del self._typed[: os.write(self._master, self._typed)]
        except BlockingIOError:
            pass
        except OSError:
            self._typed.clear()
        if self._typed:
            loop.add_writer(self._master, self._write)

    def _set_size(self, columns: int, rows: int) -> None:
        columns, rows = (min(max(number, 1), LARGEST) for number in (columns, rows))
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)
