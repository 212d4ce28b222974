"""One layer, live."""

from collections.abc import Iterable

from textual.app import ComposeResult

from gradtui.tui.key_bar import KeyBar
from gradtui.tui.screens.lab import LabScreen, Shows
from gradtui.tui.widgets import HeaderBar, LayerDetail, NanBanner


class DetailScreen(LabScreen):
    """Everything about the selected layer; up and down go to its neighbours, escape goes back."""

    def __init__(self) -> None:
        super().__init__()
        self._parts = (HeaderBar(), NanBanner(), LayerDetail(classes="pane"))
        self._parts[-1].border_title = "layer"

    def compose(self) -> ComposeResult:
        yield from self._parts
        yield KeyBar()

    def parts(self) -> Iterable[Shows]:
        return self._parts
