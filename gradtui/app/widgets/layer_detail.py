"""Everything about one row."""

from collections.abc import Sequence

from gradtui.app.render.detail import detail_lines
from gradtui.app.render.line import Line
from gradtui.app.view import View
from gradtui.app.widgets.lined import Lined


class LayerDetail(Lined):
    """The selected row: its numbers over time, the histogram of log2|g|, its tensors."""

    DEFAULT_CSS = "LayerDetail { scrollbar-gutter: stable; height: 1fr; min-width: 30; }"
    BORDER_TITLE = "layer"
    PACE = 0.5

    def lines_of(self, view: View, width: int, height: int) -> Sequence[Line]:
        return detail_lines(view, width, view.theory, height)
