"""What the doctor found, and what can be tried."""

from collections.abc import Sequence

from textual import events
from textual.message import Message

from gradtui.tui.renderables.findings import findings_lines, remedy_at
from gradtui.tui.renderables.line import Line
from gradtui.tui.view import View
from gradtui.tui.widgets.lined import Lined


class FindingsPanel(Lined):
    """Findings ranked, the scenario's remedies by number key, sick and treated side by side."""

    DEFAULT_CSS = "FindingsPanel { scrollbar-gutter: stable; height: 1fr; min-width: 24; }"

    class RemedyClicked(Message):
        """A remedy was clicked; `index` into `scenario.remedies`."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def lines_of(self, view: View, width: int, height: int) -> Sequence[Line]:
        return findings_lines(view, width)

    def on_click(self, event: events.Click) -> None:
        width = self.scrollable_content_region.width
        index = remedy_at(self.view, width, event.y + self.scroll_offset.y)
        if index is not None:
            self.post_message(self.RemedyClicked(index))
