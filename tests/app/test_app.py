"""The app in a headless terminal: keys in, screen out."""

import gc
import re
from pathlib import Path

import pytest
from textual import events
from textual._styles_cache import StylesCache
from textual.geometry import Size

from gradtui.app.app import GradtuiApp
from gradtui.app.appearance import theme_called
from gradtui.app.failure_line import FailureLine
from gradtui.app.screens.detail import DetailScreen
from gradtui.app.screens.main import MainScreen
from gradtui.app.screens.picker import PickerScreen
from gradtui.app.screens.quit import QuitScreen
from gradtui.app.screens.text import TextScreen
from gradtui.app.textual_faults import Panel
from gradtui.app.widgets.depth_view import DepthView
from gradtui.app.widgets.heat_beside import HeatBeside
from gradtui.core.control import Pause, Resume, SetPace, StepOnce
from gradtui.core.errors import UsageError
from tests.app.fake_source import CATALOGUE, FakeSource
from tests.app.playing import lines, playing, text, toasts, until


async def test_first_screen_says_what_runs() -> None:
    async with playing() as (app, pilot):
        await pilot.pause(0.1)
        screen = text(app)
        assert "Twenty sigmoids deep" in screen
        assert "layers.19" in screen
        assert "q quit" in lines(app)[-1]


async def test_nothing_is_asked_of_the_source_before_the_first_frame() -> None:
    source = FakeSource()
    app = GradtuiApp(source, CATALOGUE, scenario="healthy_relu")
    app.tick()
    assert not source.sent
    async with app.run_test() as pilot:
        await until(pilot, lambda: source.sent)
    assert source.closed


async def test_200_presses_of_n_end_on_the_right_live_scenario() -> None:
    source = FakeSource()
    async with playing(source=source) as (app, pilot):
        for _ in range(202):  # without waiting for the app, as a key held down does
            app.simulate_key("n")
        await pilot.pause()
        run = app.session.current.start.run
        assert run == 203
        await until(pilot, lambda: app.session.current.live_step > 5)
        assert app.session.current.scenario.name == CATALOGUE[202 % 5].name
        assert CATALOGUE[202 % 5].title in lines(app)[0]
        assert len(source.starts) < 40
        await pilot.press("p")
        await until(pilot, lambda: app.session.current.live_step > 0)


async def test_switching_past_a_scenario_that_fails() -> None:
    async with playing("cannot_build", source=FakeSource(per_poll=1)) as (app, pilot):
        for _ in range(15):
            await pilot.press("n")
            await pilot.pause(0.1)
        await until(pilot, lambda: isinstance(app.screen, TextScreen))
        await pilot.press("p")
        await until(pilot, lambda: app.session.current.live_step > 0)
        assert isinstance(app.screen, MainScreen)


async def test_q_and_ctrl_c_quit() -> None:
    for key in ("q", "ctrl+c"):
        async with playing() as (app, pilot):
            await pilot.press(key)
            await until(pilot, lambda app=app: not app.is_running)
            assert app.exit_code == 0


async def test_space_and_full_stop() -> None:
    source = FakeSource()
    async with playing(source=source) as (app, pilot):
        await pilot.press("space")
        await until(pilot, lambda: app.session.current.state == "paused")
        at = app.session.current.live_step
        await pilot.press("full_stop")
        await until(pilot, lambda: app.session.current.live_step == at + 1)
        await pilot.press("space")
        await until(pilot, lambda: app.session.current.live_step > at + 3)
        assert [type(c) for c in source.sent[1:]] == [Pause, StepOnce, Resume]


async def test_remedy_runs_beside_the_sick_run() -> None:
    async with playing() as (app, pilot):
        await pilot.press("1")
        assert app.session.reference is not None
        await until(pilot, lambda: app.session.current.live_step > 5)
        view = app.session.view(app.clock())
        assert view.remedies == (0,)
        assert view.reference is not None
        await pilot.press("c")
        assert app.session.view(app.clock()).reference is None
        await pilot.press("1")
        await until(pilot, lambda: app.session.current.live_step > 1)
        assert app.session.reference is None


async def test_nan_rings_once_stays_and_marks_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    rung = []
    monkeypatch.setattr(GradtuiApp, "bell", lambda self: rung.append(1))
    async with playing("exploding_init", source=FakeSource(per_poll=10)) as (app, pilot):
        await until(pilot, lambda: app.session.current.live_step > 60)
        assert rung == [1]
        assert any("step 40" in toast for toast in toasts(app))
        await pilot.pause(0.2)
        assert "NaN" in text(app)


