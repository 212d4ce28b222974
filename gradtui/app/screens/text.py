"""A panel of text over the main screen: help, a traceback, what libraries printed."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from gradtui.app.key_bindings import RUN_KEYS_OVER_PANELS
from gradtui.app.textual_faults import Panel


class TextScreen(Panel[None]):
    """Scrolls with arrows and j k; escape closes it, and so do the keys that switch runs, which
    do what they always do. Nothing is read as markup."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "close", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown,space", "scroll(15)", show=False),
        Binding("pageup", "scroll(-15)", show=False),
        Binding("home,g", "scroll(-1000000)", show=False),
        Binding("end,G", "scroll(1000000)", show=False),
        *RUN_KEYS_OVER_PANELS,
        Binding("question_mark,v,f", "close", show=False),
    ]

    def __init__(self, title: str, text: Content, kind: str = "") -> None:
        super().__init__(classes=kind)
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        with Vertical(id="panel") as panel:
            panel.border_title = Content(self._title)
            panel.border_subtitle = "esc closes"
            with VerticalScroll(id="scroll", can_focus=False):
                yield Static(self._text, id="text")

    def action_scroll(self, by: int) -> None:
        self.query_one("#scroll").scroll_relative(y=by, animate=False)
