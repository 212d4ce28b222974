"""The line at the bottom in which what is listed is filtered."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input, Static

from gradtui.app.entry_bar import EntryBar


class FilterBar(EntryBar):
    """Stays, without focus, while a filter is in force."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "clear", show=False)]
    DEFAULT_CSS = "FilterBar > #word { width: 9; }"

    class Changed(Message):
        """Another filter text."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, placeholder: str = "words of layer names") -> None:
        super().__init__(placeholder)
        self._count = Static(id="hint", markup=False)

    def compose(self) -> ComposeResult:
        yield Static(" filter /", id="word")
        yield self.entry
        yield self._count

    def open(self, text: str) -> None:
        """Show the line and take the keyboard."""
        self.take_keyboard(text)

    def close(self) -> None:
        """Give the keyboard back; the filter stays in force."""
        self.give_keyboard_back()
        self.set_class(bool(self.entry.value), "open")

    def action_clear(self) -> None:
        """No filter any more."""
        self.entry.value = ""
        self.close()

    def count(self, shown: int, total: int) -> None:
        """Say how many rows the filter lets through."""
        if self.has_class("open"):
            text = f"{shown} of {total}" if shown else f"none of {total} (esc clears)"
            if str(self._count.content) != text:
                self._count.update(text)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.close()
