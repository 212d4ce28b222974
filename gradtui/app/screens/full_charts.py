"""The charts in full size, with a cursor and a window that is zoomed."""

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from gradtui.app.chart_actions import ChartActions
from gradtui.app.key_bar import KeyBar
from gradtui.app.key_bindings import chart_bindings, chart_footer_keys
from gradtui.app.screens.lab import LabScreen, Shows
from gradtui.app.watched_run import Mode
from gradtui.app.widgets.chart_stack import ChartStack
from gradtui.app.widgets.header_bar import HeaderBar
from gradtui.app.widgets.nan_banner import NanBanner


class FullChartsScreen(LabScreen, ChartActions, inherit_bindings=False):
    """Keys of the layers are the charts' own here; escape goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [*chart_bindings()]
    charts: ChartStack

    def __init__(self, mode: Mode, charts: ChartStack) -> None:
        super().__init__()
        self._mode = mode
        self.charts = charts
        self.charts.add_class("pane")
        self._parts = (HeaderBar(), NanBanner(), self.charts)

    def compose(self) -> ComposeResult:
        yield from self._parts
        yield KeyBar(chart_footer_keys(self._mode))

    def parts(self) -> Iterable[Shows]:
        return self._parts

    def action_unit(self) -> None:
        self.charts.turn_unit()

    def action_look(self) -> None:
        self.charts.look()
