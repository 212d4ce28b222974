"""A `Source` that plays a recorded run again, at its own pace or another."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from gradtui.core.control import Control, Pause, Resume, SetPace, Start, StepOnce
from gradtui.core.ending import BREAKS_OFF, ending_sentences
from gradtui.core.event import Ended, Event, Failed, NonFiniteSeen, Paused, Resumed, Started
from gradtui.core.layout import FloatArray
from gradtui.core.scalar_series import ScalarSeries
from gradtui.core.snapshot import Snapshot
from gradtui.runstore.format.block import aligned, snapshots_of
from gradtui.runstore.format.event_json import event_from
from gradtui.runstore.ranks.process_status import RUNNING
from gradtui.runstore.reader.ending import ending_of
from gradtui.runstore.reader.load import load
from gradtui.runstore.reader.metrics import metrics_of
from gradtui.runstore.reader.scalar_files import extremes_of, measured_steps, scalars_of
from gradtui.runstore.writer.ports import Delivery

MOST = 1536
"""Steps that are played; of a longer run evenly spaced ones."""
LONGEST_GAP = 1.0
"""Seconds: a night in which nothing happened is not waited for."""


class Replay:
    """Delivers the steps of a run that is over as time goes by.

    Understands Pause, Resume, StepOnce, SetPace (steps a second; 0 = all at once) and `Start`, which
    begins again under the number that it names. Raises GradtuiError on construction where the
    directory holds no run.
    """

    def __init__(
        self,
        directory: Path | str,
        *,
        run: int = 1,
        speed: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`speed` counts in recorded seconds a second."""
        self._directory = Path(directory)
        self._loaded = load(directory, histograms=True)
        self._block = aligned(self._loaded.block, MOST, 64)
        self._steps = self._block.steps
        known = [rank for rank in self._loaded.ranks if rank.layout is not None]
        self._every, self._measured = scalars_of(known), measured_steps(known)
        self.extremes = extremes_of(known)
        self._metrics = metrics_of(known)
        self._clock = clock
        self._run = run
        with np.errstate(invalid="ignore", over="ignore"):  # a damaged file has any times
            gaps = np.diff(np.asarray(self._block.scalars["time"], np.float64))
        gaps = np.clip(np.nan_to_num(gaps), 0.0, LONGEST_GAP)
        recorded = np.append(0.0, np.cumsum(gaps))
        self._recorded: FloatArray = recorded[: len(self._steps)]
        self._due: FloatArray = self._recorded
        self._pace = speed
        self._next = self._wanted = 0
        self._paused = self._over = False
        self._at = self._then = 0.0
        self._events: list[Event] = []
        self._restart()

    @property
    def position(self) -> int:
        """The last step delivered, -1 before the first."""
        return int(self._steps[self._next - 1]) if self._next else -1

    @property
    def last_step(self) -> int:
        return int(self._steps[-1]) if len(self._steps) else -1

    @property
    def duration(self) -> float:
        """Recorded seconds that it takes to be played, pauses shortened."""
        return float(self._recorded[-1]) if len(self._recorded) else 0.0

    @property
    def last_taken(self) -> int:
        """The run's last step, which need not have been measured."""
        return max(self.last_step, self._every.taken - 1)

    def poll(self) -> Delivery:
        now = self._clock()
        if not self._paused:
            self._at += (now - self._then) * self._pace
        self._then = now
        begin = self._next
        if not self._paused:
            upto = int(np.searchsorted(self._due, self._at, side="right"))
            self._next = max(self._next, upto)
        self._next = min(max(self._next, self._wanted), len(self._steps))
        events, self._events = self._events, []
        snapshots = self._between(begin, self._next)
        events += [NonFiniteSeen(self._run, s) for s in snapshots if s.nonfinite is not None]
        if self._next == len(self._steps) and not self._over:
            self._over = True
            events.append(self._ending())
        scalars = self._scalars(begin)
        measured = int(np.searchsorted(self._measured, self.position, side="right"))
        metrics = self._metrics if any(isinstance(e, Started) for e in events) else None
        extremes = None
        if self.extremes is not None and begin != self._next:
            extremes = self.extremes if self._over else self.extremes.until(self.position)
        return Delivery(
            tuple(events),
            tuple(snapshots),
            0,
            scalars,
            measured,
            metrics=metrics,
            extremes=extremes,
        )

    def send(self, control: Control) -> str:
        match control:
            case Pause() if not self._paused:
                self._paused = True
                self._events.append(Paused(self._run, self.position))
            case Resume() if self._paused:
                self._paused = False
                self._anchor()
                self._events.append(Resumed(self._run))
            case StepOnce():
                if not self._paused:
                    self.send(Pause())
                self._wanted = self._next + 1
            case SetPace(steps_per_s=pace):
                self._due = self._steps.astype(np.float64)
                self._pace = pace or 1e18
                self._anchor()
            case Start(run=run):
                self._run = run
                self._restart()
            case _:
                return "This is a record: there is no training to ask."
        return ""

    def seek(self, step: int) -> None:
        """Go to a step. Backwards the run begins anew: `Started` comes again, then the past."""
        target = int(np.searchsorted(self._steps, step, side="right"))
        if target < self._next:
            paused = self._paused
            self._restart()
            if paused:
                self._paused = True
                self._events.append(Paused(self._run, step))
        self._wanted = target
        self._at = float(self._due[target - 1]) if target else 0.0
        self._then = self._clock()

    def set_speed(self, speed: float) -> None:
        """Play so many recorded seconds a second."""
        self._due, self._pace = self._recorded, speed
        self._anchor()

    def close(self) -> None:
        """Nothing is held open."""

    def _restart(self) -> None:
        self._next = self._wanted = 0
        self._paused = self._over = False
        self._events = [Started(self._run, self._loaded.layout, self._loaded.info)]
        self._anchor()

    def _anchor(self) -> None:
        """Let time go on from where the play is."""
        at = max(self._next - 1, 0)
        self._at = float(self._due[at]) if len(self._due) else 0.0
        self._then = self._clock()

    def _between(self, begin: int, end: int) -> list[Snapshot]:
        if begin >= end:
            return []
        first = self._loaded.first_nonfinite
        seen = {first.step: first} if first is not None else None
        return snapshots_of(self._block.take(slice(begin, end)), self._run, seen)

    def _scalars(self, begin: int) -> ScalarSeries | None:
        """Of the steps from the one before `begin` to the last that was delivered; behind the last that
        was measured come all others."""
        if begin == self._next:
            return None
        first = int(self._steps[begin - 1]) if begin else -1
        over = self._next == len(self._steps)
        upto = self._every if over else self._every.until(self.position)
        return upto.take(upto.steps > first)

    def _ending(self) -> Event:
        """How the run ended: its failure before everything else, then what ended the command."""
        loaded = self._loaded
        told = [event_from(e, self._run) for e in loaded.events]
        failed = next((e for e in told if isinstance(e, Failed)), None)
        if failed is not None:
            return failed
        running = loaded.status.state == RUNNING
        end = ending_of(self._directory, loaded.events, running=running)
        if end.code or not end.whole:
            sentences = ending_sentences(end) or (BREAKS_OFF,)
            return Failed(self._run, self.last_step, "; ".join(sentences), "")
        ended = next((e for e in told if isinstance(e, Ended)), None)
        return ended or Ended(self._run, self.last_step + 1, "finished")
