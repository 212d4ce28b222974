"""The question before runs are deleted."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Button, Static

from gradtui.app.textual_faults import Panel

CHOICES = {"delete": "[y]   delete", "stay": "[esc] keep"}
NAMED = 8
"""Runs that are named."""


def question(names: Sequence[str], size: str, staying: Sequence[str] = ()) -> str:
    """What is asked: how many, how much they take, which, and which of those that were meant stay."""
    count = len(names)
    what = f"{count:,} runs" if count != 1 else "this run"
    lines = [f"Delete {what}, {size}? This cannot be undone.", ""]
    lines += [f"  {name}" for name in names[:NAMED]]
    lines += [f"  and {count - NAMED:,} more"] * (count > NAMED)
    if staying:
        more = f", and {len(staying) - 3:,} more" if len(staying) > 3 else ""
        lines += ["", f"Kept: {'; '.join(staying[:3])}{more}."]
    return "\n".join(lines)


class RemovalScreen(Panel[bool]):
    """The key that asks does not answer: hit twice it deletes nothing."""

    AUTO_FOCUS = "#stay"
    LEAVING: ClassVar[frozenset[str]] = frozenset()
    """Nothing answers a question that is not on the screen yet."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", show=False),
        Binding("escape,n,q", "answer(False)", show=False),
        Binding("down,right,tab", "app.focus_next", show=False),
        Binding("up,left,shift+tab", "app.focus_previous", show=False),
    ]

    def __init__(self, words: str) -> None:
        super().__init__(classes="quit removal")
        self._words = words

    def compose(self) -> ComposeResult:
        with Vertical(id="panel") as panel:
            panel.border_title = "delete"
            yield Static(self._words, id="words", markup=False)
            for name, words in CHOICES.items():
                yield Button(Content(words), id=name, compact=True)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "delete")

    def action_answer(self, delete: bool) -> None:
        self.dismiss(delete)
