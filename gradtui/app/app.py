"""The app: one timer drains the source into the session and shows the session's view.

Containing (Textual's faults) < Opening (panels, toasts) < Actions (keys) < Quitting (leaving) <
Listening (widgets) < GradtuiApp (the timer).
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from gradtui.app.appearance import dress
from gradtui.app.message_handlers import MessageHandlers
from gradtui.app.notice import Notice
from gradtui.app.playback import Playback, Player
from gradtui.app.process_view import ProcessView
from gradtui.app.screens.lab import LabScreen, Shows
from gradtui.app.screens.main import MainScreen
from gradtui.app.session import Session
from gradtui.app.target import Target
from gradtui.app.terminal import Output, add_fault, catch_signals
from gradtui.app.themes import VARIABLES
from gradtui.lab.scenario.schema import Scenario
from gradtui.runstore.writer.ports import Source

BEHIND = 5
"""Under a modal screen the main screen is drawn only every so many ticks."""


class GradtuiApp(MessageHandlers):
    """Watches whatever `source` feeds, and asks it for runs of the catalogue's scenarios.

    `watched` is for runs that are recorded in a directory; None in the lab.
    `output` is what `terminal.borrowed_terminal` gave; None in tests and without a terminal.
    """

    CSS_PATH = Path(__file__).with_name("gradtui.tcss")  # of this class, not of a subclass
    TITLE = "gradtui"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "quit", "quit", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", "suspend", show=False, priority=True),
    ]

    def __init__(
        self,
        source: Source,
        catalogue: Sequence[Scenario],
        *,
        scenario: str,
        remedies: Sequence[int] = (),
        seed: int | None = None,
        fps: float = 10,
        theme: str | None = None,
        ascii_only: bool = False,
        bell: bool = True,
        export_dir: Path | None = None,
        watched: Target | None = None,
        output: Output | None = None,
    ) -> None:
        super().__init__()
        self.source = source
        self.watched = watched
        self.session = Session(
            catalogue,
            scenario,
            remedies=remedies,
            seed=seed,
            ascii_only=ascii_only,
            mode=watched.mode if watched is not None else "lab",
        )
        self.playback = self.beside = None
        if watched is not None:
            if isinstance(source, Player) and watched.mode == "replay":
                self.playback = Playback(
                    source, speed=watched.speed, at=watched.at, whole=watched.whole
                )
            self.beside = ProcessView(watched, source, self.playback)
        self.fps = fps
        self.bell_wanted = bell
        self.export_dir = export_dir or Path.cwd()
        self.output = output
        self.exit_code = 0
        self._ticks = 0
        self._run = 1
        self._launched = False
        dress(self, theme, ascii_only)

    # Start and end

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return VARIABLES

    def get_default_screen(self) -> Screen[None]:
        return MainScreen(self.session.mode)

    def on_mount(self) -> None:
        if self.output is not None:
            catch_signals(self.end_by_signal)
            sys.stdout = sys.stderr = self.output.stream
        # The first frame goes out before the source is asked for anything: importing torch in its
        # thread would hold it up.
        self.call_after_refresh(self._launch)

    def _launch(self) -> None:
        self._launched = self.containing = True
        self.set_interval(1 / self.fps, self.tick)
        self.tick()
        if self.playback is not None and not self.playback.begin():
            self.tell("Nothing has alarmed in this run; it plays from the beginning.")

    def on_unmount(self) -> None:
        self.source.close()

    def fault(self, what: str, trace: str) -> None:
        path = add_fault(trace)
        self.tell(f"Passed over: {what}. {path or ''}".rstrip(), "warning")

    # The one timer

    def tick(self) -> None:
        """Drain the source, send what is due, draw what has changed."""
        if self._exit or not (self._launched and self.is_running and self.screen_stack):
            return
        session, now = self.session, self.clock()
        self._ticks += 1
        session.receive(self.source.poll(), now)
        if self.playback is not None:
            self.playback.arrived()
        for control in session.outgoing(now):
            self.source.send(control)
        if session.current.start.run != self._run:
            self._run = session.current.start.run
            self.clear_notifications()  # they are about another run
        if self.beside is not None:
            session.know(self.beside.look(now))
            self.heed(session.outside)
        for notice in session.notices():
            self._pass_on(notice)
        if session.current.failure is None and self.screen.has_class("failure"):
            self.pop_screen()
        session.grow_old(now)
        if session.changed:
            self._draw(now)
        if self.output is not None and self._ticks % 100 == 0:
            self.output.trim()

    def _pass_on(self, notice: Notice) -> None:
        self.tell(notice.text, notice.severity)
        if notice.bell and self.bell_wanted:
            self.bell()
        # Elsewhere than in the lab a red line says it; somebody may be reading something else.
        if notice.failure is not None and self.watched is None:
            self.show_failure(notice.failure)

    def _draw(self, now: float) -> None:
        """Show the view on the screen on top, and now and then on the one that shines through."""
        on_top = self.screen
        below = next(s for s in reversed(self.screen_stack) if isinstance(s, LabScreen))
        due = on_top is below or not self._ticks % BEHIND
        wanted: list[Shows] = [below] if due else []
        if on_top is not below and isinstance(on_top, Shows):
            wanted.append(on_top)
        # A view that nobody draws would be lost: while the run is paused no other comes.
        if wanted and on_top.is_mounted and below.is_mounted:
            view = self.session.view(now)
            for screen in wanted:
                screen.show(view)

    # The palette

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        from gradtui.app.palette import commands

        return commands(self)
