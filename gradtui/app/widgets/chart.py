"""A quantity over the steps, drawn by plotext."""

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.message import Message

from gradtui.app.render.chart_title import title_of
from gradtui.app.render.curve import MARGIN, curve_lines
from gradtui.app.render.line import Line
from gradtui.app.render.quantities import NAMES
from gradtui.app.render.x_scale import x_scale
from gradtui.app.view import Choice, View
from gradtui.app.widgets.lined import Lined


class Chart(Lined):
    """One quantity of the whole run; the reference run, if any, as a second series. Without one of its own
    it shows what was chosen. A click opens it in full size."""

    DEFAULT_CSS = "Chart { height: 1fr; overflow-y: hidden; min-width: 20; min-height: 5; }"
    PACE = 1.0

    class Clicked(Message):
        """A place of it was clicked; None where no step is drawn."""

        def __init__(self, step: int | None) -> None:
            super().__init__()
            self.step = step

    def __init__(self, fixed: Choice | None = None) -> None:
        super().__init__()
        self.fixed = fixed
        self._name = NAMES["loss" if fixed is None else fixed.kind]
        self.border_title = self._name

    def lines_of(self, view: View, width: int, height: int) -> Sequence[Line]:
        return curve_lines(view, self.fixed or view.choice, width, height)

    def on_click(self, event: events.Click) -> None:
        facts, step = self.view.facts, None
        cell = event.x - self.gutter.left - MARGIN
        if facts is not None and len(facts) and cell >= 0:
            scale = x_scale(self.view, max(self.scrollable_content_region.width - MARGIN, 1))
            step = min(max(round(scale.step(cell)), scale.first), scale.last)
        self.post_message(self.Clicked(step))

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
