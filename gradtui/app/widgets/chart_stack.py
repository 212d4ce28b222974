"""The charts in full size: a cursor that goes from step to step, a window that is zoomed and moved."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from textual import events
from textual.message import Message

from gradtui.app.render.chart_frame import (
    BEFORE_CURSOR,
    TEN,
    ChartFrame,
    known_step,
    nearest_step,
    next_median,
    next_panel,
    next_unit,
    panned,
    with_cursor,
    zoomed,
)
from gradtui.app.render.chart_stack import (
    all_kept,
    begun,
    cursor_step,
    scale_of,
    shown_step,
    stack_lines,
    steps_of,
    whole_view,
)
from gradtui.app.render.curve import MARGIN, Canvases
from gradtui.app.render.line import Line
from gradtui.app.render.x_scale import Extent, XScale, extent_of, units_of
from gradtui.app.view import View
from gradtui.app.widgets.changes import is_live
from gradtui.app.widgets.lined import Lined
from gradtui.core.layout import IntArray
from gradtui.core.stretch import Stretch

KEY_FACTOR, WHEEL_FACTOR = 2.0, 1.4
"""How much more or less is seen after a key, and after the wheel."""
TURN = 4
"""Cells that the wheel moves the window by, with shift."""


class ChartStack(Lined):
    """Keys and the mouse make other frames; `keep` is told of each, for the next time."""

    DEFAULT_CSS = "ChartStack { height: 1fr; overflow-y: hidden; }"
    BORDER_TITLE = "charts"
    PACE = 1.0

    class LookedAt(Message):
        """The whole screen shall show a step."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(
        self,
        frame: ChartFrame | None = None,
        keep: Callable[[ChartFrame], None] = lambda frame: None,
        read: Callable[[int, int], Stretch | None] = lambda first, last: None,
    ) -> None:
        """`read` reads all steps from one to another, where there is a record of them."""
        super().__init__()
        self._read = read
        self._stretch: Stretch | None = None
        self._near_cursor: Stretch | None = None
        self._known: Canvases = {}
        self.frame = frame or ChartFrame()
        self._keep = keep
        self._held: int | None = None
        """The cell that a pressed button has hold of."""
        self._dragged = False

    def lines_of(self, view: View, width: int, height: int) -> Sequence[Line]:
        self._refine()
        return stack_lines(self._seen, self.frame, width, height, self._known, self._near())

    @property
    def _seen(self) -> View:
        """The view with all steps of the window."""
        return replace(self.view, stretch=self._stretch)

    def _refine(self) -> None:
        """Read the steps of the window, where it is small enough and not all of them are kept."""
        seen = self.frame.seen(self._extent) if begun(self.view) else None
        if seen is None or all_kept(self.view, self.frame):
            self._take(None)
        elif self._stretch is None or (self._stretch.first, self._stretch.last) != seen:
            self._take(self._read(*seen))

    def _near(self) -> Stretch | None:
        """All steps just before the cursor, where not all of them are kept."""
        if not begun(self.view) or all_kept(self.view, replace(self.frame, window=None)):
            return None
        step = self._cursor
        known = self._near_cursor
        if known is None or known.last != step:
            self._near_cursor = self._read(max(step - BEFORE_CURSOR, 0), step)
        return self._near_cursor

    def _take(self, stretch: Stretch | None) -> None:
        if stretch is not self._stretch:
            self._stretch = stretch
            self._known.clear()

    def show(self, view: View) -> None:
        before = self.view
        self._known.clear()
        if before.info is not None and view.info is not before.info and view.mode != "replay":
            self._change(self.frame.for_another_run())
        elif self.frame.cursor is not None and _moved(before, view):
            self._change(replace(self.frame, cursor=None))
        super().show(view)

    # What keys do

    def move(self, by: int) -> None:
        """The cursor to the next step of which there is a value, or back."""
        if begun(self.view):
            self._to(known_step(self._steps, self._cursor, by))

    def leap(self, by: int) -> None:
        """The cursor by ten cells."""
        if begun(self.view):
            steps, at, scale = self._steps, self._cursor, self._scale
            step = nearest_step(steps, scale.step(scale.place(at) + by * TEN))
            further = (step - at) * by > 0
            self._to(step if further else known_step(steps, at, by))

    def to_end(self, end: Literal["first", "last"]) -> None:
        """The cursor to the first or the newest step; with that it goes on, where the screen does."""
        if begun(self.view):
            step = self._extent.first if end == "first" else self._extent.last
            self._to(step)
            if end == "last" and step == shown_step(self.view):
                self._change(replace(self.frame, cursor=None))

    def zoom(self, by: int) -> None:
        """See half as much around the cursor, or twice as much."""
        if begun(self.view):
            self._zoom(self._cursor, KEY_FACTOR**-by)

    def pan(self, by: int) -> None:
        """See what comes before, or after: by half of what is seen."""
        seen = self.frame.seen(self._extent) if begun(self.view) else None
        if seen is not None:
            half = max((seen.last - seen.first + 1) // 2, 1)
            self._change(panned(self.frame, self._extent, by * half))

    def everything(self) -> None:
        """See all of the run."""
        self._change(replace(self.frame, window=None, follows=False))

    def turn_unit(self) -> None:
        """By steps, time or epochs, those that are known."""
        if begun(self.view):
            self._change(next_unit(self.frame, units_of(whole_view(self.view))))

    def turn_median(self) -> None:
        """A running median over more steps, or none."""
        self._change(next_median(self.frame))

    def turn_panel(self, by: int) -> None:
        """Both charts, or one of them."""
        self._change(next_panel(self.frame, by))

    def look(self) -> None:
        """The whole screen to the step of the cursor, which it then goes with."""
        if begun(self.view):
            self.post_message(self.LookedAt(self._cursor))
            self._change(replace(self.frame, cursor=None))

    # What the mouse does

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, -1)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        self._slide(event, -TURN)

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        self._slide(event, TURN)

    def _wheel(self, event: events.MouseEvent, by: int) -> None:
        if event.shift or event.ctrl:
            self._slide(event, -by * TURN)
        elif begun(self.view):
            event.stop()
            seen = self.frame.seen(self._extent) or self._extent
            step = min(max(self._scale.step(self._at(event)), seen.first), seen.last)
            self._zoom(step, WHEEL_FACTOR**-by)

    def _slide(self, event: events.MouseEvent, cells: int) -> None:
        event.stop()
        if begun(self.view):
            here = self._at(event)
            steps = self._scale.step(here + cells) - self._scale.step(here)
            away = max(abs(round(steps)), 1) * (1 if cells > 0 else -1)
            self._change(panned(self.frame, self._extent, away))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if begun(self.view) and self._at(event) >= 0:
            self._held, self._dragged = self._at(event), False
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._held is None or not begun(self.view):
            return
        scale, here = self._scale, self._at(event)
        by = round(scale.step(self._held) - scale.step(here))
        if here != self._held:
            self._dragged = True
        if by:
            self._change(panned(self.frame, self._extent, by))
            self._held = here

    def on_mouse_up(self, event: events.MouseUp) -> None:
        held, self._held = self._held, None
        self.release_mouse()
        if held is not None and not self._dragged and begun(self.view):
            aim = self._scale.step(min(held, self._scale.cells - 1))
            step = nearest_step(self._steps, min(aim, self._extent.last))
            self._to(step)
            self.look()

    # What both come down to

    @property
    def _cells(self) -> tuple[int, int]:
        width, height = self.scrollable_content_region.size
        return width, height

    @property
    def _extent(self) -> Extent:
        return extent_of(whole_view(self.view))

    @property
    def _scale(self) -> XScale:
        return scale_of(self.view, self.frame, self._cells[0])

    @property
    def _steps(self) -> IntArray:
        return steps_of(self._seen, self.frame, self._cells[1])

    @property
    def _cursor(self) -> int:
        return cursor_step(self.view, self.frame)

    def _at(self, event: events.MouseEvent) -> int:
        """The cell of the canvas under the pointer; below 0 left of it."""
        return event.x - self.gutter.left - MARGIN

    def _to(self, step: int) -> None:
        self._change(with_cursor(self.frame, self._extent, step))

    def _zoom(self, step: float, factor: float) -> None:
        self._change(zoomed(self.frame, self._extent, self._scale, step, factor))

    def _change(self, frame: ChartFrame) -> None:
        if frame != self.frame:
            if (frame.window, frame.panel) != (self.frame.window, self.frame.panel):
                self._known.clear()  # of all places that somebody has been at
            self.frame = frame
            self._keep(frame)
            self._draw()


def _moved(before: View, view: View) -> bool:
    """Whether a key has brought the screen to another step."""
    if is_live(view) or is_live(before) or not (begun(view) and begun(before)):
        return False
    return shown_step(view) != shown_step(before)
