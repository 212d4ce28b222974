"""Everything the app knows, without a terminal: deliveries and wishes in, controls and a View out.

Looking (what is looked at) < Choosing (which run) < Session (what comes and goes, and its pace).
Time is passed in, so that all of this is tested without waiting.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import randrange

from gradtui.app.notice import Notice
from gradtui.app.run_selection import RunSelection
from gradtui.app.target import Mode
from gradtui.app.view import Outside
from gradtui.core.control import Control, Pause, Resume, SetPace, Start, StepOnce
from gradtui.core.event import Ended, Event, Failed, NonFiniteSeen, Paused, Resumed
from gradtui.core.facts import Facts
from gradtui.doctor.diagnose import diagnose
from gradtui.doctor.finding import Diagnosis
from gradtui.lab.scenario.schema import Scenario
from gradtui.runstore.writer.ports import Delivery

PACES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 0)
"""Steps a second, slowest first; 0 = as fast as it goes."""


class Session(RunSelection):
    """The state behind the screen."""

    def __init__(
        self,
        catalogue: Sequence[Scenario],
        scenario: str,
        *,
        remedies: Sequence[int] = (),
        seed: int | None = None,
        ascii_only: bool = False,
        mode: Mode = "lab",
        ask: Callable[[Facts], Diagnosis] = diagnose,
        new_seed: Callable[[], int] = lambda: randrange(2**31),  # noqa: S311 - not a secret
    ) -> None:
        self._dropped = self._dropped_before = 0
        self._pace = len(PACES) - 1
        self._told: set[tuple[str, object]] = set()
        super().__init__(
            catalogue,
            Start(1, scenario, tuple(remedies), seed),
            ascii_only=ascii_only,
            mode=mode,
            ask=ask,
            new_seed=new_seed,
        )

    # What comes in

    def receive(self, delivery: Delivery, now: float) -> None:
        """Take in a delivery; what belongs to an earlier run is let go."""
        runs = [self.current] if self.reference is None else [self.current, self.reference]
        for event in delivery.events:
            for run in runs:
                if event.run == run.start.run:
                    run.hear(event)
                    self._remark(event)
                    self.changed = True
        for run in runs:
            course = delivery.course if run is self.current else None
            measured = delivery.measured if run is self.current else None
            if run.add(delivery.snapshots, now, course, measured, delivery.lag):
                self.changed = True
        if delivery.dropped != self._dropped:
            self._dropped = delivery.dropped
            self.dropped = self._dropped - self._dropped_before
            self.changed = True

    def know(self, outside: Outside) -> None:
        new = {rank_trouble(note): note for note in outside.ranks}
        for key, note in new.items():
            self._once(key, Notice(note, "warning"))
        if self.current.layout is not None:  # nobody waits any more
            outside = replace(outside, waited=0.0)
        super().know(outside)

    def _remark(self, event: Event) -> None:
        if event.run != self.current.start.run:  # the twin's; that it is sick is known
            if isinstance(event, Failed):
                text = f"The untreated run failed: {event.message}"
                self._notices.append(Notice(text, "warning", failure=event))
            return
        match event:
            case Paused() | Resumed():
                self._pausing = None
            case NonFiniteSeen(snapshot=snapshot):
                seen = snapshot.nonfinite
                where = f": {seen.phase}, {seen.module} {seen.tensor}".rstrip() if seen else ""
                text = f"NaN or infinity at step {snapshot.step}{where}"
                self._once(snapshot.step, Notice(text, "error", bell=True))
            case Failed():
                self._once("failed", Notice(event.message, "error", failure=event))
            case Ended(reason="finished", step=step) if step > 0 and self.mode != "replay":
                self._once("end", Notice(f"Finished after {step:,} steps."))
            case _:
                pass

    def _once(self, what: object, notice: Notice) -> None:
        """A replay that goes back meets the same things again; they are told once."""
        key = (str(self.current.start.run), what)
        if key not in self._told:
            self._told.add(key)
            self._notices.append(notice)

    def notices(self) -> list[Notice]:
        """What has been noticed since the last call."""
        out, self._notices = self._notices, []
        return out

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

    # Its pace

    def pause_or_resume(self) -> None:
        """In the lab the training, elsewhere the view."""
        if self.mode != "lab":
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
        if self.mode != "lab" or self.current.over:
            self._notices.append(Notice("There is no training to step here.", "warning"))
        else:
            self._waiting.append(StepOnce())
            self._pausing = True
            self.cursor = None
        self.changed = True


def rank_trouble(note: str) -> str:
    """ "rank 1: dead since step 420" -> "rank 1: dead": what makes a note a new one, not its numbers."""
    who, _, what = note.partition(":")
    return f"{who}:{what.strip().partition(' ')[0]}"
