"""What is laid over the main screen, and what is told beside it: panels of text, pictures, toasts."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic

from textual.app import ScreenStackError
from textual.content import Content
from textual.css.query import NoMatches
from textual.notifications import Notify
from textual.widgets._toast import ToastRack

from gradtui.app.notice import Severity
from gradtui.app.picture import save_picture
from gradtui.app.playback import Playback
from gradtui.app.process_view import ProcessView
from gradtui.app.render.text import safe, to_ascii
from gradtui.app.screens.main import MainScreen
from gradtui.app.screens.text import TextScreen
from gradtui.app.session import Session
from gradtui.app.target import Target
from gradtui.app.terminal import Output
from gradtui.app.textual_faults import FaultContainment, Palette
from gradtui.core.event import Failed

MOST_TOASTS = 2


class Panels(FaultContainment):
    """The part of the app that opens and closes things."""

    session: Session
    watched: Target | None
    playback: Playback | None
    beside: ProcessView | None
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

    def _refresh_notifications(self) -> None:
        # Textual has no public place at which the order of toasts could be told.
        super()._refresh_notifications()
        self.call_later(self._newest_on_top)

    def _newest_on_top(self) -> None:
        with suppress(ScreenStackError, NoMatches):
            rack = self.screen.get_child_by_type(ToastRack)
            if len(rack.children) > 1:
                rack.sort_children(reverse=True)

    def to_main(self) -> MainScreen:
        """Close whatever lies over the main screen."""
        while not isinstance(self.screen, MainScreen):
            self.pop_screen()
        return self.screen

    def action_command_palette(self) -> None:
        if self.use_command_palette and not isinstance(self.screen, Palette):
            words = "words of a command" if self.session.ascii_only else "words of a command…"
            # Without the usual id: one that has just been closed may still be there.
            self.push_screen(Palette(placeholder=words))

    def action_picker(self) -> None:
        from gradtui.app.screens.picker import PickerScreen

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
        from gradtui.app.screens.help import help_screen

        self.show_text(help_screen(self.session.mode, self.session.ascii_only))

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

    def action_prescriptions(self) -> None:
        from gradtui.app.screens.prescriptions import PrescriptionScreen

        if isinstance(self.screen, PrescriptionScreen):
            return
        if isinstance(self.screen, TextScreen):
            self.pop_screen()
        screen = PrescriptionScreen(lambda: self.session.prescribed(self.clock()), self.copy_code)
        self.push_screen(screen, self._seen_again)
        self.session.changed = True
        self.call_after_refresh(self.tick)

    def copy_code(self, code: str) -> None:
        """On the clipboard; nobody can know whether the terminal allows that."""
        self.copy_to_clipboard(code)
        lines = len(code.rstrip().splitlines())
        self.tell(f"Copied {lines} lines. If they are not there, the terminal does not allow it.")

    def action_output(self) -> None:
        if self.watched is not None:
            from gradtui.app.screens.log import LogScreen

            self.push_screen(LogScreen(), self._seen_again)
            self.session.changed = True
            self.call_after_refresh(self.tick)
            return
        printed = self.output.text() if self.output is not None else ""
        lines = [safe(line.expandtabs()) for line in printed.splitlines()]
        text = Content("\n".join(lines) or "Nothing has been printed.")
        self.show_text(TextScreen("printed by libraries", text, "output"))
