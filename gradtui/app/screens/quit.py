"""Leaving while the command still runs: asked first, and what happens when it is to end."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Button, Static

from gradtui.app.render.log import folded
from gradtui.app.render.text import safe, to_ascii
from gradtui.app.textual_faults import Panel
from gradtui.app.view import View

CHOICES = {
    "stop": "[s]   stop training, and leave when it has ended",
    "end": "[s]   ask training to end, as Ctrl+C would",
    "detach": "[d]   detach: end the recording, not the training",
    "leave": "[l]   leave it running in the background",
    "keep": "[l]   leave it recording itself",
    "stay": "[esc] stay here",
}


class QuitScreen(Panel[str]):
    """The result is a key of CHOICES. Neither q nor ctrl+c answers: a key hit twice must not."""

    AUTO_FOCUS = "#stay"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "answer('stop', 'end')", show=False),
        Binding("l", "answer('leave', 'keep')", show=False),
        Binding("d", "answer('detach')", show=False),
        Binding("escape", "answer('stay')", show=False),
        Binding("down,right", "app.focus_next", show=False),
        Binding("up,left", "app.focus_previous", show=False),
    ]

    def __init__(
        self,
        command: str,
        question: str = "The command still runs:",
        choices: Sequence[str] = ("stop", "leave", "stay"),
    ) -> None:
        super().__init__(classes="quit")
        self._command, self._question, self._choices = command, question, choices

    def compose(self) -> ComposeResult:
        with Vertical(id="panel") as panel:
            panel.border_title = "stop" if self._choices[0] == "end" else "quit"
            yield Static(self._question, markup=False)
            yield Static(safe(self._command), id="command", markup=False)
            for name in self._choices:
                yield Button(Content(CHOICES[name]), id=name, compact=True)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id or "stay")

    def action_answer(self, choice: str, other: str = "") -> None:
        """Whichever of the two was offered. (Textual hands no second argument to a method that takes
        any number.)"""
        offered = [one for one in (choice, other) if one in self._choices]
        if offered:
            self.dismiss(offered[0])


class StoppingScreen(Panel[None]):
    """Stays until the command has ended; nothing that is pressed here ends anything."""

    def __init__(self) -> None:
        super().__init__(classes="quit")
        self._text = Static("stopping...", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical(id="panel") as panel:
            panel.border_title = "stopping..."
            yield self._text

    def show(self, view: View) -> None:
        outside = view.outside
        width = max(self._text.size.width, 20)
        last = [part for line in outside.log[-4:] for part in folded(line, width)]
        text = "\n".join([outside.stopping or "stopping...", "", *last])
        self._text.update(to_ascii(text) if view.ascii_only else text)
