"""The disk is full, slow, read-only or gone: training goes on, and what is lost is counted."""

import errno
import json
import os
import resource
import shutil
import subprocess
import sys
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from gradtui.core.errors import GradtuiError
from gradtui.runstore.files import disk
from gradtui.runstore.files.run_folders import is_run
from gradtui.runstore.ranks.process_status import read_ranks, status
from gradtui.runstore.reader.load import load_facts
from gradtui.runstore.reader.run_reader import RunReader
from gradtui.runstore.writer.run_writer import RunWriter
from tests.factories import mlp_layout, run_info
from tests.runstore.recorded import LAYOUT, record, snap, wait_for

ROOT = Path(__file__).parents[2]


def lines(run: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_full_disk_costs_records_not_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    full = [False]
    honest = disk.write_at

    def write_at(fd: int, data: bytes, offset: int) -> None:
        if full[0]:
            honest(fd, data[:40], offset)  # a part of a record still fits
            raise OSError(code, os.strerror(code))
        honest(fd, data, offset)

    monkeypatch.setattr(disk, "write_at", write_at)
    run = tmp_path / "r"
    writer = RunWriter(run, LAYOUT, run_info(), flush=0.01)
    for step in range(10):
        writer.put(snap(step))
    wait_for(lambda: is_run(run) and len(load_facts(run)) == 10)
    full[0] = True
    for step in range(10, 30):
        writer.put(snap(step))
    wait_for(lambda: writer.lost == 20)
    assert writer.trouble == os.strerror(code)
    assert list(load_facts(run).steps) == list(range(10)), "what is torn is not shown"
    full[0] = False
    for step in range(30, 40):
        writer.put(snap(step))
    assert writer.close(30)
    assert list(load_facts(run).steps) == [*range(10), *range(30, 40)]
    dropped = [line for line in lines(run) if line["kind"] == "dropped"]
    assert dropped[-1]["count"] == 20
    assert RunReader(run).poll().dropped == 20


def test_a_limit_on_file_size_is_survived(tmp_path: Path) -> None:
    source = """
import resource, sys
from pathlib import Path
from tests.runstore.recorded import record, snap
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
writer = record(Path(sys.argv[1]), (snap(i) for i in range(2000)))
print(writer.lost > 0, writer.trouble)
"""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)
    done = subprocess.run(
        [sys.executable, "-c", source, str(tmp_path / "r")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split(" ", 1) == ["True", os.strerror(errno.EFBIG) + "\n"]
    assert len(load_facts(tmp_path / "r")) > 0


def test_a_place_that_cannot_be_written_to_is_no_reason_to_stop(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    writer = record(tmp_path / "file" / "r", [snap(i) for i in range(20)])
    assert writer.lost == 20
    assert writer.trouble == os.strerror(errno.ENOTDIR)


def test_a_file_system_turned_read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, flags: int) -> int:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(disk, "open_private", refuse)
    writer = record(tmp_path / "r", [snap(i) for i in range(20)])
    assert (writer.lost, writer.trouble) == (20, os.strerror(errno.EROFS))
    monkeypatch.undo()
    with pytest.raises(GradtuiError):
        read_ranks(tmp_path / "r")


def test_a_directory_that_is_deleted_stays_deleted(tmp_path: Path) -> None:
    run = tmp_path / "r"
    writer = RunWriter(run, LAYOUT, run_info(), flush=0.01)
    writer.put(snap(0))
    wait_for(lambda: run.is_dir() and (run / "events.jsonl").exists())
    shutil.rmtree(run)
    step = 1
    end = time.monotonic() + 10
    while not writer.lost and time.monotonic() < end:
        writer.put(snap(step))
        step += 1
        time.sleep(0.01)
    assert writer.trouble
    assert not run.exists()
    run.mkdir()  # it is back, as after a mount
    for more in range(step, step + 50):
        writer.put(snap(more))
        time.sleep(0.002)
    assert writer.close(30)
    assert int(load_facts(run).steps[-1]) == step + 49


def test_a_slow_disk_holds_nobody_up_and_memory_stays_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """200 tensors, 1,000 steps a second for a minute, on a disk that takes a second a write."""
    layout = mlp_layout(100)
    one = snap(0, layout=layout, slow=False)
    ready = disk.write_at

    def write_at(fd: int, data: bytes, offset: int) -> None:
        time.sleep(1.0)
        ready(fd, data, offset)

    monkeypatch.setattr(disk, "write_at", write_at)
    queue = 4 << 20
    writer = RunWriter(tmp_path / "r", layout, run_info(), queue=queue)
    tracemalloc.start()
    try:
        slowest = 0.0
        for step in range(3000):
            came = replace(one, step=step, grads=one.grads.copy())
            began = time.thread_time()
            writer.put(came)
            slowest = max(slowest, time.thread_time() - began)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert slowest < 0.05
    assert writer.dropped > 2000
    assert peak < 6 * queue
    writer.close(0.0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_directory_that_is_not_ours(tmp_path: Path) -> None:
    """As an ordinary user, in a directory of another: nothing is written, nothing is raised."""
    tmp_path.chmod(0o755)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setuid(65534)
            writer = record(tmp_path / "r", [snap(i) for i in range(20)])
            code = 0 if (writer.lost, writer.trouble) == (20, os.strerror(errno.EACCES)) else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_slow_disk_loses_steps_but_says_how_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = disk.write_at

    def write_at(fd: int, data: bytes, offset: int) -> None:
        time.sleep(0.03)
        honest(fd, data, offset)

    monkeypatch.setattr(disk, "write_at", write_at)
    writer = RunWriter(tmp_path / "r", LAYOUT, run_info(), queue=100_000, flush=0.01)
    for step in range(2000):
        writer.put(snap(step, slow=False))
        assert writer.waiting <= 100_000
        time.sleep(0.0002)
    assert writer.close(30)
    assert writer.lost > 0
    kept = len(load_facts(tmp_path / "r"))
    assert kept + writer.lost == 2000
    dropped = [line for line in lines(tmp_path / "r") if line["kind"] == "dropped"]
    assert dropped[-1]["count"] == writer.lost
    assert len(dropped) < 100
    assert status(tmp_path / "r").state == "ended"
