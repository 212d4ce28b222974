"""`gradtui runs` on a terminal, in a pipe, and what is read for it in a process of its own."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from gradtui.app.run_requests import Compare, Judge, ListRuns, Look, LookAt, Unanswered, WritePage
from gradtui.app.run_row import Judgement
from gradtui.cli import main
from gradtui.commands.run_examiner import ProcessExaminer, doctors_word, examined
from gradtui.core.event import Ended, Failed
from gradtui.runstore.files.run_folders import new_run
from gradtui.runstore.format.note_file import write_note
from gradtui.runstore.writer.launch_record import record_exit
from tests.app.terminal_emulator import Terminal
from tests.factories import mlp_layout, run_info, snapshot
from tests.runstore.recorded import record

LAYOUT = mlp_layout(4)


def recorded(home: Path, when: float, norms: np.ndarray, word: str) -> Path:
    command = ["python", f"{word}.py", "--lr", "0.1"]
    directory = new_run(home, command, when)
    steps = [snapshot(LAYOUT, step, norms, loss=2.3, accuracy=0.1) for step in range(30)]
    end = Ended(1, 30, "finished") if word == "sick" else Failed(1, 29, "it broke", "")
    record(directory, [*steps, end], LAYOUT, run_info("recorded"), command=command)
    record_exit(directory, int(word != "sick"))
    return directory


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sick run, a younger one that failed, and one that is damaged."""
    home = tmp_path_factory.mktemp("home")
    recorded(home, 1e9, np.logspace(-11, -1, 4), "sick")
    write_note(recorded(home, 1e9 + 60, np.full(4, 0.1), "failing"), "second try")
    damaged = new_run(home, ["x"], 1e9 - 60)
    (damaged / "run.json").write_text("{")
    return home


@pytest.fixture
def names(home: Path) -> list[str]:
    """The failed one, the sick one, the damaged one."""
    return sorted((path.name for path in home.iterdir()), reverse=True)


def test_what_is_read(home: Path, names: list[str], tmp_path: Path) -> None:
    listed = examined(ListRuns(home))
    assert isinstance(listed, list)
    assert [name for name, _ in listed] == names
    assert examined(ListRuns(home, most=1)) == listed[:1]
    assert examined(ListRuns(home / "none")) == []
    looks = examined(LookAt(tuple(home / name for name in names)))
    assert isinstance(looks, list)
    assert [look.summary.ending for look in looks] == ["exited with 1", "ended", "unreadable"]
    assert looks[0].summary.note == "second try"
    assert all(isinstance(look, Look) and look.size > 0 for look in looks)
    told = examined(Judge(home / names[1]))
    assert isinstance(told, Judgement)
    assert (told.verdict, told.severity, told.decided) == ("vanishing_gradient", 2, True)
    assert (told.final_loss, told.best_loss, told.best_step) == (2.3, 2.3, 0)
    assert told.stamp == looks[1].stamp
    damaged = examined(Judge(home / names[2]))
    assert isinstance(damaged, Judgement)
    assert damaged.trouble


