"""All that is kept of a command's output, large."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from gradtui.app.textual_faults import Panel
from gradtui.app.view import View
from gradtui.app.widgets.log_pane import LogPane


class LogScreen(Panel[None]):
    """Scrolls with arrows and j k; follows while it is at the end."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,v", "close", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown,space", "page(1)", show=False),
        Binding("pageup,b", "page(-1)", show=False),
        Binding("home,g", "scroll(-1000000)", show=False),
        Binding("end,G", "scroll(1000000)", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(classes="log")
        self.pane = LogPane()
        self.panel = Vertical(self.pane, id="panel")
        self.panel.border_title = "output of the command"

    def compose(self) -> ComposeResult:
        yield self.panel

    def show(self, view: View) -> None:
        if view.info is not None and view.info.logged is not None:
            self.panel.border_title = "what the log holds"
        self.pane.show(view)
        self._say()

    def _say(self) -> None:
        kept = int(self.pane.virtual_size.height)
        seen = int(self.pane.scroll_offset.y) + self.pane.size.height
        following = self.pane.following
        where = "following" if following else f"line {min(seen, kept)} of {kept}, G follows"
        self.panel.border_subtitle = f"{where}; esc closes"

    def action_scroll(self, by: int) -> None:
        self.pane.scroll_relative(y=by, animate=False, force=True, immediate=True)
        self._say()

    def action_page(self, by: int) -> None:
        self.action_scroll(by * max(self.pane.size.height - 1, 1))
