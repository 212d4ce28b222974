"""`gradtui runs`, `attach`, `replay` and `export` on recorded runs."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from gradtui.cli import main
from gradtui.core.event import Ended
from gradtui.runstore.files.run_folders import new_run
from gradtui.runstore.writer.run_writer import RunWriter
from tests.app.terminal_emulator import Terminal
from tests.factories import mlp_layout, run_info, snapshot

LAYOUT = mlp_layout(6)
COMMAND = ["python", "train.py", "--lr", "0.1"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "runs"
    monkeypatch.setenv("GRADTUI_RUNS", str(folder))
    return folder


def recorded(home: Path, when: float, norms: np.ndarray, steps: int = 30) -> Path:
    directory = new_run(home, COMMAND, when)
    writer = RunWriter(directory, LAYOUT, run_info("recorded"), command=COMMAND, flush=0.01)
    for step in range(steps):
        writer.put(snapshot(LAYOUT, step, norms, loss=2.302, accuracy=0.1, slow=step % 5 == 0))
    writer.tell(Ended(1, steps, "finished"))
    assert writer.close()
    return directory


def test_runs_are_listed_with_their_verdicts(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    recorded(home, 1e9, np.logspace(-9, -1, 6))
    recorded(home, 1e9 + 60, np.full(6, 0.1))
    assert main(["runs", "--json"]) == 0
    newest, oldest = (json.loads(line) for line in capfd.readouterr().out.splitlines())
    assert oldest["verdict"] == "vanishing_gradient"
    assert newest["verdict"] == "healthy"
    assert oldest["command"] == COMMAND
    assert oldest["steps"] == 30
    assert Path(oldest["path"]).is_dir()
    assert main(["runs", "--most", "1"]) == 0
    assert len(capfd.readouterr().out.splitlines()) == 1


def test_no_runs_is_said(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["runs"]) == 0
    assert "no runs in" in capfd.readouterr().out
    assert main(["export", "--format", "jsonl"]) == 2
    assert "there are no runs" in capfd.readouterr().err


def test_numbers_come_out_as_lines(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    recorded(home, 1e9, np.full(6, 0.1))
    assert main(["export", "--format", "jsonl"]) == 0
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [line["step"] for line in lines] == list(range(30))
    assert lines[0]["tensors"]["layers.0.weight"]["grad_norm"] == pytest.approx(0.1)


def test_numbers_go_to_a_file(home: Path, tmp_path: Path) -> None:
    recorded(home, 1e9, np.full(6, 0.1))
    target = tmp_path / "run.csv"
    assert main(["export", "train", "--format", "csv", "-o", str(target)]) == 0
    assert len(target.read_text().splitlines()) > 30


@pytest.mark.parametrize("form", ["parquet", "tensorboard"])
def test_some_formats_need_a_place(
    form: str, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    recorded(home, 1e9, np.full(6, 0.1))
    assert main(["export", "--format", form]) == 2
    assert "standard output" in capfd.readouterr().err


def test_a_picture_of_a_run(home: Path, tmp_path: Path) -> None:
    directory = recorded(home, 1e9, np.logspace(-9, -1, 6))
    target = tmp_path / "out.svg"
    assert main(["export", str(directory), "-o", str(target), "--size", "110x35"]) == 0
    seen = "".join(ElementTree.fromstring(target.read_text()).itertext())
    assert "VANISHING" in seen
    assert "train.py" in seen


@pytest.mark.parametrize("verb", ["attach", "replay"])
def test_without_a_terminal_one_sentence(verb: str, home: Path) -> None:
    recorded(home, 1e9, np.full(6, 0.1))
    done = subprocess.run(
        [sys.executable, "-m", "gradtui", verb],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "`gradtui export RUN` does without a screen" in done.stderr


@pytest.mark.parametrize(("verb", "words"), [("attach", []), ("replay", ["--speed", "1000"])])
def test_on_a_terminal_the_run_is_shown(verb: str, words: list[str], home: Path) -> None:
    directory = recorded(home, 1e9, np.logspace(-9, -1, 6))
    terminal = Terminal(
        sys.executable, "-m", "gradtui", verb, directory.name, *words, size=(120, 40)
    )
    try:
        terminal.see("VANISHING GRADIENT")
        terminal.see("layers.0")
        terminal.type("q")
        assert terminal.ended() == 0
    finally:
        terminal.close()


def test_a_replay_begins_at_its_alarm(home: Path) -> None:
    directory = recorded(home, 1e9, np.logspace(-9, -1, 6), steps=120)
    words = [directory.name, "--at", "alarm"]
    terminal = Terminal(sys.executable, "-m", "gradtui", "replay", *words, size=(120, 40))
    try:
        terminal.see("of 119")
        terminal.see("VANISHING GRADIENT")
        terminal.see("held")
        terminal.type("q")
        assert terminal.ended() == 0
    finally:
        terminal.close()


@pytest.mark.parametrize("word", ["-1", "soon", "1e3", ""])
def test_a_place_that_is_none_is_refused(
    word: str, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", f"--at={word}"]) == 2
    assert "step or the word alarm" in capfd.readouterr().err


def test_a_speed_that_is_none_is_refused(home: Path) -> None:
    recorded(home, 1e9, np.full(6, 0.1))
    terminal = Terminal(sys.executable, "-m", "gradtui", "replay", "--speed", "0")
    try:
        assert terminal.ended() == 2
    finally:
        terminal.close()


def test_recorded_runs_are_shown_without_torch(home: Path) -> None:
    code = (
        "import sys; from gradtui.cli import main; main(['runs']);"
        "import gradtui.commands.run_screen, gradtui.app.app, gradtui.runstore.reader.replay;"
        "raise SystemExit('torch' in sys.modules)"
    )
    recorded(home, 1e9, np.full(6, 0.1))
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
