"""A line at the bottom in which something is written: what the filter's and the note's share."""

from textual.containers import Horizontal
from textual.widgets import Input


class EntryBar(Horizontal):
    """Hidden until opened."""

    DEFAULT_CSS = """
    EntryBar { height: 1; display: none; background: $panel; }
    EntryBar.open { display: block; }
    EntryBar > Input, EntryBar > Input:focus {
        width: 1fr; height: 1; border: none; padding: 0; background: $panel;
    }
    EntryBar > #word { color: $primary; }
    EntryBar > #hint { width: auto; padding: 0 1; color: $quiet; }
    """

    def __init__(self, placeholder: str, longest: int = 0) -> None:
        """`longest`: characters that may be written; 0: any number."""
        super().__init__()
        self.entry = Input(placeholder=placeholder, compact=True, max_length=longest)
        self.entry.can_focus = False

    def take_keyboard(self, text: str) -> None:
        """Show the line with a text, and take the keyboard."""
        self.add_class("open")
        self.entry.can_focus = True
        self.entry.value = text
        self.screen.set_focus(self.entry)  # at once: the next key may be here already

    def give_keyboard_back(self) -> None:
        self.entry.blur()
        self.entry.can_focus = False
