"""Several runs over one another as an app: one timer takes in what has come of each, and shows it.

A run that is opened from it is shown by another app, and whoever started this one comes back to it.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Literal

from textual import on
from textual.app import SystemCommand
from textual.screen import Screen

from gradtui.app.chart_actions import ChartActions
from gradtui.app.followed_runs import FollowedRun, FollowedRuns
from gradtui.app.left_screen import changed_fields
from gradtui.app.overlay_keys import KEYS, LEGEND, help_keys
from gradtui.app.render.overlay_curves import known_choices
from gradtui.app.render.overlay_frame import (
    ALIGNED,
    OverlayFrame,
    aligned,
    chosen_run,
    compared_run,
    realigned,
    with_chosen,
    with_hidden,
)
from gradtui.app.render.quantities import Quantity
from gradtui.app.screens.help import keys_screen
from gradtui.app.screens.overlay import OverlayScreen
from gradtui.app.terminal import Output
from gradtui.app.terminal_app import TerminalApp
from gradtui.app.view import Choice
from gradtui.app.widgets.overlay_charts import OverlayCharts
from gradtui.core.stretch import Stretch


class OverlayApp(TerminalApp, ChartActions):
    """`runs` and `frame` outlive it. `opened` is the run to be shown once it has ended and the one beside
    it, None where it was left for good; `step` the one of the cursor then."""

    charts: OverlayCharts
    clock: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(
        self,
        runs: FollowedRuns,
        frame: OverlayFrame | None = None,
        *,
        fps: float = 10,
        theme: str | None = None,
        ascii_only: bool = False,
        folder: Path | None = None,
        notice: str = "",
        remember: Callable[..., None] = lambda **changes: None,
        output: Output | None = None,
        keep_theme: Callable[[str], None] = lambda name: None,
    ) -> None:
        """`folder`: where pictures are written; `notice`: what to tell at the start; `remember` keeps what is
        chosen for the next time."""
        super().__init__(theme=theme, ascii_only=ascii_only, output=output, keep_theme=keep_theme)
        self.runs = runs
        self.frame = frame or OverlayFrame()
        self.fps = fps
        self.opened: tuple[FollowedRun, FollowedRun | None] | None = None
        self.step: int | None = None
        self._folder = folder or Path.cwd()
        self._notice = notice
        self.remember = remember
        self.charts = OverlayCharts(self.frame, self._keep, self._stretch)

    def get_default_screen(self) -> Screen[None]:
        return OverlayScreen(self.charts)

    def on_mount(self) -> None:
        self.call_after_refresh(self._launch)

    def _launch(self) -> None:
        self.containing = True
        self.set_interval(1 / self.fps, self.tick)
        self.charts.show(self.runs.drawn(self.clock()), ascii_only=self.ascii_only)
        self.tick()
        if self._notice:
            self.tell(self._notice, "warning")

    def tick(self) -> None:
        """Take in what has come, and draw what has changed."""
        if self.leaving or not self.is_running:
            return
        now = self.clock()
        if self.runs.poll(now):
            self.charts.show(self.runs.drawn(now), ascii_only=self.ascii_only)
        if self.output is not None:
            self.output.trim()

    def _keep(self, frame: OverlayFrame) -> None:
        before, self.frame = self.frame, frame
        if changed := changed_fields(before, frame, ("alignment", "median", "panel", "log_scale")):
            self.remember(**changed)

    def _stretch(self, place: int, first: int, last: int) -> Stretch | None:
        return self.runs.runs[place].stretch(first, last)

    # Keys

    async def action_quit(self) -> None:
        self.exit()

    def action_choose(self, place: int) -> None:
        if place < len(self.charts.runs):
            self.charts.change(with_chosen(self.frame, self.charts.runs, place))

    def action_choose_next(self, by: int) -> None:
        self.charts.change(with_chosen(self.frame, self.charts.runs, self.frame.chosen + by))

    def action_hide(self) -> None:
        self.charts.change(with_hidden(self.frame, self.charts.runs))

    def action_compare(self) -> None:
        run = chosen_run(self.charts.runs, self.frame)
        self.charts.change(replace(self.frame, compared=run.place))
        self.tell(f"{run.name} stands beside the layers of the others.")

    def action_align(self) -> None:
        before = self.frame.alignment
        self.charts.change(realigned(self.frame, self.charts.runs))
        if self.frame.alignment == before:
            self.tell("The times of these runs are not known.", "warning")
        else:
            self.tell(ALIGNED[self.frame.alignment])

    def action_log_scale(self) -> None:
        self.charts.change(replace(self.frame, log_scale=not self.frame.log_scale))

    def action_escape(self) -> None:
        if not isinstance(self.screen, OverlayScreen):
            self.pop_screen()
        else:
            self.charts.to_end("last")

    def action_open(self) -> None:
        """Leave for the layers of the chosen run."""
        drawn = self.charts.runs
        run, other = chosen_run(drawn, self.frame), compared_run(drawn, self.frame)
        if not run.begun:
            self.tell(run.trouble or f"Nothing has come of {run.name} yet.", "warning")
            return
        held = [one for one in aligned(drawn, self.frame) if one.run.place == run.place]
        if self.frame.cursor is not None and held:
            self.step = held[0].step(self.frame.cursor)
        beside = self.runs.runs[other.place] if other is not None and other.begun else None
        self.opened = self.runs.runs[run.place], beside
        self.exit()

    @on(OverlayCharts.Clicked)
    def _clicked(self, event: OverlayCharts.Clicked) -> None:
        self.action_choose(event.place)
        if event.again:
            self.action_open()

    def action_charts(self) -> None:
        """What the first chart shows."""
        from gradtui.app.screens.charts import ChartPickerScreen

        view = replace(self.runs.look, choice=self.frame.choice)
        picker = ChartPickerScreen(view, lambda _: self._quantities())
        self.push_screen(picker, self._chart_picked)

    def _quantities(self) -> tuple[Quantity, ...]:
        return tuple(Quantity(choice, curve) for choice, curve in known_choices(self.charts.runs))

    def _chart_picked(self, choice: Choice | None) -> None:
        if choice is not None:
            self.charts.change(replace(self.frame, choice=choice, panel=self._panel_for(choice)))

    def _panel_for(self, choice: Choice) -> Literal["both", "first", "norm"]:
        return "both" if self.frame.panel == "norm" and choice.kind != "norm" else self.frame.panel

    def action_export(self) -> None:
        stem = "gradtui-" + "-".join(run.what.name for run in self.runs.runs)[:80]
        self.export_picture(self._folder, stem)

    def action_help(self) -> None:
        self.show_text(keys_screen(LEGEND, help_keys()))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        from gradtui.app.palette import key_commands

        return key_commands(KEYS, self.run_action)
