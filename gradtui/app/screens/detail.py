"""One layer, live."""

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from gradtui.app.key_bar import KeyBar
from gradtui.app.key_bindings import LAYER_KEYS, layer_footer_keys
from gradtui.app.screens.lab import LabScreen, Shows
from gradtui.app.watched_run import Mode
from gradtui.app.widgets.header_bar import HeaderBar
from gradtui.app.widgets.layer_detail import LayerDetail
from gradtui.app.widgets.nan_banner import NanBanner


class DetailScreen(LabScreen):
    """Everything about the selected layer, scrolled by keys; left and right go to its neighbours."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key.keys, key.action, show=False) for key in LAYER_KEYS
    ]

    def __init__(self, mode: Mode = "lab") -> None:
        super().__init__()
        self._mode = mode
        self.detail = LayerDetail()
        self.detail.add_class("pane")
        self._parts = (HeaderBar(), NanBanner(), self.detail)

    def compose(self) -> ComposeResult:
        yield from self._parts
        yield KeyBar(layer_footer_keys(self._mode))

    def parts(self) -> Iterable[Shows]:
        return self._parts

    async def action_layer(self, by: int) -> None:
        self.detail.scroll_to(y=0, animate=False)
        await self.app.run_action(f"app.layer({by})")

    def action_scroll(self, by: int) -> None:
        self.detail.scroll_relative(y=by, animate=False)

    def action_scroll_page(self, by: int) -> None:
        self.detail.scroll_relative(y=by * max(self.detail.size.height - 2, 1), animate=False)
