"""`gradtui launch`, up to the screen and back."""

import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from fcntl import ioctl
from pathlib import Path

import pytest

from gradtui.commands.launch import opened_at
from gradtui.core.errors import ScenarioError
from gradtui.lab.scenario.catalogue import Catalogue
from gradtui.lab.scenario.schema import Scenario, ScenarioRemedy

NET = Scenario(name="net", title="t", remedies=(ScenarioRemedy(title="r"),))
CATALOGUE = Catalogue({"first": Scenario(name="first", title="t"), "net": NET})


def test_what_is_shown_first(tmp_path: Path) -> None:
    assert opened_at(CATALOGUE, None).name == "first"
    assert opened_at(CATALOGUE, "net+1").remedy == 0
    path = tmp_path / "mine.toml"
    path.write_text('title = "t"\nexpect = "healthy"\n')
    assert opened_at(CATALOGUE, str(path)).name == "mine"
    with pytest.raises(ScenarioError, match="did you mean 'net'"):
        opened_at(CATALOGUE, "nett")


def in_terminal(*words: str, press: bytes = b"", wait_for: bytes = b"") -> tuple[int, bytes]:
    """Exit code and output of `gradtui` on a terminal; `press`ed once `wait_for` is on screen."""
    terminal, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "gradtui", *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm-256color"},
        start_new_session=True,
    )
    os.close(theirs)
    seen, sent, deadline = b"", not press, time.monotonic() + 60
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                seen += os.read(terminal, 65536)
            except OSError:  # the other end is closed
                break
        if not sent and wait_for in seen:
            os.write(terminal, press)
            sent = True
    os.close(terminal)
    try:
        return process.wait(10), seen
    finally:
        process.kill()


def test_a_wrong_name_is_said_before_the_screen_opens() -> None:
    code, seen = in_terminal("launch", "deep_sigmiod")
    assert code == 2
    assert b"did you mean 'deep_sigmoid'?" in seen
    assert b"\x1b[?1049h" not in seen


def test_a_wrong_theme_is_said_before_the_screen_opens() -> None:
    code, seen = in_terminal("launch", "--theme", "gradtui-drak")
    assert code == 2
    assert b"did you mean 'gradtui-dark'?" in seen


@pytest.mark.slow
def test_q_leaves_and_gives_the_terminal_back() -> None:
    code, seen = in_terminal("launch", "deep_sigmoid", press=b"q", wait_for=b"Sigmoid")
    assert code == 0
    assert b"\x1b[?1049h" in seen
    assert b"\x1b[?1049l" in seen
    assert b"Traceback" not in seen
