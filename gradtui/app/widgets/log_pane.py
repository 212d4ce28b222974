"""What the command prints, followed at its end."""

from collections.abc import Sequence

from gradtui.app.render.line import Line
from gradtui.app.render.log import log_lines
from gradtui.app.view import View
from gradtui.app.widgets.lined import Lined


class LogPane(Lined):
    """Scrolls; at its end it stays there while more is printed."""

    DEFAULT_CSS = "LogPane { scrollbar-gutter: stable; height: 1fr; min-width: 20; }"

    BORDER_TITLE = "output"
    following = True

    def lines_of(self, view: View, width: int, height: int) -> Sequence[Line]:
        return log_lines(view, width)

    def show(self, view: View) -> None:
        same = view.outside.log is self.view.outside.log and view.ascii_only == self.view.ascii_only
        same = same and view.outside.kept == self.view.outside.kept
        same = same and view.info is self.view.info
        if same and view.outside.code == self.view.outside.code and self._lines:
            self.view = view
            return
        super().show(view)

    def _draw(self) -> None:
        following = self.following
        super()._draw()
        if following:
            self.scroll_end(animate=False, force=True, immediate=True)
            self.following = True

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self.following = new_value >= self.max_scroll_y
