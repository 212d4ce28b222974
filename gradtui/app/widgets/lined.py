"""The shell that all widgets of a run share: what they say of a view, as lines."""

from collections.abc import Sequence
from typing import ClassVar

from textual.timer import Timer

from gradtui.app.render.line import Line
from gradtui.app.view import View
from gradtui.app.widgets.changes import is_live, same_look
from gradtui.app.widgets.line_surface import LineSurface


class Lined(LineSurface, inherit_bindings=False, can_focus=False):
    """Draws `lines_of(view, width, height)`."""

    PACE: ClassVar[float] = 0.0
    """Seconds between two drawings while a run goes on and nothing but its facts changes."""

    def __init__(self) -> None:
        super().__init__()
        self.view = View()
        self._waiting: Timer | None = None

    def lines_of(self, view: View, width: int, height: int) -> Sequence[Line]:
        """All lines of the widget, also those scrolled out of sight."""
        raise NotImplementedError

    def make_lines(self, width: int, height: int) -> Sequence[Line]:
        return self.lines_of(self.view, width, height)

    def show(self, view: View) -> None:
        """Draw another view; only what differs from the last one is repainted.

        While a run goes on, a widget with a `PACE` draws no oftener than that, but never misses the
        last view: a timer draws what was left out.
        """
        before, self.view = self.view, view
        if not self.PACE or not is_live(view) or not same_look(view, before):
            self._draw()
        elif self._waiting is None:
            self._draw()
            self._waiting = self.set_timer(self.PACE, self._paced)

    def catch_up(self) -> None:
        """Draw the last view at once, where it waits for its time."""
        if self._waiting is not None:
            self._waiting.stop()
            self._paced()

    def _paced(self) -> None:
        self._waiting = None
        self._draw()
