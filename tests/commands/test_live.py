"""`gradtui run` on a terminal: the question when leaving, and what becomes of the command."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gradtui.commands.live import Command
from gradtui.runstore.writer.launch_record import exit_code
from tests.app.terminal_emulator import Terminal

SCRIPT = """
import sys, time, signal
def end(number, where):
    print("got", number, flush=True)
    time.sleep(0.3)
    print("saved", flush=True)
    sys.exit(9)
signal.signal(signal.SIGINT, end)
deaf = sys.argv[2:] == ["deaf"]
if deaf:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("loading", flush=True)
time.sleep(float(sys.argv[1]))
print("done", flush=True)
sys.exit(7)
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GRADTUI_RUNS", str(tmp_path / "runs"))
    (tmp_path / "script.py").write_text(SCRIPT)
    return tmp_path


@pytest.fixture
def opened(home: Path) -> Iterator[Callable[..., Terminal]]:
    terminals: list[Terminal] = []

    def start(*words: str) -> Terminal:
        command = (sys.executable, "-m", "gradtui", "run", sys.executable, str(home / "script.py"))
        terminals.append(Terminal(*command, *words, size=(120, 32)))
        terminals[-1].see("loading")
        return terminals[-1]

    yield start
    for terminal in terminals:
        terminal.close()


def directory_of(home: Path) -> Path:
    (directory,) = (home / "runs").iterdir()
    return directory


def code_of(home: Path) -> int | None:
    try:
        code: int = json.loads((directory_of(home) / "exit.json").read_text())["code"]
    except FileNotFoundError:
        return None
    return code


def printed(home: Path) -> str:
    return (directory_of(home) / "output.log").read_text()


def until(true: Callable[[], object], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def test_stop_lets_it_save_and_gives_its_code(opened: Callable[..., Terminal], home: Path) -> None:
    terminal = opened("60")
    terminal.type("q")
    terminal.see("The command still runs")
    terminal.type("s")
    terminal.see("stopping...")
    assert terminal.ended() == 9
    assert terminal.given_back
    assert "got 2\nsaved\n" in printed(home)
    assert code_of(home) == 9


def test_leave_and_ctrl_c_twice(opened: Callable[..., Terminal], home: Path) -> None:
    terminal = opened("4")
    terminal.type("\x03")
    terminal.see("The command still runs")
    terminal.type("\x03\x03q")
    terminal.read(0.5)
    assert "The command still runs" in terminal.text
    terminal.type("l")
    assert terminal.ended() == 0
    assert b"training goes on" in terminal.sent
    until(lambda: "done" in printed(home))
    assert "got" not in printed(home)


def test_its_end_is_shown_and_its_code_passed_on(
    opened: Callable[..., Terminal], home: Path
) -> None:
    terminal = opened("0.5")
    terminal.see("exited with 7")
    terminal.see("Nothing was seen")
    assert code_of(home) == 7
    terminal.type("q")
    assert terminal.ended() == 7


def test_a_closed_terminal_leaves_it_running(opened: Callable[..., Terminal], home: Path) -> None:
    terminal = opened("3")
    for fd in (terminal.master, terminal._slave):
        os.close(fd)
    assert terminal.process.wait(10) == 128 + signal.SIGHUP
    until(lambda: "done" in printed(home))
    assert "got" not in printed(home)


def test_sigterm_is_passed_on(opened: Callable[..., Terminal], home: Path) -> None:
    terminal = opened("60")
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.ended() == 128 + signal.SIGTERM
    assert terminal.given_back
    until(lambda: code_of(home) is not None)
    assert code_of(home) == 128 + signal.SIGTERM


def test_quit_by_signal_gives_the_terminal_back(opened: Callable[..., Terminal]) -> None:
    terminal = opened("3")
    terminal.process.send_signal(signal.SIGQUIT)
    assert terminal.ended() == 128 + signal.SIGQUIT
    assert terminal.given_back


def test_it_is_asked_more_and_more_firmly(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    child = subprocess.Popen(
        [sys.executable, str(tmp_path / "script.py"), "60", "deaf"],
        start_new_session=True,
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    child.stdout.readline()
    now = [100.0]
    command = Command(child, tmp_path, clock=lambda: now[0])
    assert command.look() is None
    assert command.stopping == ""
    command.stop()
    assert "SIGINT was sent; SIGTERM follows in 5 s" in command.stopping
    now[0] += 6
    assert command.look() is None
    assert "SIGTERM was sent; SIGKILL follows in 9 s" in command.stopping
    now[0] += 10
    command.look()
    until(lambda: command.look() == 128 + signal.SIGKILL)
    assert exit_code(tmp_path) == 128 + signal.SIGKILL
    child.stdout.close()
