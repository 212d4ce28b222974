"""Lines of `gradtui run --headless` and what the command prints itself never share one."""

import os
import pty
import subprocess
import sys
import termios
from pathlib import Path

import pytest

BAR = """
import sys, time
from pathlib import Path
from tqdm import tqdm
sys.path.insert(0, {root!r})
from tests.runstore.recorded import record, snap
record(Path({run!r}), (snap(i) for i in range(10)))
for i in tqdm(range(5), mininterval=0, ncols=40):
    time.sleep(0.05)
sys.stderr.write({last!r})
"""
LAUNCH = """
import sys
from pathlib import Path
from gradtui.commands import progress, run
from gradtui.commands.settings import Settings
progress.FIRST = progress.LONGEST = 0.01
sys.exit(run._headless(Path({run!r}), [sys.executable, "-c", {code!r}], Settings()))
"""
ROOT = str(Path(__file__).parents[2])


def launcher(run: Path, last: str) -> list[str]:
    run.mkdir()
    code = BAR.format(root=ROOT, run=str(run), last=last)
    return [sys.executable, "-c", LAUNCH.format(run=str(run), code=code)]


def shown(data: bytes, columns: int) -> list[str]:
    """The lines of a screen `columns` wide, without escapes: what a line wraps to, and \\r overwrites."""
    lines, at = [""], 0
    for char in data.decode():
        if char == "\n":
            lines.append("")
        elif char == "\r":
            at = 0
        else:
            if at == columns:
                lines.append("")
                at = 0
            lines[-1] = lines[-1][:at].ljust(at) + char + lines[-1][at + 1 :]
            at += 1
    return [line.rstrip() for line in lines]


@pytest.mark.parametrize("last", ["half a line", "a line\n"])
def test_on_a_terminal(tmp_path: Path, last: str) -> None:
    ours, theirs = pty.openpty()
    columns = 132
    termios.tcsetwinsize(theirs, (24, columns))
    process = subprocess.Popen(
        launcher(tmp_path / "run", last), stdout=theirs, stderr=theirs, stdin=theirs, cwd=ROOT
    )
    os.close(theirs)
    data = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the end of a terminal
            break
        data += part
    os.close(ours)
    assert process.wait(60) in (0, 3)
    lines = shown(data, columns)
    assert last.strip() in lines
    mine = [line for line in lines if "gradtui:" in line]
    assert mine
    assert all(line.startswith("gradtui: ") for line in mine)
    assert not any("loss" in line for line in mine if line.startswith("gradtui: step"))
    assert "5/5" in "".join(lines)


@pytest.mark.parametrize("last", ["half a line", "a line\n"])
def test_in_a_file(tmp_path: Path, last: str) -> None:
    with (tmp_path / "log").open("wb") as log:
        done = subprocess.run(
            launcher(tmp_path / "run", last), stdout=log, stderr=log, cwd=ROOT, check=False
        )
    assert done.returncode in (0, 3)
    lines = (tmp_path / "log").read_text().replace("\r", "\n").splitlines()
    assert last.strip() in lines
    assert all(line.startswith("gradtui: ") for line in lines if "gradtui:" in line)
