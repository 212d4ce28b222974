"""Everything the app knows, without a terminal: deliveries and wishes in, controls and a View out.

Time is passed in, so that all of this is tested without waiting.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import randrange
from typing import TYPE_CHECKING

import numpy as np

from gradtui.app.layer_groups import row_of
from gradtui.app.layer_order import LayerOrder
from gradtui.app.notice import Notice
from gradtui.app.run_state import RunState
from gradtui.app.view import LOSS, SICK, STALE, Choice, Outside, Reference, View
from gradtui.app.watched_run import BesideRun, Mode
from gradtui.core.control import Control, Pause, RecordAll, Resume, SetPace, Start, StepOnce, Stop
from gradtui.core.errors import UsageError
from gradtui.core.event import Ended, Event, Failed, NonFiniteSeen, Paused, Resumed
from gradtui.core.facts import Facts
from gradtui.core.machine_load import MachineLoad
from gradtui.core.metric import Metrics
from gradtui.core.snapshot import NonFinite
from gradtui.core.text import did_you_mean, printable
from gradtui.doctor.diagnose import diagnose
from gradtui.doctor.finding import NOTHING_SEEN, Diagnosis
from gradtui.lab.scenario.schema import Scenario
from gradtui.runstore.writer.ports import Delivery
from gradtui.theory import NO_THEORY

if TYPE_CHECKING:
    from gradtui.app.remedy_code import RemedyCode

PACES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 0)
"""Steps a second, slowest first; 0 = as fast as it goes."""
DEBOUNCE = 0.1
"""Seconds that a choice must stand before it is sent: n held down must not build every scenario."""
ARRANGE_EVERY = 1.0
"""Seconds between two sorts by what is measured, so that rows do not dance."""


class Session:
    """The state behind the screen: which run, how it is looked at, what comes and goes, its pace.

    The run on screen is `current`; while a remedy is on, `reference` is its untreated twin, which goes
    on training beside it from where it is."""

    def __init__(
        self,
        catalogue: Sequence[Scenario],
        scenario: str,
        *,
        remedies: Sequence[int] = (),
        seed: int | None = None,
        ascii_only: bool = False,
        braille: bool = False,
        mode: Mode = "lab",
        ask: Callable[[Facts], Diagnosis] = diagnose,
        new_seed: Callable[[], int] = lambda: randrange(2**31),  # noqa: S311 - not a secret
    ) -> None:
        self.catalogue = tuple(catalogue)
        self.mode = mode
        self.ascii_only, self.braille = ascii_only, braille and not ascii_only
        self.outside = Outside()
        self.machine: MachineLoad | None = None
        self.reference: RunState | None = None
        self.beside = ""
        """What `reference` is called, where it is another recorded run."""
        self.rows = LayerOrder()
        self.log_scale = True
        self.own_scale = False
        self.choice = LOSS
        """What the first chart shows."""
        self.compare = True
        self.frozen = False
        self.recording_all = False
        """Whether this viewer has asked for every step in full."""
        self.cursor: int | None = None
        """The step being looked at; None = the newest."""
        self.recorded: Facts | None = None
        """All of a replay's facts, once they have been asked for, as the screen shows them."""
        self.changed = True
        """The next `view` would differ from the last one."""
        self.dropped = 0
        self._arranged = float("-inf")
        self._arranged_for: tuple[int | None, int, Diagnosis | None] = (None, -1, None)
        self._age = 0
        self._ask = ask
        self._new_seed = new_seed
        self._base_seed = seed
        self._waiting: list[Control] = []
        self._notices: list[Notice] = []
        self._told: set[tuple[str, object]] = set()
        self._pausing: bool | None = None
        self._dropped = self._dropped_before = 0
        self._pace = len(PACES) - 1
        start = Start(1, scenario, tuple(remedies), seed)
        self._runs = start.run
        self._due: float | None = float("-inf")
        found = self.find(start.scenario)
        self.current = RunState(start, found, ask)
        if start.remedies:
            self._begin(found, start.remedies, start.seed, float("-inf"))

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
        if not remedies and self.reference is not None:
            self._show(self.reference, now + DEBOUNCE)
            self.reference = None
            return
        if not on:
            self.reference = old
        self._begin(old.scenario, remedies, old.start.seed, now + DEBOUNCE)

    def restart(self, now: float) -> None:
        """The same run from the beginning."""
        old = self.current
        self._begin(old.scenario, old.start.remedies, old.start.seed, now + DEBOUNCE)

    def reseed(self, now: float) -> None:
        """The same run from another seed, and its twin with it."""
        old = self.current
        seed = self._new_seed()
        self.reference = None
        self._begin(old.scenario, old.start.remedies, seed, now + DEBOUNCE)
        self._notices.append(Notice(f"New seed {seed}."))

    def _begin(
        self, scenario: Scenario, remedies: tuple[int, ...], seed: int | None, due: float
    ) -> None:
        """Start a run; a treated one with its twin beside it, a fresh one where there is none."""
        if remedies and (self.reference is None or self.reference.failure is not None):
            self._runs += 1
            untreated = Start(self._runs, scenario.name, (), seed)
            self.reference = RunState(untreated, scenario, self._ask)
        self._runs += 1
        twin = self.reference.start if remedies and self.reference is not None else None
        start = Start(self._runs, scenario.name, remedies, seed, twin)
        self._show(RunState(start, scenario, self._ask), due)

    def _show(self, run: RunState, due: float) -> None:
        """Put a run on screen and have it trained."""
        self._due = due
        self._waiting = [control for control in self._waiting if isinstance(control, SetPace)]
        self._pausing = None
        self.to_live()
        self.current = run

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
            scalars = delivery.scalars if run is self.current else None
            measured = delivery.measured if run is self.current else None
            extremes = delivery.extremes if run is self.current else None
            if run.add(delivery.snapshots, now, scalars, measured, delivery.lag, extremes):
                self.changed = True
        if delivery.metrics is not None:
            self.current.metrics, self.changed = delivery.metrics, True
        if delivery.dropped != self._dropped:
            self._dropped = delivery.dropped
            self.dropped = self._dropped - self._dropped_before
            self.changed = True

    def stand_beside(self, other: BesideRun) -> None:
        """Compare with another recorded run, which `receive_beside` is told of."""
        self.reference = RunState(Start(other.run, other.scenario.name), other.scenario, self._ask)
        self.beside = other.name

    def receive_beside(self, delivery: Delivery, now: float) -> None:
        """Take in a delivery of that run."""
        run = self.reference
        if run is None:
            return
        for event in delivery.events:
            run.hear(event)
            self.changed = True
        kept = delivery.snapshots, now, delivery.scalars, delivery.measured, 0.0, delivery.extremes
        self.changed |= run.add(*kept)

    @property
    def device(self) -> str:
        """Where the run on screen computes; "" while that is not known."""
        info = self.current.info
        return info.device if info is not None else ""

    def measure(self, machine: MachineLoad | None) -> None:
        """How busy the machine is."""
        if machine != self.machine:
            self.machine, self.changed = machine, True

    def know(self, outside: Outside) -> None:
        """What has become known of the command."""
        new = {rank_trouble(note): note for note in outside.ranks}
        for key, note in new.items():
            self._once(key, Notice(note, "warning"))
        if self.current.layout is not None:  # nobody waits any more
            outside = replace(outside, waited=0.0)
        if outside != self.outside:
            self.outside, self.changed = outside, True

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
                place = f"{seen.module} {seen.tensor}".strip() if seen else ""
                where = f": {seen.phase}, {place}".rstrip(", ") if seen else ""
                text = f"NaN or infinity at step {snapshot.step:,}{where}"
                self._once(snapshot.step, Notice(text, "error", bell=True))
                self._point_to(seen)
            case Failed():
                self._once("failed", Notice(event.message, "error", failure=event))
            case Ended(reason="finished", step=step) if step > 0 and self.mode != "replay":
                self._once("end", Notice(f"Finished after {step:,} steps."))
            case _:
                pass

    def _point_to(self, seen: NonFinite | None) -> None:
        """The layer in which the first NaN was born is the one to look at."""
        layout = self.current.layout
        if seen is None or layout is None:
            return
        module = seen.autopsy.module if seen.autopsy is not None else ""
        row = row_of(layout, module or seen.module)
        if row is not None:
            self.rows.point_to(row)
            self.changed = True

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
            self._toggle_pause()
        self.changed = True

    def hold_training(self) -> None:
        """Ask the program that is watched to pause after a step, or to go on."""
        self._toggle_pause()

    def record_all(self) -> None:
        """Ask it to measure every step in full from now on, or within the budget again."""
        self.recording_all = not self.recording_all
        self._waiting.append(RecordAll(self.recording_all))

    def stop_training(self) -> None:
        """Ask it to end, as Ctrl+C would."""
        self._waiting.append(Stop())

    def answered(self, control: Control, why_not: str) -> None:
        """A control was sent, or could not be asked, for which there is a sentence."""
        if why_not:
            self._pausing = None
            if isinstance(control, RecordAll):
                self.recording_all = not control.on
            self._notices.append(Notice(why_not, "warning"))
        elif self.mode in ("run", "attach") and (words := promise(control)):
            self._notices.append(Notice(words))

    def _toggle_pause(self) -> None:
        """What was asked last counts: the answer to a quick first press may be under way."""
        paused = self.current.state == "paused" if self._pausing is None else self._pausing
        self._waiting.append(Resume() if paused else Pause())
        self._pausing = not paused

    def change_pace(self, by: int) -> None:
        """Train faster or slower; the fastest is not held back at all."""
        self._pace = min(max(self._pace + by, 0), len(PACES) - 1)
        pace = PACES[self._pace]
        self._waiting.append(SetPace(pace))
        self._notices.append(Notice(f"{pace:g} steps a second at most" if pace else "full speed"))

    def step_once(self) -> None:
        if self.mode == "replay" or self.current.over:
            self._notices.append(Notice("There is no training to step here.", "warning"))
        else:
            self._waiting.append(StepOnce())
            self._pausing = True
            self.cursor = None
        self.changed = True

    # The step being looked at

    def scrub(self, by: int) -> None:
        """Look `by` kept steps later (earlier where negative); past the newest is live again, or the
        newest where the view is held."""
        facts = self.current.facts
        if facts is None or not len(facts):
            return
        last = len(facts) - 1
        at = min(max(self._count(facts) - 1 + by, 0), last)
        self.cursor = None if at == last and not self.frozen else int(facts.steps[at])
        self.changed = True

    def to_first(self) -> None:
        facts = self.current.facts
        self.scrub(-len(facts) if facts is not None else 0)

    def to_live(self) -> None:
        self.cursor, self.frozen, self.changed = None, False, True

    def look_at(self, step: int) -> None:
        """Look at a step, given by its number."""
        self.cursor, self.changed = step, True

    def to_alarm(self) -> bool:
        """Look at the step from which the first finding holds; False where there is none."""
        facts = self.current.facts
        if facts is None or not len(facts):
            return False
        found = [finding.first_step for finding in self.current.doctor.last.findings]
        if facts.first_nonfinite is not None:
            found.append(facts.first_nonfinite.step)
        if found:
            self.look_at(min(found))
        return bool(found)

    def grow_old(self, now: float) -> None:
        """What is shown says how old it is, once a second from STALE on."""
        age = self.current.age(now) if self.mode != "replay" else 0.0
        shown = int(age) if age >= STALE else 0
        if shown != self._age:
            self._age, self.changed = shown, True

    def _count(self, facts: Facts) -> int:
        """How many of the kept steps are looked at."""
        if self.cursor is None:
            return len(facts)
        return max(int(np.searchsorted(facts.steps, self.cursor, side="right")), 1)

    # The rows

    def select(self, index: int) -> None:
        self.rows.select(index)
        self.changed = True

    def move(self, by: int) -> None:
        self.select(self.rows.selected + by)

    def move_layer(self, by: int) -> None:
        """Select another row, also one that its group hides."""
        self.rows.select_layer(by)
        self.changed = True

    def turn_group(self, index: int | None = None) -> None:
        """Open or close the group on a line, or the one that is selected, or that around the selection."""
        if not self.rows.turn(index):
            self._notices.append(Notice("This layer is in no group.", "warning"))
        self._arrange_anew()

    def turn_groups(self) -> None:
        """Open all groups, or close all."""
        done = self.rows.turn_all()
        self._notices.append(
            Notice(f"All groups are {done}." if done else "No layers repeat here.")
        )
        self._arrange_anew()

    def fold_into(self, lines: int) -> None:
        """How many rows there is room for on the screen."""
        if lines != self.rows.folding.lines:
            self.rows.folding.lines = lines
            self._arrange_anew()

    def filter_rows(self, text: str) -> None:
        self.rows.text = text
        self._arrange_anew()

    def _arrange_anew(self) -> None:
        self._arranged, self.changed = float("-inf"), True

    def cycle_sort(self) -> str:
        self.rows.cycle_sort()
        self._arrange_anew()
        return self.rows.sort

    # The drawing

    def toggle_log(self) -> None:
        self.log_scale, self.changed = not self.log_scale, True

    def toggle_heat_scale(self) -> None:
        self.own_scale, self.changed = not self.own_scale, True

    def choose_chart(self, choice: Choice) -> None:
        self.choice, self.changed = choice, True

    def toggle_compare(self) -> None:
        self.compare, self.changed = not self.compare, True

    def _looked_at(self) -> Facts | None:
        """The facts up to the step being looked at; None where there are none."""
        facts = self.current.facts
        if facts is None or not len(facts):
            return None
        return facts if self.cursor is None else facts.until(self._count(facts))

    def prescribed(self, now: float) -> "RemedyCode":
        """The remedies of what is found as code; of the untreated twin where all is well."""
        from gradtui.app.remedy_code import NOTHING_YET, prescribed  # seldom needed

        facts = self._looked_at()
        if facts is None:
            return NOTHING_YET
        diagnosis = self.current.doctor.look(facts, now)
        beside = self._reference(facts, now)
        other = beside is not None and not self.beside
        if beside is not None and other and not diagnosis.findings and beside.diagnosis.findings:
            return prescribed(beside.diagnosis, beside.facts, twin=True)
        return prescribed(diagnosis, facts)

    def view(self, now: float) -> View:
        """All that the screen shows at this moment."""
        run = self.current
        facts = self._looked_at()
        step = run.live_step
        if facts is not None and self.cursor is not None:
            step = int(facts.steps[-1])
        diagnosis = run.doctor.look(facts, now) if facts is not None else NOTHING_SEEN
        reference = self._reference(facts, now)
        self.changed = run.doctor.behind or (reference is not None and run.judge.behind)
        shown = run.together.fill(facts) if facts is not None else None
        self._arrange(shown, diagnosis, now)
        return View(
            state=run.state,
            progress=run.progress,
            scenario=run.scenario,
            remedies=run.start.remedies,
            info=run.info,
            layout=run.layout,
            facts=shown,
            diagnosis=diagnosis,
            theory=run.theory(facts, now) if facts is not None else NO_THEORY,
            reference=reference,
            histograms=run.histograms_at(step),
            recorded=run.histograms_until(step),
            live_step=run.live_step,
            scrubbing=self.cursor is not None,
            frozen=self.frozen,
            steps_per_s=run.steps_per_s,
            age=run.age(now) if self.mode != "replay" else 0.0,
            overhead=run.overhead,
            dropped=self.dropped,
            taken=run.taken if self.cursor is None and run.over else 0,
            measured_steps=run.measured_steps if self.cursor is None else None,
            failure=run.failure,
            order=self.rows.order,
            entries=self.rows.entries,
            matched=len(self.rows.layers),
            selected=self.rows.selected,
            opened=self.rows.selected_row if self.rows.selected_row in self.rows.layers else None,
            mode=self.mode,
            outside=self.outside,
            measured=run.measured,
            machine=self.machine if not run.over and self.cursor is None else None,
            metrics=self._metrics(step),
            choice=self.choice,
            guess=run.guess(facts) if facts is not None else None,
            whole=self._whole(),
            whole_metrics=run.metrics,
            log_scale=self.log_scale,
            own_scale=self.own_scale,
            ascii_only=self.ascii_only,
            braille=self.braille,
        )

    def _whole(self) -> Facts | None:
        """All that is known of the run: of a recording also what has not been played yet."""
        if self.recorded is not None:
            return self.recorded
        run, facts = self.current, self.current.facts
        return run.together.fill(facts) if facts is not None and len(facts) else None

    def _metrics(self, step: int) -> Metrics:
        """What was logged up to the step being looked at; all, while that is the newest of a run that
        goes on."""
        known = self.current.metrics
        if not known or (self.cursor is None and self.mode != "replay"):
            return known
        cut = {name: metric.until(step) for name, metric in known.items()}
        return {name: metric for name, metric in cut.items() if len(metric)}

    def _arrange(self, facts: Facts | None, diagnosis: Diagnosis, now: float) -> None:
        layout = self.current.layout
        if layout is None:
            self.rows.order = ()
            return
        seen = (self.cursor, int(facts.steps[-1]) if facts is not None else -1, diagnosis)
        later = now - self._arranged >= ARRANGE_EVERY or self.cursor != self._arranged_for[0]
        due = later and self.rows.by_facts
        if due or self._arranged == float("-inf") or not self.rows.arranged_for(layout):
            self.rows.arrange(layout, facts, diagnosis)
            self._arranged, self._arranged_for = now, seen
        # What is over brings no other view by itself.
        self.changed |= self.rows.by_facts and self._arranged_for != seen

    def _reference(self, facts: Facts | None, now: float) -> Reference | None:
        other = self.reference
        if other is None or not self.compare or other.facts is None:
            return None
        judgement = None
        if facts is not None and not self.beside:
            run = self.current
            judgement = run.judge.look(
                other.facts, facts, now, same_loss=run.same_loss, ended=other.over
            )
        diagnosis = other.doctor.look(other.facts, now)
        shown = other.together.fill(other.facts) if self.beside else other.facts
        title, called, twin = other.scenario.title, self.beside or SICK, not self.beside
        return Reference(title, shown, diagnosis, judgement, called, twin)


def promise(control: Control) -> str:
    """What a program that is watched will do now that it was asked; "" for what shows by itself."""
    match control:
        case Pause():
            return "Training pauses after a step."
        case Resume():
            return "Training goes on."
        case RecordAll(on=True):
            return "Every step is recorded in full from now on, at any price; F goes back."
        case RecordAll():
            return "Within the budget again."
        case Stop():
            return "Training is asked to end, as by Ctrl+C."
    return ""


def rank_trouble(note: str) -> str:
    """ "rank 1: dead since step 420" -> "rank 1: dead": what makes a note a new one, not its numbers."""
    who, _, what = note.partition(":")
    return f"{who}:{what.strip().partition(' ')[0]}"
