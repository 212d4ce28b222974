"""Programs close numbers that they have not opened, and get them again for files of their own."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gradtui.runstore.files.disk import Descriptor, RecordFile, append_line, replace_file
from gradtui.runstore.reader.load import load_facts
from gradtui.runstore.writer.thinning import ThinningFile

ROOT = Path(__file__).parents[2]
DTYPE = np.dtype([("step", "<i8"), ("value", "<f8")])


def records(first: int, count: int) -> np.ndarray:
    out = np.zeros(count, DTYPE)
    out["step"] = np.arange(first, first + count)
    return out


def taken(file: RecordFile, by: Path) -> int:
    """The number of `file` as it is after the program has closed it and opened a file of its own."""
    number = file.fd
    other = os.open(by, os.O_RDWR | os.O_CREAT)
    os.dup2(other, number)
    os.close(other)
    os.pwrite(number, b"theirs", 0)
    return number


def test_a_number_that_is_somebody_elses_is_neither_written_nor_closed(tmp_path: Path) -> None:
    file = RecordFile(tmp_path / "f", DTYPE.itemsize)
    file.append(records(0, 3))
    number = taken(file, tmp_path / "theirs")
    file.append(records(3, 2))
    file.touch()
    assert os.pread(number, 100, 0) == b"theirs"
    assert np.fromfile(tmp_path / "f", DTYPE)["step"].tolist() == [0, 1, 2, 3, 4]
    number = taken(file, tmp_path / "theirs")
    file.close()
    assert os.pread(number, 100, 0) == b"theirs"
    os.close(number)


def test_a_number_that_was_closed_is_opened_again(tmp_path: Path) -> None:
    file = RecordFile(tmp_path / "f", DTYPE.itemsize)
    for first in (0, 1, 2):
        os.close(file.fd)
        file.append(records(first, 1))
    os.close(file.fd)
    file.close()
    assert np.fromfile(tmp_path / "f", DTYPE)["step"].tolist() == [0, 1, 2]


def test_a_file_that_thins(tmp_path: Path) -> None:
    file = ThinningFile(tmp_path / "f", DTYPE, 16 * DTYPE.itemsize)
    numbers = []
    for step in range(200):
        if step % 7 == 0:
            numbers.append(taken(file, tmp_path / f"theirs-{step}"))
        file.add(records(step, 1), np.zeros(1, np.bool_))
    file.close()
    for number in set(numbers):
        assert os.pread(number, 100, 0) == b"theirs"
        os.close(number)
    kept = np.fromfile(tmp_path / "f", DTYPE)["step"].tolist()
    assert (kept[0], kept[-1]) == (0, 199)
    assert kept == sorted(set(kept))
    for path in tmp_path.glob("theirs-*"):
        assert path.read_bytes() == b"theirs"


@pytest.mark.parametrize("there", ["nothing", "another"])
def test_a_file_that_is_gone_is_not_made_again_by_a_write(tmp_path: Path, there: str) -> None:
    file = RecordFile(tmp_path / "f", DTYPE.itemsize)
    file.append(records(0, 1))
    (tmp_path / "f").unlink()
    if there == "another":
        (tmp_path / "f").write_bytes(b"theirs")
    with pytest.raises(FileNotFoundError):
        file.append(records(1, 1))
    assert file.count == 1
    file.close()
    assert not (tmp_path / "f").exists() or (tmp_path / "f").read_bytes() == b"theirs"


def test_what_is_kept_open_leaves_the_low_numbers_alone(tmp_path: Path) -> None:
    before = os.dup(0)
    file = RecordFile(tmp_path / "f", DTYPE.itemsize)
    after = os.dup(0)
    assert after == before + 1
    assert file.fd > after
    assert not os.get_inheritable(file.fd)
    for number in (before, after):
        os.close(number)
    file.close()


def test_a_look_comes_before_every_use(tmp_path: Path) -> None:
    file = Descriptor(tmp_path / "f", os.O_RDWR)
    number = file.number
    os.close(number)
    with pytest.raises(OSError, match="Bad file descriptor"):
        _ = file.number
    file.close()
    append_line(tmp_path / "g", "a")
    append_line(tmp_path / "g", "b")
    replace_file(tmp_path / "h", b"c")
    assert ((tmp_path / "g").read_text(), (tmp_path / "h").read_text()) == ("a\nb\n", "c")


def test_a_daemon_that_closes_all_and_a_process_that_may_open_no_more(tmp_path: Path) -> None:
    source = """
import os, resource, sys, time
from pathlib import Path
from gradtui.runstore.writer.run_writer import RunWriter
from tests.factories import run_info
from tests.runstore.recorded import LAYOUT, snap
here, run = Path(sys.argv[1]), Path(sys.argv[2])
writer = RunWriter(run, LAYOUT, run_info(), flush=0.01)
step = 0
def train():
    global step
    for step in range(step + 1, step + 41):
        writer.put(snap(step))
        time.sleep(0.002)
train()
time.sleep(0.3)
os.closerange(3, 4096)
files = [open(here / str(i), "w+b", buffering=0) for i in range(800)]  # past our numbers too
for file in files:
    file.write(b"theirs")
train()
time.sleep(0.3)
os.closerange(500, 4096)
resource.setrlimit(resource.RLIMIT_NOFILE, (500, 4096))
train()
time.sleep(0.3)
print(writer.trouble)
resource.setrlimit(resource.RLIMIT_NOFILE, (2048, 4096))
train()
assert writer.close(60)
for file in files[:400]:
    file.seek(0)
    assert file.read() == b"theirs"
print(writer.lost, step, flush=True)
os._exit(0)
"""
    done = subprocess.run(
        [sys.executable, "-c", source, str(tmp_path), str(tmp_path / "run")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    trouble, lost, last = done.stdout.replace("\n", " ").rsplit(None, 2)
    assert trouble == "Too many open files"
    kept = load_facts(tmp_path / "run")
    assert int(last) == 160
    assert int(kept.steps[-1]) == 160
    assert len(kept) + int(lost) == 160
    assert all((tmp_path / str(i)).read_bytes() == b"theirs" for i in range(800))
