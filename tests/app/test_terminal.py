"""The app in a real pseudo-terminal: it gives the terminal back whatever happens."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.app import App
from textual.events import Key, Paste
from textual.message import Message

from gradtui.app.textual_faults import Keys, TerminalDriver
from tests.app.terminal_emulator import ROOT, Terminal


@pytest.fixture
def opened() -> Iterator[list[Terminal]]:
    terminals: list[Terminal] = []
    yield terminals
    for terminal in terminals:
        terminal.close()


def start(opened: list[Terminal], *arguments: str, **wishes: object) -> Terminal:
    terminal = Terminal.app(*arguments, **wishes)
    opened.append(terminal)
    terminal.see("layers.3")
    return terminal


async def test_a_signal_that_comes_while_it_ends_takes_the_terminal_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours, theirs = os.openpty()
    with os.fdopen(ours, "rb", buffering=0) as screen, os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "__stdin__", terminal)
        monkeypatch.setattr(sys, "__stderr__", terminal)
        driver = TerminalDriver(App[None]())
        driver.start_application_mode()
        try:
            assert callable(signal.getsignal(signal.SIGWINCH))
            driver._continue()
            driver.stop_application_mode()
            driver.close()
            while b"\x1b[?1049l" not in screen.read(65536):
                pass
            for late in (driver._continue, driver._stop):
                late()
                assert signal.getsignal(signal.SIGWINCH) == signal.SIG_DFL
            assert signal.getsignal(signal.SIGCONT) == signal.SIG_DFL
        finally:
            driver.disable_input()
            driver.close()


def test_q_and_resize(opened: list[Terminal]) -> None:
    terminal = start(opened)
    terminal.resize(30, 8)
    terminal.see("too small, needs 40 x 12")
    terminal.resize(120, 40)
    terminal.see("heat map")
    terminal.type("q")
    assert terminal.ended() == 0
    assert terminal.given_back


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT])
def test_a_signal_ends_it_cleanly(opened: list[Terminal], number: signal.Signals) -> None:
    terminal = start(opened)
    terminal.process.send_signal(number)
    assert terminal.ended() == 128 + number
    assert terminal.given_back


def test_ctrl_z_suspends_and_comes_back(opened: list[Terminal]) -> None:
    terminal = start(opened)
    terminal.type("\x1a")
    pid = terminal.process.pid
    terminal.until(lambda: state(pid) == "T")
    terminal.read(0.2)
    assert terminal.given_back
    terminal.wipe()
    os.kill(pid, signal.SIGCONT)
    terminal.until(lambda: whole(terminal))
    os.kill(pid, signal.SIGTSTP)
    terminal.until(lambda: state(pid) == "T")
    terminal.wipe()
    terminal.resize(80, 24)
    os.kill(pid, signal.SIGCONT)
    terminal.until(lambda: whole(terminal))
    terminal.type("q")
    assert terminal.ended() == 0
    assert terminal.given_back


def test_however_often_ctrl_z_is_typed_it_stops_once(opened: list[Terminal]) -> None:
    terminal = start(opened)
    terminal.type("\x1a" * 9)
    pid = terminal.process.pid
    terminal.until(lambda: state(pid) == "T")
    terminal.wipe()
    os.kill(pid, signal.SIGCONT)
    terminal.until(lambda: whole(terminal))
    terminal.type("q")
    assert terminal.ended() == 0
    assert terminal.given_back


def test_stopped_by_another_it_comes_back(opened: list[Terminal]) -> None:
    terminal = start(opened)
    pid = terminal.process.pid
    os.kill(pid, signal.SIGSTOP)
    terminal.until(lambda: state(pid) == "T")
    terminal.wipe()
    os.kill(pid, signal.SIGCONT)
    terminal.until(lambda: whole(terminal))
    os.kill(pid, signal.SIGCONT)  # and once more, without having been stopped
    terminal.type("?")
    terminal.see("this help")
    terminal.type("qq")
    assert terminal.ended() == 0
    assert terminal.given_back


def whole(terminal: Terminal) -> bool:
    """Whether everything is on the screen: header, layers and footer."""
    text = terminal.text
    return "sigmoid" in text.splitlines()[0] and "layers.3" in text and "q quit" in text


ODD = [
    b"\xff",
    b"caf\xe9\xc3",
    b"\x1b[1114112u",
    b"\x1b[97;2:3u",
    b"\x1b[48;0;0;0;0t",
    b"\x1b[<0;0;0M\x1b[<999;9999;9999M",
]


def test_whatever_comes_from_the_terminal_ends_nothing(opened: list[Terminal]) -> None:
    terminal = start(opened)
    for i, odd in enumerate(ODD):
        terminal.type(odd)
        terminal.read(0.3)
        terminal.type("\x1b[I")
        terminal.resize(90 + i, 30)
        terminal.type("?")
        terminal.see("this help")
        terminal.type("q")
        terminal.until(lambda: "this help" not in terminal.text)
    terminal.type("q")
    assert terminal.ended() == 0
    assert terminal.given_back


def test_a_paste_that_never_ends_is_over_at_some_time(opened: list[Terminal]) -> None:
    terminal = start(opened)
    terminal.type("\x1b[200~words")
    terminal.read(3)
    terminal.type("?")
    terminal.see("this help")
    terminal.type("qq")
    assert terminal.ended() == 0


PASTED = b"".join(
    [
        b"a\x1bq, an escape and much after it, ",
        b"\x1b\x1b[Aq\x1b[<0;5;5M\x1b[<0;5;5m\x1b[31mq\x1b]0;q\x07",
        b"\x1b[200~q\x1b[201q",
    ]
)


@pytest.mark.parametrize("size", [1, 7, 200])
def test_a_paste_is_one_text_whatever_is_in_it(size: int) -> None:
    told: list[Message] = []
    keys = Keys(told.append)
    data = b"x\x1b[200~" + PASTED + b"\x1b[201~y\x1b[200~\x1b[201~\x1b[200~b\x1b[201~z"
    for at in range(0, len(data), size):
        keys.feed(data[at : at + size])
    words = PASTED.decode().replace("\x1b", "")
    assert [
        one.text if isinstance(one, Paste) else one.key
        for one in told
        if isinstance(one, (Paste, Key))
    ] == ["x", words, "y", "", "b", "z"]


def test_a_fault_of_textual_is_told_and_passed_over(opened: list[Terminal], tmp_path: Path) -> None:
    terminal = start(opened, "--foreign", env={"XDG_STATE_HOME": str(tmp_path)})
    terminal.type("t")
    terminal.see("NoMatches in query_one of Textual")
    terminal.type("?")
    terminal.see("this help")
    terminal.type("qq")
    assert terminal.ended() == 0
    (log,) = (tmp_path / "gradtui").iterdir()
    assert "NoMatches" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


def test_a_crash_is_one_sentence_and_a_log(opened: list[Terminal], tmp_path: Path) -> None:
    terminal = start(opened, "--crash", "--prints", env={"XDG_STATE_HOME": str(tmp_path)})
    terminal.type("t")
    assert terminal.ended() == 1
    assert terminal.given_back
    told = terminal.sent[terminal.sent.rfind(b"\x1b[?1004l") :].decode()
    assert "gradtui: the screen crashed (ZeroDivisionError: on purpose)" in told
    assert "Traceback" not in told
    (log,) = (tmp_path / "gradtui").iterdir()
    assert str(log) in told.replace("\r\n", "")
    assert "ZeroDivisionError" in log.read_text()
    assert "NOISE" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600
    assert log.parent.stat().st_mode & 0o777 == 0o700


def test_prints_of_libraries_do_not_reach_the_screen(opened: list[Terminal]) -> None:
    terminal = start(opened, "--prints")
    terminal.read(0.5)
    assert b"NOISE" not in terminal.sent
    terminal.type("v")
    terminal.see("NOISE on 1")
    for words in ("NOISE on 2", "NOISE by print"):
        assert words in terminal.text
    terminal.type("q")
    terminal.until(lambda: "NOISE" not in terminal.text)
    terminal.type("q")
    assert terminal.ended() == 0


def test_the_terminal_vanishing_ends_it(opened: list[Terminal]) -> None:
    terminal = start(opened)
    for fd in (terminal.master, terminal._slave):
        os.close(fd)
    assert terminal.process.wait(10) == 128 + signal.SIGHUP


def test_without_a_terminal_it_names_the_other_way() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.app.entry"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert run.returncode != 0
    assert "gradtui check" in run.stderr


def test_a_dumb_terminal_is_refused(opened: list[Terminal]) -> None:
    terminal = Terminal.app(env={"TERM": "dumb"})
    opened.append(terminal)
    terminal.ended()
    assert b"gradtui check" in terminal.sent
    assert b"\x1b[?1049h" not in terminal.sent
