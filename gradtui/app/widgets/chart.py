"""A quantity over the steps, drawn by plotext."""

from collections.abc import Sequence

from textual.content import Content

from gradtui.app.render.chart_title import title_of
from gradtui.app.render.curve import curve_lines
from gradtui.app.render.line import Line
from gradtui.app.render.quantities import NAMES
from gradtui.app.view import Choice, View
from gradtui.app.widgets.lined import Lined


class Chart(Lined):
    """One quantity of the whole run; the reference run, if any, as a second series. Without one of its own
    it shows what was chosen."""

    DEFAULT_CSS = "Chart { height: 1fr; overflow-y: hidden; min-width: 20; min-height: 5; }"
    PACE = 1.0

    def __init__(self, fixed: Choice | None = None) -> None:
        super().__init__()
        self.fixed = fixed
        self._name = NAMES["loss" if fixed is None else fixed.kind]
        self.border_title = self._name

    def lines_of(self, view: View, width: int, height: int) -> Sequence[Line]:
        return curve_lines(view, self.fixed or view.choice, width, height)

    def name_of(self, view: View) -> str:
        """What it is called now."""
        return title_of(view, self.fixed or view.choice)

    def rename(self, view: View) -> bool:
        """Put that on the border; whether it is another one."""
        name = self.name_of(view)
        if name == self._name:
            return False
        self._name = name
        # Names come from files: never read as markup.
        self.border_title = Content(name).markup
        return True
