"""Loss and total norm over the steps, drawn by plotext."""

from collections.abc import Sequence
from typing import Literal

from gradtui.app.render.curve import TITLES, curve_lines
from gradtui.app.render.line import Line
from gradtui.app.view import View
from gradtui.app.widgets.lined import Lined

Kind = Literal["loss", "norm"]


class Chart(Lined):
    """One quantity of the whole run; the reference run, if any, as a second series."""

    DEFAULT_CSS = "Chart { height: 1fr; overflow-y: hidden; min-width: 20; min-height: 5; }"
    PACE = 1.0

    def __init__(self, kind: Kind = "loss") -> None:
        super().__init__()
        self.kind: Kind = kind
        self.border_title = TITLES[kind]

    def lines_of(self, view: View, width: int, height: int) -> Sequence[Line]:
        return curve_lines(view, self.kind, width, height)
