"""A file system of its own that is really full, or really read-only; left out where none can be mounted."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def in_small_space(size: str, source: str, place: Path) -> str:
    """What a program prints that has a file system of that size of its own at `place`."""
    place.mkdir()
    mount = f"mount -t tmpfs -o size={size},mode=700 small {place}"
    script = f'{mount} && exec {sys.executable} -c "$0" {place}'
    words = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
    try:
        allowed = subprocess.run([*words, f"mount -t tmpfs small {place}"], capture_output=True)
    except FileNotFoundError:
        pytest.skip("there is no unshare here")
    if allowed.returncode:
        pytest.skip("no file systems can be mounted here")
    done = subprocess.run(
        [*words, script, source], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_disk_that_is_really_full_and_has_room_again(tmp_path: Path) -> None:
    source = """
import errno, os, sys
from pathlib import Path
from gradtui.runstore.reader.load import load
from gradtui.runstore.reader.open_run import OpenRun
from gradtui.runstore.writer.run_writer import RunWriter
from tests.factories import run_info
from tests.runstore.recorded import LAYOUT, snap, wait_for
place = Path(sys.argv[1])
ballast = place / "ballast"
ballast.write_bytes(bytes(300_000))
writer = RunWriter(place / "r", LAYOUT, run_info(), flush=0.01)
step = 0
def more(count):
    global step
    for _ in range(count):
        writer.put(snap(step))
        step += 1
while not writer.trouble:
    more(20)
    wait_for(lambda: writer.waiting == 0)
assert writer.trouble == os.strerror(errno.ENOSPC), writer.trouble
more(500)
wait_for(lambda: writer.waiting == 0)
during = len(OpenRun(place / "r").steps)
assert during + writer.lost == step, (during, writer.lost, step)
assert writer.lost > 0
ballast.unlink()
before = step
more(100)
assert writer.close(30)
run = OpenRun(place / "r")
assert run.steps[-100:].tolist() == list(range(before, step))
assert len(run.steps) + writer.lost == step
block = load(place / "r").block
assert (block.grads[:, 0, 0] == 1.0 + block.steps).all()
assert run.events[-2]["kind"] == "dropped" and run.events[-2]["count"] == writer.lost, run.events
print("ok")
"""
    assert in_small_space("1m", source, tmp_path / "small") == "ok\n"


def test_a_disk_that_becomes_read_only_while_running(tmp_path: Path) -> None:
    source = """
import errno, os, subprocess, sys
from pathlib import Path
from gradtui.core.event import Started
from gradtui.runstore.reader.open_run import OpenRun
from gradtui.runstore.writer.run_writer import RunWriter
from tests.factories import mlp_layout, run_info
from tests.runstore.recorded import LAYOUT, snap, wait_for
place = Path(sys.argv[1])
run = place / "r"
elsewhere = RunWriter(place / "none", LAYOUT, run_info(), flush=0.01)
elsewhere.close()
subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
late = RunWriter(run, LAYOUT, run_info(), flush=0.01)
for step in range(30):
    late.put(snap(step))
wait_for(lambda: late.lost == 30)
assert late.trouble == os.strerror(errno.EROFS), late.trouble
subprocess.run(["mount", "-o", "remount,rw", str(place)], check=True)
for step in range(30, 40):
    late.put(snap(step))
assert late.close(30)
assert OpenRun(run).steps.tolist() == list(range(30, 40))
print("ok")
"""
    assert in_small_space("4m", source, tmp_path / "small") == "ok\n"
