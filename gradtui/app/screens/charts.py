"""Choosing what a chart shows: loss, learning rate, or anything that the program has logged."""

from collections.abc import Callable
from time import monotonic
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from gradtui.app.render.line import Line
from gradtui.app.render.metric_list import matching, metric_line
from gradtui.app.render.quantities import Quantity, quantities
from gradtui.app.screens.picker import LIST_KEYS
from gradtui.app.textual_faults import Panel
from gradtui.app.view import Choice, View

WIDEST = 100
PACE = 0.5
"""Seconds between two drawings of the list while a run goes on."""
STYLES = {
    "strong": "bold $strong",
    "accent": "$primary",
    "reference": "$reference",
    "nonfinite": "bold $nonfinite",
    "quiet": "$quiet",
}


class ChartPickerScreen(Panel[Choice | None]):
    """The result is what was chosen, or None. Values go on while it is open."""

    BINDINGS: ClassVar[list[BindingType]] = LIST_KEYS

    def __init__(self, view: View, of: Callable[[View], tuple[Quantity, ...]] = quantities) -> None:
        """`of`: what there is to choose from."""
        super().__init__(classes="picker charts")
        self._view, self._of = view, of
        self._chosen = view.choice
        self._found: list[Quantity] = []
        self._lines: list[Line] = []
        self._drawn = float("-inf")

    def compose(self) -> ComposeResult:
        with Vertical(id="panel") as panel:
            panel.border_title = "what the chart shows"
            yield Input(placeholder="words of a name", compact=True)
            options = OptionList(markup=False, compact=True)
            options.can_focus = False
            yield options

    def on_mount(self) -> None:
        self._fill()
        self.query_one(Input).focus()

    def on_resize(self, event: events.Resize) -> None:
        self._fill()

    @on(Input.Changed)
    def _narrow(self) -> None:
        self._fill()

    def show(self, view: View) -> None:
        """Newer values, and names that have come."""
        self._view = view
        if self.is_mounted and monotonic() - self._drawn >= PACE:
            self._fill()

    def _fill(self) -> None:
        self._drawn = monotonic()
        every = self._of(self._view)
        before = [one.choice for one in self._found]
        self._found = matching(every, self.query_one(Input).value)
        cells = max(min(WIDEST, self.app.size.width * 9 // 10) - 6, 20)
        lines = [metric_line(o, cells, ascii_only=self._view.ascii_only) for o in self._found]
        options = self.query_one(OptionList)
        if before != [one.choice for one in self._found] or not options.option_count:
            self._fill_anew(options, lines)
        else:
            for at, (old, new) in enumerate(zip(self._lines, lines, strict=True)):
                if old != new:
                    options.replace_option_prompt_at_index(at, _content(new))
        self._lines = lines
        count = f"{len(self._found)} of {len(every)}"
        panel = self.query_one("#panel")
        panel.border_subtitle = f"{count}, enter shows it, esc closes"

    def _fill_anew(self, options: OptionList, lines: list[Line]) -> None:
        wanted = self.chosen or self._chosen
        options.clear_options()
        options.add_options([Option(_content(line)) for line in lines])
        if not lines:
            words = "Nothing fits these words." if self._of(self._view) else "Nothing yet."
            options.add_options([Option(Content(words), disabled=True)])
        choices = [one.choice for one in self._found]
        first = 0 if choices else None
        options.highlighted = choices.index(wanted) if wanted in choices else first

    @property
    def chosen(self) -> Choice | None:
        """What is highlighted."""
        at = self.query_one(OptionList).highlighted
        return self._found[at].choice if at is not None and at < len(self._found) else None

    def action_move(self, by: int) -> None:
        options = self.query_one(OptionList)
        if self._found:
            at = options.highlighted or 0
            options.highlighted = min(max(at + by, 0), len(self._found) - 1)

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def _take(self) -> None:
        if self.chosen is not None:
            self.dismiss(self.chosen)


def _content(line: Line) -> Content:
    return Content.assemble(*((text, STYLES.get(meaning, "")) for text, meaning in line))
