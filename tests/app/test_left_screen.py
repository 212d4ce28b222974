"""How the screen was left: what is kept, what comes before it, what damage does to it: nothing."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradtui.app.app import GradtuiApp
from gradtui.app.left_screen import FILE, KNOWN, LeftScreen, load_screen, remember
from gradtui.app.remembered import save_theme
from gradtui.app.render.overlay_frame import OverlayFrame
from gradtui.app.screens.main import MainScreen
from gradtui.app.themes import DEFAULT, LIGHT, MONO, SAFE
from gradtui.commands.app_screen import show_app
from gradtui.commands.settings import Settings
from tests.app.fake_source import CATALOGUE, FakeSource
from tests.app.overlaying import overlaying, recorded
from tests.app.playing import playing, until

LEFT = LeftScreen(
    "name", False, True, False, "norm", unit="time", median=100, panel="first", alignment="clock"
)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("NO_COLOR", raising=False)
    return tmp_path / "gradtui"


def test_it_comes_back(state: Path) -> None:
    assert load_screen() == LeftScreen()
    assert set(KNOWN) == {item.name for item in fields(LeftScreen)}
    assert all(value in KNOWN[name] for name, value in asdict(LeftScreen()).items())
    remember(**asdict(LEFT))
    assert load_screen() == LEFT
    remember(sort="depth")  # of another session
    assert load_screen().median == 100
    assert (state / FILE).stat().st_mode & 0o777 == 0o600


VALUES = st.one_of(st.none(), st.booleans(), st.integers(0, 1), st.text(max_size=4), st.just([]))


@given(
    st.one_of(
        st.binary(max_size=30),
        st.dictionaries(st.sampled_from([*KNOWN, "x"]), VALUES).map(
            lambda v: json.dumps(v).encode()
        ),
    )
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_is_harmless(state: Path, data: bytes) -> None:
    state.mkdir(exist_ok=True)
    (state / FILE).write_bytes(data)
    found = asdict(load_screen())
    assert all(type(found[name]) in {type(one) for one in KNOWN[name]} for name in KNOWN)
    assert all(found[name] in KNOWN[name] for name in KNOWN)


def test_without_a_place_nothing_is_kept(state: Path) -> None:
    state.write_text("a file in the folder's place")
    remember(sort="name")
    assert load_screen() == LeftScreen()


async def test_what_keys_choose_is_kept_and_is_there_again(state: Path) -> None:
    async with playing(size=(80, 24), remember=remember, keep_theme=save_theme) as (app, pilot):
        await pilot.press("o", "y", "z", "tab", "tab", "1")
        await until(pilot, lambda: app.session.reference is not None)
        await pilot.press("c", "C", "M", "tab", "escape")
        sort = app.session.rows.sort
    left = load_screen()
    assert (left.sort, left.log_scale, left.own_scale, left.compare) == (sort, False, True, False)
    assert (left.pane, left.median, left.panel) == ("loss", 10, "first")
    async with playing(size=(80, 24), left=left) as (again, pilot):
        assert again.session.rows.sort == sort
        assert isinstance(again.screen, MainScreen)
        assert again.screen.pane == "loss"
        assert (again.chart_frame.median, again.chart_frame.panel) == (10, "first")
        await pilot.press("1")
        await until(pilot, lambda: again.session.reference is not None)
        view = again.session.view(0.0)
        assert view.reference is None
        assert (view.log_scale, view.own_scale) == (False, True)


async def test_a_pane_that_is_not_there_is_the_first() -> None:
    async with playing(size=(80, 24), left=LeftScreen(pane="log")) as (app, _):
        assert isinstance(app.screen, MainScreen)
        assert app.screen.pane == "findings"


async def test_overlaid_runs_keep_how_they_are_aligned(state: Path, tmp_path: Path) -> None:
    runs = [recorded(tmp_path / "a", 10), recorded(tmp_path / "b", 10)]
    async with overlaying(runs, remember=remember) as (_, pilot):
        await pilot.press("u", "M", "y")
    left = load_screen()
    assert (left.alignment, left.median, left.log_scale) == ("time", 10, False)
    async with overlaying(runs, frame=OverlayFrame(alignment=left.alignment)) as (app, _):
        assert app.frame.alignment == "time"


@contextmanager
def nothing(*words: object) -> Iterator[None]:
    yield


@pytest.mark.parametrize(
    ("settings", "theme"),
    [
        (Settings(), LIGHT.name),
        (Settings(theme="colour-blind"), SAFE.name),
        (Settings(color=False), MONO.name),
    ],
)
def test_what_is_asked_for_comes_before_what_is_remembered(
    settings: Settings, theme: str, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_theme(LIGHT.name)
    remember(sort="name")
    made: list[GradtuiApp] = []

    def run_app(make: Any) -> int:
        made.append(make(None))
        return 0

    monkeypatch.setattr("gradtui.app.run.run_app", run_app)
    monkeypatch.setattr("gradtui.app.splash.splash", nothing)
    monkeypatch.setenv("NO_COLOR", "")  # put back afterwards
    assert show_app(FakeSource, CATALOGUE, CATALOGUE[0], settings) == 0
    assert made[0].theme == theme != DEFAULT
    assert made[0].session.rows.sort == "name"
