"""How fast a run goes, and which of its steps is looked at: a replay's player is asked, else the session."""

from collections.abc import Callable

import numpy as np

from gradtui.app.playback import Playback
from gradtui.app.session import Session
from gradtui.app.view import View

LEAP = 20
"""Kept steps that a page in time is, where it is not a replay's."""


class Pacing:
    """`playback` is None where nothing is played again; `tell` says in a toast what has come of a wish."""

    def __init__(
        self, session: Session, playback: Playback | None, tell: Callable[[str], None]
    ) -> None:
        self._session, self._playback, self._tell = session, playback, tell
        self.wished: int | None = None
        """The step that was asked for, until it is shown."""

    @property
    def step(self) -> int | None:
        """The step looked at; None: the newest."""
        return self._session.cursor if self._playback is None else self._playback.position

    def begin(self) -> None:
        """Go to where a replay was asked to begin."""
        if self._playback is not None and not self._playback.begin():
            self._tell("Nothing has alarmed in this run; it plays from the beginning.")

    def pause_or_resume(self) -> None:
        if self._playback is not None:
            self._playback.toggle()
        else:
            self._session.pause_or_resume()

    def step_once(self) -> None:
        if self._playback is not None:
            self._playback.step()
        else:
            self._session.step_once()

    def change_pace(self, by: int) -> None:
        """Faster, or slower where negative."""
        if self._playback is not None:
            self._playback.change_speed(by)
            self._tell(f"{self._playback.speed} the recorded speed")
        else:
            self._session.change_pace(by)

    def scrub(self, by: int) -> None:
        """Kept steps later, or earlier where negative; of a replay one recorded step."""
        if self._playback is None:
            self._session.scrub(by)
        elif by > 0:
            self._playback.step()
        else:
            self._playback.seek(self._before(self._playback.position))

    def _before(self, step: int) -> int:
        """The last step before `step` that was played."""
        facts = self._session.current.facts
        if facts is None or not len(facts):
            return 0
        at = int(np.searchsorted(facts.steps, step)) - 1
        return int(facts.steps[max(at, 0)])

    def leap(self, by: int) -> None:
        """Pages later, or earlier where negative."""
        if self._playback is not None:
            self._playback.leap(by)
        else:
            self._session.scrub(by * LEAP)

    def look_at(self, step: int) -> None:
        """Go to a step; to the newest one of a run that goes on is back to live."""
        self.wished = step
        if self._playback is not None:
            self._playback.seek(step)
        elif step >= self._session.current.live_step and not self._session.frozen:
            self._session.to_live()
        else:
            self._session.look_at(step)

    def to_first(self) -> None:
        if self._playback is not None:
            self._playback.seek(0)
        else:
            self._session.to_first()

    def to_live(self) -> None:
        """The newest step, or the last one of a replay."""
        if self._playback is not None:
            self._playback.seek(self._playback.last_step)
        else:
            self._session.to_live()

    def to_alarm(self) -> None:
        """The step from which the doctor has something to say."""
        if self._playback is not None:
            step = self._playback.to_alarm()
            if step is None:
                self._tell("Nothing has alarmed in this run.")
            else:
                self._tell(f"The doctor first alarmed at step {step:,}.")
        elif not self._session.to_alarm():
            self._tell("Nothing has alarmed so far.")

    def say_where(self, view: View) -> None:
        """Of a long run not every step is kept with all its layers: another one is shown then."""
        wished = self.wished
        if wished is None or view.facts is None or not len(view.facts):
            return
        if self._playback is not None and self._playback.seeking:
            return
        self.wished, shown = None, int(view.facts.steps[-1])
        if shown != wished:
            self._tell(f"Layers of step {wished:,} are not kept: these are of step {shown:,}.")
