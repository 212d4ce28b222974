"""Everything the app knows, without a terminal: deliveries and wishes in, controls and a View out.

Time is passed in, so that all of this is tested without waiting. The run on screen is `current`;
while a remedy is on, `reference` holds the run it is compared with, as far as it had come.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import randrange
from typing import Literal

from gradtui.core.control import Control, Pause, Resume, SetPace, Start, StepOnce
from gradtui.core.errors import UsageError
from gradtui.core.event import Ended, Event, Failed, NonFiniteSeen, Paused, Resumed
from gradtui.core.facts import Facts
from gradtui.core.text import did_you_mean, printable
from gradtui.health.diagnose import diagnose
from gradtui.health.finding import Diagnosis
from gradtui.scenario.schema import Scenario
from gradtui.stream.ports import Delivery
from gradtui.tui.looking import Looking
from gradtui.tui.recording import Recording

DEBOUNCE = 0.1
"""Seconds that a choice must stand before it is sent: n held down must not build every scenario."""
PACES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 0)
"""Steps a second, slowest first; 0 = as fast as it goes."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell the person once."""

    text: str
    severity: Literal["information", "warning", "error"] = "information"
    bell: bool = False
    failure: Failed | None = None


class Session(Looking):
    """The state behind the screen."""

    def __init__(
        self,
        catalogue: Sequence[Scenario],
        scenario: str,
        *,
        remedies: Sequence[int] = (),
        seed: int | None = None,
        ascii_only: bool = False,
        controls_training: bool = True,
        ask: Callable[[Facts], Diagnosis] = diagnose,
        new_seed: Callable[[], int] = lambda: randrange(2**31),  # noqa: S311 - not a secret
    ) -> None:
        self.catalogue = tuple(catalogue)
        self.controls_training = controls_training
        self._ask = ask
        self._new_seed = new_seed
        self._base_seed = seed
        self._waiting: list[Control] = []
        self._notices: list[Notice] = []
        self._dropped = self._dropped_before = 0
        self._pausing: bool | None = None
        self._pace = len(PACES) - 1
        self._runs = 1
        self._due: float | None = float("-inf")
        chosen = self.find(scenario)
        start = Start(1, chosen.name, tuple(remedies), seed)
        super().__init__(Recording(start, chosen, ask), ascii_only)

    # What comes in

    def receive(self, delivery: Delivery, now: float) -> None:
        """Take in a delivery; what belongs to an earlier run is let go."""
        run = self.current.start.run
        for event in delivery.events:
            if event.run == run:
                self.current.hear(event)
                self._remark(event)
                self.changed = True
        if self.current.add(delivery.snapshots, now):
            self.changed = True
        if delivery.dropped != self._dropped:
            self._dropped = delivery.dropped
            self.dropped = self._dropped - self._dropped_before
            self.changed = True

    def _remark(self, event: Event) -> None:
        match event:
            case Paused() | Resumed():
                self._pausing = None
            case NonFiniteSeen(snapshot=snapshot):
                seen = snapshot.nonfinite
                where = f": {seen.phase}, {seen.module} {seen.tensor}".rstrip() if seen else ""
                text = f"NaN or infinity at step {snapshot.step}{where}"
                self._notices.append(Notice(text, "error", bell=True))
            case Failed():
                self._notices.append(Notice(event.message, "error", failure=event))
            case Ended(reason="finished"):
                self._notices.append(Notice(f"Finished after {event.step:,} steps."))
            case _:
                pass

    # What goes out

    def outgoing(self, now: float) -> list[Control]:
        """Controls whose time has come, in order; nothing overtakes a start that is waiting."""
        out: list[Control] = []
        if self._due is not None:
            if now < self._due:
                return out
            self._due = None
            self._dropped_before, self.dropped = self._dropped, 0
            out.append(self.current.start)
        out += self._waiting
        self._waiting.clear()
        return out

    def notices(self) -> list[Notice]:
        """What has been noticed since the last call."""
        out, self._notices = self._notices, []
        return out

    # Which run

    def find(self, name: str) -> Scenario:
        """The scenario of that name, or a UsageError that suggests one."""
        for scenario in self.catalogue:
            if scenario.name == name:
                return scenario
        hint = did_you_mean(name, (s.name for s in self.catalogue))
        raise UsageError(
            f"there is no scenario {printable(name)!r}{hint or ': `gradtui list` shows them all'}"
        )

    def choose(self, name: str, now: float) -> None:
        """Switch to another scenario, untreated."""
        scenario = self.find(name)
        self.reference = None
        self.rows.reset()
        self._begin(scenario, (), self._base_seed, now + DEBOUNCE)

    def neighbour(self, by: int, now: float) -> None:
        """Switch to the scenario `by` places further in the catalogue, round the end."""
        names = [scenario.name for scenario in self.catalogue]
        at = names.index(self.current.scenario.name)
        self.choose(names[(at + by) % len(names)], now)

    def toggle_remedy(self, index: int, now: float) -> None:
        """Treat the run, or take a treatment back: the same seed, hence the same batches."""
        old = self.current
        count = len(old.scenario.remedies)
        if index >= count:
            known = f"remedies 1 to {count}" if count > 1 else f"{count or 'no'} remedy"
            self._notices.append(Notice(f"This scenario has {known}.", "warning"))
            return
        on = old.start.remedies
        remedies = tuple(i for i in on if i != index) if index in on else (*on, index)
        if not remedies:
            self.reference = None
        elif not on and old.history is not None and len(old.history):
            self.reference = old
            self.compare = True
        self._begin(old.scenario, remedies, old.start.seed, now + DEBOUNCE)

    def restart(self, now: float) -> None:
        """The same run from the beginning."""
        old = self.current
        self._begin(old.scenario, old.start.remedies, old.start.seed, now + DEBOUNCE)

    def reseed(self, now: float) -> None:
        """The same run from another seed; a comparison with the old seed would be no twin."""
        old = self.current
        seed = self._new_seed()
        self.reference = None
        self._begin(old.scenario, old.start.remedies, seed, now + DEBOUNCE)
        self._notices.append(Notice(f"New seed {seed}."))

    def _begin(
        self, scenario: Scenario, remedies: tuple[int, ...], seed: int | None, due: float
    ) -> None:
        self._runs += 1
        self._due = due
        self._waiting = [control for control in self._waiting if isinstance(control, SetPace)]
        self._pausing = None
        self.to_live()
        start = Start(self._runs, scenario.name, remedies, seed)
        self.current = Recording(start, scenario, self._ask)

    # Its pace

    def pause_or_resume(self) -> None:
        """In the lab the training, elsewhere the view."""
        if not self.controls_training:
            self.frozen = not self.frozen
            self.cursor = self.current.live_step if self.frozen else None
        elif self.current.over:
            self._notices.append(Notice("The run is over; r starts it again.", "warning"))
        else:
            # What was asked last counts: the answer to a quick first press may be under way.
            paused = self.current.state == "paused" if self._pausing is None else self._pausing
            self._waiting.append(Resume() if paused else Pause())
            self._pausing = not paused
        self.changed = True

    def change_pace(self, by: int) -> None:
        """Train faster or slower; the fastest is not held back at all."""
        self._pace = min(max(self._pace + by, 0), len(PACES) - 1)
        pace = PACES[self._pace]
        self._waiting.append(SetPace(pace))
        self._notices.append(Notice(f"{pace:g} steps a second at most" if pace else "full speed"))

    def step_once(self) -> None:
        if not self.controls_training or self.current.over:
            self._notices.append(Notice("There is no training to step here.", "warning"))
        else:
            self._waiting.append(StepOnce())
            self._pausing = True
            self.cursor = None
        self.changed = True
