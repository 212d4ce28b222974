"""The app: one timer drains the source into the session and shows the session's view.

Keys are actions: wishes passed to the session, or by the pacing of a run to a replay's player. What is
private in Textual, and its faults, are in `textual_faults`.
"""

import os
import signal
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import wraps
from pathlib import Path
from time import monotonic
from typing import Concatenate, ParamSpec

from textual import on
from textual.app import SystemCommand
from textual.content import Content
from textual.screen import Screen

from gradtui.app.filter_bar import FilterBar
from gradtui.app.key_bindings import ALL, ELSEWHERE
from gradtui.app.left_screen import LeftScreen, changed_fields
from gradtui.app.machine_sampler import MachineSampler
from gradtui.app.notice import Notice
from gradtui.app.pacing import Pacing
from gradtui.app.playback import Playback, Player
from gradtui.app.process_view import ProcessView
from gradtui.app.render.chart_frame import ChartFrame
from gradtui.app.render.header import title_words
from gradtui.app.render.text import safe, verdict_words
from gradtui.app.screens.lab import LabScreen, Shows
from gradtui.app.screens.main import MainScreen
from gradtui.app.screens.quit import QuitScreen, StoppingScreen
from gradtui.app.screens.text import TextScreen
from gradtui.app.session import Session
from gradtui.app.tab_strip import TabStrip
from gradtui.app.terminal import Output
from gradtui.app.terminal_app import TerminalApp
from gradtui.app.terminal_signs import KEEP_TITLE, PUT_BACK_TITLE, notification, title
from gradtui.app.verdict_alarm import VerdictAlarm
from gradtui.app.view import Choice, Outside, View
from gradtui.app.watched_run import WatchedRun
from gradtui.app.widgets.chart import Chart
from gradtui.app.widgets.chart_stack import ChartStack
from gradtui.app.widgets.depth_view import DepthView
from gradtui.app.widgets.lined import Lined
from gradtui.app.widgets.remedy_clicks import RemedyClicks
from gradtui.core.event import Failed
from gradtui.core.stretch import Stretch
from gradtui.lab.scenario.schema import Scenario
from gradtui.runstore.reader.step_stretch import StretchReader
from gradtui.runstore.writer.ports import Source

BEHIND = 5
"""Under a modal screen the main screen is drawn only every so many ticks."""
P = ParamSpec("P")
FIRST = LeftScreen()
"""A screen that nobody has left yet."""


def wish(
    act: "Callable[Concatenate[GradtuiApp, P], None]",
) -> "Callable[Concatenate[GradtuiApp, P], None]":
    """An action of which the session or the player is asked something: refused in words where it means
    nothing for what is watched, else what has come of it is drawn at once."""
    name = act.__name__.removeprefix("action_")

    @wraps(act)
    def asked(self: "GradtuiApp", /, *given: P.args, **named: P.kwargs) -> None:
        if not self.refused(name):
            act(self, *given, **named)
            self.tick()

    return asked


