"""Tabs in one line, which Textual's own need two for."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from gradtui.app.render.text import fit

LONGEST = 20
"""Cells of a title that comes from elsewhere."""


class TabStrip(Widget):
    """Titles side by side, the current one marked by brackets as well as by colour."""

    DEFAULT_CSS = "TabStrip { height: 1; background: $background; }"
    ALLOW_SELECT = False

    current: reactive[int] = reactive(0)

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, titles: Sequence[str]) -> None:
        super().__init__()
        self._titles = tuple(titles)

    def rename(self, index: int, title: str) -> None:
        """Another title for a tab, which leaves the others their room."""
        title = fit(title, LONGEST)
        self._titles = (*self._titles[:index], title, *self._titles[index + 1 :])
        self.refresh()

    def render(self) -> Content:
        parts: list[tuple[str, str]] = []
        for index, title in enumerate(self._titles):
            here = index == self.current
            parts.append((f"[{title}]", "bold $primary") if here else (f" {title} ", "$quiet"))
        parts.append(("  (tab)", "$quiet"))
        return Content.assemble(*parts)

    def on_click(self, event: events.Click) -> None:
        x = event.x
        for index, title in enumerate(self._titles):
            x -= cell_len(title) + 2
            if x < 0:
                self.post_message(self.Chosen(index))
                return
