"""The screen of a log: no empty place for what it does not hold, and every key."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from gradtui.app.app import GradtuiApp
from gradtui.app.screens.main import MainScreen
from gradtui.app.watched_run import WatchedRun
from gradtui.runstore.logs.conversion import convert
from gradtui.runstore.logs.formats import format_of
from gradtui.runstore.reader.replay import Replay
from tests.app.fake_source import scenario
from tests.app.playing import text, until

STORY = scenario("logged", "logs/exp1", remedies=0)
LOSS = "epoch,step,train_loss\n" + "".join(f"0,{i},{2 / (i + 1)}\n" for i in range(0, 600, 10))
TOTAL = "epoch,step,train_loss,grad_norm\n" + "".join(
    f"0,{i},{2 / (i + 1)},{1 + i % 7}\n" for i in range(0, 600, 10)
)
LAYERS = "epoch,step,train_loss,grad_norm/one.weight,grad_norm/two.weight\n" + "".join(
    f"0,{i},{2 / (i + 1)},{1 + i % 7},{2 + i % 7}\n" for i in range(0, 600, 10)
)
KEYS = "[ ] { 0 end j k enter escape o y x escape a v escape"
BRACKETS = {"[": "left_square_bracket", "]": "right_square_bracket"}
SIZES = [(140, 45), (80, 24), (60, 20)]


@asynccontextmanager
async def replaying(
    logged: str, place: Path, size: tuple[int, int]
) -> AsyncIterator[tuple[GradtuiApp, Pilot[None]]]:
    path, directory = place / "metrics.csv", place / "run"
    path.write_text(logged)
    directory.mkdir()
    form = format_of(path)
    assert form is not None
    convert(path, form, directory)
    watched = WatchedRun("replay", directory, "logs/exp1", speed=1e6)
    source = Replay(directory, speed=1e6)
    app = GradtuiApp(source, [STORY], scenario="logged", fps=20, watched=watched)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: app.session.current.over)
        await until(pilot, lambda: "train" in text(app) or "loss" in text(app))
        yield app, pilot


def shown(app: GradtuiApp) -> set[str]:
    """The panes on screen, and "depth" for the layers."""
    screen = app.screen
    assert isinstance(screen, MainScreen)
    there = {name for name, pane in screen.panes.items() if pane.display}
    return there | ({"depth"} if screen.depth.display else set())


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_loss_alone(size: tuple[int, int], tmp_path: Path) -> None:
    async with replaying(LOSS, tmp_path, size) as (app, _):
        assert "loss" in shown(app)
        assert not {"depth", "heat", "norm"} & shown(app)
        assert "UNDECIDED by loss, every 10th step" in text(app)
        if size[1] >= 45:
            assert "gradient norm   not in this log" in text(app)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_total_norm(size: tuple[int, int], tmp_path: Path) -> None:
    async with replaying(TOTAL, tmp_path, size) as (app, _):
        assert {"loss", "norm"} <= shown(app)
        assert ("depth" in shown(app)) == (size[1] >= 45)  # one row takes no room to speak of there
        assert "HEALTHY by loss and total gradient norm" in text(app)


async def test_layers_have_their_place(tmp_path: Path) -> None:
    async with replaying(LAYERS, tmp_path, (140, 45)) as (app, _):
        assert {"depth", "loss", "norm", "findings"} <= shown(app)
        assert app.screen.history.display  # type: ignore[attr-defined]
        assert "one" in text(app)
        assert "every 10th step" in text(app)


async def test_every_key_is_answered(tmp_path: Path) -> None:
    async with replaying(LOSS, tmp_path, (100, 30)) as (app, pilot):
        for key in KEYS.split():
            await pilot.press(BRACKETS.get(key, key))
        await pilot.press(
            "slash", "z", "z", "escape", "tab", "question_mark", "escape", "space", "."
        )
        assert "loss" in text(app)
        await pilot.resize_terminal(80, 24)
        await pilot.press("tab", "tab", "tab", "tab", "tab")
        await pilot.pause()
        assert "step" in text(app)
