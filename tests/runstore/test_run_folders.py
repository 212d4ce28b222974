"""Where runs are kept, how they are called, listed and found."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.core.errors import GradtuiError, UsageError
from gradtui.runstore.files.run_folders import (
    command_word,
    find_run,
    new_run,
    run_name,
    run_paths,
    runs_home,
)
from gradtui.runstore.format.run_header import machine
from gradtui.runstore.ranks.process_status import alive, status
from gradtui.runstore.reader.runs import list_runs
from gradtui.runstore.writer.launch_record import exit_code, record_exit, record_launch
from tests.runstore.recorded import files, record, snap


@pytest.mark.parametrize(
    ("command", "word"),
    [
        (["python", "train.py", "--lr", "0.1"], "train"),
        (["python", "-m", "pkg.train"], "pkg.train"),
        (["torchrun", "--nproc-per-node", "2", "a/b/fsdp run.py"], "fsdp-run"),
        (["/usr/bin/make"], "make"),
        (["./\x1b[31m../../etc"], "etc"),
        ([], "run"),
        (["..."], "run"),
    ],
)
def test_the_word_of_a_command(command: list[str], word: str) -> None:
    assert command_word(command) == word


@given(st.lists(st.text(max_size=60), max_size=4))
def test_no_command_leads_out_of_the_folder(command: list[str]) -> None:
    name = run_name(command, 0.0)
    assert Path(name).name == name
    assert name.isascii()
    assert name.isprintable()
    assert " " not in name


def test_names_sort_by_time_and_differ(tmp_path: Path) -> None:
    made = [new_run(tmp_path / "runs", ["python", "t.py"], when) for when in (1e9, 1e9, 1.7e9)]
    assert len({path.name for path in made}) == 3
    assert max(made) == made[2]
    assert files(tmp_path / "runs") == {path.name: 0o700 for path in made}


def test_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRADTUI_RUNS", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert runs_home() == tmp_path / "gradtui" / "runs"
    monkeypatch.setenv("GRADTUI_RUNS", "/elsewhere")
    assert runs_home() == Path("/elsewhere")
    assert runs_home("/here") == Path("/here")


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="see --runs"):
        new_run(tmp_path / "file" / "runs", ["x"])


def test_runs_are_found_and_listed(tmp_path: Path) -> None:
    old, new = new_run(tmp_path, ["a.py"], 1e9), new_run(tmp_path, ["b.py"], 2e9)
    record_launch(new, ["python", "b.py"])
    record(old, [snap(i) for i in range(3)], command=("python", "a.py"))
    (tmp_path / "other").mkdir()
    assert run_paths(tmp_path) == [new, old]
    assert find_run("", tmp_path) == new
    assert (
        find_run(old.name, tmp_path) == find_run("-a-", tmp_path) == find_run(old, tmp_path) == old
    )
    with pytest.raises(UsageError, match="there is no run"):
        find_run("zzz", tmp_path)
    listed = list_runs(tmp_path, lambda path: "healthy")
    assert [(r.command, r.state, r.steps, r.verdict) for r in listed] == [
        (("python", "b.py"), "running", 0, None),
        (("python", "a.py"), "ended", 3, "healthy"),
    ]


def test_a_part_of_a_name_must_mean_one_run(tmp_path: Path) -> None:
    for name in ("20260101-000000-train-aaaaaa", "20260102-000000-train-bbbbbb", "train"):
        run = tmp_path / name
        run.mkdir()
        record_launch(run, ["python", "train.py"])
    assert find_run("train", tmp_path).name == "train"  # the name itself before all that have it
    assert find_run("aaaa", tmp_path).name == "20260101-000000-train-aaaaaa"
    assert find_run("-train-@last", tmp_path).name == "20260102-000000-train-bbbbbb"
    with pytest.raises(UsageError) as caught:
        find_run("-train-", tmp_path)
    said = str(caught.value)
    assert caught.value.exit_code == 2
    assert said.index("bbbbbb") < said.index("aaaaaa")
    assert "'-train-@last'" in said
    assert "\n" not in said
    with pytest.raises(UsageError, match="there is no run 'zzz@last'"):
        find_run("zzz@last", tmp_path)


def test_a_damaged_run_spoils_no_list(tmp_path: Path) -> None:
    run = new_run(tmp_path, ["a.py"])
    (run / "run.json").write_text("{")
    assert [r.state for r in list_runs(tmp_path)] == ["unreadable"]

    def refuse(path: Path) -> str:
        raise GradtuiError("no")

    record(new_run(tmp_path, ["b.py"]), [snap(0)])
    assert {r.verdict for r in list_runs(tmp_path, refuse)} == {None}


@pytest.mark.parametrize(("code", "state"), [(0, "ended"), (1, "crashed"), (137, "crashed")])
def test_how_the_command_ended(tmp_path: Path, code: int, state: str) -> None:
    run = new_run(tmp_path, ["a.py"])
    record_launch(run, ["python", "a.py"])
    assert exit_code(run) is None
    record_exit(run, code)
    assert exit_code(run) == code
    assert status(run).state == state


def test_the_first_rank_takes_over_what_the_launcher_wrote(tmp_path: Path) -> None:
    run = new_run(tmp_path, ["a.py"])
    record_launch(run, ["python", "a.py", "--lr", "1"])
    record(run, [snap(0)])
    header = json.loads((run / "run.json").read_text())
    assert header["command"] == ["python", "a.py", "--lr", "1"]
    assert header["launcher"]["pid"] == header["pid"] == os.getpid()
    assert not list(run.glob("run-*"))


def test_dead_and_alive() -> None:
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    assert alive(os.getpid(), machine()) is True
    assert alive(child.pid, machine()) is False
    assert alive(os.getpid(), "another machine") is None


@pytest.mark.parametrize(("age", "state"), [(1.0, "running"), (100.0, "lost")])
def test_on_another_machine_only_the_sign_of_life_tells(
    tmp_path: Path, age: float, state: str
) -> None:
    record(tmp_path / "r", [snap(0)])
    (tmp_path / "r" / "events.jsonl").unlink()
    header = json.loads((tmp_path / "r" / "run.json").read_text())
    (tmp_path / "r" / "run.json").write_text(json.dumps(header | {"machine": "elsewhere"}))
    now = (tmp_path / "r" / "steps-0.bin").stat().st_mtime + age
    (rank,) = status(tmp_path / "r", now).ranks
    assert rank.state == state
    assert rank.words.startswith("rank 0: ")
