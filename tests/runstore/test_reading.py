"""Files of a run from anyone: what is no file is not opened, what is too large is not read."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gradtui.app.log_tail import LogTail
from gradtui.core.errors import GradtuiError
from gradtui.core.event import Started
from gradtui.runstore.files.disk import open_private
from gradtui.runstore.files.reading import (
    extent,
    in_a_sentence,
    look_at,
    opened,
    read_at,
    read_json,
    read_small,
    records_at,
)
from gradtui.runstore.format.json_lines import LineTail
from gradtui.runstore.format.record_tail import RecordTail, StepsFile
from gradtui.runstore.format.records import STEP, rising
from gradtui.runstore.format.run_json import read_header
from gradtui.runstore.reader.open_run import OpenRun
from gradtui.runstore.reader.runs import list_runs
from gradtui.runstore.writer.launch_record import exit_code
from tests.factories import mlp_layout, run_info
from tests.runstore.recorded import LAYOUT, record, snap


def make_link(path: Path) -> None:
    other = path.with_name("elsewhere")
    other.write_bytes(b"{}")
    path.symlink_to(other)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))


OTHERS: dict[str, Callable[[Path], None]] = {
    "link": make_link,
    "dangling": lambda path: path.symlink_to("nowhere"),
    "loop": lambda path: path.symlink_to(path),
    "device": lambda path: path.symlink_to("/dev/zero"),
    "fifo": lambda path: os.mkfifo(path),
    "socket": make_socket,
    "directory": lambda path: path.mkdir(),
}


@pytest.fixture(params=OTHERS)
def other(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Something in the place of a file."""
    monkeypatch.chdir(tmp_path)  # names of sockets are short
    path = Path("x")
    OTHERS[request.param](path)
    return path


def test_only_regular_files_are_opened(other: Path) -> None:
    for way in (look_at, lambda p: read_small(p, 99), lambda p: read_json(p, 99)):
        with pytest.raises(OSError, match="it is "):
            way(other)
    with pytest.raises(OSError, match="it is "), opened(other):
        pass
    with pytest.raises(OSError, match=r"regular file|directory|symbolic|device"):
        os.close(open_private(other, os.O_RDWR))
    assert LineTail(other).poll() == []
    assert len(RecordTail(other, STEP).poll()) == 0
    steps = StepsFile(other)
    assert [len(steps.all()), len(steps.last()), len(steps.at(np.arange(3)))] == [0, 0, 0]
    assert not LogTail(other).poll()
    with pytest.raises(GradtuiError, match="is not the header of a run"):
        read_header(other)


@pytest.mark.parametrize("name", ["no", "n" * 999, "a\0b", "no/such"])
def test_what_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(OSError), opened(tmp_path / name):  # noqa: PT011 - any
        pass


def test_a_file_that_ends_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x"
    np.arange(10).tofile(path)
    dtype = np.dtype([("n", "<i8")])
    with opened(path) as fd:
        os.truncate(path, 28)
        assert records_at(fd, dtype, 1, 9)["n"].tolist() == [1, 2]
        assert len(records_at(fd, dtype, 5, 9)) == 0
        assert read_at(fd, 99, 24) == b"\3\0\0\0"
        assert read_at(fd, 9, 99) == b""
        os.truncate(path, 0)
        assert extent(fd) == 0


def test_what_was_never_written_is_not_read(tmp_path: Path) -> None:
    record(tmp_path / "r", [snap(i) for i in range(100)])
    before = OpenRun(tmp_path / "r")
    for name in ("steps-0.bin", "tensors-0-0.bin", "events.jsonl", "weights-0-0.bin"):
        os.truncate(tmp_path / "r" / name, 1 << 40)
    after = OpenRun(tmp_path / "r")
    assert after.steps.tolist() == before.steps.tolist()
    assert after.kept_steps.tolist() == before.kept_steps.tolist()
    assert after.ranks.ranks[0].last_step == 99
    os.truncate(tmp_path / "r" / "run.json", 1 << 40)
    with pytest.raises(GradtuiError, match=r"is not the header of a run.*more than"):
        OpenRun(tmp_path / "r")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000, "RecursionError"),
        ('{"schema": ' + "9" * 5000 + "}", "ValueError"),
        ("[]," * 2_000_000, "ValueError"),
        ('"\udcff"', "TypeError"),
        ("", "JSONDecodeError"),
    ],
)
def test_json_that_nobody_of_ours_has_written(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(text, errors="surrogateescape")
    with pytest.raises(GradtuiError, match="is not the header of a run") as caught:
        read_header(path)
    assert words in str(caught.value) or "Unicode" in str(caught.value)


@pytest.mark.parametrize("code", ["true", "1e999", "-1", "256", "NaN", "1.5", '"0"', "9" * 5000])
def test_an_exit_code_is_one(tmp_path: Path, code: str) -> None:
    (tmp_path / "exit.json").write_text('{"code": 7}')
    assert exit_code(tmp_path) == 7
    (tmp_path / "exit.json").write_text(f'{{"code": {code}}}')
    assert exit_code(tmp_path) is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("pid", 1 << 99), ("rank", 5), ("attempt", 1), ("world_size", -1), ("started", 1e999)),
        *(("command", "abc"), ("command", [7]), ("host", None), ("launcher", {"pid": "x"})),
        *(("generations", {}), ("started", 10**400), ("versions", {"a": []}), ("schema", True)),
        *(("host", "x" * (1 << 20)), ("generations", [{}] * 5000)),
    ],
)
def test_numbers_and_names_out_of_bounds(tmp_path: Path, key: str, value: object) -> None:
    record(tmp_path / "r", [snap(0)])
    path = tmp_path / "r" / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    with pytest.raises(GradtuiError, match=r"is damaged|another version"):
        OpenRun(tmp_path / "r")


