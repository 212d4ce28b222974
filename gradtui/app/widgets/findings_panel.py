"""What the doctor found, and what can be tried."""

from collections.abc import Sequence

from gradtui.app.render.findings import findings_lines
from gradtui.app.render.line import Line
from gradtui.app.render.remedies import remedies_lines
from gradtui.app.view import View
from gradtui.app.widgets.remedy_clicks import RemedyClicks


class FindingsPanel(RemedyClicks):
    """Findings ranked, sick and treated side by side; below them the scenario's remedies, unless
    `remedies_elsewhere` says that the story panel beside it shows them."""

    DEFAULT_CSS = "FindingsPanel { scrollbar-gutter: stable; height: 1fr; min-width: 24; }"

    BORDER_TITLE = "findings"
    remedies_elsewhere = False

    def lines_of(self, view: View, width: int, height: int) -> Sequence[Line]:
        lines = findings_lines(view, width)
        if self.remedies_elsewhere:
            return lines
        return self.with_remedies(lines, remedies_lines(view, width))
