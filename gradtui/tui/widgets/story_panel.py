"""The scenario's story and what to watch."""

from collections.abc import Sequence

from gradtui.tui.renderables.line import Line
from gradtui.tui.renderables.story import story_lines
from gradtui.tui.view import View
from gradtui.tui.widgets.lined import Lined


class StoryPanel(Lined):
    """Scrolls where the story is longer than the panel."""

    DEFAULT_CSS = "StoryPanel { scrollbar-gutter: stable; height: 1fr; min-width: 20; }"

    def lines_of(self, view: View, width: int, height: int) -> Sequence[Line]:
        return story_lines(view, width)
