"""Pictures of what commands print on a terminal."""

from pathlib import Path
from typing import Any

import pytest
from rich.text import Text
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Static

from gradtui import commands
from gradtui.cli import main
from gradtui.commands.output import Paint
from tests.snapshots.recordings import SICK, TREATED
from tests.snapshots.still import Picture, Small


class Page(Small, App[Any]):
    """What was printed, colours and all, under the command line that it answers."""

    TITLE = "terminal"
    CSS = "Screen { overflow: hidden; }"

    def __init__(self, command: str, printed: str) -> None:
        super().__init__()
        self.theme = "textual-dark"
        self._printed = Text.from_ansi(f"$ {command}\n{printed.rstrip()}", no_wrap=True)

    @property
    def room(self) -> tuple[int, int]:
        """The columns and lines that it takes."""
        lines = self._printed.split()
        return max(line.cell_len for line in lines), len(lines)

    def compose(self) -> ComposeResult:
        yield Static(self._printed)


@pytest.mark.parametrize(
    ("words", "code"), [(["runs"], 0), (["compare", SICK, TREATED], 0)], ids=["runs", "compare"]
)
def test_printed(
    words: list[str],
    code: int,
    picture: Picture,
    runs: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GRADTUI_RUNS", str(runs))
    for module in (commands.runs, commands.compare):
        monkeypatch.setattr(module, "paint", Paint)  # as on a terminal
    assert main(words) == code
    printed = capsys.readouterr().out
    page = Page(f"gradtui {' '.join(words)}", printed)

    async def act(pilot: Pilot[Any]) -> None:
        await pilot.pause()

    picture(page, page.room, act)
