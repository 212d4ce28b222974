"""The screen of the list of runs."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from gradtui.app.filter_bar import FilterBar
from gradtui.app.key_bar import KeyBar
from gradtui.app.note_bar import NoteBar
from gradtui.app.run_list_keys import bindings, footer_keys
from gradtui.app.screens.roomy import RoomyScreen
from gradtui.app.widgets.run_detail import RunDetail
from gradtui.app.widgets.run_table import RunList, RunTable

LOW, HIGH = 18, 30
"""Lines of a terminal below which the chosen run is not shown in full, and from which on with more."""
FEW, MORE = 6, 7
"""Lines that it has then, its border included."""


def detail_height(height: int) -> int:
    """Lines of the pane below the list."""
    return 0 if height < LOW else FEW if height < HIGH else MORE


class RunsScreen(RoomyScreen):
    """All runs, the chosen one below them, a line for words at the bottom."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(b.key, f"app.{b.action}", b.description, show=False) for b in bindings()
    ]

    def __init__(self) -> None:
        super().__init__()
        self.table, self.detail = RunTable(), RunDetail()
        self.filter = FilterBar("words of name, command, verdict, state or note")
        self.note = NoteBar()

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield self.table
        yield self.detail
        yield self.note
        yield self.filter
        yield KeyBar(footer_keys())

    def give_lines(self, height: int) -> None:
        lines = detail_height(height)
        self.detail.display = bool(lines)
        self.detail.styles.height = lines

    def show(self, runs: RunList) -> None:
        self.table.show(runs)
        if self.detail.display:
            self.detail.show(runs)
        self.filter.count(len(runs.shown), runs.totals.count)
