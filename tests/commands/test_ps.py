"""What `gradtui ps` prints, and what `gradtui attach --pid` refuses, of processes that are made up."""

import json
import os
import sys
import tempfile
from pathlib import Path

import pytest

from gradtui.cli import main
from gradtui.commands import attach_process
from gradtui.core.errors import GradtuiError
from gradtui.inject import pending_call, process_table
from gradtui.inject import surroundings as surroundings_file
from gradtui.inject.first_words import Wish, first_words
from gradtui.inject.obstacles import Surroundings
from gradtui.inject.process_table import ProcessFacts
from gradtui.inject.stopped_thread import ProcessEndedError, ThreadBusyError
from gradtui.runstore.format.attach_json import RECORDING, AttachAnswer, write_answer
from gradtui.runstore.writer.launch_record import record_attachment

HERE = Surroundings(user=os.geteuid(), namespace="mnt:[1]")
ONE = ProcessFacts(
    os.getpid(),
    user=os.geteuid(),
    state="R",
    age=7260.0,
    cpu=3630.0,
    memory=300 << 20,
    command=("python", "train\x1b[2J.py"),
    python=(3, 11),
    torch=True,
    namespace="mnt:[1]",
    readable=True,
)
FORKED = ProcessFacts(
    43, parent=os.getpid(), user=os.geteuid(), age=50.0, python=(3, 10), readable=True, forked=True
)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(process_table, "python_processes", lambda: iter([ONE, FORKED]))
    monkeypatch.setattr(surroundings_file, "surroundings", lambda: HERE)
    monkeypatch.setattr(attach_process, "surroundings", lambda: HERE)
    known = {ONE.pid: ONE, 43: FORKED}
    monkeypatch.setattr(attach_process, "facts_of", known.get)
    monkeypatch.setenv("GRADTUI_RUNS", str(tmp_path / "runs"))
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


def recorded(runs: Path) -> Path:
    """As a run stands before its process has taken a step."""
    (runs / "20261130-000000-train-abcdef").mkdir()
    record_attachment(runs / "20261130-000000-train-abcdef", ONE.command, ONE.pid)
    write_answer(runs / "20261130-000000-train-abcdef", AttachAnswer(RECORDING, ONE.pid))
    return runs / "20261130-000000-train-abcdef"


def test_processes_stand_in_a_table(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ps"]) == 0
    head, one, forked = capsys.readouterr().out.splitlines()
    assert head.split() == ["PID", "AGE", "CPU", "MEMORY", "PYTHON", "STATE,", "COMMAND"]
    assert one.split()[1:7] == ["2", "h", "50", "%", "300", "MiB"]
    assert "can be attached to" in one
    assert "train\\x1b[2J.py" in one
    assert forked.split()[0] == "+43"
    assert "it runs Python 3.10" in forked
    directory = recorded(runs)
    assert main(["ps"]) == 0
    assert f"recorded: {directory.name}" in capsys.readouterr().out


def test_each_is_an_object(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = recorded(runs)
    assert main(["ps", "--json"]) == 0
    one, forked = map(json.loads, capsys.readouterr().out.splitlines())
    assert (one["pid"], one["run"], one["attachable"]) == (ONE.pid, str(directory), False)
    assert (one["cpu_s"], one["memory_bytes"], one["python"]) == (3630.0, 300 << 20, "3.11")
    assert (forked["forked"], forked["run"], forked["attachable"]) == (True, None, False)
    assert forked["why_not"].startswith("it runs Python 3.10")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--pid", "0"], "must be the id of a process"),
        (["--pid", "44"], "there is no process 44; see 'gradtui ps'."),
        (["--pid", "43"], "process 43 cannot be attached to: it runs Python 3.10"),
        (["--pid", "43", "--detach"], "there is nothing to detach"),
        (["--detach"], "--detach is for --pid"),
        (["--headless"], "--headless is for --pid"),
        (["train", "--pid", "43"], "give a run or --pid, not both"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    runs: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    assert main(["attach", *words]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1
    assert not list(runs.iterdir())


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PermissionError(1, "no"), "--cap-add SYS_PTRACE"),
        (ProcessEndedError(), "it has ended"),
        (ThreadBusyError(), "try again"),
        (pending_call.HandOverError("it is too old"), "it is too old"),
        (OSError(5, "Input/output error"), "Input/output error"),
    ],
)
def test_where_the_system_says_no_nothing_is_left_behind(
    runs: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    told: str,
) -> None:
    def refuses(pid: int, source: str) -> float:
        raise error

    monkeypatch.setattr(pending_call, "hand_over", refuses)
    assert main(["attach", "--pid", str(ONE.pid), "--headless"]) == 1
    assert told in capsys.readouterr().err
    assert not list(runs.iterdir())


def test_a_process_that_records_itself_is_not_attached_to_again(
    runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = recorded(runs)
    monkeypatch.setattr(pending_call, "hand_over", lambda *_: pytest.fail("it was"))
    assert main(["attach", "--pid", str(ONE.pid), "--headless"]) == 0
    assert capsys.readouterr().out == f"{directory}\n"


def test_python_hands_the_lines_over_itself_where_it_can(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[int, str]] = []
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    here = Surroundings(user=os.geteuid(), namespace="mnt:[1]", python=(3, 14), machine="aarch64")
    newest = ProcessFacts(ONE.pid, user=os.geteuid(), python=(3, 14))
    monkeypatch.setattr(attach_process, "surroundings", lambda: here)

    def hands(pid: int, path: str) -> None:
        text = Path(path).read_text()
        given.append((pid, text))
        exec(text, {})

    monkeypatch.setattr(sys, "remote_exec", hands, raising=False)
    late = Wish(str(runs), deadline=0.0)
    assert attach_process._hand_over(newest, lambda file: first_words(late, "", file)) == 0.0
    assert [pid for pid, _ in given] == [ONE.pid]
    assert not list(folder.iterdir())  # the text has removed its own file

    def refuses(pid: int, path: str) -> None:
        given.append((pid, path))
        raise PermissionError

    monkeypatch.setattr(sys, "remote_exec", refuses, raising=False)
    with pytest.raises(GradtuiError, match="does not permit"):
        attach_process._hand_over(newest, lambda _: "pass\n")
    assert not Path(given[-1][1]).exists()