def test_a_comparison_is_what_compare_prints(
    home: Path, names: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    code = main(["compare", str(home / names[1]), str(home / names[0])])
    assert code in (0, 3)
    request = Compare(home / names[1], home / names[0], color=False)
    assert examined(request) == capfd.readouterr().out.rstrip("\n")
    refused = examined(Compare(home / names[2], home / names[0]))
    assert isinstance(refused, Unanswered)
    assert "run.json" in refused.why


def test_a_page_is_what_export_writes_and_replaces_nothing(
    home: Path, names: list[str], tmp_path: Path
) -> None:
    first = tmp_path / f"gradtui-{names[1]}.html"
    first.write_text("mine")
    made = examined(WritePage(home / names[1], tmp_path))
    assert made == tmp_path / f"gradtui-{names[1]}-2.html"
    assert isinstance(made, Path)
    page = made.read_text(encoding="utf-8")
    assert "<svg" in page
    assert "vanishing gradient" in page
    assert first.read_text() == "mine"
    refused = examined(WritePage(home / names[1], tmp_path / "none"))
    assert isinstance(refused, Unanswered)


async def test_a_process_that_dies_costs_one_answer(home: Path) -> None:
    answers: asyncio.Queue[object] = asyncio.Queue()
    examiner = ProcessExaminer()
    examiner.start(lambda request, answer: answers.put_nowait(answer))
    try:
        assert not examiner.busy
        examiner.ask(ListRuns(home))
        assert examiner.busy
        first = await asyncio.wait_for(answers.get(), 60)
        assert isinstance(first, list)
        assert examiner._worker is not None
        pid = examiner._worker._process.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        examiner.ask(ListRuns(home))
        os.kill(pid, signal.SIGKILL)
        died = await asyncio.wait_for(answers.get(), 60)
        assert isinstance(died, Unanswered)
        assert "SIGKILL" in died.why
        examiner.ask(ListRuns(home))
        assert await asyncio.wait_for(answers.get(), 60) == first
    finally:
        examiner.end()
    assert examiner.busy


def test_another_doctor_has_another_word(monkeypatch: pytest.MonkeyPatch) -> None:
    word = doctors_word()
    assert word == doctors_word()
    monkeypatch.setattr("gradtui.commands.run_examiner.version", lambda: "9.9")
    assert doctors_word() != word


@pytest.fixture
def opened() -> Iterator[list[Terminal]]:
    terminals: list[Terminal] = []
    yield terminals
    for terminal in terminals:
        terminal.close()


def start(opened: list[Terminal], home: Path, state: Path, *words: str, **env: str) -> Terminal:
    command = [sys.executable, "-m", "gradtui", "runs", "--runs", str(home), *words]
    terminal = Terminal(*command, size=(140, 40), env={"XDG_STATE_HOME": str(state), **env})
    opened.append(terminal)
    return terminal


def test_a_run_is_opened_and_left_again(
    home: Path, names: list[str], tmp_path: Path, opened: list[Terminal]
) -> None:
    terminal = start(opened, home, tmp_path)
    terminal.see("✗ vanishing gradient")
    terminal.see("unreadable: run.json")
    assert "second try" in terminal.text
    terminal.type("o")
    terminal.see("name ▼")
    terminal.type("g/sick")
    terminal.see("1 of 3")
    terminal.type("\r")
    terminal.read(0.3)
    terminal.type("\r")
    terminal.see("VANISHING GRADIENT")
    terminal.type("q")
    terminal.see("1 shown")
    assert names[1] in terminal.text
    terminal.type("q")
    assert terminal.ended() == 0
    assert terminal.given_back
    kept = tmp_path / "gradtui"
    assert json.loads((kept / "runs-screen.json").read_text())["sort"] == "name"
    assert "vanishing_gradient" in (kept / "runs-verdicts.json").read_text()
    assert {path.stat().st_mode & 0o777 for path in kept.iterdir()} == {0o600}


def test_a_signal_ends_it_and_what_reads_for_it(
    home: Path, tmp_path: Path, opened: list[Terminal]
) -> None:
    terminal = start(opened, home, tmp_path)
    terminal.see("✗ vanishing gradient")
    pid = terminal.process.pid
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.ended() == 128 + signal.SIGTERM
    assert terminal.given_back
    terminal.until(lambda: not any(Path(f"/proc/{child}").exists() for child in listed))


@pytest.mark.parametrize("how", ["--plain", "--json", "TERM=dumb"])
def test_the_list_on_a_terminal(
    how: str, home: Path, tmp_path: Path, opened: list[Terminal]
) -> None:
    word, _, value = how.partition("=")
    terminal = (
        start(opened, home, tmp_path, TERM=value) if value else start(opened, home, tmp_path, word)
    )
    assert terminal.ended() == 0
    assert b"second try" in terminal.sent
    assert b"\x1b[?1049h" not in terminal.sent


def test_in_a_pipe_it_is_the_list(home: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "gradtui", "runs", "--runs", str(home)],
        capture_output=True,
        text=True,
        check=True,
    )
    first, second, third = said.stdout.splitlines()
    assert '"second try"  python failing.py --lr 0.1' in first
    assert second.endswith("python sick.py --lr 0.1")
    assert "unreadable" in third
    assert said.stderr == ""


def test_json_has_the_note_and_the_time(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--json", "--runs", str(home)]) == 0
    first, _, third = (json.loads(line) for line in capfd.readouterr().out.splitlines())
    assert first["note"] == "second try"
    assert first["last_time"] > 1e9
    assert (third["note"], third["last_time"]) == ("", None)
