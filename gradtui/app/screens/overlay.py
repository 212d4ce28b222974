"""The screen of runs that are laid over one another."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Static

from gradtui.app.geometry import SMALLEST, plea
from gradtui.app.key_bar import KeyBar
from gradtui.app.overlay_keys import bindings, footer_keys
from gradtui.app.widgets.overlay_charts import OverlayCharts


class OverlayScreen(Screen[None]):
    """The table of runs and their charts."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(b.key, f"app.{b.action}", b.description, show=False) for b in bindings()
    ]
    DEFAULT_CSS = "OverlayScreen { layout: vertical; overflow: hidden; }"

    def __init__(self, charts: OverlayCharts) -> None:
        super().__init__()
        self.charts = charts

    def compose(self) -> ComposeResult:
        yield Static(id="plea", markup=False)
        yield self.charts
        yield KeyBar(footer_keys())

    def on_resize(self, event: events.Resize) -> None:
        width, height = event.size
        tiny = width < SMALLEST[0] or height < SMALLEST[1]
        self.set_class(tiny, "-tiny")
        if tiny:
            self.query_one("#plea", Static).update(plea(width, height))
