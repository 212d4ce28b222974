"""A note on a run: one line, private, harmless wherever it comes from."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.runstore.files.disk_use import disk_use
from gradtui.runstore.format.note_file import LONGEST, MOST, NOTE, one_line, read_note, write_note


def test_it_comes_back_and_goes(tmp_path: Path) -> None:
    assert read_note(tmp_path) == ""
    assert write_note(tmp_path, "  lr halved,\n second\ttry ") == "lr halved, second try"
    assert read_note(tmp_path) == "lr halved, second try"
    assert (tmp_path / NOTE).stat().st_mode & 0o777 == 0o600
    assert write_note(tmp_path, " \n") == ""
    assert not (tmp_path / NOTE).exists()
    assert write_note(tmp_path, "") == ""


@given(st.text(max_size=400))
def test_any_text_is_a_line_that_a_terminal_can_show(text: str) -> None:
    note = one_line(text)
    assert note.isprintable()
    assert len(note) <= LONGEST
    assert one_line(note) == note


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (b"caf\xe9 \x1b[31mred\x07", "caf\ufffd \\x1b[31mred\\x07"),
        (b"", ""),
        (b"one\ntwo\n", "one two"),
        (b"x" * (MOST + 1), ""),
    ],
)
def test_what_somebody_else_wrote(data: bytes, note: str, tmp_path: Path) -> None:
    (tmp_path / NOTE).write_bytes(data)
    assert read_note(tmp_path) == note


def test_links_and_pipes_are_no_notes(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / NOTE).symlink_to(tmp_path / "secret")
    assert read_note(tmp_path) == ""
    write_note(tmp_path, "mine")
    assert (tmp_path / "secret").read_text() == "secret"
    assert read_note(tmp_path) == "mine"
    (tmp_path / NOTE).unlink()
    os.mkfifo(tmp_path / NOTE)
    assert read_note(tmp_path) == ""


def test_disk_use_sees_every_change_but_of_what_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"x" * 9000)
    out = frozenset({NOTE})
    before = disk_use(tmp_path, out)
    assert before.size >= 9000
    write_note(tmp_path, "mine")
    assert disk_use(tmp_path, out).stamp == before.stamp
    assert disk_use(tmp_path).stamp != disk_use(tmp_path, out).stamp
    os.utime(tmp_path / "a.bin", ns=(1, 1))
    assert disk_use(tmp_path, out).stamp != before.stamp
    with (tmp_path / "hole.bin").open("wb") as file:
        file.truncate(1 << 40)
    assert disk_use(tmp_path).size < 1 << 20
    assert disk_use(tmp_path / "none").size == 0
