"""Several recorded runs, each followed as it grows or read once where it is over."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from gradtui.app.render.overlaid_run import OverlaidRun
from gradtui.app.run_state import RunState
from gradtui.app.view import View
from gradtui.core.control import Start
from gradtui.core.errors import GradtuiError
from gradtui.core.stretch import Stretch
from gradtui.core.text import printable
from gradtui.lab.scenario.schema import Scenario
from gradtui.runstore.files.reading import any_numbers, in_a_sentence
from gradtui.runstore.reader.step_stretch import StretchReader
from gradtui.runstore.writer.ports import Source


@dataclass(frozen=True, slots=True)
class RunToFollow:
    """A run in `directory`, or why it cannot be read."""

    name: str
    directory: Path
    scenario: Scenario
    """What stands in a scenario's place: its command line."""
    reader: Callable[[], Source]
    """Raises GradtuiError where it cannot be read."""


class FollowedRun:
    """One of them. Whatever is wrong with it is a sentence, and the others go on."""

    def __init__(self, place: int, what: RunToFollow) -> None:
        self.what = what
        self.place = place
        self.trouble = ""
        self.read = False
        """Whether its past has been taken in."""
        self.changed = True
        self._source: Source | None = None
        self._state = RunState(Start(1, what.scenario.name), what.scenario)
        self._stretches = StretchReader(what.directory)
        self._drawn = OverlaidRun(place, what.name)

    @property
    def live(self) -> bool:
        """Whether more may come of it."""
        return not self.trouble and not self._state.over

    @property
    def last_step(self) -> int:
        return self._state.live_step

    def poll(self, now: float) -> None:
        """Take in what has come."""
        if not self.live:
            return
        try:
            with in_a_sentence(self.what.directory), any_numbers():
                self._take(now)
        except GradtuiError as error:
            # Its folder is known, and the sentence has no more room than a line.
            self.trouble = str(error).replace(f"{printable(str(self.what.directory))}/", "")
            self.changed = True
        self.read = True

    def _take(self, now: float) -> None:
        if self._source is None:
            self._source = self.what.reader()
        state, delivery = self._state, self._source.poll()
        for event in delivery.events:
            state.hear(event)
            self.changed = True
        self.changed |= state.add(
            delivery.snapshots,
            now,
            delivery.scalars,
            delivery.measured,
            delivery.lag,
            delivery.extremes,
        )
        if delivery.metrics is not None:
            state.metrics, self.changed = delivery.metrics, True

    def drawn(self, now: float, look: View) -> OverlaidRun:
        """As it is drawn, in the characters of `look`."""
        if not self.changed:
            return self._drawn
        state, facts = self._state, self._state.facts
        view = None
        self.changed = False
        if facts is not None and len(facts):
            view = replace(
                look,
                state=state.state,
                info=state.info,
                layout=state.layout,
                facts=state.together.fill(facts),
                metrics=state.metrics,
                diagnosis=state.doctor.look(facts, now),
                live_step=state.live_step,
                mode="attach",
            )
            self.changed = state.doctor.behind
        self._drawn = OverlaidRun(self.place, self.what.name, state.state, view, self.trouble)
        return self._drawn

    def stretch(self, first: int, last: int) -> Stretch | None:
        """All its steps from one to another, where there is a record of them."""
        with suppress(GradtuiError), in_a_sentence(self.what.directory), any_numbers():
            return self._stretches.read(max(first, 0), last)
        return None

    def close(self) -> None:
        if self._source is not None:
            self._source.close()


class FollowedRuns:
    """All of them, in the order in which they were named."""

    def __init__(self, runs: Sequence[RunToFollow], look: View) -> None:
        self.runs = [FollowedRun(place, run) for place, run in enumerate(runs)]
        self.look = look

    def poll(self, now: float) -> bool:
        """Take in what has come, of one that has not been read yet at a time: a long past takes a while, and
        keys are not to wait for all of them. True where something has changed."""
        unread = [run for run in self.runs if not run.read and run.live]
        for run in unread[:1] or self.runs:
            run.poll(now)
        return any(run.changed for run in self.runs)

    def drawn(self, now: float) -> tuple[OverlaidRun, ...]:
        return tuple(run.drawn(now, self.look) for run in self.runs)

    def close(self) -> None:
        for run in self.runs:
            run.close()
