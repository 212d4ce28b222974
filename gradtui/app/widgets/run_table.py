"""The list of runs: one widget for all rows, of which those in sight are drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message

from gradtui.app.render.line import Line
from gradtui.app.render.run_columns import EDGE, Fitted, Natural, fitted
from gradtui.app.render.run_table import (
    HEAD,
    Totals,
    empty_lines,
    place_line,
    row_line,
    titles_line,
)
from gradtui.app.run_row import RunRow
from gradtui.app.widgets.line_surface import LineSurface

NOTHING = Totals()


@dataclass(frozen=True, slots=True, eq=False)
class RunList:
    """All that the list shows at one moment: the rows in their order, and which of them is chosen."""

    home: str = ""
    totals: Totals = NOTHING
    shown: tuple[RunRow, ...] = ()
    place: int = 0
    marks: frozenset[str] = frozenset()
    text: str = ""
    sort: str = ""
    reverse: bool = False
    natural: Natural | None = None
    now: float = 0.0
    ascii_only: bool = False
    listed: bool = True
    """Whether it is known what is there."""

    @property
    def current(self) -> RunRow | None:
        return self.shown[self.place] if self.place < len(self.shown) else None


class RunTable(LineSurface, inherit_bindings=False, can_focus=False):
    """Where the runs are and the titles stay while the rows scroll under them."""

    DEFAULT_CSS = "RunTable { scrollbar-gutter: stable; height: 1fr; min-height: 3; }"
    PINNED = HEAD

    class Clicked(Message):
        """A row was clicked; `place` into what is shown. `mark`: at its mark. `again`: twice."""

        def __init__(self, place: int, *, mark: bool, again: bool) -> None:
            super().__init__()
            self.place, self.mark, self.again = place, mark, again

    class TitleClicked(Message):
        """The title of a column was clicked."""

        def __init__(self, sort: str) -> None:
            super().__init__()
            self.sort = sort

    def __init__(self) -> None:
        super().__init__()
        self.list = RunList()
        self._columns = Fitted()
        self._fitted_to: tuple[Natural | None, int, str] = (None, 0, "")
        self._drawn: dict[str, tuple[RunRow, bool, Line]] = {}
        """Lines of this second: a key moves the cursor, and the others stay as they are."""
        self._drawn_for: tuple[object, ...] = ()

    @property
    def page(self) -> int:
        """Rows that fit on the screen at once."""
        return max(self.scrollable_content_region.height - HEAD, 1)

    def show(self, runs: RunList) -> None:
        """Draw another list, the chosen row in sight."""
        moved = runs.place != self.list.place or len(runs.shown) != len(self.list.shown)
        self.list = runs
        self._draw()
        if moved:
            self._keep_in_sight(runs.place)

    def make_lines(self, width: int, height: int) -> Sequence[Line]:
        runs = self.list
        self._fit(runs, width)
        plain = runs.ascii_only
        head = [
            place_line(runs.home, runs.totals, len(runs.shown), len(runs.marks), width, plain),
            titles_line(self._columns, runs.sort, runs.reverse, width, plain),
        ]
        if not runs.shown:
            return [
                head[0],
                *(empty_lines(runs.home, runs.text, width, plain) if runs.listed else ()),
            ]
        rows: list[Line] = [()] * len(runs.shown)
        top = self.scroll_offset.y
        for place in range(top, min(top + height, len(rows))):
            rows[place] = self._row(place, width)
        return [*head, *rows]

    def _fit(self, runs: RunList, width: int) -> None:
        if self._fitted_to[0] is not runs.natural or self._fitted_to[1:] != (width, runs.sort):
            self._columns = fitted(runs.natural, width, runs.sort) if runs.natural else Fitted()
            self._fitted_to = runs.natural, width, runs.sort
            self._drawn.clear()
        if self._drawn_for != (runs.now, runs.ascii_only):
            self._drawn_for = runs.now, runs.ascii_only
            self._drawn.clear()

    def _row(self, place: int, width: int) -> Line:
        runs, row = self.list, self.list.shown[place]
        marked = row.name in runs.marks
        known = self._drawn.get(row.name)
        if known is None or known[0] is not row or known[1] != marked:
            line = row_line(
                row, self._columns, runs.now, width, marked=marked, ascii_only=runs.ascii_only
            )
            known = self._drawn[row.name] = row, marked, line
        if place != runs.place:
            return known[2]
        return tuple((text, f"{meaning} on cursor") for text, meaning in known[2])

    def _keep_in_sight(self, place: int) -> None:
        top = self.scroll_offset.y
        if place < top:
            self.scroll_to(y=place, animate=False, force=True, immediate=True)
        elif place >= top + self.page:
            y = place - self.page + 1
            self.scroll_to(y=y, animate=False, force=True, immediate=True)

    def on_resize(self) -> None:
        self._keep_in_sight(self.list.place)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        self._draw()
        super().watch_scroll_y(old_value, new_value)

    def on_click(self, event: events.Click) -> None:
        if event.y == HEAD - 1:
            column = self._columns.at(event.x)
            if column is not None:
                self.post_message(self.TitleClicked(column.name))
            return
        place = event.y - HEAD + int(self.scroll_offset.y)
        if event.y >= HEAD and 0 <= place < len(self.list.shown):
            mark = event.x < EDGE
            again = event.chain > 1 and place == self.list.place and not mark
            self.post_message(self.Clicked(place, mark=mark, again=again))
