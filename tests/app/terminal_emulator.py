"""A process in a real pseudo-terminal, its screen read by pyte."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pyte

ROOT = Path(__file__).resolve().parents[2]


class Terminal:
    """Runs a command in a pty of its own session. `sent` is every byte it has written."""

    def __init__(
        self,
        *command: str,
        size: tuple[int, int] = (100, 30),
        env: Mapping[str, str] | None = None,
        cwd: Path = ROOT,
        drawn: bool = True,
    ) -> None:
        """`drawn`: its screen can be read, which costs time."""
        columns, rows = size
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(slave)
        self._slave = slave
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._drawn = drawn
        self.sent = bytearray()
        # With these set a program believes them, whatever the terminal says.
        environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env={**environment, "TERM": "xterm-256color", "LANG": "C.UTF-8", **(env or {})},
        )

    @classmethod
    def app(cls, *arguments: str, **wishes: object) -> "Terminal":
        command = (sys.executable, "-m", "tests.app.entry", *arguments)
        return cls(*command, **wishes)  # type: ignore[arg-type]

    def read(self, seconds: float = 0.1) -> bytes:
        """Take in what is written within a time."""
        end = time.monotonic() + seconds
        got = b""
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.master], [], [], left)[0]:
                break
            try:
                data = os.read(self.master, 65536)
            except OSError:
                break
            if not data:
                break
            got += data
        self.sent += got
        if not self._drawn:
            return got
        # pyte does not know the kitty keyboard sequences and would draw their ends.
        clean = got.replace(b"\x1b[<u", b"").replace(b"\x1b[>25u", b"")
        self._stream.feed(clean.replace(b"\x1b[?2026$p", b"").replace(b"\x1b[?2048$p", b""))
        return got

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display)

    def until(self, true: Callable[[], object], seconds: float = 20) -> None:
        """Read until something holds."""
        patience = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < patience, f"it never came true; the screen:\n{self.text}"
            self.read(0.05)

    def see(self, words: str) -> None:
        self.until(lambda: words in self.text)

    def wipe(self) -> None:
        """Forget what is on the screen, as another program would that has had it meanwhile."""
        self._screen.reset()

    def type(self, keys: str | bytes) -> None:
        os.write(self.master, keys.encode() if isinstance(keys, str) else keys)

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._screen.resize(rows, columns)
        self.process.send_signal(signal.SIGWINCH)

    def ended(self, seconds: float = 15) -> int:
        """The exit code."""
        patience = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < patience, f"it does not end; the screen:\n{self.text}"
            self.read(0.05)
        self.read(0.2)
        return self.process.returncode

    @property
    def cooked(self) -> bool:
        """Whether the terminal edits lines and makes signals of keys itself."""
        return bool(termios.tcgetattr(self._slave)[3] & termios.ICANON)

    @property
    def given_back(self) -> bool:
        """Alternate screen left, cursor shown, mouse, focus and pastes released, long lines wrapped,
        line discipline as before."""
        sent = self.sent
        modes = [(b"25", b"h", b"l"), (b"7", b"h", b"l")]
        taken = (b"1049", b"1000", b"1003", b"1004", b"1006", b"1015", b"2004")
        modes += [(mode, b"l", b"h") for mode in taken]
        in_order = all(
            sent.rfind(b"\x1b[?" + mode + good) > sent.rfind(b"\x1b[?" + mode + bad)
            for mode, good, bad in modes
        )
        return in_order and termios.tcgetattr(self._slave)[:4] == self.before[:4]

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for fd in (self.master, self._slave):
            with suppress(OSError):
                os.close(fd)