async def test_no_bell_when_it_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    rung = []
    monkeypatch.setattr(GradtuiApp, "bell", lambda self: rung.append(1))
    source = FakeSource(per_poll=50)
    async with playing("exploding_init", source=source, bell=False) as (app, pilot):
        await until(pilot, lambda: app.session.current.live_step > 60)
        assert not rung


async def test_scrubbing_and_back_to_live() -> None:
    async with playing(source=FakeSource(per_poll=1)) as (app, pilot):
        await pilot.press("left_square_bracket")
        at = app.session.cursor
        await pilot.press("h", "left")
        assert app.session.cursor == at - 2
        await pilot.press("home")
        assert app.session.cursor == 0
        await pilot.press("right_square_bracket", "l")
        assert app.session.cursor == 2
        await pilot.press("right_curly_bracket", "left_curly_bracket")
        await pilot.press("end")
        assert app.session.cursor is None


async def test_filter_counts_while_typing() -> None:
    async with playing() as (app, pilot):
        await pilot.press("slash", *"s.1")
        await pilot.pause(0.1)
        assert "11 of 20" in text(app)
        await pilot.press("enter", "j")
        assert app.session.rows.selected == 1
        await pilot.press("escape")
        await pilot.pause(0.1)
        assert len(app.session.rows.order) == 20
        await pilot.press("slash", *"q9")
        await pilot.pause(0.1)
        assert "none of 20" in text(app)
        await pilot.press("escape")
        await pilot.pause(0.1)
        assert app.session.rows.text == ""
        assert app.focused is None


async def test_moving_sorting_and_the_scale() -> None:
    async with playing() as (app, pilot):
        rows = app.session.rows
        await pilot.press("j", "down", "k")
        assert rows.selected == 1
        await pilot.press("G")
        assert rows.selected == 19
        await pilot.press("pageup")
        above = rows.selected
        assert above < 19
        await pilot.press("pagedown")
        assert rows.selected > above
        await pilot.press("g")
        assert rows.selected == 0
        await pilot.press("o", "o", "o")
        assert rows.sort == "name"
        await pilot.press("y")
        assert not app.session.log_scale


async def test_again_with_the_same_seed_and_with_another() -> None:
    source = FakeSource()
    async with playing(source=source) as (app, pilot):
        await pilot.press("r")
        await until(pilot, lambda: len(source.starts) == 2)
        await pilot.press("R")
        await until(pilot, lambda: len(source.starts) == 3)
        seeds = [start.seed for start in source.starts]
        assert seeds[0] == seeds[1] != seeds[2]
        await until(pilot, lambda: app.session.current.live_step >= 5)


async def test_training_is_held_back_and_let_go() -> None:
    source = FakeSource()
    async with playing(source=source) as (_, pilot):
        await pilot.press("minus", "minus", "plus")
        paces = [one.steps_per_s for one in source.sent if isinstance(one, SetPace)]
        assert len(paces) == 3
        assert paces[1] < paces[0] == paces[2]


async def test_detail_is_live() -> None:
    async with playing() as (app, pilot):
        await pilot.press("enter")
        await pilot.pause(0.1)
        assert isinstance(app.screen, DetailScreen)
        assert "layers.0" in text(app)
        for key, name in (("right", "layers.1"), ("n", "layers.2"), ("left", "layers.1")):
            await pilot.press(key)
            await until(
                pilot, lambda name=name: f"● {name} " in text(app) or f"▼ {name} " in text(app)
            )
        assert "esc back" in text(app)
        await pilot.press("escape")
        assert isinstance(app.screen, MainScreen)


async def test_a_layer_is_scrolled_by_keys() -> None:
    async with playing(size=(80, 24)) as (app, pilot):
        await pilot.press("enter")
        await pilot.pause(0.1)
        screen = app.screen
        assert isinstance(screen, DetailScreen)
        for key, place in (
            ("j", 1),
            ("up", 0),
            ("pagedown", 15),
            ("home", 0),
            ("G", None),
            ("g", 0),
        ):
            await pilot.press(key)
            await pilot.pause()
            wanted = screen.detail.max_scroll_y if place is None else place  # there is ever more
            off = abs(screen.detail.scroll_offset.y - wanted)
            assert off <= (3 if key == "pagedown" else 0), key
        await pilot.press("end", "right")
        await pilot.pause(0.1)
        assert screen.detail.scroll_offset.y == 0


