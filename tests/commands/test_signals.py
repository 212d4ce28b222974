"""A signal to `gradtui run` is the command's: once, whether it was sent to one process or to all."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

COUNTING = """
import os, signal, time
def tell(number, frame):
    os.write(1, b"%d\\n" % number)  # print, called again from within itself, raises
for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1"):
    signal.signal(getattr(signal, name), tell)
print("ready", flush=True)
while True:
    time.sleep(0.02)
"""
AS_FROM_A_TERMINAL = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
"""Started in the background of a script a shell has both ignored, tests and launcher alike."""
WAYS = {"run": ["run", "--headless"], "check": ["check", "--json", "--"]}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADTUI_RUNS", str(tmp_path / "runs"))


@contextmanager
def started(way: str, code: str) -> Iterator[subprocess.Popen[str]]:
    """The launcher, at the head of a group of its own, once its command has said that it is ready.
    What the command prints is to be read from its standard error under `check`, as ever."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-c", AS_FROM_A_TERMINAL, "-m", "gradtui", *WAYS[way]),
            *(sys.executable, "-c", code),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert said(process, way) == "ready"
        _until_forwarded(process.pid)
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGQUIT)
            process.communicate(timeout=60)


def _until_forwarded(pid: int) -> None:
    """The command may speak before its launcher listens for signals."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        time.sleep(1)
        return
    end = time.monotonic() + 60
    while time.monotonic() < end:
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        if int(fields["SigCgt"], 16) >> (signal.SIGTSTP - 1) & 1:  # which it asks for last
            return
        time.sleep(0.02)
    raise AssertionError("it never listened")


def said(process: subprocess.Popen[str], way: str) -> str:
    stream = process.stdout if way == "run" else process.stderr
    assert stream is not None
    return stream.readline().strip()


@pytest.mark.parametrize("way", WAYS)
def test_each_signal_is_the_commands_once(way: str) -> None:
    numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1]
    with started(way, COUNTING) as process:
        heard = []
        for number in numbers:
            os.kill(process.pid, number)
            heard.append(said(process, way))
            os.killpg(process.pid, number)
            heard.append(said(process, way))
            time.sleep(0.5)  # a launcher that has not yet been run must see them one by one
        # Twice the same would come between.
        os.kill(process.pid, signal.SIGUSR1)
        heard.append(said(process, way))
        process.send_signal(signal.SIGQUIT)
        out, err = process.communicate(timeout=60)
        rest = out if way == "run" else err
    assert heard == [str(int(n)) for n in [*numbers, signal.SIGUSR1] for _ in (0, 1)][:-1]
    assert not any(line.strip().isdecimal() for line in rest.splitlines())
    assert process.returncode == 128 + signal.SIGQUIT


@pytest.mark.parametrize("way", WAYS)
def test_an_interrupt_of_the_launcher_alone_ends_the_command(way: str) -> None:
    code = "import time\nprint('ready', flush=True)\ntime.sleep(60)"
    with started(way, code) as process:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGINT
    assert "KeyboardInterrupt" in err


@pytest.mark.parametrize("way", WAYS)
def test_what_is_ignored_by_the_command_ends_nobody(way: str) -> None:
    code = """
import os, signal, time
signal.signal(signal.SIGHUP, signal.SIG_IGN)
signal.signal(signal.SIGUSR1, lambda number, frame: os.write(1, b"still here\\n"))
print("ready", flush=True)
while True:
    time.sleep(0.02)
"""
    with started(way, code) as process:
        os.killpg(process.pid, signal.SIGHUP)
        time.sleep(0.3)
        process.send_signal(signal.SIGUSR1)
        assert said(process, way) == "still here"


@pytest.mark.parametrize("way", WAYS)
def test_stopped_and_continued_together(way: str) -> None:
    code = """
import os, time
print("ready", flush=True)
print(os.getpid(), flush=True)
while True:
    time.sleep(0.02)
"""
    with started(way, code) as process:
        command = int(said(process, way))
        process.send_signal(signal.SIGTSTP)
        assert waited_for(lambda: state(process.pid) == state(command) == "T")
        process.send_signal(signal.SIGCONT)
        assert waited_for(lambda: "T" not in (state(process.pid), state(command)))


def state(pid: int) -> str:
    done = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()[:1]


def waited_for(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False
