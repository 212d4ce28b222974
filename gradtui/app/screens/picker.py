"""Choosing a scenario: by group, by words, by story."""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from gradtui.app.render.text import fit, safe, to_ascii, verdict_words
from gradtui.app.textual_faults import Panel
from gradtui.lab.scenario.schema import Scenario

LIST_KEYS: list[BindingType] = [
    Binding("escape", "close", show=False),
    Binding("down", "move(1)", show=False),
    Binding("up", "move(-1)", show=False),
    Binding("pagedown", "move(10)", show=False, priority=True),
    Binding("pageup", "move(-10)", show=False, priority=True),
]
"""Of a list below a line in which words are written, which has the keyboard."""


def matching(catalogue: Sequence[Scenario], text: str) -> list[Scenario]:
    """Scenarios in whose name, title, group, verdict or story every word of `text` occurs."""
    words = text.casefold().split()
    return [
        s
        for s in catalogue
        if all(w in f"{s.name} {s.title} {s.group} {s.expect} {s.story}".casefold() for w in words)
    ]


class PickerScreen(Panel[str | None]):
    """The result is the name of the chosen scenario, or None."""

    BINDINGS: ClassVar[list[BindingType]] = LIST_KEYS

    def __init__(self, catalogue: Sequence[Scenario], current: str, ascii_only: bool) -> None:
        super().__init__(classes="picker")
        self._catalogue = tuple(catalogue)
        self._current = current
        self._ascii = ascii_only
        self._names: list[str | None] = []
        self._filled: tuple[str, int] | None = None
        """The words and the width that the list was filled for."""

    def compose(self) -> ComposeResult:
        with Vertical(id="panel") as panel:
            panel.border_title = "scenarios"
            panel.border_subtitle = "enter starts, esc closes"
            yield Input(placeholder="words of a name, group or story", compact=True)
            with Horizontal():
                options = OptionList(markup=False, compact=True)
                options.can_focus = False
                yield options
                with VerticalScroll(id="story", can_focus=False):
                    yield Static(id="text")

    def on_mount(self) -> None:
        self._fill("")
        self.query_one(Input).focus()

    def on_resize(self, event: events.Resize) -> None:
        self._fill(self.query_one(Input).value)

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        self._fill(event.value)

    def _fill(self, text: str) -> None:
        room = self._room
        if self._filled == (text, room):
            return
        self._filled = text, room
        options = self.query_one(OptionList)
        self._names, lines = [], []
        found = matching(self._catalogue, text)
        for group in dict.fromkeys(s.group for s in found):
            self._names.append(None)
            lines.append(Option(Content.styled(self._text(group), "bold"), disabled=True))
            for scenario in (s for s in found if s.group == group):
                self._names.append(scenario.name)
                lines.append(Option(self._line(scenario, room)))
        options.clear_options()
        options.add_options(lines)  # together: each change of the list is laid out
        self.query_one(
            "#panel"
        ).border_subtitle = f"{len(found)} of {len(self._catalogue)}, enter starts, esc closes"
        wanted = self._current if self._current in self._names else None
        first = next((i for i, name in enumerate(self._names) if name is not None), None)
        options.highlighted = self._names.index(wanted) if wanted else first
        self._tell_story()

    @property
    def _room(self) -> int:
        """Cells of a line of the list, which the panel shares with the story."""
        return max((min(124, self.app.size.width * 9 // 10) - 4) // 2 - 2, 10)

    def _line(self, scenario: Scenario, cells: int) -> Content:
        """Title, and the verdict where there is room for it: nothing wraps."""
        title = "  " + self._text(scenario.title)
        verdict = self._text(verdict_words(scenario.expect))
        gap = cells - cell_len(title) - cell_len(verdict)
        if gap < 2:
            return Content(self._text(fit(title, cells)))
        return Content.assemble(title, (" " * gap + verdict, "dim"))

    def _text(self, text: str) -> str:
        text = safe(text)
        return to_ascii(text) if self._ascii else text

    @property
    def chosen(self) -> str | None:
        """The name of the highlighted scenario."""
        at = self.query_one(OptionList).highlighted
        return self._names[at] if at is not None and at < len(self._names) else None

    @on(OptionList.OptionHighlighted)
    def _tell_story(self) -> None:
        name = self.chosen
        text = Content("Nothing fits these words.")
        for scenario in self._catalogue:
            if scenario.name == name:
                paragraphs = scenario.story.strip().split("\n\n")
                story = "\n\n".join(self._text(" ".join(p.split())) for p in paragraphs)
                parts: list[str | tuple[str, str]] = [(self._text(scenario.name), "bold $primary")]
                if scenario.expect:
                    expected = self._text(verdict_words(scenario.expect))
                    parts.append((f"\nexpected: {expected}", "$quiet"))
                parts.append(f"\n\n{story}")
                for number, remedy in enumerate(scenario.remedies, start=1):
                    parts.append((f"\n\n{number} ", "bold"))
                    parts.append(self._text(remedy.title))
                text = Content.assemble(*parts)
        self.query_one("#text", Static).update(text)

    def action_move(self, by: int) -> None:
        options = self.query_one(OptionList)
        places = [i for i, name in enumerate(self._names) if name is not None]
        if places:
            here = places.index(options.highlighted) if options.highlighted in places else 0
            options.highlighted = places[min(max(here + by, 0), len(places) - 1)]

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def _take(self) -> None:
        if self.chosen is not None:
            self.dismiss(self.chosen)
