"""The chosen run in full, below the list."""

from collections.abc import Sequence

from gradtui.app.render.line import Line
from gradtui.app.render.run_cells import spelt
from gradtui.app.render.run_detail import detail_lines
from gradtui.app.render.text import safe
from gradtui.app.widgets.line_surface import LineSurface
from gradtui.app.widgets.run_table import RunList


class RunDetail(LineSurface, inherit_bindings=False, can_focus=False):
    """Its name is on its border."""

    def __init__(self) -> None:
        super().__init__()
        self.list = RunList()
        self.add_class("pane")

    def show(self, runs: RunList) -> None:
        self.list = runs
        current = runs.current
        name = spelt(safe(current.name), runs.ascii_only) if current is not None else ""
        if name != self.border_title:
            self.border_title = name
        self._draw()

    def make_lines(self, width: int, height: int) -> Sequence[Line]:
        runs = self.list
        return detail_lines(runs.current, runs.now, width, height, runs.ascii_only)
