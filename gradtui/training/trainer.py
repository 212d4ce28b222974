"""The lab: one daemon thread that trains whatever scenario it is told to, one at a time.

Importing this module does not import torch; the thread does, so that the first frame need not wait.
"""

import threading
import time
import traceback
from collections.abc import Mapping
from dataclasses import replace
from queue import Empty, SimpleQueue

from gradtui.core.control import Control, Pause, Resume, SetPace, Start, StepOnce, Stop
from gradtui.core.errors import GradtuiError
from gradtui.core.event import Building, Failed, Paused, Resumed, Started
from gradtui.scenario.schema import Scenario
from gradtui.stream.mailbox import Mailbox
from gradtui.stream.ports import Delivery

STRETCH = 10
"""On screen a run goes on for so many times the steps that a check takes: there is time to watch."""


class Lab:
    """A `Source` whose runs are trained in this process.

    The thread starts with the first control sent, takes controls between two steps, and outlives
    any exception of a run. It is a daemon: it never holds up the end of the process.
    """

    def __init__(
        self,
        catalogue: Mapping[str, Scenario],
        device: str = "auto",
        *,
        stretch: int = STRETCH,
        capacity: int | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._device = device
        self._stretch = stretch
        self._mailbox = Mailbox() if capacity is None else Mailbox(capacity)
        self._controls: SimpleQueue[Control | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._gate = Gate(self._controls, self._mailbox)

    def poll(self) -> Delivery:
        return self._mailbox.poll()

    def send(self, control: Control) -> None:
        self._controls.put(control)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="gradtui-trainer", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Ask the thread to end after the step under way; does not wait for it."""
        self._controls.put(None)

    def join(self, timeout: float) -> bool:
        """Wait for the thread to end; True when it has."""
        if self._thread is not None:
            self._thread.join(timeout)
        return self._thread is None or not self._thread.is_alive()

    def _work(self) -> None:
        while not self._gate.closed:
            start = self._gate.next_start()
            if start is not None:
                self._train(start)

    def _train(self, start: Start) -> None:
        """Build and train one run. Whatever it raises is told, never lost."""
        gate, mailbox = self._gate, self._mailbox
        step = 0
        try:
            mailbox.tell(Building(start.run, "importing torch"))
            import torch

            from gradtui.scenario.overlay import treated
            from gradtui.training.loop import train
            from gradtui.training.run import Run

            # These nets are small: a second thread costs more in hand-over than it brings, and
            # the screen needs a core too.
            torch.set_num_threads(1)
            scenario = self._catalogue[start.scenario]
            setup = treated(scenario, start.remedies)
            mailbox.tell(Building(start.run, f"building {setup.model.kind} of {setup.model.depth}"))
            if gate.superseded():
                return
            steps = scenario.steps * self._stretch
            run = Run(scenario, setup, run=start.run, seed=start.seed, device=self._device)
            run.info = replace(run.info, steps=steps)
            mailbox.tell(Started(start.run, run.layout, run.info))

            def go_on() -> bool:
                nonlocal step
                step = run.step_number
                return gate.go_on(start.run, step)

            train(run, mailbox, steps, go_on)
        except GradtuiError as error:
            mailbox.tell(Failed(start.run, step, str(error), traceback.format_exc()))
        except BaseException as error:
            mailbox.tell(Failed(start.run, step, _explain(error), traceback.format_exc()))


def _explain(error: BaseException) -> str:
    try:
        from gradtui.training.failure import explain
    except ImportError:
        return f"torch could not be imported: {error}"
    return explain(error)


class Gate:
    """Applies controls between two steps: pausing, pacing, ending, and what to train next."""

    def __init__(self, controls: "SimpleQueue[Control | None]", mailbox: Mailbox) -> None:
        self._controls = controls
        self._mailbox = mailbox
        self._next: Start | None = None
        self._paused = False
        self._stopping = False
        self._pace = 0.0
        self._due = 0.0
        self.closed = False

    def next_start(self) -> Start | None:
        """Wait for something to train; None when the lab is closed."""
        while self._next is None and not self.closed:
            self._apply(self._controls.get())
        start, self._next = self._next, None
        return start

    def superseded(self) -> bool:
        """True when a newer start, or the end, has been asked for meanwhile."""
        self._drain()
        return self.closed or self._next is not None

    def go_on(self, run: int, step: int) -> bool:
        """Asked before each step; returns when it may be taken (True) or the run is to end."""
        once = self._drain()
        if self._paused and not once:
            self._mailbox.tell(Paused(run, step))
        while not (self._ending or once) and self._paused:
            once = self._apply(self._controls.get())
            if not self._paused and not self._ending:
                self._mailbox.tell(Resumed(run))
        if not self._ending and not once:
            self._wait_for_pace()
        return not self._ending

    @property
    def _ending(self) -> bool:
        return self.closed or self._next is not None or self._stopping

    def _drain(self) -> bool:
        once = False
        while True:
            try:
                once = self._apply(self._controls.get_nowait()) or once
            except Empty:
                return once

    def _wait_for_pace(self) -> None:
        """Hold back to `_pace` steps a second; a control that comes meanwhile is applied at once."""
        now = time.monotonic()
        while self._pace and not self._ending and not self._paused and now < self._due:
            try:
                self._apply(self._controls.get(timeout=self._due - now))
            except Empty:
                break
            now = time.monotonic()
        self._due = max(self._due, now - 0.1) + 1 / self._pace if self._pace else 0.0

    def _apply(self, control: Control | None) -> bool:
        """Take note of one control; True for a single step."""
        match control:
            case None:
                self.closed = True
            case Start():
                self._next = control
                self._paused = False
                self._stopping = False
            case Stop():
                self._stopping = True
            case Pause():
                self._paused = True
            case Resume():
                self._paused = False
            case SetPace(steps_per_s):
                self._pace = steps_per_s
            case StepOnce():
                self._paused = True
                return True
        return False
