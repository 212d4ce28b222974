"""Who is training, how far it is, and how it goes: three lines."""

from collections.abc import Sequence

from gradtui.app.render.header import header_lines
from gradtui.app.render.line import Line
from gradtui.app.view import View
from gradtui.app.widgets.lined import Lined


class HeaderBar(Lined):
    """Title and place, progress and speed, verdict in words."""

    DEFAULT_CSS = """
    HeaderBar { height: 3; background: $surface; overflow-y: hidden; }
    """

    def lines_of(self, view: View, width: int, height: int) -> Sequence[Line]:
        return header_lines(view, width)
