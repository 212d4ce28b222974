"""The line at the bottom in which a note on a run is written."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input, Static

from gradtui.app.entry_bar import EntryBar
from gradtui.runstore.format.note_file import LONGEST


class NoteBar(EntryBar):
    """Enter keeps what was written, escape what there was."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]
    DEFAULT_CSS = "NoteBar > #word { width: 7; }"

    class Written(Message):
        """A note was written on the run of that name."""

        def __init__(self, run: str, text: str) -> None:
            super().__init__()
            self.run, self.text = run, text

    def __init__(self) -> None:
        super().__init__("what this run was for", LONGEST)
        self.run = ""

    def compose(self) -> ComposeResult:
        yield Static(" note ", id="word")
        yield self.entry
        yield Static("enter keeps it, esc leaves it", id="hint", markup=False)

    def open(self, run: str, text: str) -> None:
        """Show the line with the note that there is, and take the keyboard."""
        self.run = run
        self.take_keyboard(text)
        self.entry.cursor_position = len(text)

    def action_leave(self) -> None:
        """Give the keyboard back."""
        self.give_keyboard_back()
        self.remove_class("open")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Written(self.run, event.value))
        self.action_leave()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
