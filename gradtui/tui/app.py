"""The app: one timer drains the source into the session and shows the session's view."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.scrollbar import ScrollBar, ScrollBarRender

from gradtui.core.errors import UsageError
from gradtui.core.text import printable
from gradtui.scenario.schema import Scenario
from gradtui.stream.ports import Source
from gradtui.tui.actions import Actions
from gradtui.tui.filter_bar import FilterBar
from gradtui.tui.screens.lab import LabScreen
from gradtui.tui.screens.main import MainScreen
from gradtui.tui.session import Session
from gradtui.tui.terminal import Output, catch_signals
from gradtui.tui.themes import DEFAULT, THEMES, VARIABLES
from gradtui.tui.widgets import DepthView
from gradtui.tui.widgets.remedy_clicks import RemedyClicks

BEHIND = 5
"""Under a modal screen the main screen is drawn only every so many ticks."""


def theme_called(name: str) -> str:
    """The full name of a theme; "light" does for "gradtui-light"."""
    names = [theme.name for theme in THEMES]
    for known in names:
        if name in (known, known.removeprefix("gradtui-")):
            return known
    raise UsageError(f"there is no theme {printable(name)!r}; there are {', '.join(names)}.")


class WholeCells(ScrollBarRender):
    """A scroll bar without eighths of cells, which not every font has."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "]
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "]


class GradtuiApp(Actions):
    """Watches whatever `source` feeds, and asks it for runs of the catalogue's scenarios.

    `controls_training` False is for sources that cannot be paused: then space holds the view.
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
        controls_training: bool = True,
        output: Output | None = None,
    ) -> None:
        super().__init__()
        self.source = source
        self.session = Session(
            catalogue,
            scenario,
            remedies=remedies,
            seed=seed,
            ascii_only=ascii_only,
            controls_training=controls_training,
        )
        self.fps = fps
        self.bell_wanted = bell
        self.export_dir = export_dir or Path.cwd()
        self.output = output
        self.crash: Exception | None = None
        self.exit_code = 0
        self._ticks = 0
        self._run = 1
        self._launched = False
        for known in THEMES:
            self.register_theme(known)
        ScrollBar.renderer = WholeCells
        self.theme = theme_called(theme) if theme else DEFAULT
        if ascii_only:
            self.add_class("-ascii")

    # Start and end

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return VARIABLES

    def get_default_screen(self) -> Screen[None]:
        return MainScreen()

    def on_mount(self) -> None:
        if self.output is not None:
            catch_signals(self.end_by_signal)
            sys.stdout = sys.stderr = self.output.stream
        # The first frame goes out before the source is asked for anything: importing torch in its
        # thread would hold it up.
        self.call_after_refresh(self._launch)

    def _launch(self) -> None:
        self._launched = True
        self.set_interval(1 / self.fps, self.tick)
        self.tick()

    def end_by_signal(self, number: int) -> None:
        """Leave, giving the terminal back."""
        self.exit_code = 128 + number
        self.exit(return_code=self.exit_code)

    def on_unmount(self) -> None:
        self.source.close()

    def _handle_exception(self, error: Exception) -> None:
        # Textual has no public place to learn why an app ended.
        self.crash = self.crash or error
        super()._handle_exception(error)

    # The one timer

    def tick(self) -> None:
        """Drain the source, send what is due, draw what has changed."""
        if not (self._launched and self.is_running and self.screen_stack):
            return
        session, now = self.session, self.clock()
        self._ticks += 1
        session.receive(self.source.poll(), now)
        for control in session.outgoing(now):
            self.source.send(control)
        if session.current.start.run != self._run:
            self._run = session.current.start.run
            self.clear_notifications()  # they are about another run
        for notice in session.notices():
            self.tell(notice.text, notice.severity)
            if notice.bell and self.bell_wanted:
                self.bell()
            if notice.failure is not None:
                self.show_failure(notice.failure)
        if session.current.failure is None and self.screen.has_class("failure"):
            self.pop_screen()
        if session.changed:
            self._draw(now)
        if self.output is not None and self._ticks % 100 == 0:
            self.output.trim()

    def _draw(self, now: float) -> None:
        if not isinstance(self.screen, LabScreen) and self._ticks % BEHIND:
            return
        lab = next(s for s in reversed(self.screen_stack) if isinstance(s, LabScreen))
        if lab.is_mounted:
            lab.show(self.session.view(now))

    # What widgets say

    @on(MainScreen.Laid)
    def _redraw(self) -> None:
        self.session.changed = True
        self.tick()

    @on(DepthView.Selected)
    def _row_clicked(self, event: DepthView.Selected) -> None:
        self.session.select(event.index)
        self.tick()

    @on(DepthView.Activated)
    def _row_opened(self, event: DepthView.Activated) -> None:
        self.session.select(event.index)
        self.action_detail()

    @on(RemedyClicks.RemedyClicked)
    def _remedy_clicked(self, event: RemedyClicks.RemedyClicked) -> None:
        self.action_remedy(event.index)

    @on(FilterBar.Changed)
    def _filter_changed(self, event: FilterBar.Changed) -> None:
        self.session.filter_rows(event.text)
        self.tick()

    # The palette

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        from gradtui.tui.palette import commands

        return commands(self)
