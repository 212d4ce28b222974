"""In the place of the layers while there are none."""

from collections.abc import Sequence

from gradtui.app.render.line import Line
from gradtui.app.render.waiting import waiting_lines
from gradtui.app.view import View
from gradtui.app.widgets.lined import Lined


class WaitingPane(Lined):
    """What is waited for and what the command prints meanwhile."""

    DEFAULT_CSS = "WaitingPane { height: 1fr; min-width: 24; padding: 0 1; overflow-y: hidden; }"

    def lines_of(self, view: View, width: int, height: int) -> Sequence[Line]:
        return waiting_lines(view, width, height)
