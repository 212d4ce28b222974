import importlib
import pkgutil
from collections.abc import Iterator
from typing import ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.events import MouseScrollDown, MouseScrollUp
from textual.message import Message

from gradtui.app import themes, widgets
from gradtui.app.meaning_styles import COMPONENTS, meaning_css
from gradtui.app.render.depth import HEAD
from gradtui.app.view import View
from gradtui.app.widgets.changes import changed_until
from gradtui.app.widgets.depth_view import DepthView
from gradtui.app.widgets.findings_panel import FindingsPanel
from gradtui.app.widgets.heat_beside import HeatBeside
from gradtui.app.widgets.heat_map import HeatMap
from gradtui.app.widgets.lined import Lined
from gradtui.app.widgets.nan_banner import NanBanner
from gradtui.app.widgets.remedy_clicks import RemedyClicks
from tests import factories


def every_widget() -> Iterator[type[Lined]]:
    """One a file, however many there are."""
    for found in pkgutil.iter_modules(widgets.__path__, f"{widgets.__name__}."):
        for thing in vars(importlib.import_module(found.name)).values():
            own = isinstance(thing, type) and thing.__module__ == found.name
            if own and issubclass(thing, Lined) and thing.lines_of is not Lined.lines_of:
                yield thing


ALL = tuple(every_widget())


class Bare(App[None]):
    """One widget on the whole screen."""

    COMPONENT_CLASSES: ClassVar[set[str]] = COMPONENTS
    DEFAULT_CSS = meaning_css("Bare")

    def __init__(self, widget: Lined, theme: str = themes.DEFAULT) -> None:
        super().__init__()
        self.widget, self.wanted = widget, theme
        self.messages: list[Message] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return themes.VARIABLES

    def compose(self) -> ComposeResult:
        yield self.widget

    def on_mount(self) -> None:
        for theme in themes.THEMES:
            self.register_theme(theme)
        self.theme = self.wanted

    def on_depth_view_selected(self, message: DepthView.Selected) -> None:
        self.messages.append(message)

    def on_depth_view_activated(self, message: DepthView.Activated) -> None:
        self.messages.append(message)

    def on_heat_beside_turned(self, message: HeatBeside.Turned) -> None:
        self.messages.append(message)

    def on_remedy_clicks_remedy_clicked(self, message: Message) -> None:
        self.messages.append(message)

    def lines(self) -> list[str]:
        return [strip.text for strip in self.screen._compositor.render_strips()]


def test_all_are_found() -> None:
    assert {DepthView, FindingsPanel, HeatMap, NanBanner} < {*ALL}
    assert len(ALL) > 10


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("theme", [theme.name for theme in themes.THEMES])
async def test_every_widget_shows_every_run_in_every_theme(kind: type[Lined], theme: str) -> None:
    app = Bare(kind(), theme)
    async with app.run_test(size=(60, 20)) as pilot:
        for view in (
            View(),
            factories.view(factories.healthy(), 0),
            factories.view(factories.healthy(), 1),
            factories.view(factories.exploding()),
            factories.view(factories.vanishing(), ascii_only=True),
        ):
            app.widget.show(view)
            await pilot.pause()
        assert all(len(line) == 60 for line in app.lines())


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("size", [(1, 1), (5, 3), (24, 5), (80, 24)])
async def test_any_size_is_survived(kind: type[Lined], size: tuple[int, int]) -> None:
    app = Bare(kind())
    async with app.run_test(size=(100, 30)) as pilot:
        app.widget.show(factories.view(factories.exploding()))
        await pilot.resize_terminal(*size)
        await pilot.pause()
        assert len(app.lines()) == size[1]


async def test_the_selected_row_is_kept_in_sight() -> None:
    depth = DepthView()
    app = Bare(depth)
    made = factories.deep(steps=3)
    async with app.run_test(size=(80, 20)) as pilot:
        for selected in (100, 151, 0):
            depth.show(factories.view(made, selected=selected))
            await pilot.pause()
            lines = app.lines()
            assert "healthy band" in lines[0]
            chosen = [line for line in lines if line.startswith("▌")]
            assert [line.split()[1] for line in chosen] == [f"layers.{selected}"]


async def test_clicks_select_then_activate() -> None:
    depth = DepthView()
    app = Bare(depth)
    made = factories.healthy()
    async with app.run_test(size=(80, 20)) as pilot:
        depth.show(factories.view(made))
        await pilot.pause()
        await pilot.click(depth, offset=(5, HEAD + 3))
        depth.show(factories.view(made, selected=3))
        await pilot.click(depth, offset=(5, HEAD + 3))
        await pilot.click(depth, offset=(5, 0))
        await pilot.click(depth, offset=(5, 18))
    first, second = app.messages
    assert isinstance(first, DepthView.Selected)
    assert isinstance(second, DepthView.Activated)
    assert (first.index, second.index) == (3, 3)


