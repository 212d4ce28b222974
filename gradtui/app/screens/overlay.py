"""The screen of runs that are laid over one another."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from gradtui.app.key_bar import KeyBar
from gradtui.app.overlay_keys import bindings, footer_keys
from gradtui.app.screens.roomy import RoomyScreen
from gradtui.app.widgets.overlay_charts import OverlayCharts


class OverlayScreen(RoomyScreen):
    """The table of runs and their charts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(b.key, f"app.{b.action}", b.description, show=False) for b in bindings()
    ]

    def __init__(self, charts: OverlayCharts) -> None:
        super().__init__()
        self.charts = charts

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield self.charts
        yield KeyBar(footer_keys())