async def test_a_click_selects_and_a_second_opens() -> None:
    async with playing() as (app, pilot):
        await pilot.click(DepthView, offset=(4, 6))
        assert app.session.rows.selected == 4
        await pilot.click(DepthView, offset=(4, 6))
        await pilot.pause()
        assert isinstance(app.screen, DetailScreen)


async def test_a_click_on_the_footer_is_its_key() -> None:
    async with playing() as (app, pilot):
        await pilot.click("KeyBar", offset=(10, 0))
        assert isinstance(app.screen, TextScreen)


async def test_picker_filters_by_story_and_starts() -> None:
    async with playing() as (app, pilot):
        await pilot.press("s")
        assert isinstance(app.screen, PickerScreen)
        await pilot.pause(0.1)
        screen = text(app)
        assert "scale" in screen
        assert "The story of vanishing_sigmoid" in screen
        await pilot.press("down")
        assert app.screen.chosen == "very_deep"
        await pilot.press(*"expl")
        await pilot.pause(0.1)
        assert "1 of 5" in text(app)
        await pilot.press("enter")
        await pilot.pause()
        assert app.session.current.scenario.name == "exploding_init"
        await pilot.press("s", *"zzq", "enter", "escape")
        assert isinstance(app.screen, MainScreen)
        assert app.session.current.scenario.name == "exploding_init"


async def test_help_lists_every_key() -> None:
    async with playing(size=(140, 90)) as (app, pilot):
        await pilot.press("question_mark")
        await pilot.pause(0.1)
        screen = text(app)
        for word in ("quit", "next scenario", "one step, then pause", "pgup"):
            assert word in screen
        await pilot.press("q")
        assert isinstance(app.screen, MainScreen)
        assert app.is_running


async def test_palette_has_scenarios_and_themes() -> None:
    async with playing() as (app, pilot):
        await pilot.press("ctrl+p")
        await pilot.press(*"152")
        await pilot.pause(0.5)
        await pilot.press("enter", "enter")
        await until(pilot, lambda: app.session.current.scenario.name == "very_deep")
        await pilot.press("ctrl+p", *"light")
        await pilot.pause(0.5)
        await pilot.press("enter", "enter")
        await until(pilot, lambda: app.theme == "gradtui-light")


async def test_a_failure_is_shown_and_the_app_lives_on() -> None:
    async with playing("cannot_build") as (app, pilot):
        await pilot.pause(0.1)
        assert isinstance(app.screen, TextScreen)
        screen = text(app)
        assert "the [red]device[/] is\\x1b[31m gone" in screen
        assert "Traceback" in screen
        await pilot.press("escape")
        await pilot.pause(0.1)
        assert "f: traceback" in text(app)
        await pilot.click(FailureLine, offset=(4, 0))
        await until(pilot, lambda: isinstance(app.screen, TextScreen))
        await pilot.press("escape", "f")
        assert isinstance(app.screen, TextScreen)
        await pilot.press("n")
        await until(pilot, lambda: app.session.current.live_step > 5)
        assert app.session.current.scenario.name == "vanishing_sigmoid"
        assert "f: traceback" not in text(app)


@pytest.mark.parametrize(
    ("size", "kind"), [((140, 45), "broad"), ((120, 24), "side"), ((80, 24), "stacked")]
)
async def test_nothing_important_is_lost(size: tuple[int, int], kind: str) -> None:
    async with playing("very_deep", size=size) as (app, pilot):
        assert isinstance(app.screen, MainScreen)
        assert app.screen.arrangement == kind
        seen = ""
        for _ in range(5):
            await pilot.pause(0.1)
            seen += text(app)
            await pilot.press("tab")
        for word in ("layers.0", "heat map", "loss", "total", "cure number 1", "The story of"):
            assert word in seen, word
        assert all(len(line) <= size[0] for line in lines(app))


@pytest.mark.parametrize("size", [(140, 45), (200, 60)])
async def test_axes_of_steps_in_sight_have_the_same_labels(size: tuple[int, int]) -> None:
    async with playing("healthy_relu", size=size) as (app, pilot):
        await until(pilot, lambda: app.session.current.live_step >= 60)
        await pilot.press("space")
        await until(pilot, lambda: app.session.current.state == "paused")
        await pilot.pause(1.1)
        shown = lines(app)
        at = next(i for i, line in enumerate(shown) if "heat map" in line)
        heat = re.findall(r"\d+", shown[at + 1].rpartition("│")[2])
        charts = [re.findall(r"\d+", part) for part in re.findall("└(.*?)│", "\n".join(shown))]
        assert len(charts) == 2
        assert charts[0] == charts[1] == heat
        assert len(heat) > 2


