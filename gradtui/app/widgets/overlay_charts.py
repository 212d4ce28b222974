"""Several runs over one another: a table of them, charts, and a cursor through all."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from textual import events
from textual.message import Message

from gradtui.app.render.chart_frame import BEFORE_CURSOR, TEN
from gradtui.app.render.curve import MARGIN
from gradtui.app.render.line import Line
from gradtui.app.render.overlaid_run import OverlaidRun
from gradtui.app.render.overlay import Canvases, chart_room, overlay_lines
from gradtui.app.render.overlay_curves import choices_of, curve_of
from gradtui.app.render.overlay_frame import (
    Aligned,
    OverlayFrame,
    aligned,
    axis_scale,
    next_median,
    next_panel,
    next_point,
    panned,
    span_of,
    with_cursor,
    zoomed,
)
from gradtui.app.render.x_scale import XScale, extent_of
from gradtui.app.widgets.line_surface import LineSurface
from gradtui.core.layout import IntArray
from gradtui.core.stretch import Stretch

KEY_FACTOR, WHEEL_FACTOR = 2.0, 1.4
"""How much more or less is seen after a key, and after the wheel."""
Read = Callable[[int, int, int], Stretch | None]
"""(place, first, last) -> all steps of a run from one to another."""


class OverlayCharts(LineSurface, inherit_bindings=False, can_focus=False):
    """Keys and the mouse make other frames; `keep` is told of each."""

    DEFAULT_CSS = "OverlayCharts { height: 1fr; overflow-y: hidden; }"

    class Clicked(Message):
        """A line of the table was clicked; `again`: twice."""

        def __init__(self, place: int, *, again: bool) -> None:
            super().__init__()
            self.place, self.again = place, again

    def __init__(
        self,
        frame: OverlayFrame,
        keep: Callable[[OverlayFrame], None],
        read: Read = lambda place, first, last: None,
    ) -> None:
        super().__init__()
        self.frame = frame
        self.runs: tuple[OverlaidRun, ...] = ()
        self.ascii_only = False
        self._keep, self._read = keep, read
        self._known: Canvases = {}
        self._stretches: dict[int, tuple[tuple[int, int], Stretch | None]] = {}
        """By place: the steps that are seen of a run, and what was read of them."""
        self._held: int | None = None
        """The cell that a pressed button has hold of."""
        self._dragged = False

    def show(self, runs: tuple[OverlaidRun, ...], *, ascii_only: bool) -> None:
        """Draw other runs, or the same with more steps."""
        self.runs, self.ascii_only = runs, ascii_only
        self._known.clear()
        self._stretches = {
            place: known for place, known in self._stretches.items() if known[1] is not None
        }
        self._draw()

    def make_lines(self, width: int, height: int) -> Sequence[Line]:
        if not self.runs:
            return ()
        seen = self._seen
        return overlay_lines(
            seen,
            self._at_cursor(seen),
            self.frame,
            width,
            height,
            self._known,
            ascii_only=self.ascii_only,
            colours=not self.app.no_color,
        )

    # Steps that are read from the records

    @property
    def _seen(self) -> tuple[OverlaidRun, ...]:
        """The runs with all steps of the window, where these are few enough to be read."""
        window = self.frame.window
        if window is None:
            return self.runs
        out = list(self.runs)
        for one in aligned(self.runs, self.frame):
            ends = (one.step(window.low) - 1, one.step(window.high) + 1)
            known = self._stretches.get(one.run.place)
            if known is None or known[0] != ends:
                known = ends, self._read(one.run.place, *ends)
                self._stretches[one.run.place] = known
                self._known.clear()
            out[one.run.place] = replace(one.run, view=replace(one.view, stretch=known[1]))
        return tuple(out)

    def _at_cursor(self, seen: tuple[OverlaidRun, ...]) -> tuple[OverlaidRun, ...]:
        """The runs with the steps just before the cursor: its values hang on no window."""
        if self.frame.cursor is None:
            return seen
        out = list(seen)
        for one in aligned(seen, self.frame):
            step = min(one.step(self.frame.cursor), extent_of(one.view).last)
            stretch = self._read(one.run.place, step - BEFORE_CURSOR, step)
            out[one.run.place] = replace(one.run, view=replace(one.view, stretch=stretch))
        return tuple(out)

    # What keys do

    def move(self, by: int) -> None:
        """The cursor to the next step of which the chosen run has a value, or back."""
        one = self._chosen
        if one is not None:
            self._to(next_point(self._steps(one), one, self._cursor, by))

    def leap(self, by: int) -> None:
        """The cursor by ten cells."""
        if self._shown:
            scale = self._scale
            self._to(self._cursor + by * TEN * scale.width / (scale.apart or 1.0))

    def to_end(self, end: Literal["first", "last"]) -> None:
        """The cursor to the first step; or none any more, which is the newest values."""
        if self._shown and end == "first":
            self._to(span_of(self._shown).low)
        else:
            self.change(replace(self.frame, cursor=None))

    def zoom(self, by: int) -> None:
        if self._shown:
            self.change(zoomed(self.frame, self._shown, self._cursor, KEY_FACTOR**-by))

    def pan(self, by: int) -> None:
        if self._shown:
            self.change(panned(self.frame, self._shown, by / 2))

    def everything(self) -> None:
        """See all of the runs."""
        self.change(replace(self.frame, window=None))

    def turn_median(self) -> None:
        """A running median over more steps, then none again."""
        self.change(next_median(self.frame))

    def turn_panel(self, by: int) -> None:
        """All charts, or one of them on all lines."""
        self.change(next_panel(self.frame, by))

    # What the mouse does

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, -1)

    def _wheel(self, event: events.MouseEvent, by: int) -> None:
        event.stop()
        if self._shown:
            x = self._scale.x(event.x - MARGIN)
            low, high = self.frame.window or span_of(self._shown)
            x = min(max(x, low), high)
            self.change(zoomed(self.frame, self._shown, x, WHEEL_FACTOR**-by))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if event.y > len(self.runs) and event.x >= MARGIN and self._shown:
            self._held, self._dragged = event.x, False
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._held is None or not self._shown or event.x == self._held:
            return
        self._dragged = True
        share = (self._held - event.x) / max(self._scale.cells, 1)
        self._held = event.x
        self.change(panned(self.frame, self._shown, share))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        held, self._held = self._held, None
        self.release_mouse()
        if held is not None and not self._dragged and self._shown:
            x = self._scale.x(held - MARGIN)
            self._to(float(round(x)) if self.frame.alignment == "step" else x)

    def on_click(self, event: events.Click) -> None:
        place = event.y - 1
        if 0 <= place < len(self.runs):
            again = event.chain > 1 and place == self.frame.chosen
            self.post_message(self.Clicked(place, again=again))

    # What both come down to

    @property
    def _shown(self) -> list[Aligned]:
        return aligned(self.runs, self.frame)

    @property
    def _chosen(self) -> Aligned | None:
        """The chosen run where it is drawn, else the first that is."""
        shown = self._shown
        chosen = [one for one in shown if one.run.place == self.frame.chosen]
        return next(iter((*chosen, *shown)), None)

    @property
    def _scale(self) -> XScale:
        cells = max(self.scrollable_content_region.width - MARGIN, 1)
        return axis_scale(self._shown, self.frame, cells)

    @property
    def _cursor(self) -> float:
        """Where the cursor is; without one the end of the chosen run, or of what is seen."""
        if self.frame.cursor is not None:
            return self.frame.cursor
        one = self._chosen
        end = one.span.high if one is not None else 0.0
        window = self.frame.window
        return min(max(end, window.low), window.high) if window is not None else end

    def _steps(self, one: Aligned) -> IntArray:
        """[n] the steps of a run of which a value is drawn."""
        seen = {run.place: run for run in self._seen}[one.run.place].view
        lines = chart_room(self.runs, self.scrollable_content_region.height)
        if seen is None:
            return np.empty(0, np.int64)
        curves = [curve_of(seen, choice) for choice in choices_of(self.runs, self.frame, lines)]
        steps = [curve.steps for curve in curves if curve is not None]
        return np.unique(np.concatenate(steps)) if steps else np.empty(0, np.int64)

    def _to(self, x: float) -> None:
        self.change(with_cursor(self.frame, self._shown, x))

    def change(self, frame: OverlayFrame) -> None:
        """Draw another frame."""
        if frame != self.frame:
            if frame.window != self.frame.window or frame.alignment != self.frame.alignment:
                self._known.clear()  # of all places that somebody has been at
            self.frame = frame
            self._keep(frame)
            self._draw()
