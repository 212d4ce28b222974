"""The line at the bottom in which a note on a run is written."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from gradtui.runstore.format.note_file import LONGEST


class NoteBar(Horizontal):
    """Hidden until opened. Enter keeps what was written, escape what there was."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]
    DEFAULT_CSS = """
    NoteBar { height: 1; display: none; background: $panel; }
    NoteBar.open { display: block; }
    NoteBar > Input, NoteBar > Input:focus {
        width: 1fr; height: 1; border: none; padding: 0; background: $panel;
    }
    NoteBar > #word { width: 7; color: $primary; }
    NoteBar > #keys { width: auto; padding: 0 1; color: $quiet; }
    """

    class Written(Message):
        """A note was written on the run of that name."""

        def __init__(self, run: str, text: str) -> None:
            super().__init__()
            self.run, self.text = run, text

    def __init__(self) -> None:
        super().__init__()
        self.run = ""
        self.entry = Input(placeholder="what this run was for", compact=True, max_length=LONGEST)
        self.entry.can_focus = False

    def compose(self) -> ComposeResult:
        yield Static(" note ", id="word")
        yield self.entry
        yield Static("enter keeps it, esc leaves it", id="keys", markup=False)

    def open(self, run: str, text: str) -> None:
        """Show the line with the note that there is, and take the keyboard."""
        self.run = run
        self.add_class("open")
        self.entry.can_focus = True
        self.entry.value = text
        self.entry.cursor_position = len(text)
        self.screen.set_focus(self.entry)  # at once: the next key may be here already

    def action_leave(self) -> None:
        """Give the keyboard back."""
        self.entry.blur()
        self.entry.can_focus = False
        self.remove_class("open")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Written(self.run, event.value))
        self.action_leave()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