class GradtuiApp(TerminalApp):
    """Watches whatever `source` feeds, and asks it for runs of the catalogue's scenarios.

    `watched` is for runs that are recorded in a directory; None in the lab.
    `output` is what `terminal.borrowed_terminal` gave; None in tests and without a terminal.
    """

    clock: Callable[[], float] = staticmethod(monotonic)

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
        braille: bool = False,
        bell: bool = True,
        export_dir: Path | None = None,
        watched: WatchedRun | None = None,
        left: LeftScreen = FIRST,
        remember: Callable[..., None] = lambda **changes: None,
        output: Output | None = None,
        keep_theme: Callable[[str], None] = lambda name: None,
    ) -> None:
        """`left` is how it was left the last time, and `remember` keeps what is chosen for the next one."""
        super().__init__(theme=theme, ascii_only=ascii_only, output=output, keep_theme=keep_theme)
        self.source = source
        self.watched = watched
        self.session = Session(
            catalogue,
            scenario,
            remedies=remedies,
            seed=seed,
            ascii_only=ascii_only,
            braille=braille,
            mode=watched.mode if watched is not None else "lab",
        )
        self.remember = remember
        self._left = left
        self.session.rows.sort = left.sort
        self.session.log_scale, self.session.own_scale = left.log_scale, left.own_scale
        self.session.compare = left.compare
        self.playback: Playback | None = None
        self.beside: ProcessView | None = None
        self.sampler = MachineSampler(
            lambda: getattr(source, "pids", ()), lambda: self.session.device
        )
        if watched is not None:
            if isinstance(source, Player) and watched.mode == "replay":
                self.playback = Playback(
                    source, speed=watched.speed, at=watched.at, whole=watched.whole
                )
            self.beside = ProcessView(watched, source, self.playback)
            if watched.beside is not None:
                self.session.stand_beside(watched.beside)
        self.pacing = Pacing(self.session, self.playback, self.tell)
        self.fps = fps
        self.bell_wanted = bell
        self._alarm = VerdictAlarm(watched.stop_on if watched is not None else "")
        self._title = ""
        """What the terminal's title was set to last."""
        self.export_dir = export_dir or Path.cwd()
        self._stretches = StretchReader(watched.directory) if watched is not None else None
        self.chart_frame = ChartFrame(unit=left.unit, median=left.median, panel=left.panel)
        """How the charts in full size were looked at last."""
        self._ticks = 0
        self._run = 1
        self._launched = False

    # Start and end

    def get_default_screen(self) -> Screen[None]:
        return MainScreen(self.session.mode, self._left.pane)

    def on_mount(self) -> None:
        # The first frame goes out before the source is asked for anything: importing torch in its
        # thread would hold it up.
        self.call_after_refresh(self._launch)

    def _launch(self) -> None:
        self._launched = self.containing = True
        if self.session.mode != "replay":
            self.sampler.start()
        self.set_interval(1 / self.fps, self.tick)
        self.tick()
        self.pacing.begin()

    def on_unmount(self) -> None:
        if self._title:
            self.write_to_terminal(PUT_BACK_TITLE)
        self.sampler.close()
        self.source.close()
        if self.watched is not None and self.watched.beside is not None:
            self.watched.beside.source.close()

    # The one timer

    def tick(self) -> None:
        """Send what is due, drain the source, draw what has changed."""
        if self.leaving or not (self._launched and self.is_running and self.screen_stack):
            return
        session, now = self.session, self.clock()
        self._ticks += 1
        # A start first of all: what is read of a past before it would be read once more after it.
        for control in session.outgoing(now):
            session.answered(control, self.source.send(control))
        session.receive(self.source.poll(), now)
        if self.watched is not None and self.watched.beside is not None:
            session.receive_beside(self.watched.beside.source.poll(), now)
        if self.playback is not None:
            self.playback.arrived()
        if session.current.start.run != self._run:
            self._run = session.current.start.run
            self.clear_notifications()  # they are about another run
        session.measure(self.sampler.latest)
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
            if isinstance(below, MainScreen) and below.lines:
                self.session.fold_into(below.lines)
            view = self.session.view(now)
            for screen in wanted:
                screen.show(view)
            self.pacing.say_where(view)
            self._heed_verdict(view)

    def _heed_verdict(self, view: View) -> None:
        """The terminal's title; and of a run that has gone bad who is told, and what is asked."""
        words = title_words(view)
        told = title(words, os.environ) if words != self._title else ""
        if told:
            self.write_to_terminal(told if self._title else KEEP_TITLE + told)
            self._title = words
        if self.watched is None or view.scrubbing or self.session.mode == "replay":
            return
        child = self.watched.child
        may_ask = isinstance(self.screen, MainScreen) and child is not None and child.look() is None
        critical, ask = self._alarm.look(view.diagnosis, view.diagnosis.step + 1, may_ask=may_ask)
        if critical:
            first = view.diagnosis.findings[0]
            if self.bell_wanted:
                self.write_to_terminal(notification(words, os.environ))
            if self.watched.alarmed is not None:
                self.watched.alarmed(first.symptom, first.first_step, first.evidence)
        if ask:
            first = view.diagnosis.findings[0]
            what = f"{verdict_words(first.symptom)}: {safe(first.evidence).rstrip('.')}"
            question = f"{what}.\n\nStop this training?"
            asking = QuitScreen(self.watched.command, question, ("end", "stay"))
            self.push_screen(asking, self._stop_answered)

    # Leaving

    async def action_quit(self) -> None:
        """q and ctrl+c. While the question is on screen they answer nothing."""
        if isinstance(self.screen, (QuitScreen, StoppingScreen)):
            return
        child = self.watched.child if self.watched is not None else None
        watched = self.watched
        if watched is not None and watched.let_go is not None and not self.session.current.over:
            question = "The process trains on either way:"
            asking = QuitScreen(watched.command, question, ("detach", "keep", "stay"))
            self.push_screen(asking, self._attached_answered)
        elif child is None or child.look() is not None:
            self.exit()
        else:
            assert self.watched is not None
            self.push_screen(QuitScreen(self.watched.command), self._answered)

    def _attached_answered(self, choice: str | None) -> None:
        if choice == "detach" and self.watched is not None and self.watched.let_go is not None:
            self.watched.let_go()
        if choice in ("detach", "keep"):
            self.exit()

    def _answered(self, choice: str | None) -> None:
        child = self.watched.child if self.watched is not None else None
        if child is None or choice == "stay":
            return
        if choice == "leave":
            self.exit()
        elif choice == "stop":
            child.stop()
            self.push_screen(StoppingScreen())
            self.tick()

    def heed(self, outside: Outside) -> None:
        """What becomes of the question once the command has ended by itself, and of a stopped one."""
        if outside.code is None:
            return
        if isinstance(self.screen, StoppingScreen):
            self.exit()
        elif isinstance(self.screen, QuitScreen):
            self.screen.dismiss("stay")  # what was asked about is gone: its end wants to be seen

    def end_by_signal(self, number: int) -> None:
        """Leave, giving the terminal back. A command goes on when the terminal is gone; who asks
        this program to end, or interrupts it from elsewhere, asks that of the command."""
        child = self.watched.child if self.watched is not None else None
        if child is not None and number != signal.SIGHUP:
            child.forward(number)
        super().end_by_signal(number)

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

    @on(DepthView.Turned)
    def _group_clicked(self, event: DepthView.Turned) -> None:
        self.session.select(event.index)
        self.session.turn_group(event.index)
        self.tick()

    @on(RemedyClicks.RemedyClicked)
    def _remedy_clicked(self, event: RemedyClicks.RemedyClicked) -> None:
        self.action_remedy(event.index)

    @on(Chart.Clicked)
    def _chart_clicked(self, event: Chart.Clicked) -> None:
        self.chart_frame = replace(self.chart_frame, cursor=event.step)
        self.action_full_charts()

    @on(ChartStack.LookedAt)
    def _step_chosen(self, event: ChartStack.LookedAt) -> None:
        self.pacing.look_at(event.step)
        self.tick()

    @on(FilterBar.Changed)
    def _filter_changed(self, event: FilterBar.Changed) -> None:
        self.session.filter_rows(event.text)
        self.tick()

    # What is laid over the main screen

    def to_main(self) -> MainScreen:
        """Close whatever lies over the main screen."""
        while not isinstance(self.screen, MainScreen):
            self.pop_screen()
        return self.screen

    def action_picker(self) -> None:
        if self.refused("picker"):
            return
        from gradtui.app.screens.picker import PickerScreen

        session = self.session
        picker = PickerScreen(session.catalogue, session.current.scenario.name, session.ascii_only)
        self.push_screen(picker, self._picked)

    def _picked(self, name: str | None) -> None:
        if name:
            self.session.choose(name, self.clock())
            self.tick()

    def _open(self, screen: Screen[None]) -> None:
        """Lay a screen over the others. One that draws views has one in its first picture."""
        if isinstance(screen, Shows):
            screen.show(self.session.view(self.clock()))
        self.push_screen(screen, self._seen_again)
        self.session.changed = True
        self.call_after_refresh(self.tick)

    def action_charts(self) -> None:
        """What the first chart shows."""
        from gradtui.app.screens.charts import ChartPickerScreen

        picker = ChartPickerScreen(self.session.view(self.clock()))
        self.push_screen(picker, self._chart_picked)
        self.session.changed = True

    def _chart_picked(self, choice: Choice | None) -> None:
        if choice is not None:
            self.session.choose_chart(choice)
            from gradtui.app.screens.full_charts import FullChartsScreen

            if not isinstance(self.screen, FullChartsScreen):
                main = self.to_main()
                if main.tabbed:
                    main.to_pane("loss")
        self._seen_again(None)

    def _seen_again(self, result: None) -> None:
        """What lay under a screen that drew views itself may have missed some."""
        self.session.changed = True
        self.tick()

    def action_full_charts(self) -> None:
        """The charts on the whole screen; again, and they are closed."""
        from gradtui.app.screens.full_charts import FullChartsScreen

        if isinstance(self.screen, FullChartsScreen):
            self.pop_screen()
        elif isinstance(self.screen, MainScreen):
            if self.playback is not None:
                self.session.recorded = self.playback.course()
            self._see_cursor()
            charts = ChartStack(self.chart_frame, self._keep_frame, self._stretch)
            self._open(FullChartsScreen(self.session.mode, charts))
        self.session.changed = True

    def _see_cursor(self) -> None:
        """A window that was left elsewhere in the run is given up."""
        frame, window = self.chart_frame, self.chart_frame.window
        step = self.pacing.step if frame.cursor is None else frame.cursor
        if window is not None and step is not None and not window.first <= step <= window.last:
            self.chart_frame = replace(frame, window=None, follows=False)

    def _stretch(self, first: int, last: int) -> Stretch | None:
        """All steps of a part of a recorded run."""
        return self._stretches.read(first, last) if self._stretches is not None else None

    def _keep_frame(self, frame: ChartFrame) -> None:
        before, self.chart_frame = self.chart_frame, frame
        if changed := changed_fields(before, frame, ("unit", "median", "panel")):
            self.remember(**changed)

    def action_export(self) -> None:
        session = self.session
        for part in self.screen.query(Lined):  # all of one step
            part.catch_up()
        stem = f"gradtui-{session.current.scenario.name}-step{session.current.live_step}"
        self.export_picture(self.export_dir, stem)

    # Screens of text

    def action_help(self) -> None:
        from gradtui.app.screens.full_charts import FullChartsScreen
        from gradtui.app.screens.help import help_screen

        session, charts = self.session, isinstance(self.screen, FullChartsScreen)
        self.show_text(help_screen(session.mode, session.ascii_only, charts=charts))

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
            (f"\n\nat step {failure.step:,}{again}\n\n", "$quiet"),
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
        self._open(screen)

    def copy_code(self, code: str) -> None:
        """On the clipboard; nobody can know whether the terminal allows that."""
        self.copy_to_clipboard(code)
        lines = len(code.rstrip().splitlines())
        self.tell(f"Copied {lines} lines. If they are not there, the terminal does not allow it.")

    def action_output(self) -> None:
        if self.watched is not None:
            from gradtui.app.screens.log import LogScreen

            self._open(LogScreen())
            return
        printed = self.output.text() if self.output is not None else ""
        lines = [safe(line.expandtabs()) for line in printed.splitlines()]
        text = Content("\n".join(lines) or "Nothing has been printed.")
        self.show_text(TextScreen("printed by libraries", text, "output"))

    # The palette

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        from gradtui.app.palette import commands

        return commands(self.session, self.run_action)

    # Keys

    def refused(self, action: str) -> bool:
        """Whether an action means nothing for what is watched; then it is said why."""
        modes, why = ELSEWHERE.get(action, (ALL, ""))
        if self.session.mode in modes or (action == "compare" and self.session.beside):
            return False
        self.tell(why)
        return True

    # Which run

    @wish
    def action_neighbour(self, by: int) -> None:
        self.session.neighbour(by, self.clock())

    def action_choose(self, name: str) -> None:
        self._picked(name)

    @wish
    def action_remedy(self, index: int) -> None:
        self.session.toggle_remedy(index, self.clock())

    @wish
    def action_restart(self) -> None:
        self.session.restart(self.clock())

    @wish
    def action_reseed(self) -> None:
        self.session.reseed(self.clock())

    # Its pace

    @wish
    def action_pause(self) -> None:
        self.pacing.pause_or_resume()

    @wish
    def action_hold_training(self) -> None:
        self.session.hold_training()

    @wish
    def action_record_all(self) -> None:
        self.session.record_all()

    def action_stop_training(self) -> None:
        if self.refused("stop_training") or isinstance(self.screen, (QuitScreen, StoppingScreen)):
            return
        assert self.watched is not None
        asking = QuitScreen(self.watched.command, "Stop this training?", ("end", "stay"))
        self.push_screen(asking, self._stop_answered)

    def _stop_answered(self, choice: str | None) -> None:
        if choice == "end":
            self.session.stop_training()
            self.tick()

    @wish
    def action_step(self) -> None:
        self.pacing.step_once()

    @wish
    def action_pace(self, by: int) -> None:
        self.pacing.change_pace(by)

    # The step looked at: in a replay, the step gone to

    @wish
    def action_scrub(self, by: int) -> None:
        self.pacing.scrub(by)

    @wish
    def action_leap(self, by: int) -> None:
        self.pacing.leap(by)

    @wish
    def action_to_first(self) -> None:
        self.pacing.to_first()

    @wish
    def action_to_live(self) -> None:
        self.pacing.to_live()

    @wish
    def action_alarm(self) -> None:
        self.pacing.to_alarm()

    # Rows

    @wish
    def action_move(self, by: int) -> None:
        self.session.move(by)

    def action_page(self, by: int) -> None:
        screen = self.screen
        self.action_move(by * (screen.page if isinstance(screen, LabScreen) else 10))

    @wish
    def action_first_row(self) -> None:
        self.session.select(0)

    @wish
    def action_last_row(self) -> None:
        self.session.select(len(self.session.rows.order) - 1)

    @wish
    def action_sort(self) -> None:
        self.tell(f"sorted by {self.session.cycle_sort()}")
        self.remember(sort=self.session.rows.sort)

    def action_filter(self) -> None:
        self.to_main().open_filter(self.session.rows.text)

    @wish
    def action_turn_group(self) -> None:
        if isinstance(self.screen, MainScreen):
            self.session.turn_group()

    @wish
    def action_turn_groups(self) -> None:
        if isinstance(self.screen, MainScreen):
            self.session.turn_groups()

    @wish
    def action_layer(self, by: int) -> None:
        self.session.move_layer(by)

    def action_detail(self) -> None:
        """Everything about the selected layer; a group opens or closes."""
        if not isinstance(self.screen, MainScreen):
            return
        entry = self.session.rows.selected_entry
        if entry is not None and entry.group is not None:
            self.action_turn_group()
        elif self.session.rows.order:
            from gradtui.app.screens.detail import DetailScreen

            self._open(DetailScreen(self.session.mode))

    @wish
    def action_escape(self) -> None:
        if not isinstance(self.screen, MainScreen):
            self.pop_screen()
        elif self.session.rows.text:
            self.screen.clear_filter()
        elif self.session.cursor is not None:
            self.session.to_live()
        self.session.changed = True

    # Drawing

    def action_pane(self, by: int) -> None:
        if isinstance(self.screen, LabScreen):
            self.screen.move_pane(by)
            self._pane_chosen()

    @on(TabStrip.Chosen)
    def _pane_chosen(self) -> None:
        if isinstance(self.screen, MainScreen):
            self.remember(pane=self.screen.pane)

    @wish
    def action_log_scale(self) -> None:
        self.session.toggle_log()
        self.remember(log_scale=self.session.log_scale)

    @wish
    def action_heat_scale(self) -> None:
        self.session.toggle_heat_scale()
        self.remember(own_scale=self.session.own_scale)

    @wish
    def action_compare(self) -> None:
        self.session.toggle_compare()
        self.remember(compare=self.session.compare)
