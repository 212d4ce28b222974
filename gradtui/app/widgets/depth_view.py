"""Depth as an axis: one row a layer, input side first, or one a time step."""

from collections.abc import Sequence
from itertools import takewhile

from textual import events
from textual.message import Message
from textual.timer import Timer

from gradtui.app.render.depth import HEAD, depth_lines
from gradtui.app.render.drawn import Drawn
from gradtui.app.render.line import Line
from gradtui.app.view import View
from gradtui.app.widgets.changes import is_live, same_look
from gradtui.app.widgets.lined import Lined

RENEW = 0.4
"""Seconds between two renewals of all rows while a run goes on."""


class DepthView(Lined):
    """All rows in one widget: one widget a layer cannot keep ten frames a second."""

    DEFAULT_CSS = (
        "DepthView { scrollbar-gutter: stable; height: 1fr; min-width: 24; min-height: 4; }"
    )

    PINNED = HEAD

    class Selected(Message):
        """A row was clicked; `index` into `view.order`."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    class Activated(Message):
        """The selected row was clicked again; `index` into `view.order`."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    class Turned(Message):
        """A group was clicked, to be opened or closed; `index` into `view.order`."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    class Scrolled(Message):
        """Other rows are in sight: those from `top` on."""

        def __init__(self, top: int) -> None:
            super().__init__()
            self.top = top

    def __init__(self) -> None:
        super().__init__()
        self._drawn = Drawn()
        self._catch_up: Timer | None = None

    @property
    def page(self) -> int:
        """Rows that fit on the screen at once."""
        return max(self.scrollable_content_region.height - HEAD, 1)

    def lines_of(self, view: View, width: int, height: int) -> Sequence[Line]:
        top = self.scroll_offset.y
        theory = view.theory.norms
        return depth_lines(view, width, range(top, top + height), self._drawn, theory)

    def show(self, view: View) -> None:
        before, now = _lines(self.view), _lines(view)
        turned = before != now
        moved = view.selected != self.view.selected or turned
        if not is_live(view) or not same_look(view, self.view):
            self._drawn.clear()
        super().show(view)
        if moved:
            if turned:  # what a group has been opened for is below it
                self._keep_in_sight(min(_last_within(view), view.selected + self.page - 1))
            self._keep_in_sight(view.selected)
        if self._drawn.kept and self._catch_up is None:
            self._catch_up = self.set_timer(RENEW, self._renew)

    def _renew(self) -> None:
        self._catch_up = None
        self._drawn.clear()
        self._draw()

    def _keep_in_sight(self, index: int) -> None:
        top = self.scroll_offset.y
        if index < top:
            self.scroll_to(y=index, animate=False, force=True, immediate=True)
        elif index >= top + self.page:
            y = index - self.page + 1
            self.scroll_to(y=y, animate=False, force=True, immediate=True)

    def on_resize(self) -> None:
        self._keep_in_sight(self.view.selected)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        self._draw()
        super().watch_scroll_y(old_value, new_value)
        self.post_message(self.Scrolled(int(new_value)))

    def on_click(self, event: events.Click) -> None:
        index = event.y - HEAD + self.scroll_offset.y
        if event.y < HEAD or not 0 <= index < len(self.view.order):
            return
        if self.view.entries and self.view.entries[index].group is not None:
            self.post_message(self.Turned(index))
            return
        chosen = index == self.view.selected
        self.post_message(self.Activated(index) if chosen else self.Selected(index))


def _lines(view: View) -> Sequence[object]:
    """What stands on which line; which layer is the worst of a closed group is no part of it."""
    if not view.entries:
        return view.order
    return [
        entry.row if entry.group is None else (entry.group.name, entry.open)
        for entry in view.entries
    ]


def _last_within(view: View) -> int:
    """Index of the last line of the group that is selected and open; else of the selected line."""
    at = view.selected
    if not view.entries or not view.entries[at].open:
        return at
    deeper = takewhile(lambda entry: entry.depth > view.entries[at].depth, view.entries[at + 1 :])
    return at + sum(1 for _ in deeper)