async def test_layers_and_their_history_scroll_together() -> None:
    async with playing("very_deep", size=(140, 45)) as (app, pilot):
        screen = app.screen
        assert isinstance(screen, MainScreen)
        await pilot.press("U", "G")
        await until(pilot, lambda: "layers.151" in text(app))
        assert screen.depth.scroll_offset.y == screen.history.scroll_offset.y > 100
        await pilot.press("g")
        await until(pilot, lambda: screen.history.scroll_offset.y == 0)
        screen.history.post_message(HeatBeside.Turned(3))
        await until(pilot, lambda: screen.history.scroll_offset.y == 3)
        assert screen.depth.scroll_offset.y == 3
        await pilot.press("z")
        await until(pilot, lambda: "z: fixed scale" in text(app))
        await pilot.press("z")
        await until(pilot, lambda: "1e15" in text(app))


async def test_live_resize_through_all_arrangements() -> None:
    async with playing() as (app, pilot):
        screen = app.screen
        assert isinstance(screen, MainScreen)
        for size, kind in (
            ((60, 20), "narrow"),
            ((39, 11), "tiny"),
            ((80, 24), "stacked"),
            ((120, 24), "side"),
            ((40, 12), "narrow"),
            ((140, 45), "broad"),
            ((120, 40), "wide"),
        ):
            await pilot.resize_terminal(*size)
            await pilot.pause(0.1)
            assert screen.arrangement == kind
            if kind == "tiny":
                assert "too small, needs 40 x 12" in text(app)
                assert "layers.0" not in text(app)
            else:
                assert "layers.0" in text(app)
        await pilot.resize_terminal(20, 5)
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)


async def test_ascii_mode_draws_ascii_only() -> None:
    async with playing(ascii_only=True, size=(140, 45)) as (app, pilot):
        for keys in (["1"], ["enter"], ["escape", "question_mark"], ["escape", "s"], ["escape"]):
            await pilot.press(*keys)
            await pilot.pause(0.15)
            strange = {char for char in text(app) if not char.isascii()}
            assert not strange, (keys, strange)
        for size in ((80, 24), (60, 20), (20, 5)):
            await pilot.resize_terminal(*size)
            await pilot.pause(0.15)
            assert text(app).isascii()


async def test_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with playing() as (app, _):
        assert app.theme == "gradtui-mono"
        styles = [
            segment.style
            for strip in app.screen._compositor.render_strips()
            for segment in app_filtered(app, strip)
            if segment.style
        ]
        assert any(style.bold for style in styles)
        assert not [style for style in styles if style.color or style.bgcolor]


def app_filtered(app: GradtuiApp, strip):  # type: ignore[no-untyped-def]
    for line_filter in app._filters:
        if line_filter.enabled:
            strip = strip.apply_filter(line_filter, app.screen.background_colors[1])
    return strip


async def test_themes_go_round_and_must_exist() -> None:
    assert theme_called("light") == "gradtui-light"
    with pytest.raises(UsageError, match="gradtui-light"):
        theme_called("loud")
    async with playing(theme="light") as (app, pilot):
        first = app.theme
        seen = set()
        for _ in range(4):
            await pilot.press("t")
            seen.add(app.theme)
        assert {first, "gradtui-dark"} < seen


async def test_export_says_where_and_failure_is_one_sentence(tmp_path: Path) -> None:
    async with playing(export_dir=tmp_path) as (app, pilot):
        await pilot.press("space")
        await pilot.press("e", "e")
        names = sorted(path.name for path in tmp_path.iterdir())
        assert len(names) == 2
        assert names[0] in toasts(app)[-1]  # the second, "...-2.svg"
        assert "<svg" in (tmp_path / names[0]).read_text()
        app.export_dir = tmp_path / "missing"
        await pilot.press("e")
        assert "No such file or directory" in toasts(app)[-1]


async def test_markup_in_names_is_only_text() -> None:
    async with playing() as (app, pilot):
        app.tell("[bold]x[/] \x1b]0;evil\x07")
        await pilot.pause(0.1)
        assert "[bold]x[/] \\x1b" in text(app)


async def test_a_paused_runs_detail_is_filled_at_once() -> None:
    async with playing("vanishing_sigmoid") as (app, pilot):
        await until(pilot, lambda: app.session.current.live_step > 5)
        await pilot.press("space")
        await until(pilot, lambda: "paused" in text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "layers.0" in text(app))
        assert "no row selected" not in text(app)


