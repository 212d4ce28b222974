"""What the keys do: each action is a wish passed to the session, or a screen opened."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Literal

from textual.app import App
from textual.content import Content

from gradtui.core.event import Failed
from gradtui.tui.picture import save_picture
from gradtui.tui.renderables.text import safe, to_ascii
from gradtui.tui.screens.lab import LabScreen
from gradtui.tui.screens.main import MainScreen
from gradtui.tui.screens.text import TextScreen
from gradtui.tui.session import Session
from gradtui.tui.terminal import Output
from gradtui.tui.themes import THEMES


class Actions(App[None]):
    """The part of the app that answers to keys."""

    session: Session
    export_dir: Path
    output: Output | None
    clock: Callable[[], float] = staticmethod(monotonic)

    def tick(self) -> None:
        """Bring the screen up to date."""
        raise NotImplementedError

    def tell(
        self, text: str, severity: Literal["information", "warning", "error"] = "information"
    ) -> None:
        """A toast. The text may come from files: it is made safe and never read as markup."""
        text = safe(text)
        if self.session.ascii_only:
            text = to_ascii(text)
        self.notify(text, severity=severity, timeout=6, markup=False)

    # Which run

    def action_neighbour(self, by: int) -> None:
        self.session.neighbour(by, self.clock())
        self.tick()

    def action_choose(self, name: str) -> None:
        self.session.choose(name, self.clock())
        self.tick()

    def action_remedy(self, index: int) -> None:
        self.session.toggle_remedy(index, self.clock())
        self.tick()

    def action_restart(self) -> None:
        self.session.restart(self.clock())
        self.tick()

    def action_reseed(self) -> None:
        self.session.reseed(self.clock())
        self.tick()

    def action_picker(self) -> None:
        from gradtui.tui.screens.picker import PickerScreen

        session = self.session
        picker = PickerScreen(session.catalogue, session.current.scenario.name, session.ascii_only)
        self.push_screen(picker, lambda name: self.action_choose(name) if name else None)

    # Its pace, and the step looked at

    def action_pause(self) -> None:
        self.session.pause_or_resume()
        self.tick()

    def action_step(self) -> None:
        self.session.step_once()
        self.tick()

    def action_pace(self, by: int) -> None:
        self.session.change_pace(by)
        self.tick()

    def action_scrub(self, by: int) -> None:
        self.session.scrub(by)
        self.tick()

    def action_to_first(self) -> None:
        self.session.to_first()
        self.tick()

    def action_to_live(self) -> None:
        self.session.to_live()
        self.tick()

    # Rows

    def action_move(self, by: int) -> None:
        self.session.move(by)
        self.tick()

    def action_page(self, by: int) -> None:
        screen = self.screen
        self.action_move(by * (screen.page if isinstance(screen, LabScreen) else 10))

    def action_first_row(self) -> None:
        self.session.select(0)
        self.tick()

    def action_last_row(self) -> None:
        self.session.select(len(self.session.rows.order) - 1)
        self.tick()

    def action_sort(self) -> None:
        self.tell(f"sorted by {self.session.cycle_sort()}")
        self.tick()

    def action_filter(self) -> None:
        self.to_main().open_filter(self.session.rows.text)

    def action_detail(self) -> None:
        if isinstance(self.screen, MainScreen) and self.session.rows.order:
            from gradtui.tui.screens.detail import DetailScreen

            self.push_screen(DetailScreen())
            self.session.changed = True
            self.call_after_refresh(self.tick)

    def action_escape(self) -> None:
        if not isinstance(self.screen, MainScreen):
            self.pop_screen()
        elif self.session.rows.text:
            self.screen.clear_filter()
        elif self.session.cursor is not None:
            self.session.to_live()
        self.session.changed = True
        self.tick()

    def to_main(self) -> MainScreen:
        """Close whatever lies over the main screen."""
        while not isinstance(self.screen, MainScreen):
            self.pop_screen()
        return self.screen

    # Drawing

    def action_pane(self, by: int) -> None:
        if isinstance(self.screen, LabScreen):
            self.screen.move_pane(by)

    def action_log_scale(self) -> None:
        self.session.toggle_log()
        self.tick()

    def action_compare(self) -> None:
        self.session.toggle_compare()
        self.tick()

    def action_next_theme(self) -> None:
        names = [theme.name for theme in THEMES]
        here = names.index(self.theme) if self.theme in names else -1
        self.action_theme(names[(here + 1) % len(names)])

    def action_theme(self, name: str) -> None:
        self.theme = name
        self.tell(f"theme: {name}")

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

        self.show_text(help_screen())

    def action_failure(self) -> None:
        failure = self.session.current.failure
        if failure is None:
            self.tell("Nothing has failed.")
        else:
            self.show_failure(failure)

    def show_failure(self, failure: Failed) -> None:
        """The sentence and the traceback of a run that has raised."""
        text = Content.assemble(
            (safe(failure.message), "bold $error"),
            (
                f"\n\nat step {failure.step}; n goes to the next scenario, r tries again\n\n",
                "$quiet",
            ),
            "\n".join(safe(line) for line in failure.traceback.splitlines()),
        )
        self.show_text(TextScreen("the run has failed", text, "failure"))

    def action_output(self) -> None:
        printed = self.output.text() if self.output is not None else ""
        lines = [safe(line.expandtabs()) for line in printed.splitlines()]
        text = Content("\n".join(lines) or "Nothing has been printed.")
        self.show_text(TextScreen("printed by libraries", text, "output"))
