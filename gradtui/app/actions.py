"""What the keys do: each action is a wish passed to the session, or to a replay's player."""

import numpy as np

from gradtui.app.keys import ELSEWHERE
from gradtui.app.panels import Panels
from gradtui.app.screens.lab import LabScreen
from gradtui.app.screens.main import MainScreen
from gradtui.app.themes import THEMES

LEAP = 20
"""Kept steps that a page in time is, where it is not a replay's."""


class Actions(Panels):
    """The part of the app that answers to keys."""

    def refused(self, action: str) -> bool:
        """Whether an action means nothing for what is watched; then it is said why."""
        modes, why = ELSEWHERE[action]
        if self.session.mode in modes:
            return False
        self.tell(why)
        return True

    # Which run

    def action_neighbour(self, by: int) -> None:
        if not self.refused("neighbour"):
            self.session.neighbour(by, self.clock())
            self.tick()

    def action_choose(self, name: str) -> None:
        self._picked(name)

    def action_picker(self) -> None:
        if not self.refused("picker"):
            super().action_picker()

    def action_remedy(self, index: int) -> None:
        if not self.refused("remedy"):
            self.session.toggle_remedy(index, self.clock())
            self.tick()

    def action_restart(self) -> None:
        if not self.refused("restart"):
            self.session.restart(self.clock())
            self.tick()

    def action_reseed(self) -> None:
        if not self.refused("reseed"):
            self.session.reseed(self.clock())
            self.tick()

    # Its pace

    def action_pause(self) -> None:
        if self.playback is not None:
            self.playback.toggle()
        else:
            self.session.pause_or_resume()
        self.tick()

    def action_step(self) -> None:
        if self.refused("step"):
            return
        if self.playback is not None:
            self.playback.step()
        else:
            self.session.step_once()
        self.tick()

    def action_pace(self, by: int) -> None:
        if self.refused("pace"):
            return
        if self.playback is not None:
            self.playback.change_speed(by)
            self.tell(f"{self.playback.speed} the recorded speed")
        else:
            self.session.change_pace(by)
        self.tick()

    # The step looked at: in a replay, the step gone to

    def action_scrub(self, by: int) -> None:
        if self.playback is None:
            self.session.scrub(by)
        elif by > 0:
            self.playback.step()
        else:
            self.playback.seek(self._before(self.playback.position))
        self.tick()

    def _before(self, step: int) -> int:
        """The last step before `step` that was played."""
        facts = self.session.current.facts
        if facts is None or not len(facts):
            return 0
        at = int(np.searchsorted(facts.steps, step)) - 1
        return int(facts.steps[max(at, 0)])

    def action_leap(self, by: int) -> None:
        if self.playback is not None:
            self.playback.leap(by)
        else:
            self.session.scrub(by * LEAP)
        self.tick()

    def action_to_first(self) -> None:
        if self.playback is not None:
            self.playback.seek(0)
        else:
            self.session.to_first()
        self.tick()

    def action_to_live(self) -> None:
        if self.playback is not None:
            self.playback.seek(self.playback.last_step)
        else:
            self.session.to_live()
        self.tick()

    def action_alarm(self) -> None:
        if self.playback is not None:
            step = self.playback.to_alarm()
            if step is None:
                self.tell("Nothing has alarmed in this run.")
            else:
                self.tell(f"The doctor first alarmed at step {step:,}.")
        elif not self.session.to_alarm():
            self.tell("Nothing has alarmed so far.")
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
            from gradtui.app.screens.detail import DetailScreen

            self.push_screen(DetailScreen(self.session.mode))
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

    # Drawing

    def action_pane(self, by: int) -> None:
        if isinstance(self.screen, LabScreen):
            self.screen.move_pane(by)

    def action_log_scale(self) -> None:
        self.session.toggle_log()
        self.tick()

    def action_compare(self) -> None:
        if not self.refused("compare"):
            self.session.toggle_compare()
            self.tick()

    def action_next_theme(self) -> None:
        names = [theme.name for theme in THEMES]
        here = names.index(self.theme) if self.theme in names else -1
        self.action_theme(names[(here + 1) % len(names)])

    def action_theme(self, name: str) -> None:
        self.theme = name
        self.tell(f"theme: {name}")
