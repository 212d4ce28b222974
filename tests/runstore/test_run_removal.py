"""A run is deleted, and nothing else, whatever happens between the question and the answer."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.commands.notify import LOG
from gradtui.core.event import Ended
from gradtui.runstore.format.file_names import (
    DETAILS,
    OUTPUT_NAME,
    RUN_FILE,
    detail_name,
    events_name,
    header_name,
    metrics_name,
    metrics_names_name,
    steps_name,
)
from gradtui.runstore.format.note_file import NOTE, write_note
from gradtui.runstore.ranks.process_status import SILENT, may_be_running
from gradtui.runstore.writer import run_removal
from gradtui.runstore.writer.control_file import NAME as NAME_OF_CONTROL
from gradtui.runstore.writer.launch_record import EXIT, record_exit, record_launch
from gradtui.runstore.writer.run_removal import NotRemovedError, identify, remove_run
from tests.runstore.recorded import record, snap

NAME = "20261121-063337-train-3f9a07"


def never(path: Path) -> bool:
    return False


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with every kind of file, beside something that is none."""
    home = tmp_path / "runs"
    record(home / NAME, [*map(snap, range(6)), Ended(1, 6, "finished")])
    record_exit(home / NAME, 0)
    write_note(home / NAME, "mine")
    for name in ("output.log", "watch.log", "control.jsonl", "run-3.1.json", ".run.json.77.new"):
        (home / NAME / name).write_text("x")
    (home / "other").mkdir()
    (home / "other" / "thesis.tex").write_text("years of work")
    return home / NAME


def refused(run: Path, why: str, *, name: str = "") -> None:
    """It is said why, and all of it is still there."""
    before = sorted(run.rglob("*"))
    with pytest.raises(NotRemovedError, match=why):
        identify(run.parent, name or run.name)
    assert sorted(run.rglob("*")) == before


def test_all_of_it_goes_and_nothing_else(run: Path) -> None:
    remove_run(run.parent, identify(run.parent, NAME), never)
    assert [path.name for path in run.parent.iterdir()] == ["other"]
    assert (run.parent / "other" / "thesis.tex").exists()


def test_it_is_asked_whether_it_is_running_at_the_last_moment(run: Path) -> None:
    identity = identify(run.parent, NAME)
    asked = []
    with pytest.raises(NotRemovedError, match="still running"):
        remove_run(run.parent, identity, lambda path: not asked.append(path))
    assert asked == [run]
    assert (run / "steps-0.bin").exists()


@pytest.mark.parametrize("name", ["", ".", "..", "../other", "a/b", "a\0b", "/etc"])
def test_only_names_below_the_home_of_runs(name: str, run: Path) -> None:
    with pytest.raises(NotRemovedError, match="no name of a run"):
        identify(run.parent, name)


@given(st.text(max_size=12))
def test_no_name_leads_out(name: str) -> None:
    with pytest.raises(NotRemovedError):
        identify(Path("/proc/self/fd"), name)


def test_what_is_no_run_stays(run: Path) -> None:
    refused(run.parent / "other", "'thesis.tex' in it")
    (run.parent / "other" / "thesis.tex").unlink()
    refused(run.parent / "other", "it holds no run")
    refused(run, "gone already", name="never-was")


@pytest.mark.parametrize(
    "name",
    [
        *("model.pt", "train.py", "README.md", "run.json.orig~", "Data.bin"),
        *("pytorch.bin", "model.bin", "config.json", "metrics.json", "results.json", "notes.txt"),
        *("requirements.txt", "train.log", "precious.txt", "steps-0.bin.new", "tensors-0.bin"),
    ],
)
def test_somebody_elses_file_keeps_it(name: str, run: Path) -> None:
    (run / name).write_text("x")
    refused(run, "which gradtui has not written")


def test_all_that_is_written_into_a_run_is_known(run: Path) -> None:
    names = [
        *(header_name("3.1"), events_name("0"), events_name("12"), steps_name("0")),
        *(metrics_name("0"), metrics_names_name("0"), OUTPUT_NAME, NOTE, EXIT, NAME_OF_CONTROL),
        *(LOG, "watch.log", ".run.json.4711.new", ".tensors-0-0.bin.new"),
        *(detail_name(kind, "0", 3) for kind in DETAILS),
    ]
    assert [name for name in names if not RUN_FILE.fullmatch(name)] == []
    assert all(RUN_FILE.fullmatch(path.name) for path in run.iterdir())


def test_so_does_a_folder_a_link_and_a_pipe(run: Path) -> None:
    for make in (
        lambda path: path.mkdir(),
        lambda path: path.symlink_to(run.parent / "other" / "thesis.tex"),
        os.mkfifo,
    ):
        make(run / "extra.log")
        refused(run, "'extra.log' in it")
        path = run / "extra.log"
        path.rmdir() if path.is_dir() else path.unlink()
    identify(run.parent, NAME)


def test_no_link_is_followed(run: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.move(run, elsewhere)
    run.symlink_to(elsewhere)
    refused(run, "a link to a directory elsewhere")
    assert (elsewhere / "run.json").exists()


def test_the_home_itself_may_be_a_link(run: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(run.parent)
    remove_run(tmp_path / "link", identify(tmp_path / "link", NAME), never)
    assert not run.exists()


@pytest.mark.parametrize("how", ["another run", "a link", "another header", "gone"])
def test_another_one_under_its_name_is_left_alone(how: str, run: Path, tmp_path: Path) -> None:
    identity = identify(run.parent, NAME)
    kept = tmp_path / "kept"
    if how == "another header":
        shutil.copytree(run, kept)
        (run / "run.json").write_text("{}")
    else:
        shutil.move(run, kept)
    if how == "another run":
        shutil.copytree(kept, run)
    elif how == "a link":
        run.symlink_to(kept)
    with pytest.raises(NotRemovedError):
        remove_run(run.parent, identity, never)
    assert len(list(kept.iterdir())) > 5
    assert how == "gone" or len(list(run.iterdir())) > 5


def test_one_that_takes_its_name_in_the_middle_is_left_alone(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = identify(run.parent, NAME)
    unlink = os.unlink

    def swapping(name: str, *, dir_fd: int) -> None:
        if not (tmp_path / "kept").exists():
            shutil.move(run, tmp_path / "kept")
            record(run, [snap(0)])
        unlink(name, dir_fd=dir_fd)

    monkeypatch.setattr(run_removal.os, "unlink", swapping)
    with pytest.raises(NotRemovedError, match="something else has got its name"):
        remove_run(run.parent, identity, never)
    assert (run / "steps-0.bin").exists()


def test_files_that_are_written_meanwhile_are_said(run: Path) -> None:
    def writing(path: Path) -> bool:
        """After the names have been read."""
        (path / "late.log").write_text("x")
        return False

    with pytest.raises(NotRemovedError, match="written into it meanwhile"):
        remove_run(run.parent, identify(run.parent, NAME), writing)
    assert [path.name for path in run.iterdir()] == ["late.log"]


def test_who_is_alive_is_running_and_what_nobody_can_read_may_be(tmp_path: Path) -> None:
    run = tmp_path / NAME
    run.mkdir()
    record_launch(run, ["python", "train.py"])  # by this process, which lives
    assert may_be_running(run)
    record_exit(run, 0)
    assert not may_be_running(run)
    (run / "run.json").write_text("{")
    assert may_be_running(run)
    for path in run.iterdir():
        os.utime(path, (0, path.stat().st_mtime - SILENT - 1))
    assert not may_be_running(run)
    assert not may_be_running(tmp_path / "never-was")