def test_one_bad_run_is_listed_with_its_trouble(tmp_path: Path) -> None:
    for name in ("a", "b", "c", "d"):
        record(tmp_path / name, [snap(0)])
    for name in ("b", "c", "d"):
        (tmp_path / name / "run.json").unlink()
    os.mkfifo(tmp_path / "b" / "run.json")
    (tmp_path / "c" / "run.json").symlink_to(tmp_path / "a" / "run.json")
    (tmp_path / "d" / "run.json").write_text("{")
    (tmp_path / "e").symlink_to(tmp_path / "a")  # a run may be a link, its files may not

    def judge(path: Path) -> str:
        if path.name == "e":
            raise OverflowError("too much")
        return "healthy"

    found = {summary.name: summary for summary in list_runs(tmp_path, judge)}
    assert [found[name].state for name in "abcde"] == [
        *("ended", "unreadable", "unreadable", "unreadable", "ended")
    ]
    assert (found["a"].verdict, found["a"].trouble) == ("healthy", "")
    assert "it is no regular file" in found["b"].trouble
    assert "it is a link" in found["c"].trouble
    assert "JSONDecodeError" in found["d"].trouble
    assert (found["e"].verdict, found["e"].steps) == (None, 1)
    assert "is damaged: OverflowError too much" in found["e"].trouble


def test_a_generation_in_the_place_of_another(tmp_path: Path) -> None:
    wide = mlp_layout(5)
    things = [snap(i) for i in range(8)]
    things += [Started(0, wide, run_info()), *(snap(i, 1.0, wide) for i in range(8, 16))]
    things += [Started(0, LAYOUT, run_info()), *(snap(i) for i in range(16, 24))]
    record(tmp_path / "r", things)
    (tmp_path / "r" / "tensors-0-0.bin").replace(tmp_path / "r" / "tensors-0-2.bin")
    steps = OpenRun(tmp_path / "r").kept_steps
    assert len(steps)
    assert (np.diff(steps) > 0).all()


def test_steps_in_order() -> None:
    def kept(*steps: int) -> list[int]:
        given = np.array(steps, np.int64)
        return given[rising(given)].tolist()

    assert kept() == []
    assert kept(0, 1, 1, 5) == [0, 1, 1, 5]
    assert kept(0, 1, 1 << 40, 2, 3) == [0, 1, 2, 3]
    assert kept(5, 6, 0, 7, 8) == [5, 6, 7, 8]
    assert kept(-1, 0, 1 << 60, 1) == [0, 1]
    assert kept(-5, 1 << 62) == []


def test_secrets_are_not_on_disk(tmp_path: Path) -> None:
    words = ["python", "train.py", "--token", "hush", "HF_TOKEN=hush", "--max-tokens", "9"]
    record(tmp_path / "r", [snap(0)], command=words)
    for path in (tmp_path / "r").iterdir():
        assert b"hush" not in path.read_bytes()
    command = OpenRun(tmp_path / "r").command
    assert command == ("python", "train.py", "--token", "***", "HF_TOKEN=***", "--max-tokens", "9")


def test_secrets_that_an_earlier_version_has_written_are_not_shown(tmp_path: Path) -> None:
    record(tmp_path / "r", [snap(0)])
    path = tmp_path / "r" / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"command": ["x", "--key=hush"]}))
    assert list_runs(tmp_path)[0].command == ("x", "--key=***")


def test_trouble_in_a_sentence() -> None:
    for error in (MemoryError(), OverflowError("a\nb"), RecursionError(), OSError(5, "it\x1b")):
        with pytest.raises(GradtuiError) as caught, in_a_sentence(Path("r\n")):
            raise error
        assert str(caught.value).isprintable()
