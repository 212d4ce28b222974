"""A screen that asks for more room where it has too little."""

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Static

from gradtui.app.geometry import plea, too_small


class RoomyScreen(Screen[None]):
    """Of an app with one arrangement for all sizes; below the smallest a plea is all that it shows."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = "RoomyScreen { layout: vertical; overflow: hidden; }"

    def compose(self) -> ComposeResult:
        yield Static(id="plea", markup=False)

    def on_resize(self, event: events.Resize) -> None:
        width, height = event.size
        tiny = too_small(width, height)
        self.set_class(tiny, "-tiny")
        if tiny:
            self.query_one("#plea", Static).update(plea(width, height))
        else:
            self.give_lines(height)

    def give_lines(self, height: int) -> None:
        """Give `height` lines to what there is."""
