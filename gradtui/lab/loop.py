"""A run on its way: stepped, listened to and ended, the same for the lab and for headless checks."""

from collections.abc import Callable

from gradtui.core.event import Ended, NonFiniteSeen
from gradtui.core.snapshot import Snapshot
from gradtui.lab.run import Run
from gradtui.runstore.writer.ports import Sink

AFTERMATH = 12
"""A run ends when so many steps in a row were non-finite: nothing comes back from there."""


def train(run: Run, sink: Sink, steps: int, go_on: Callable[[], bool]) -> None:
    """Step until `steps` are taken, `go_on` (asked before each step) says no, or all is NaN."""
    training = Training(run, sink, steps)
    while not training.over and go_on():
        training.step()
    training.end()


class Training:
    """Takes a run to `steps` steps at most; passes its snapshots on, and tells of its end once."""

    def __init__(self, run: Run, sink: Sink, steps: int) -> None:
        self._run = run
        self._steps = steps
        self._watch = RunWatch(run.run, sink)
        self._sink = sink
        self.over = False

    @property
    def number(self) -> int:
        return self._run.run

    @property
    def step_number(self) -> int:
        """The step that is taken next."""
        return self._run.step_number

    def step(self) -> None:
        """One step more; the last one ends the training."""
        self._run.step()
        self.pass_on()
        if self._watch.lost or self.step_number >= self._steps:
            self.end()

    def pass_on(self, *, wait: bool = False) -> None:
        """Hand over the snapshots that have arrived; all outstanding ones where `wait`."""
        for snapshot in self._run.ready(wait=wait):
            self._watch.see(snapshot)

    def end(self) -> None:
        """Nothing more comes after this."""
        if self.over:
            return
        self.close()
        self.pass_on(wait=True)
        whole = "finished" if self.step_number >= self._steps else "stopped"
        reason = "nonfinite" if self._watch.lost else whole
        self._sink.tell(Ended(self.number, self.step_number, reason))

    def close(self) -> None:
        """Take no more steps, and say nothing."""
        self.over = True
        self._run.close()


class RunWatch:
    """Passes snapshots on, tells of the first non-finite one, and counts how long it lasts."""

    def __init__(self, run: int, sink: Sink) -> None:
        self._run = run
        self._sink = sink
        self._told = False
        self._in_a_row = 0

    @property
    def lost(self) -> bool:
        return self._in_a_row >= AFTERMATH

    def see(self, snapshot: Snapshot) -> None:
        self._sink.put(snapshot)
        if snapshot.nonfinite is None:
            self._in_a_row = 0
            return
        self._in_a_row += 1
        if not self._told:
            self._told = True
            self._sink.tell(NonFiniteSeen(self._run, snapshot))
