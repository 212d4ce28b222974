"""One layer, live."""

from collections.abc import Iterable

from textual.app import ComposeResult

from gradtui.app.key_bar import KeyBar
from gradtui.app.key_bindings import footer_keys
from gradtui.app.screens.lab import LabScreen, Shows
from gradtui.app.watched_run import Mode
from gradtui.app.widgets.header_bar import HeaderBar
from gradtui.app.widgets.layer_detail import LayerDetail
from gradtui.app.widgets.nan_banner import NanBanner


class DetailScreen(LabScreen):
    """Everything about the selected layer; up and down go to its neighbours, escape goes back."""

    def __init__(self, mode: Mode = "lab") -> None:
        super().__init__()
        self._mode = mode
        self._parts = (HeaderBar(), NanBanner(), LayerDetail())
        self._parts[-1].add_class("pane")

    def compose(self) -> ComposeResult:
        yield from self._parts
        yield KeyBar(footer_keys(self._mode))

    def parts(self) -> Iterable[Shows]:
        return self._parts
