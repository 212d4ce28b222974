"""Layer x time, the log of the norm as colour."""

from collections.abc import Sequence

from textual import events

from gradtui.app.render.heat import heat_lines, row_at
from gradtui.app.render.history import Columns
from gradtui.app.render.line import Line
from gradtui.app.themes import heat_by_shape
from gradtui.app.view import View
from gradtui.app.widgets.depth_view import DepthView
from gradtui.app.widgets.lined import Lined


class HeatMap(Lined):
    """Oldest left. More rows than lines are drawn several to a line, the worst of them shown."""

    DEFAULT_CSS = "HeatMap { height: 1fr; overflow-y: hidden; min-width: 16; }"
    BORDER_TITLE = "heat map"
    PACE = 1.0

    def __init__(self) -> None:
        super().__init__()
        self._columns = Columns()

    def lines_of(self, view: View, width: int, height: int) -> Sequence[Line]:
        by_shape = heat_by_shape(self.app)
        return heat_lines(view, width, height, self._columns, by_shape=by_shape)

    def on_click(self, event: events.Click) -> None:
        index = row_at(event.y - self.gutter.top, len(self.view.order), self.size.height)
        if index is not None:
            self.post_message(DepthView.Selected(index))