async def test_a_click_after_scrolling_hits_what_is_seen() -> None:
    depth = DepthView()
    app = Bare(depth)
    async with app.run_test(size=(80, 20)) as pilot:
        depth.show(factories.view(factories.deep(steps=3)))
        await pilot.pause()
        depth.scroll_to(y=40, animate=False, force=True, immediate=True)
        await pilot.pause()
        assert "layers.40 " in app.lines()[HEAD]
        await pilot.click(depth, offset=(5, HEAD))
    (message,) = app.messages
    assert isinstance(message, DepthView.Selected)
    assert message.index == 40


async def test_the_map_beside_the_layers_is_clicked_row_by_row() -> None:
    beside = HeatBeside()
    app = Bare(beside)
    async with app.run_test(size=(80, 20)) as pilot:
        beside.show(factories.view(factories.deep(steps=3)))
        await pilot.pause()
        beside.follow(40)
        await pilot.pause()
        assert "heat map" in app.lines()[0]
        await pilot.click(beside, offset=(5, HEAD + 2))
        await pilot.click(beside, offset=(5, 0))
        for kind in (MouseScrollDown, MouseScrollUp):
            beside.post_message(kind(beside, 5, 5, 0, 0, 0, False, False, False))
        await pilot.pause()
    selected, down, up = app.messages
    assert isinstance(selected, DepthView.Selected)
    assert selected.index == 42
    assert isinstance(down, HeatBeside.Turned)
    assert isinstance(up, HeatBeside.Turned)
    assert (down.by, up.by) == (1, -1)


async def test_the_map_is_clicked_row_by_row() -> None:
    heat = HeatMap()
    app = Bare(heat)
    view = factories.view(factories.vanishing())
    rows = len(view.order)
    async with app.run_test(size=(90, rows + 4)) as pilot:
        heat.show(view)
        await pilot.pause()
        await pilot.click(heat, offset=(40, 3))
        await pilot.click(heat, offset=(40, rows + 1))
    (selected,) = app.messages
    assert isinstance(selected, DepthView.Selected)
    assert selected.index == 3


async def test_a_remedy_can_be_clicked() -> None:
    panel = FindingsPanel()
    app = Bare(panel)
    async with app.run_test(size=(60, 40)) as pilot:
        panel.show(factories.view(factories.vanishing()))
        await pilot.pause()
        at = next(i for i, line in enumerate(app.lines()) if "2 [ ]" in line)
        await pilot.click(panel, offset=(5, at))
    (message,) = app.messages
    assert isinstance(message, RemedyClicks.RemedyClicked)
    assert isinstance(message, FindingsPanel.RemedyClicked)
    assert message.index == 1


async def test_the_banner_appears_and_stays() -> None:
    banner = NanBanner()
    app = Bare(banner)
    async with app.run_test(size=(100, 5)) as pilot:
        banner.show(factories.view(factories.exploding(), 30))
        await pilot.pause()
        assert not app.lines()[0].strip()
        for steps in (41, 60):
            banner.show(factories.view(factories.exploding(), steps))
            await pilot.pause()
            assert "step 40, in the backward pass" in app.lines()[0]


async def test_a_held_back_drawing_is_made_up_for() -> None:
    heat = HeatMap()
    app = Bare(heat)
    made = factories.exploding()
    views = [factories.view(made, n) for n in (30, 35, 60)]
    shared = [view.info for view in views]
    assert shared[0] is shared[2]
    async with app.run_test(size=(90, 12)) as pilot:
        for view in views:
            heat.show(view)
        await pilot.pause(heat.PACE + 0.2)
        assert "!!!!!" in app.lines()[0]
        heat.show(views[0])
        await pilot.pause(heat.PACE + 0.2)
        heat.show(views[1])
        heat.show(views[2])  # a picture is taken of it now
        heat.catch_up()
        await pilot.pause()
        assert "!!!!!" in app.lines()[0]


async def test_changing_the_theme_repaints() -> None:
    depth = DepthView()
    app = Bare(depth)
    async with app.run_test(size=(80, 20)) as pilot:
        depth.show(factories.view(factories.healthy()))
        await pilot.pause()
        before = depth.style_of("healthy")
        app.theme = "gradtui-light"
        await pilot.pause()
        assert depth.style_of("healthy") != before
        strip = depth.render_line(HEAD)
        assert depth.style_of("healthy").color in {s.style.color for s in strip if s.style}


def test_only_what_changed_is_repainted() -> None:
    old = (("ab", "x"), ("cd", "y"), ("ef", "z"))
    assert changed_until(old, old) == 0
    assert changed_until(old, (("aX", "x"), ("cd", "y"), ("ef", "z"))) == 2
    assert changed_until(old, (("ab", "x"), ("Xd", "y"), ("ef", "z"))) == 3
    assert changed_until(old, (("ab", "x"), ("cd", "y"), ("ef", "other"))) == 6
