"""Pictures of the list of runs."""

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from gradtui.app.render import run_detail
from gradtui.app.render.text import safe
from gradtui.app.run_order import RunOrder
from gradtui.app.run_survey import RunSurvey
from gradtui.app.runs_app import RunsApp
from gradtui.app.themes import DEFAULT
from tests.app.made_up_runs import GAN, NOW, FakeExaminer, all_read, directories, usual
from tests.app.playing import text, until
from tests.snapshots.still import SMALL, USUAL, Picture, Small, sizes


class StillRuns(Small, RunsApp):
    """The time does not pass."""

    def __init__(self, home: Path, **wishes: Any) -> None:
        runs = usual()
        directories(home, runs)
        examiner = FakeExaminer(home, runs)
        super().__init__(
            RunSurvey(home), RunOrder(), examiner, **{"theme": DEFAULT, "folder": home} | wishes
        )
        self.wall_clock = lambda: NOW

    def notify(self, *words: Any, **wishes: Any) -> None:
        super().notify(*words, **wishes | {"timeout": 1e6})


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Always the same words at the top of the list, and in full below it."""
    monkeypatch.setattr("gradtui.app.runs_app.home_words", lambda path: "~/runs")
    home = tmp_path / "runs"
    # Its path stands below the list, and is another one each time.
    monkeypatch.setattr(run_detail, "safe", lambda words: safe(words).replace(str(home), "~/runs"))
    return home


async def chosen(pilot: Pilot[Any], *keys: str) -> None:
    app = pilot.app
    assert isinstance(app, RunsApp)
    await until(pilot, lambda: all_read(app, 5))
    await pilot.press(*keys)
    await until(pilot, lambda: "gan-000001" in text(app))


@sizes(USUAL, SMALL)
def test_list(size: tuple[int, int], picture: Picture, home: Path) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await chosen(pilot, "space")

    picture(StillRuns(home), size, act)


@sizes(SMALL)
def test_question(size: tuple[int, int], picture: Picture, home: Path) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await chosen(pilot, "m", "D")
        await until(pilot, lambda: f"  {GAN}" in text(pilot.app))  # type: ignore[arg-type]

    picture(StillRuns(home), size, act)


@sizes(SMALL)
def test_ascii(size: tuple[int, int], picture: Picture, home: Path) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await chosen(pilot, "j", "space")

    picture(StillRuns(home, ascii_only=True), size, act)
