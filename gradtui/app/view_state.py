"""How the run is looked at: which step, which rows, drawn how. Ends in a View."""

from typing import TYPE_CHECKING

import numpy as np

from gradtui.app.rows import Rows
from gradtui.app.run_state import RunState
from gradtui.app.target import Mode
from gradtui.app.view import STALE, Outside, Reference, View
from gradtui.core.facts import Facts
from gradtui.doctor.finding import UNDECIDED, Diagnosis
from gradtui.theory import NO_THEORY

if TYPE_CHECKING:
    from gradtui.app.remedy_code import RemedyCode

ARRANGE_EVERY = 1.0
"""Seconds between two sorts by badness, so that rows do not dance."""


class ViewState:
    """The cursor in time, the rows and the drawing, over a run that is recorded."""

    def __init__(self, current: RunState, ascii_only: bool, mode: Mode = "lab") -> None:
        self.current = current
        self.mode = mode
        self.outside = Outside()
        self.reference: RunState | None = None
        """The untreated twin of `current`."""
        self.ascii_only = ascii_only
        self.rows = Rows()
        self.log_scale = True
        self.compare = True
        self.frozen = False
        self.cursor: int | None = None
        """The step being looked at; None = the newest."""
        self.changed = True
        """The next `view` would differ from the last one."""
        self.dropped = 0
        self._arranged = float("-inf")
        self._age = 0

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

    def know(self, outside: Outside) -> None:
        """What has become known of the command."""
        if outside != self.outside:
            self.outside, self.changed = outside, True

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

    def filter_rows(self, text: str) -> None:
        self.rows.text = text
        self._arranged = float("-inf")
        self.changed = True

    def cycle_sort(self) -> str:
        self.rows.cycle_sort()
        self._arranged = float("-inf")
        self.changed = True
        return self.rows.sort

    # The drawing

    def toggle_log(self) -> None:
        self.log_scale, self.changed = not self.log_scale, True

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
        if not diagnosis.findings and beside is not None and beside.diagnosis.findings:
            return prescribed(beside.diagnosis, beside.facts, twin=True)
        return prescribed(diagnosis, facts)

    def view(self, now: float) -> View:
        """All that the screen shows at this moment."""
        run = self.current
        facts = self._looked_at()
        step = run.live_step
        if facts is not None and self.cursor is not None:
            step = int(facts.steps[-1])
        diagnosis = run.doctor.look(facts, now) if facts is not None else UNDECIDED
        self._arrange(facts, diagnosis, now)
        reference = self._reference(facts, now)
        self.changed = run.doctor.behind or (reference is not None and run.judge.behind)
        return View(
            state=run.state,
            progress=run.progress,
            scenario=run.scenario,
            remedies=run.start.remedies,
            info=run.info,
            layout=run.layout,
            facts=run.together.fill(facts) if facts is not None else None,
            diagnosis=diagnosis,
            theory=run.theory(facts, now) if facts is not None else NO_THEORY,
            reference=reference,
            histograms=run.histograms_at(step),
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
            selected=self.rows.selected,
            mode=self.mode,
            outside=self.outside,
            measured=run.measured,
            log_scale=self.log_scale,
            ascii_only=self.ascii_only,
        )

    def _arrange(self, facts: Facts | None, diagnosis: Diagnosis, now: float) -> None:
        layout = self.current.layout
        if layout is None:
            self.rows.order = ()
            return
        due = now - self._arranged >= ARRANGE_EVERY and self.rows.sort == "worst first"
        if due or self._arranged == float("-inf") or not self.rows.arranged_for(layout):
            self.rows.arrange(layout, facts, diagnosis)
            self._arranged = now

    def _reference(self, facts: Facts | None, now: float) -> Reference | None:
        other = self.reference
        if other is None or not self.compare or other.facts is None:
            return None
        judgement = None
        if facts is not None:
            run = self.current
            judgement = run.judge.look(
                other.facts, facts, now, same_loss=run.same_loss, ended=other.over
            )
        diagnosis = other.doctor.look(other.facts, now)
        return Reference(other.scenario.title, other.facts, diagnosis, judgement)
