"""Every key and click of runs that are laid over one another, on records."""

from pathlib import Path
from typing import Any

import pytest
from textual.events import MouseDown, MouseMove, MouseScrollDown, MouseScrollUp, MouseUp

from gradtui.app.overlay_app import OverlayApp
from gradtui.app.overlay_keys import KEYS, help_keys
from gradtui.app.render.overlay_frame import OverlayFrame
from gradtui.app.screens.charts import ChartPickerScreen
from gradtui.app.screens.overlay import OverlayScreen
from gradtui.app.screens.text import TextScreen
from gradtui.app.themes import THEMES
from gradtui.app.view import Choice
from gradtui.app.widgets.overlay_charts import OverlayCharts
from gradtui.core.event import Ended
from gradtui.runstore.writer.run_writer import RunWriter
from tests.app.overlaying import BEGAN, overlaying, recorded, sick
from tests.app.playing import lines, text, toasts, until
from tests.factories import run_info
from tests.runstore.recorded import LAYOUT, snap


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One of 60 steps, a shorter and slower one that logs something else, one that goes NaN."""
    home = tmp_path_factory.mktemp("runs")
    return [
        recorded(home / "long"),
        recorded(home / "short", 40, lambda step: 1.5, logged="acc", each=2.0, began=BEGAN + 10),
        recorded(home / "sick", 60, sick, logged=""),
    ]


def frame(app: OverlayApp) -> OverlayFrame:
    """As it is now."""
    return app.frame


def row(app: OverlayApp, name: str) -> str:
    (line,) = [line for line in lines(app)[:10] if f" {name} " in line]
    return line


async def test_the_table_says_what_there_is(paths: list[Path]) -> None:
    async with overlaying(paths, (110, 45)) as (app, pilot):
        await until(pilot, lambda: "finished" in row(app, "sick"))
        assert row(app, "long").split()[:4] == ["▸1", "●", "long", "59"]
        assert row(app, "short").split()[:4] == ["2", "◆", "short", "39"]
        assert "NaN" in row(app, "sick")
        assert "■NaN" in text(app)
        assert "not in ◆ short ■ sick" in text(app)


async def test_choosing_and_hiding(paths: list[Path]) -> None:
    async with overlaying(paths) as (app, pilot):
        await pilot.press("n")
        assert frame(app).chosen == 1
        await pilot.press("p", "p")
        assert frame(app).chosen == 2
        await pilot.press("space")
        assert "hidden; 3 shows it" in row(app, "sick")
        assert "■NaN" not in text(app)
        await pilot.press("1", "3")
        assert frame(app).chosen == 2
        assert not frame(app).hidden
        await pilot.press("8")
        assert frame(app).chosen == 2


async def test_the_cursor(paths: list[Path]) -> None:
    async with overlaying(paths) as (app, pilot):
        assert lines(app)[0].startswith(" newest values")
        await pilot.press("left", "h", "right")
        assert frame(app).cursor == 58
        assert lines(app)[0].startswith(" at step 58")
        assert row(app, "long").split()[3] == "58"
        assert row(app, "short").split()[3] == "39"
        await pilot.press("l")
        assert frame(app).cursor == 59
        await pilot.press("H")
        assert (frame(app).cursor or 99) < 58
        await pilot.press("L", "home")
        assert frame(app).cursor == 0
        await pilot.press("end")
        assert frame(app).cursor is None
        await pilot.press("0", "escape")
        assert frame(app).cursor is None


async def test_the_window(paths: list[Path]) -> None:
    async with overlaying(paths) as (app, pilot):
        await pilot.press("home", *["right"] * 30, "up", "k")
        window = frame(app).window
        assert window is not None
        assert window.low <= 30 <= window.high
        assert window.high - window.low < 30
        assert f"steps {window.low:.0f} to" in text(app)
        await pilot.press("pagedown")
        later = frame(app).window
        assert later is not None
        assert later.low > window.low
        await pilot.press("pageup", "down", "j", "j")
        assert frame(app).window is None
        await pilot.press("up", "w")
        assert frame(app).window is None


async def test_aligning(paths: list[Path]) -> None:
    async with overlaying(paths) as (app, pilot):
        await pilot.press("u")
        assert frame(app).alignment == "time"
        assert "by time since each one's first step" in text(app)
        await pilot.press("2", "left")
        assert frame(app).cursor == pytest.approx(76.0)  # step 38, of 2 s each
        assert row(app, "long").split()[3] == "59"
        await pilot.press("u")
        assert frame(app).alignment == "clock"
        assert frame(app).cursor == pytest.approx(86.0)
        assert "1:26" in lines(app)[0]
        await pilot.press("u")
        assert frame(app).alignment == "step"
        assert frame(app).cursor == 38


async def test_what_is_drawn(paths: list[Path]) -> None:
    async with overlaying(paths) as (app, pilot):
        assert "total norm" in text(app)
        await pilot.press("tab")
        assert "total norm" not in text(app)
        await pilot.press("tab")
        assert frame(app).panel == "norm"
        await pilot.press("shift+tab", "shift+tab")
        assert frame(app).panel == "both"
        await pilot.press("y")
        assert " loss  linear" in text(app)
        await pilot.press("y", "M")
        assert "median of 10 steps" in text(app)
        await pilot.press("M", "M")
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, ChartPickerScreen))
        assert "val/loss" in text(app)
        await pilot.press(*"acc", "enter")
        await until(pilot, lambda: isinstance(app.screen, OverlayScreen))
        assert frame(app).choice == Choice("metric", "acc")
        assert "not in ● long ■ sick" in text(app)
        await pilot.press("m", "escape")
        assert frame(app).choice == Choice("metric", "acc")


async def test_leaving_for_layers(paths: list[Path]) -> None:
    async with overlaying(paths) as (app, pilot):
        await pilot.press("2", "c")
        assert any("short stands beside" in told for told in toasts(app))
        await pilot.press("3", "left", "left", "enter")
    assert app.opened is not None
    run, beside = app.opened
    assert run.what.name == "sick"
    assert beside is not None
    assert beside.what.name == "short"
    assert app.step == 57
    assert app.exit_code == 0


async def test_the_mouse(paths: list[Path]) -> None:
    async with overlaying(paths) as (app, pilot):
        charts: OverlayCharts = app.charts
        await pilot.click(charts, offset=(12, 2))
        assert frame(app).chosen == 1
        assert frame(app).cursor is None

        def mouse(kind: type[Any], x: int, y: int = 10) -> Any:
            return kind(charts, x, y, 0, 0, 1, False, False, False, screen_x=x, screen_y=y)

        charts.on_mouse_down(mouse(MouseDown, 70))
        charts.on_mouse_up(mouse(MouseUp, 70))
        cursor = frame(app).cursor
        assert cursor is not None
        assert cursor == pytest.approx(59 * (70 - 8) / 101, abs=1)
        for _ in range(3):
            charts.on_mouse_scroll_up(mouse(MouseScrollUp, 70))
        window = frame(app).window
        assert window is not None
        assert window.low < cursor < window.high
        charts.on_mouse_down(mouse(MouseDown, 70))
        charts.on_mouse_move(mouse(MouseMove, 40))
        charts.on_mouse_up(mouse(MouseUp, 40))
        later = frame(app).window
        assert later is not None
        assert later.low > window.low
        assert frame(app).cursor == cursor
        for _ in range(6):
            charts.on_mouse_scroll_down(mouse(MouseScrollDown, 70))
        assert frame(app).window is None
        await pilot.click(charts, offset=(12, 3), times=2)
    assert app.opened is not None
    assert app.opened[0].what.name == "sick"


async def test_help_names_every_key_and_the_palette_has_them(paths: list[Path]) -> None:
    async with overlaying(paths) as (app, pilot):
        await pilot.press("question_mark")
        assert isinstance(app.screen, TextScreen)
        told = str(app.screen.query_one("#text").render())
        assert all(key.help in told and key.shown in told for key in help_keys())
        await pilot.press("escape", "ctrl+p", *"median")
        await until(pilot, lambda: "Running median of 10 or 100" in text(app))
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, OverlayScreen))
        assert frame(app).median == 10
        screen: Any = app.screen
        titles = [command.title for command in app.get_system_commands(screen)]
        assert len(titles) == len(set(titles)) == sum(key.palette for key in KEYS) + len(THEMES)
        names = [name for key in KEYS for name in key.keys.split(",")]
        assert len(names) == len(set(names))


async def test_themes_and_a_picture(paths: list[Path], tmp_path: Path) -> None:
    async with overlaying(paths, folder=tmp_path) as (app, pilot):
        before = app.theme
        await pilot.press("t", "e")
        assert app.theme != before
        (picture,) = tmp_path.glob("gradtui-long-short-sick.svg")
        assert "total" in picture.read_text()
        await pilot.press("q")
    assert app.opened is None


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (30, 8)])
async def test_sizes_in_ascii(size: tuple[int, int], paths: list[Path]) -> None:
    async with overlaying(paths, size, ascii_only=True, theme="mono") as (app, pilot):
        await pilot.press("n", "left", "u")
        assert text(app).isascii()
        if size[0] < 40:
            assert "too small" in text(app)
        else:
            assert ">2 short" in text(app)


async def test_one_that_goes_on_grows_and_ends(paths: list[Path], tmp_path: Path) -> None:
    writer = RunWriter(tmp_path / "live", LAYOUT, run_info(), command=["x"], flush=0.01)
    for step in range(5):
        writer.put(snap(step, loss=1.0))
    async with overlaying([paths[0], tmp_path / "live"]) as (app, pilot):
        await until(pilot, lambda: "running" in row(app, "live"))
        await until(pilot, lambda: row(app, "live").split()[3] == "4")
        for step in range(5, 80):
            writer.put(snap(step, loss=1.0))
        await until(pilot, lambda: row(app, "live").split()[3] == "79")
        assert app.runs.runs[1].live
        writer.tell(Ended(1, 80, "finished"))
        assert writer.close(30)
        await until(pilot, lambda: "finished" in row(app, "live"))
        assert not app.runs.runs[1].live


async def test_what_cannot_be_read_is_a_sentence(paths: list[Path], tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "run.json").write_text("{")
    async with overlaying([paths[0], damaged]) as (app, pilot):
        assert "run.json is" in row(app, "damaged")
        assert "59" in row(app, "long")
        await pilot.press("2", "enter")
        assert app.opened is None
        assert any("run.json" in told for told in toasts(app))
