"""What a command holds of `--to`: the process that sends, and what it says in the end."""

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from gradtui.commands.forward.address import Address
from gradtui.commands.output import warn
from gradtui.core.text import printable

LOG = "forward.log"
"""In the run directory: what libraries have printed, and what came of it where nobody waits for that."""
PATIENCE = 15.0
"""Seconds that are waited for it at the end: longer than it takes by itself."""
SOON = 1.0
"""Seconds after which it is said that something is waited for."""
MOST = 1 << 16
"""Bytes of what it says."""


class Forwarder:
    """Sends what is known of a run to `addresses` from a process of its own; without any it does nothing.
    Nothing here raises or changes an exit code."""

    def __init__(self, addresses: Sequence[Address], directory: Path) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._trouble = ""
        if addresses:
            try:
                self._process = _started(addresses, directory)
            except OSError as error:
                self._trouble = f"nothing could be sent ({error.strerror or error})"

    def end(self, *, failed: bool = False) -> None:
        """The command is over: what is left is sent. Does not wait."""
        self._write("end failed" if failed else "end")

    def stop(self) -> None:
        """Nothing more is to be sent, whether the run is over or not. Does not wait."""
        self._write("stop")

    def finish(self) -> list[str]:
        """Wait until all is sent, and no longer than PATIENCE; what came of it, in sentences."""
        process, self._process = self._process, None
        if process is None:
            return [f"--to: {self._trouble}"] if self._trouble else []
        try:
            if not _answers(process, SOON):
                warn("--to: sending the rest, for 10 s at most; Ctrl+C does without")
            said = _answer(process, time.monotonic() + PATIENCE)
        except KeyboardInterrupt:
            said = ["--to: not waited for"]
        with suppress(OSError):
            process.kill()
        process.wait()
        _close(process)
        return said or [f"--to: sending has ended too early; see {LOG} in the run's directory"]

    def leave(self) -> None:
        """The command goes on without this process, and so does what is sent of it."""
        process, self._process = self._process, None
        if process is not None:
            _close(process)

    def _write(self, line: str) -> None:
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError, ValueError):
                self._process.stdin.write(f"{line}\n".encode())
                self._process.stdin.flush()


@contextmanager
def sending(addresses: Sequence[Address], directory: Path) -> Iterator[None]:
    """A run is sent on for as long as the block lasts; what came of it is said after it."""
    forwarder = Forwarder(addresses, directory)
    try:
        yield
    finally:
        forwarder.stop()
        for line in forwarder.finish():
            warn(line)


def _started(addresses: Sequence[Address], directory: Path) -> subprocess.Popen[bytes]:
    log = _log(directory)
    try:
        process = subprocess.Popen(
            # -P: nothing is imported from the folder that the command happens to be in.
            [sys.executable, "-P", "-m", "gradtui.commands.forward.process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    finally:
        os.close(log)
    asked = {
        "directory": str(directory),
        "to": [{"kind": one.kind, "place": one.place} for one in addresses],
    }
    assert process.stdin is not None
    with suppress(OSError):  # it says itself that it is gone
        process.stdin.write(json.dumps(asked).encode() + b"\n")
        process.stdin.flush()
    return process


def _answers(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether it says something, or ends, within so many seconds."""
    assert process.stdout is not None
    return bool(select.select([process.stdout], [], [], max(seconds, 0.0))[0])


def _close(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):  # what was not read
                stream.close()


def _log(directory: Path) -> int:
    """Of somebody else's run, which may be looked at only, there is none."""
    from gradtui.runstore.files.disk import open_private

    try:
        return open_private(directory / LOG, os.O_WRONLY | os.O_APPEND)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY)


def _answer(process: subprocess.Popen[bytes], until: float) -> list[str]:
    """The sentences; none where it died, or time was up."""
    assert process.stdout is not None
    number, data = process.stdout.fileno(), b""
    while b"\n" not in data and len(data) < MOST:
        if not _answers(process, until - time.monotonic()):
            return ["--to: sending took too long at the end and was given up"]
        part = os.read(number, MOST)
        if not part:
            return []
        data += part
    try:
        found = json.loads(data)
    except ValueError:
        return []
    return [printable(str(line)) for line in found]
