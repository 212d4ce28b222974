"""The scenario's story, what to watch, and what can be tried."""

from collections.abc import Sequence

from gradtui.app.render.line import Line
from gradtui.app.render.remedies import remedies_lines
from gradtui.app.render.story import expected_lines, story_lines
from gradtui.app.view import View
from gradtui.app.widgets.remedy_clicks import RemedyClicks


class StoryPanel(RemedyClicks):
    """Scrolls where the story is longer than the panel."""

    DEFAULT_CSS = "StoryPanel { scrollbar-gutter: stable; height: 1fr; min-width: 20; }"

    BORDER_TITLE = "story"
    keys_first = False
    """Whether remedies come before a story that leaves no room for them: it is read once, keys are pressed
    again and again."""

    def lines_of(self, view: View, width: int, height: int) -> Sequence[Line]:
        story, remedies = story_lines(view, width), remedies_lines(view, width)
        if self.keys_first and len(story) + 1 + len(remedies) > height:
            return self.before_remedies(remedies, story)
        lines = self.with_remedies(story, remedies)
        expected = expected_lines(view, width)
        return (*lines, (), *expected) if expected else lines

    def holds_remedies(self, view: View) -> bool:
        """Whether all remedies are in sight without scrolling."""
        width, height = self.scrollable_content_region.size
        return len(remedies_lines(view, width)) <= height
