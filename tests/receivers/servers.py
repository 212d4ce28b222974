"""Servers that a test starts: on the loopback address alone, and ended with the test."""

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

HOST = "127.0.0.1"
PATIENCE = 30.0
"""Seconds that one gets to be ready."""


class NotReadyError(Exception):
    """It ended or did not answer; with its last words."""


def free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        return int(free.getsockname()[1])


@contextmanager
def served(command: Sequence[str], log: Path, ready: Callable[[], bool]) -> Iterator[None]:
    """A server for as long as the block lasts. Raises NotReadyError."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=log.parent
        )
    try:
        until = time.monotonic() + PATIENCE
        while not ready():
            if process.poll() is not None or time.monotonic() > until:
                raise NotReadyError(log.read_text(errors="replace")[-800:])
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def status(asked: str | urllib.request.Request) -> int:
    """Of the answer; 0 where there is none."""
    try:
        with urllib.request.urlopen(asked, timeout=2.0) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except OSError:
        return 0


def answers(url: str) -> bool:
    """Whether it is ready."""
    return status(url) == 200


def listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex((HOST, port)) == 0
