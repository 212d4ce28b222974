"""Panels that end in the scenario's remedies, which can be clicked."""

from collections.abc import Sequence

from textual import events
from textual.message import Message

from gradtui.app.render.line import Line
from gradtui.app.render.remedies import remedy_at
from gradtui.app.widgets.lined import Lined


class RemedyClicks(Lined):
    class RemedyClicked(Message):
        """A remedy was clicked; `index` into `scenario.remedies`."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    _remedies_from = -1

    def with_remedies(self, lines: Sequence[Line], remedies: Sequence[Line]) -> Sequence[Line]:
        """Both, an empty line between them."""
        self._remedies_from = len(lines) + 1 if remedies else -1
        return (*lines, (), *remedies) if remedies else lines

    def before_remedies(self, remedies: Sequence[Line], lines: Sequence[Line]) -> Sequence[Line]:
        """The same, the remedies first."""
        self._remedies_from = 0 if remedies else -1
        return (*remedies, (), *lines) if remedies else lines

    def on_click(self, event: events.Click) -> None:
        y = event.y - self.gutter.top + self.scroll_offset.y - self._remedies_from
        if self._remedies_from < 0 or y < 0:
            return
        index = remedy_at(self.view, self.scrollable_content_region.width, y)
        if index is not None:
            self.post_message(self.RemedyClicked(index))
