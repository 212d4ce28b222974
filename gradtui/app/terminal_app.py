"""What both apps are on a terminal: themes, signals, toasts, the palette, text laid over the screen."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import Input

from gradtui.app.appearance import dress
from gradtui.app.meaning_styles import COMPONENTS, meaning_css
from gradtui.app.notice import Severity
from gradtui.app.picture_file import save_picture
from gradtui.app.render.text import safe, to_ascii
from gradtui.app.screens.text import TextScreen
from gradtui.app.terminal import Output, add_fault, catch_signals
from gradtui.app.textual_faults import FaultContainment, Palette
from gradtui.app.themes import THEMES, VARIABLES


class TerminalApp(FaultContainment):
    """`output` is what `terminal.borrowed_terminal` gave; None in tests and without a terminal."""

    CSS_PATH = Path(__file__).with_name("gradtui.tcss")  # of this class, not of a subclass
    COMPONENT_CLASSES: ClassVar[set[str]] = COMPONENTS
    DEFAULT_CSS = meaning_css("TerminalApp")
    TITLE = "gradtui"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "quit", "quit", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", "suspend", show=False, priority=True),
    ]

    def __init__(
        self,
        *,
        theme: str | None = None,
        ascii_only: bool = False,
        output: Output | None = None,
        keep_theme: Callable[[str], None] = lambda name: None,
    ) -> None:
        """`keep_theme` is told of the theme that somebody chooses."""
        super().__init__()
        self.ascii_only = ascii_only
        self.output = output
        self.keep_theme = keep_theme
        self.exit_code = 0
        # Pictures that nobody watches being drawn have all colours, whatever the terminal at hand.
        few = output is not None and self.console.color_system == "standard"
        dress(self, theme, ascii_only, few=few)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return VARIABLES

    def on_mount(self) -> None:
        # Textual runs that of a subclass too.
        if self.output is not None:
            catch_signals(self.end_by_signal)
            sys.stdout = sys.stderr = self.output.stream

    def fault(self, what: str, trace: str) -> None:
        path = add_fault(trace)
        self.tell(f"Passed over: {what}. {path or ''}".rstrip(), "warning")

    def end_by_signal(self, number: int) -> None:
        """Leave, giving the terminal back."""
        self.exit_code = 128 + number
        self.exit(return_code=self.exit_code)

    def on_key(self, event: events.Key) -> None:
        """What was typed before a line of text had taken the keyboard belongs to it all the same:
        the words behind a quick "/" must not start remedies."""
        if isinstance(self.focused, Input) and event.is_printable:
            event.prevent_default()
            self.focused.post_message(events.Key(event.key, event.character))

    def tell(self, text: str, severity: Severity = "information") -> None:
        """A toast. The text may come from files: it is made safe and never read as markup."""
        text = safe(text)
        if self.ascii_only:
            text = to_ascii(text)
        self.notify(text, severity=severity, timeout=6, markup=False)

    def export_picture(self, folder: Path, stem: str) -> None:
        """What is on screen as SVG into `folder`, under a name that begins with `stem`."""
        try:
            path = save_picture(self, folder, stem)
        except OSError as error:
            reason = error.strerror or str(error)
            self.tell(f"No picture: cannot write to {folder}: {reason}.", "error")
        else:
            self.tell(f"picture: {path}")

    def show_text(self, screen: TextScreen) -> None:
        """Lay a screen of text over what is there, in place of another one."""
        if isinstance(self.screen, TextScreen):
            self.pop_screen()
        self.push_screen(screen)

    def action_command_palette(self) -> None:
        if self.use_command_palette and not isinstance(self.screen, Palette):
            words = "words of a command" if self.ascii_only else "words of a command…"
            # Without the usual id: one that has just been closed may still be there.
            self.push_screen(Palette(placeholder=words))

    def action_next_theme(self) -> None:
        names = [theme.name for theme in THEMES]
        here = names.index(self.theme) if self.theme in names else -1
        self.action_theme(names[(here + 1) % len(names)])

    def action_theme(self, name: str) -> None:
        self.theme = name
        self.keep_theme(name)
        self.tell(f"theme: {name}")
