"""Layer x time beside the depth axis: each row of the one is a row of the other."""

from collections.abc import Sequence

from textual import events
from textual.message import Message

from gradtui.app.render.depth import HEAD
from gradtui.app.render.heat import beside_lines
from gradtui.app.render.history import Columns
from gradtui.app.render.line import Line
from gradtui.app.themes import heat_by_shape
from gradtui.app.view import View
from gradtui.app.widgets.depth_view import DepthView
from gradtui.app.widgets.lined import Lined


class HeatBeside(Lined):
    """Goes where the depth axis is scrolled to."""

    DEFAULT_CSS = "HeatBeside { height: 1fr; overflow-y: hidden; min-width: 16; }"
    PACE = 1.0
    PINNED = HEAD

    class Turned(Message):
        """The wheel was turned over it, by so many lines."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    def __init__(self) -> None:
        super().__init__()
        self._columns = Columns()

    def lines_of(self, view: View, width: int, height: int) -> Sequence[Line]:
        by_shape = heat_by_shape(self.app)
        top = self.scroll_offset.y
        return beside_lines(view, width, range(top, top + height), self._columns, by_shape=by_shape)

    def follow(self, top: int) -> None:
        """The rows from `top` on."""
        self._draw()  # it may have had no rows to scroll over yet
        self.scroll_to(y=top, animate=False, force=True, immediate=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        self._draw()
        super().watch_scroll_y(old_value, new_value)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.post_message(self.Turned(-1))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.post_message(self.Turned(1))

    def on_click(self, event: events.Click) -> None:
        index = event.y - HEAD + self.scroll_offset.y
        if event.y >= HEAD and 0 <= index < len(self.view.order):
            self.post_message(DepthView.Selected(index))
