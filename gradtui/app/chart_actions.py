"""Keys that charts with a cursor and a window have in common, of one run and of several."""

from typing import Literal, Protocol


class CursorCharts(Protocol):
    """Charts with a cursor, and a window that is zoomed and moved."""

    def move(self, by: int) -> None: ...
    def leap(self, by: int) -> None: ...
    def to_end(self, end: Literal["first", "last"]) -> None: ...
    def zoom(self, by: int) -> None: ...
    def pan(self, by: int) -> None: ...
    def everything(self) -> None: ...
    def turn_median(self) -> None: ...
    def turn_panel(self, by: int) -> None: ...


class ChartActions:
    """Of whatever has `charts`: a screen, or an app. It comes behind the class of Textual's, which looks for
    styles among the first bases alone."""

    charts: CursorCharts

    def action_cursor(self, by: int) -> None:
        self.charts.move(by)

    def action_leap(self, by: int) -> None:
        self.charts.leap(by)

    def action_to_end(self, end: Literal["first", "last"]) -> None:
        self.charts.to_end(end)

    def action_zoom(self, by: int) -> None:
        self.charts.zoom(by)

    def action_pan(self, by: int) -> None:
        self.charts.pan(by)

    def action_everything(self) -> None:
        self.charts.everything()

    def action_median(self) -> None:
        self.charts.turn_median()

    def action_panel(self, by: int) -> None:
        self.charts.turn_panel(by)
