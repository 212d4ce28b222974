"""Remedies as lines of code, to be read and copied."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message

from gradtui.app.key_bindings import RUN_KEYS_OVER_PANELS
from gradtui.app.remedy_code import NOTHING_YET, RemedyCode, as_script
from gradtui.app.render.line import Line
from gradtui.app.render.prescriptions import Owned, prescription_lines
from gradtui.app.textual_faults import Panel
from gradtui.app.view import View
from gradtui.app.widgets.lined import Lined

TITLE = "remedies as code"


class PrescriptionPane(Lined):
    """One prescription is open, the others are a line each."""

    DEFAULT_CSS = "PrescriptionPane { scrollbar-gutter: stable; height: 1fr; min-width: 20; }"

    class Clicked(Message):
        """A prescription was clicked; `index` into `RemedyCode.all`."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self) -> None:
        super().__init__()
        self.what = NOTHING_YET
        self.chosen = 0
        self._owned: list[Owned] = []

    def lines_of(self, view: View, width: int, height: int) -> Sequence[Line]:
        total = len(view.layout.rows) if view.layout is not None else 0
        self._owned = prescription_lines(self.what, self.chosen, width, total, view.ascii_only)
        return [line for line, _ in self._owned]

    def tell(self, what: RemedyCode, view: View) -> None:
        """Show other prescriptions; what was chosen stays so where it is still there."""
        same = what is self.what and view.ascii_only == self.view.ascii_only and bool(self._lines)
        if same:
            return
        old = self.what.all[self.chosen].remedy if self.what.all else None
        offered = [one.remedy for one in what.all]
        self.what, self.chosen = what, offered.index(old) if old in offered else 0
        self.show(view)

    def choose(self, index: int) -> None:
        """Open another one and bring it into sight."""
        self.chosen = min(max(index, 0), max(len(self.what.all) - 1, 0))
        self._draw()
        mine = [y for y, (_, owner) in enumerate(self._owned) if owner == self.chosen]
        if mine:
            top, height = int(self.scroll_offset.y), self.scrollable_content_region.height
            # All of it where it fits, else from its beginning; the finding above the first one.
            first = 0 if self.chosen == 0 else mine[0]
            if first < top or mine[-1] - first >= height:
                top = first
            elif mine[-1] >= top + height:
                top = mine[-1] - height + 1
            self.scroll_to(y=top, animate=False, force=True, immediate=True)

    def on_click(self, event: events.Click) -> None:
        y = event.y - self.gutter.top + int(self.scroll_offset.y)
        owner = self._owned[y][1] if 0 <= y < len(self._owned) else None
        if owner is not None:
            self.post_message(self.Clicked(owner))


class PrescriptionScreen(Panel[None]):
    """Up and down choose, c and enter copy. `ask` is called when there is something new to show,
    `copy` with the lines to put on the clipboard."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,x", "close", show=False),
        Binding("down,j,tab", "move(1)", show=False),
        Binding("up,k,shift+tab", "move(-1)", show=False),
        Binding("home,g", "move(-1000)", show=False),
        Binding("end,G", "move(1000)", show=False),
        Binding("pagedown,space,right,l", "page(1)", show=False),
        Binding("pageup,left,h", "page(-1)", show=False),
        Binding("c,enter", "copy", show=False),
        *RUN_KEYS_OVER_PANELS,
        Binding("question_mark", "go_on('help')", show=False),
    ]

    def __init__(self, ask: Callable[[], RemedyCode], copy: Callable[[str], None]) -> None:
        super().__init__(classes="prescriptions")
        self._ask = ask
        self._copy = copy
        self._what: RemedyCode | None = None
        self.pane = PrescriptionPane()
        self.panel = Vertical(self.pane, id="panel")

    def compose(self) -> ComposeResult:
        yield self.panel

    def show(self, view: View) -> None:
        other = view.reference
        twin = other.diagnosis if other is not None and other.twin else None
        if self._what is None or not self._what.about(view.diagnosis, twin):
            self._what = self._ask()
        self.pane.tell(self._what, view)
        some = bool(self._what.all)
        keys = "up down choose, c copies, esc closes" if some else "esc closes"
        panel = self.panel
        panel.border_title = "remedies of the untreated run, as code" if self._what.twin else TITLE
        panel.border_subtitle = keys
        panel.set_class(not some, "-empty")

    def action_move(self, by: int) -> None:
        self.pane.choose(self.pane.chosen + by)

    def action_page(self, by: int) -> None:
        lines = by * max(self.pane.size.height - 2, 1)
        self.pane.scroll_relative(y=lines, animate=False, force=True, immediate=True)

    def on_prescription_pane_clicked(self, event: PrescriptionPane.Clicked) -> None:
        self.pane.choose(event.index)

    def action_copy(self) -> None:
        every = self.pane.what.all
        if every:
            self._copy(as_script(every[self.pane.chosen]))
