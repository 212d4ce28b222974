"""The charts in full size: keys, mouse, and what the rest of the app makes of them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from textual.events import (
    MouseDown,
    MouseMove,
    MouseScrollDown,
    MouseScrollLeft,
    MouseScrollRight,
    MouseScrollUp,
    MouseUp,
)

from gradtui.app.app import GradtuiApp
from gradtui.app.key_bindings import CHART_KEYS, CHARTS, KEYS, chart_bindings, chart_footer_keys
from gradtui.app.render.x_scale import Extent
from gradtui.app.screens.charts import ChartPickerScreen
from gradtui.app.screens.full_charts import FullChartsScreen
from gradtui.app.screens.main import MainScreen
from gradtui.app.view import Choice
from gradtui.app.watched_run import WatchedRun
from gradtui.app.widgets.chart import Chart
from gradtui.app.widgets.chart_stack import ChartStack
from gradtui.runstore.format.records import STEP
from gradtui.runstore.reader.load import load_facts
from gradtui.runstore.reader.replay import Replay
from tests.app.fake_source import FakeSource
from tests.app.playing import lines, playing, text, toasts, until
from tests.app.test_key_bindings import STAGES, STORY, Staged, opened, press
from tests.runstore.recorded import record, snap

STEPS = 400


def stack(app: GradtuiApp) -> ChartStack:
    assert isinstance(app.screen, FullChartsScreen)
    return app.screen.charts


def top(app: GradtuiApp) -> str:
    """The line of the cursor."""
    return next((line for line in lines(app) if line.startswith("  step ")), "")


def test_keys_do_not_get_in_one_anothers_way() -> None:
    names = [name for binding in chart_bindings() for name in binding.key.split(",")]
    assert len(names) == len(set(names))
    own = {name for key in CHART_KEYS for name in key.keys.split(",")}
    taken = [key for key in KEYS if own & set(key.keys.split(","))]
    # The app's own meaning of these is movement: in time, among layers, among panes, to a layer.
    assert {key.group for key in taken} <= {"Time", "Layers", "Panes"}
    assert all(key.action.split("(")[0] in ("pane",) for key in taken if key.group == "Panes")
    for mode in ("lab", "run", "attach", "replay"):
        footer = chart_footer_keys(mode)  # type: ignore[arg-type]
        assert next(key for key in footer if key.group == CHARTS).shown == "enter"
        assert {"q", "?", "esc"} <= {key.shown for key in footer[:12]}


async def test_a_live_run_is_asked() -> None:
    source = FakeSource(per_poll=30)
    async with playing(source=source, size=(80, 24)) as (app, pilot):
        await until(pilot, lambda: app.session.current.live_step > 60)
        await pilot.press("space", "C")
        await until(pilot, lambda: isinstance(app.screen, FullChartsScreen) and "step " in top(app))
        last = app.session.current.live_step
        assert f" step {last} " in top(app)
        await pilot.press("left", "left", "l")
        assert stack(app).frame.cursor == last - 1
        assert f" step {last - 1} " in top(app)
        await pilot.press("up")
        window = stack(app).frame.window
        assert window is not None
        await pilot.press("H")
        back = stack(app).frame.cursor or 0
        assert back < last - 1
        await pilot.press("L")
        assert (stack(app).frame.cursor or last) > back
        await pilot.press("home", "enter")
        await until(pilot, lambda: "looking at step 0" in text(app))
        assert app.session.cursor == 0
        assert stack(app).frame.cursor is None
        assert " step 0 " in top(app)
        await pilot.press("right_square_bracket", "right_square_bracket")
        await until(pilot, lambda: " step 2 " in top(app))
        await pilot.press("end", "enter")
        await until(pilot, lambda: "looking at" not in text(app))
        assert app.session.cursor is None
        await pilot.press("left", "end")
        assert stack(app).frame.cursor is None  # it goes with the newest step again
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, ChartPickerScreen))
        await pilot.press("down", "enter")
        await until(pilot, lambda: "learning rate" in lines(app)[5])
        assert app.session.choice == Choice("rate")
        await pilot.press("tab")
        assert stack(app).frame.panel == "first"
        await pilot.press("shift+tab", "M", "tab", "question_mark")
        await until(pilot, lambda: "The vertical line is the cursor" in text(app))
        await pilot.press("escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, MainScreen))
        await pilot.press("C")
        await until(pilot, lambda: isinstance(app.screen, FullChartsScreen))
        assert stack(app).frame.median == 10  # as it was left
        app.pacing.look_at(0)
        app.tick()
        assert toasts(app) == []
        app.pacing.wished = 10**6  # of a long run not every step is kept
        app.session.changed = True
        app.tick()
        await until(pilot, lambda: any("Layers of step 1,000,000" in told for told in toasts(app)))
        app.chart_frame = replace(app.chart_frame, window=Extent(50, 60))
        await pilot.press("escape", "C")
        await until(pilot, lambda: isinstance(app.screen, FullChartsScreen))
        assert stack(app).frame.window is None  # step 0 is not within it


async def test_a_click_on_a_chart_opens_it_there_and_another_run_is_seen_whole() -> None:
    async with playing(source=FakeSource(per_poll=40), size=(110, 30)) as (app, pilot):
        await until(pilot, lambda: app.session.current.live_step > 100)
        await pilot.press("space")
        chart = app.screen.query(Chart).first()
        await pilot.click(chart, offset=(14, 4))
        await until(pilot, lambda: isinstance(app.screen, FullChartsScreen) and "step " in top(app))
        cursor = stack(app).frame.cursor
        assert cursor is not None
        assert 0 < cursor < app.session.current.live_step / 2
        await pilot.press("up", "up")
        assert stack(app).frame.window is not None
        await pilot.press("n")
        await until(pilot, lambda: app.session.current.scenario.name == "exploding_init")
        await until(pilot, lambda: stack(app).frame.window is None)


def mouse(app: GradtuiApp, kind: type, cell: int, *, shift: bool = False, button: int = 0) -> None:
    x, y = cell + 9, 5
    event = kind(stack(app), x, y, 0, 0, button, shift, False, False, screen_x=x, screen_y=y)
    stack(app).post_message(event)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """9,000 steps with a spike at one that is not kept; 400 of them have norms."""
    directory = tmp_path_factory.mktemp("runs") / "run"
    record(directory, (snap(step) for step in range(STEPS)))
    steps = np.resize(np.fromfile(directory / "steps-0.bin", STEP), 9000)
    steps["step"], steps["loss"] = np.arange(9000), 1.0
    steps["time"] = 1e9 + np.arange(9000)
    steps["loss"][201] = 99.0
    steps.tofile(directory / "steps-0.bin")
    return directory


async def test_a_replay_is_asked_by_keys_and_mouse(run: Path) -> None:
    source = Replay(run, speed=1e-3)
    watched = WatchedRun("replay", run, "python train.py", at=100, whole=lambda: load_facts(run))
    app = GradtuiApp(source, [STORY], scenario="recorded", fps=20, watched=watched)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.session.current.live_step == 100)
        await pilot.press("C")
        await until(pilot, lambda: isinstance(app.screen, FullChartsScreen) and "step " in top(app))
        assert " step 100 " in top(app)
        assert "8999" in lines(app)[-3]  # also what has not been played
        assert "loss of every 4th step" in text(app)
        for _ in range(5):
            mouse(app, MouseScrollUp, 1)
        await until(pilot, lambda: stack(app).frame.window is not None)
        await until(pilot, lambda: "every 4th" not in text(app))
        await pilot.press(*["up"] * 4, "right")
        assert stack(app).frame.cursor == 101  # every step of the window is there
        before = stack(app).frame.window
        assert before is not None
        mouse(app, MouseScrollDown, 50, shift=True)
        await until(pilot, lambda: stack(app).frame.window != before)
        moved = stack(app).frame.window
        assert moved is not None
        assert moved.last - moved.first == before.last - before.first
        mouse(app, MouseScrollRight, 50)
        await until(pilot, lambda: (stack(app).frame.window or moved).first > moved.first)
        mouse(app, MouseScrollLeft, 50)
        await until(pilot, lambda: stack(app).frame.window == moved)
        await pilot.press("pagedown")
        assert (stack(app).frame.window or moved).first > moved.first
        await pilot.press("pageup")
        assert stack(app).frame.window == moved
        mouse(app, MouseDown, 60, button=1)
        mouse(app, MouseMove, 40, button=1)
        mouse(app, MouseUp, 40, button=1)
        await until(pilot, lambda: stack(app).frame.window not in (before, moved))
        assert app.session.current.live_step == 100  # dragging looks at nothing
        await pilot.press("u")
        assert "by time" in lines(app)[-2]
        window = stack(app).frame.seen(Extent(0, 8999))
        assert window is not None
        mouse(app, MouseDown, 30, button=1)
        mouse(app, MouseUp, 30, button=1)
        await until(pilot, lambda: app.session.current.live_step != 100)
        assert window.first <= app.session.current.live_step <= window.last
        await pilot.press("w", "home", "enter")
        await until(pilot, lambda: app.session.current.live_step == 0)
        assert "8999" not in lines(app)[-3]  # times are along the axis
        assert "2 h" in lines(app)[-3]


async def test_every_key_at_every_stage(tmp_path: Path) -> None:
    source = Staged(STAGES["nothing"])
    async with opened(source, "lab", tmp_path) as (app, _):
        for name in ("nothing", "no step", "one step", "two optimizers", "gaps", "ended"):
            source.stage = STAGES[name]
            app.session._begin(STORY, (), 7, float("-inf"))
            app.tick()
            await press(app, "full_charts")
            for key in CHART_KEYS:
                await press(app, key.action)
                assert isinstance(app.screen, FullChartsScreen)
            await press(app, "full_charts")
            assert isinstance(app.screen, MainScreen)
        assert app.crash is None
