"""The end of a command's output, as a terminal would show it."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.app.log_tail import KEPT_BYTES, KEPT_LINES, LogTail


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "output.log"


def shown(log: Path, *parts: bytes) -> list[str]:
    tail = LogTail(log)
    for part in parts:
        with log.open("ab") as file:
            file.write(part)
        tail.poll()
    return list(tail.lines)


def test_it_follows_what_is_written(log: Path) -> None:
    tail = LogTail(log)
    assert not tail.poll()
    log.write_text("one\ntwo")
    assert tail.poll()
    assert tail.lines == ("one", "two")
    assert not tail.poll()
    with log.open("a") as file:
        file.write(" and a half\n")
    tail.poll()
    assert tail.lines == ("one", "two and a half")


@pytest.mark.parametrize(
    ("raw", "lines"),
    [
        (b"10%|#  |\r50%|## |\r100%|###|\ndone\n", ["100%|###|", "done"]),
        (b"10%\r", ["10%"]),
        (b"a long state\rshort", ["shortg state"]),
        (b"a long state\r\x1b[Kshort", ["short"]),
        (b"\x1b[2K\rone\x1b[2K\rtwo", ["two"]),
        (b"outer 1\n\rinner 1\x1b[A\router 2\n\rinner 2\x1b[A", ["outer 2", "inner 2"]),
        (b"\x1b[1;31mred\x1b[0m and \x1b]0;title\x07plain", ["red and plain"]),
        (b"dos\r\nlines\r\n", ["dos", "lines"]),
        (b"typo\b\b\bop", ["topo"]),
        (b"[bold]no markup[/]", ["[bold]no markup[/]"]),
        (b"bell\x07 nul\x00 c1\xc2\x9b", ["bell\\x07 nul\\x00 c1\\x9b"]),
        (b"\xff\xfe caf\xc3\xa9", ["\ufffd\ufffd caf\u00e9"]),
        (b"a\tb", ["a       b"]),
    ],
)
def test_what_a_terminal_would_show(raw: bytes, lines: list[str], log: Path) -> None:
    assert shown(log, raw) == lines


def test_sequences_and_characters_may_come_in_pieces(log: Path) -> None:
    assert shown(log, b"caf\xc3", b"\xa9 \x1b", b"[3", b"1mred\x1b[0", b"m") == ["café red"]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=6))
def test_nothing_that_is_printed_can_move_a_cursor(parts: list[bytes]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        assert all(line.isprintable() for line in shown(Path(folder) / "log", *parts))


def test_of_a_huge_file_the_end_is_read(log: Path) -> None:
    with log.open("wb") as file:
        os.truncate(file.fileno(), 1 << 36)
        file.seek(0, os.SEEK_END)
        file.write(b"\nthe end\n")
    tail = LogTail(log)
    tail.poll()
    assert tail.lines[-1] == "the end"
    assert sum(map(len, tail.lines)) < 10 * KEPT_BYTES


def test_lines_are_bounded_and_the_newest_kept(log: Path) -> None:
    lines = shown(log, *(b"".join(b"%d\n" % i for i in range(n, n + 700)) for n in (0, 700)))
    assert len(lines) == KEPT_LINES
    assert lines[-1] == "1399"


def test_a_file_begun_anew_is_read_anew(log: Path) -> None:
    tail = LogTail(log)
    log.write_text("the first one\n")
    tail.poll()
    log.write_text("second\n")
    tail.poll()
    assert tail.lines == ("second",)
    log.unlink()
    assert not tail.poll()
    assert tail.lines == ("second",)