async def test_started_too_small_it_says_so() -> None:
    async with playing("vanishing_sigmoid", size=(39, 11)) as (app, pilot):
        await until(pilot, lambda: "too small, needs 40 x 12" in text(app))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "layers.0" in text(app))


async def test_a_click_in_the_story_panel_toggles_the_remedy_under_it() -> None:
    async with playing("vanishing_sigmoid", size=(140, 45)) as (app, pilot):
        await until(pilot, lambda: "2 [ ]" in text(app))
        rows = lines(app)
        y = next(i for i, line in enumerate(rows) if "2 [ ]" in line)
        await pilot.click(offset=(rows[y].index("2 [ ]") + 2, y))
        await until(pilot, lambda: "2 [x]" in text(app))


async def test_keys_typed_behind_the_slash_go_into_the_filter() -> None:
    source = FakeSource()
    async with playing(source=source) as (app, pilot):
        for key in ("slash", "1", "1"):  # without waiting for the app, as a quick hand does
            app.simulate_key(key)
        await until(pilot, lambda: app.session.rows.text == "11")
        assert not app.session.current.start.remedies


@pytest.mark.parametrize("below", ["", "enter"])
async def test_a_palette_that_is_left_twice_takes_no_screen_along(below: str) -> None:
    async with playing(size=(100, 30)) as (app, pilot):
        if below:
            await pilot.press(below)
        under = app.screen
        await pilot.press("ctrl+p")
        await pilot.pause(0.1)
        for _ in range(4):
            for kind in (events.MouseDown, events.MouseUp):
                app.post_message(kind(None, 1, 25, 0, 0, 1, False, False, False, 1, 25))
        await until(pilot, lambda: app.screen is under)
        await pilot.pause(0.1)
        assert app.screen is under
        assert app.crash is None


async def test_a_size_that_is_no_longer_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    async with playing(size=(100, 30)) as (app, pilot):
        told: list[Size] = []
        monkeypatch.setattr(app.screen, "_screen_resized", told.append)
        for width in (90, 100):
            app.screen.post_message(events.Resize(Size(width, 30), Size(width, 30)))
            await pilot.pause()
        assert set(told) == {Size(100, 30)}


@pytest.mark.parametrize(
    "keys", ["q ? down s j x pagedown", "s ctrl+c", "? ctrl+c down", "x ctrl+c"]
)
async def test_keys_around_the_one_that_quits(keys: str) -> None:
    async with playing() as (app, pilot):
        for key in keys.replace("?", "question_mark").split():
            app.simulate_key(key)
        await pilot.pause()
    assert app.crash is None
    assert app.return_code == 0


@pytest.mark.parametrize("opens", ["help", "picker", "prescriptions", "quit_asked"])
async def test_keys_of_a_panel_that_is_not_up_yet_or_has_left(opens: str) -> None:
    async with playing() as (app, pilot):
        if opens == "quit_asked":
            app.push_screen(QuitScreen("python train.py"))
        else:
            await app.run_action(opens)
        panel = app.screen
        moves = [
            binding.action
            for _, binding in panel._bindings
            if not binding.action.startswith(("go_on", "close", "answer"))
        ]
        assert isinstance(panel, Panel)
        assert moves
        assert not panel.is_mounted
        for action in moves:
            await app.run_action(action, panel)
        await pilot.pause()
        for action in moves:
            await app.run_action(action, panel)
        panel.dismiss(None)
        await until(pilot, lambda: app.screen is not panel)
        await pilot.pause()
        for action in moves:
            await app.run_action(action, panel)
        assert app.crash is None


async def test_panels_leave_once() -> None:
    async with playing(size=(100, 30)) as (app, pilot):
        await pilot.press("enter")
        under = app.screen
        for key in ("s", "question_mark", "x"):
            await pilot.press(key)
            panel = app.screen
            assert panel is not under
            panel.dismiss(None)
            panel.dismiss(None)
            await pilot.pause()
            assert app.screen is under


async def test_a_screen_that_is_closed_is_forgotten() -> None:
    def caches() -> int:
        gc.collect()
        return sum(type(thing) is StylesCache for thing in gc.get_objects())

    async with playing() as (app, pilot):
        await pilot.press("question_mark", "escape", "x", "escape")
        before = caches()
        for _ in range(3):
            await pilot.press("question_mark", "escape", "x", "escape")
        await until(pilot, lambda: isinstance(app.screen, MainScreen))
        assert caches() <= before + 3
