"""Several runs at once: `gradtui attach A B`, and from the list of runs."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradtui.cli import main
from gradtui.core.event import Ended
from gradtui.runstore.files.run_folders import new_run
from tests.app.overlaying import BEGAN
from tests.app.terminal_emulator import Terminal
from tests.runstore.recorded import record, snap


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs: slow, quick, third."""
    home = tmp_path_factory.mktemp("home")
    for place, word in enumerate(("slow", "quick", "third")):
        command = ["python", f"{word}.py"]
        directory = new_run(home, command, BEGAN + 60 * place)
        steps = [snap(step, loss=1.0 + place) for step in range(30 + 10 * place)]
        record(directory, [*steps, Ended(1, len(steps), "finished")], command=command)
    return home


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["attach", "slow", "slow"], "is the same run: name each run once"),
        (["attach", "slow", "slow@last"], "is the same run as 'slow'"),
        (["attach", "slow", "none"], "there is no run 'none'"),
        (["attach", "slow", ""], "an empty name"),
        (["attach", *"abcdefghi"], "8 runs at most lie over one another, and these are 9"),
        (["attach", "slow", "quick", "--to", "tensorboard=x"], "--to sends one run"),
        (["attach", "slow", "quick", "--pid", "1"], "give a run or --pid, not both"),
        (["attach", "slow", "quick", "--headless"], "--headless is for --pid"),
        (["replay", "slow", "quick"], "'gradtui attach RUN RUN' overlays several"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    words: list[str],
    said: str,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GRADTUI_RUNS", str(home))
    monkeypatch.setattr("gradtui.app.terminal.refuse_without_terminal", lambda instead="": None)
    assert main(words) == 2
    error = capfd.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1


def test_without_a_terminal_compare_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GRADTUI_RUNS", str(home))
    assert main(["attach", "slow", "quick"]) == 2
    assert "gradtui compare" in capfd.readouterr().err


@pytest.fixture
def opened() -> Iterator[list[Terminal]]:
    terminals: list[Terminal] = []
    yield terminals
    for terminal in terminals:
        terminal.close()


@pytest.mark.long
def test_layers_of_one_are_shown_beside_those_of_another(
    home: Path, tmp_path: Path, opened: list[Terminal]
) -> None:
    command = [sys.executable, "-m", "gradtui", "attach", "slow", "quick", "--runs", str(home)]
    terminal = Terminal(*command, size=(120, 40), env={"XDG_STATE_HOME": str(tmp_path)})
    opened.append(terminal)
    terminal.see("all of the runs")
    terminal.see("finished")
    assert "◆ quick" in terminal.text
    terminal.type("2\r")
    terminal.see("this run: ")
    assert "slow-" in terminal.text
    terminal.type("q")
    terminal.see("▸2 ◆ quick")
    terminal.type("q")
    assert terminal.ended() == 0
    assert terminal.given_back


@pytest.mark.long
def test_the_list_overlays_what_is_marked(
    home: Path, tmp_path: Path, opened: list[Terminal]
) -> None:
    command = [sys.executable, "-m", "gradtui", "runs", "--runs", str(home)]
    terminal = Terminal(*command, size=(120, 40), env={"XDG_STATE_HOME": str(tmp_path)})
    opened.append(terminal)
    terminal.see("python third.py")
    terminal.type("v")
    terminal.see("Two runs or more are overlaid, and 0 are marked")
    terminal.type("mv")
    terminal.see("all of the runs")
    assert "■ slow" in terminal.text
    terminal.type("q")
    terminal.see("3 marked")
    terminal.type("q")
    assert terminal.ended() == 0
