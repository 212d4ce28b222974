"""The training loop itself, the same for the lab's thread and for headless checks."""

from collections.abc import Callable

from gradtui.core.event import Ended, NonFiniteSeen
from gradtui.core.snapshot import Snapshot
from gradtui.stream.ports import Sink
from gradtui.training.run import Run

AFTERMATH = 12
"""A run ends when so many steps in a row were non-finite: nothing comes back from there."""


def train(run: Run, sink: Sink, steps: int, go_on: Callable[[], bool]) -> None:
    """Step until `steps` are taken, `go_on` (asked before each step) says no, or all is NaN."""
    watch = Watch(run.run, sink)
    while run.step_number < steps and not watch.lost:
        if not go_on():
            break
        run.step()
        for snapshot in run.ready():
            watch.see(snapshot)
    for snapshot in run.ready(wait=True):
        watch.see(snapshot)
    whole = "finished" if run.step_number >= steps else "stopped"
    reason = "nonfinite" if watch.lost else whole
    sink.tell(Ended(run.run, run.step_number, reason))


class Watch:
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
