"""What a panel shows of the screen below, and its first picture."""

import pytest
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import Screen
from textual.visual import RichVisual, Visual

from gradtui.app.app import GradtuiApp
from gradtui.app.dimmed import DimmedScreen
from gradtui.app.screens.detail import DetailScreen
from gradtui.app.screens.picker import PickerScreen
from gradtui.app.screens.prescriptions import PrescriptionScreen
from tests.app.fake_source import FakeSource
from tests.app.playing import playing, text, until


@pytest.mark.parametrize("theme", ["gradtui-dark", "textual-light", "ansi-dark"])
async def test_what_shines_through_is_textuals_own_picture(theme: str) -> None:
    async with playing(source=FakeSource(per_poll=10)) as (app, pilot):
        app.theme = theme
        await until(pilot, lambda: app.session.current.doctor.last.findings)
        await pilot.press("space", "s")
        await until(pilot, lambda: isinstance(app.screen, PickerScreen))
        panel, below = app.screen, app.screen_stack[-2]
        textuals = BackgroundScreen(below, panel.styles.background)
        width, height = panel.size
        mine, theirs = (
            [
                [(piece.text, piece.style) for piece in strip.simplify()]
                for strip in Visual.to_strips(panel, visual, width, height, panel.visual_style)
            ]
            for visual in (DimmedScreen(textuals), RichVisual(panel, textuals))
        )
        assert mine == theirs
        assert len({style for line in mine for _, style in line}) > 2


@pytest.mark.parametrize("key", ["x", "enter"])
async def test_the_first_picture_has_what_was_asked_for(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words of the screen, in all that is sent while it opens, come with the first picture."""
    sent: list[str] = []
    display = GradtuiApp._display

    def seen(app: GradtuiApp, screen: Screen[object], update: object) -> None:
        if isinstance(screen, (PrescriptionScreen, DetailScreen)) and update is not None:
            sent.append(text(app))
        display(app, screen, update)

    async with playing(source=FakeSource(per_poll=10)) as (app, pilot):
        await until(pilot, lambda: app.session.current.doctor.last.findings)
        monkeypatch.setattr(GradtuiApp, "_display", seen)
        await pilot.press(key)
        await until(pilot, lambda: sent)
        assert ("torch" if key == "x" else "largest |gradient|") in sent[0]
