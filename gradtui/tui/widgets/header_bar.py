"""Who is training, how far it is, and how it goes: three lines."""

from collections.abc import Sequence

from gradtui.tui.renderables.header import header_lines
from gradtui.tui.renderables.line import Line
from gradtui.tui.view import View
from gradtui.tui.widgets.lined import Lined


class HeaderBar(Lined):
    """Title and place, progress and speed, verdict in words."""

    DEFAULT_CSS = """
    HeaderBar { height: 3; background: $surface; overflow-y: hidden; }
    """

    def lines_of(self, view: View, width: int, height: int) -> Sequence[Line]:
        return header_lines(view, width)
