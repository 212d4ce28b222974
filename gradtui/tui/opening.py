"""What is laid over the main screen, and what is told beside it: panels of text, pictures, toasts."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic

from textual.app import App
from textual.command import CommandPalette
from textual.content import Content
from textual.notifications import Notify

from gradtui.core.event import Failed
from gradtui.tui.beside import Beside
from gradtui.tui.notice import Severity
from gradtui.tui.picture import save_picture
from gradtui.tui.playback import Playback
from gradtui.tui.renderables.text import safe, to_ascii
from gradtui.tui.screens.main import MainScreen
from gradtui.tui.screens.text import TextScreen
from gradtui.tui.session import Session
from gradtui.tui.terminal import Output
from gradtui.tui.watched import Watched

MOST_TOASTS = 2


class Opening(App[None]):
    """The part of the app that opens and closes things."""

    session: Session
    watched: Watched | None
    playback: Playback | None
    beside: Beside | None
    export_dir: Path
    output: Output | None
    clock: Callable[[], float] = staticmethod(monotonic)

    def tick(self) -> None:
        """Bring the screen up to date."""
        raise NotImplementedError

    def tell(self, text: str, severity: Severity = "information") -> None:
        """A toast. The text may come from files: it is made safe and never read as markup."""
        text = safe(text)
        if self.session.ascii_only:
            text = to_ascii(text)
        self.notify(text, severity=severity, timeout=6, markup=False)

    def on_notify(self, event: Notify) -> None:
        """The oldest toasts make way for this one, which Textual adds after this."""
        for old in list(self._notifications)[: 1 - MOST_TOASTS]:
            self._unnotify(old)

    def to_main(self) -> MainScreen:
        """Close whatever lies over the main screen."""
        while not isinstance(self.screen, MainScreen):
            self.pop_screen()
        return self.screen

    def action_command_palette(self) -> None:
        if self.use_command_palette and not isinstance(self.screen, CommandPalette):
            words = "words of a command" if self.session.ascii_only else "words of a command…"
            self.push_screen(CommandPalette(placeholder=words, id="--command-palette"))

    def action_picker(self) -> None:
        from gradtui.tui.screens.picker import PickerScreen

        session = self.session
        picker = PickerScreen(session.catalogue, session.current.scenario.name, session.ascii_only)
        self.push_screen(picker, self._picked)

    def _picked(self, name: str | None) -> None:
        if name:
            self.session.choose(name, self.clock())
            self.tick()

    def _seen_again(self, result: None) -> None:
        """What lay under a screen that drew views itself may have missed some."""
        self.session.changed = True
        self.tick()

    def action_export(self) -> None:
        session = self.session
        stem = f"gradtui-{session.current.scenario.name}-step{session.current.live_step}"
        try:
            path = save_picture(self, self.export_dir, stem)
        except OSError as error:
            reason = error.strerror or str(error)
            self.tell(f"No picture: cannot write to {self.export_dir}: {reason}.", "error")
        else:
            self.tell(f"picture: {path}")

    # Screens of text

    def show_text(self, screen: TextScreen) -> None:
        """Lay a screen of text over what is there, in place of another one."""
        if isinstance(self.screen, TextScreen):
            self.pop_screen()
        self.push_screen(screen)

    def action_help(self) -> None:
        from gradtui.tui.screens.help import help_screen

        self.show_text(help_screen(self.session.mode))

    def action_failure(self) -> None:
        failure = self.session.current.failure
        if failure is None:
            self.tell("Nothing has failed.")
        else:
            self.show_failure(failure)

    def show_failure(self, failure: Failed) -> None:
        """The sentence and the traceback of a run that has raised."""
        again = "; n goes to the next scenario, r tries again" if self.watched is None else ""
        no_trace = "It has left no traceback; v shows what it printed."
        text = Content.assemble(
            (safe(failure.message), "bold $error"),
            (f"\n\nat step {failure.step}{again}\n\n", "$quiet"),
            "\n".join(safe(line) for line in failure.traceback.splitlines()) or no_trace,
        )
        self.show_text(TextScreen("the run has failed", text, "failure"))

    def action_output(self) -> None:
        if self.watched is not None:
            from gradtui.tui.screens.log import LogScreen

            self.push_screen(LogScreen(), self._seen_again)
            self.session.changed = True
            self.call_after_refresh(self.tick)
            return
        printed = self.output.text() if self.output is not None else ""
        lines = [safe(line.expandtabs()) for line in printed.splitlines()]
        text = Content("\n".join(lines) or "Nothing has been printed.")
        self.show_text(TextScreen("printed by libraries", text, "output"))
