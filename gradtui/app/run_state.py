"""One run as the viewer has seen it so far."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from gradtui.app.diagnosis_timing import DiagnosisTiming
from gradtui.app.optimizer_merge import OptimizerMerge, histograms_together, several
from gradtui.app.remedy_judge import RemedyJudge
from gradtui.app.view import OVER, Measured
from gradtui.core.control import Start
from gradtui.core.event import (
    Building,
    Ended,
    Event,
    Failed,
    NonFiniteSeen,
    Paused,
    Resumed,
    RunInfo,
    Started,
)
from gradtui.core.extremes import Extremes
from gradtui.core.facts import Facts
from gradtui.core.history import History
from gradtui.core.layout import Layout
from gradtui.core.metric import Metrics
from gradtui.core.scalar_series import ScalarSeries
from gradtui.core.snapshot import Snapshot, U32Array
from gradtui.doctor.diagnose import diagnose
from gradtui.doctor.finding import Diagnosis
from gradtui.doctor.guessing import Guess, guess_of
from gradtui.lab.scenario.overlay import treated
from gradtui.lab.scenario.schema import Scenario
from gradtui.theory import Line, Theory

WINDOW = 2.0
"""Seconds over which the speed is averaged."""
OVERHEAD_STEPS = 200


@dataclass(eq=False)
class RunState:
    """Takes in the events and snapshots that belong to `start.run`."""

    start: Start
    scenario: Scenario
    ask: Callable[[Facts], Diagnosis] = diagnose
    state: str = "starting"
    progress: str = ""
    history: History | None = None
    failure: Failed | None = None
    doctor: DiagnosisTiming = field(init=False)
    taken: int = 0
    """Steps that the run says at its end that it took: not all of them need have come through."""
    skipped: int = 0
    """Steps thrown away, of those that came through."""
    measured_steps: int | None = None
    """Steps whose gradients were measured, where somebody has counted them."""
    metrics: Metrics = field(default_factory=dict)
    """What the program has logged so far."""
    together: OptimizerMerge = field(default_factory=OptimizerMerge)
    _lag: float = 0.0
    _guess: Guess | None = None
    _guessed_at: int = 0
    _guessed_of: RunInfo | None = None
    _marks: deque[tuple[float, int]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.doctor = DiagnosisTiming(self.ask)
        self.judge = RemedyJudge()
        self._line = Line()
        setup = treated(self.scenario, self.start.remedies)
        self._plain = setup.model.norm != "spectral"  # of which the layout shows nothing

    @property
    def info(self) -> RunInfo | None:
        return self.history.info if self.history is not None else None

    @property
    def layout(self) -> Layout | None:
        return self.history.layout if self.history is not None else None

    @property
    def facts(self) -> Facts | None:
        return self.history.facts() if self.history is not None else None

    @property
    def over(self) -> bool:
        return self.state in OVER

    @property
    def live_step(self) -> int:
        """The newest, measured or not."""
        return self.history.taken - 1 if self.history is not None else -1

    def hear(self, event: Event) -> None:
        """Take in an event of this run."""
        match event:
            case Building(what=what):
                self.state = "loading" if "import" in what else "building"
                self.progress = what
            case Started(layout=layout, info=info):
                self.state, self.progress = "running", ""
                # A record in which nothing was seen has nothing in its layout.
                seen = layout.tensors or info.logged is not None
                self.history = History(layout, info) if seen else None
                self.failure = None
                self.together, self.skipped = OptimizerMerge(), 0
                self.measured_steps = None
                self._marks.clear()
            case NonFiniteSeen(snapshot=snapshot):
                # The snapshot itself may have been dropped on the way; where it showed must not.
                if self.history is not None and self.history.first_nonfinite is None:
                    self.history.first_nonfinite = snapshot.nonfinite
            case Paused():
                self.state = "paused"
                self._marks.clear()
            case Resumed():
                self.state = "running"
                self._marks.clear()
            case Ended(reason=reason, step=step):
                self.taken = step
                self.state = reason if reason in ("finished", "detached") else "stopped"
            case Failed():
                self.state, self.progress, self.failure = "failed", "", event

    def add(
        self,
        snapshots: Iterable[Snapshot],
        now: float,
        scalars: ScalarSeries | None = None,
        measured_steps: int | None = None,
        lag: float = 0.0,
        extremes: Extremes | None = None,
    ) -> bool:
        """Keep the snapshots of this run, and the scalars of every step; True where there were any."""
        history = self.history
        if history is None:
            return False
        before = self.live_step
        measured = history.latest.step if history.latest is not None else -1
        for snapshot in snapshots:
            if snapshot.run == self.start.run and snapshot.step > measured:
                history.append(snapshot)
                self.skipped += snapshot.skipped
                measured = snapshot.step
        if scalars is not None:
            history.follow(scalars)
        if extremes is not None:
            history.extremes.merge(extremes)
        if measured_steps is not None:
            self.measured_steps = measured_steps
        step = self.live_step
        if step == before:
            return False
        self._marks.append((now, step))
        self._lag = lag
        while len(self._marks) > 2 and now - self._marks[0][0] > WINDOW:
            self._marks.popleft()
        return True

    @property
    def same_loss(self) -> bool:
        """Other data are other targets, whose loss is no measure for the untreated ones."""
        on = [self.scenario.remedies[index] for index in self.start.remedies]
        return not any("data" in remedy.set for remedy in on)

    def guess(self, facts: Facts) -> Guess | None:
        """What the loss would be if nothing were learned; what the first steps say of that is looked at
        again once there are twice as many."""
        if len(facts) >= 2 * self._guessed_at or facts.info is not self._guessed_of:
            self._guess, self._guessed_of = guess_of(facts), facts.info
            self._guessed_at = max(len(facts), 1)
        return self._guess

    def theory(self, facts: Facts, now: float) -> Theory:
        """What theory says about the weights at the end of `facts`, renewed seldom."""
        return self._line.look(facts, now, plain=self._plain)

    @property
    def measured(self) -> Measured:
        """How the newest gradients were come by."""
        latest = self.history.latest if self.history is not None else None
        if latest is None:
            return Measured()
        facts = self.facts
        count = int(facts.optimizer.max()) + 1 if facts is not None and several(facts) else 1
        return Measured(latest.stage, latest.backwards, count, self.skipped)

    @property
    def steps_per_s(self) -> float:
        """Over the last seconds of running; NaN while nothing is known."""
        if len(self._marks) < 2:
            return float("nan")
        (began, first), (ended, last) = self._marks[0], self._marks[-1]
        return (last - first) / (ended - began) if ended > began else float("nan")

    @property
    def overhead(self) -> float:
        """The monitor's share of the time of the latest steps, 0..1."""
        facts = self.facts
        if facts is None or not len(facts):
            return float("nan")
        seconds = float(np.sum(facts.seconds[-OVERHEAD_STEPS:]))
        return float(np.sum(facts.overhead[-OVERHEAD_STEPS:])) / seconds if seconds else np.nan

    def age(self, now: float) -> float:
        """Seconds since the newest step; 0 where the run is not under way."""
        if self.state != "running" or not self._marks:
            return 0.0
        return max(now - self._marks[-1][0], 0.0) + self._lag

    def histograms_at(self, step: int) -> tuple[int, U32Array] | None:
        """The newest histograms not after `step`."""
        if self.history is None:
            return None
        if len(self.history) and several(self.history.facts()):
            return histograms_together(self.history.histograms, step)
        for at in reversed(self.history.histograms):
            if at <= step:
                return at, self.history.histograms[at]
        return None

    def histograms_until(self, step: int) -> tuple[tuple[int, U32Array], ...]:
        """All that are kept, up to `step`, in order."""
        kept = self.history.histograms if self.history is not None else {}
        return tuple(item for item in sorted(kept.items(), key=_step) if item[0] <= step)


def _step(item: tuple[int, U32Array]) -> int:
    return item[0]
