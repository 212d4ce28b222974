"""The lab: one daemon thread that trains whatever scenario it is told to, alone or beside its twin.

Twins take their steps in turn in the one thread: both on the same core at the same time, so that what
a step costs can be compared, and neither draws from torch's own random numbers, so that each is to
the bit the run that it would be alone.

Importing this module does not import torch; the thread does, so that the first frame need not wait.
"""

import os
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import replace
from queue import SimpleQueue
from typing import TYPE_CHECKING

from gradtui.core.collection import without_collections
from gradtui.core.control import Control, Start
from gradtui.core.errors import GradtuiError
from gradtui.core.event import Building, Failed, Resumed, Started
from gradtui.lab.scenario.schema import Scenario
from gradtui.lab.training_control import TrainingControl
from gradtui.runstore.writer.mailbox import Mailbox
from gradtui.runstore.writer.ports import Delivery

if TYPE_CHECKING:
    from gradtui.lab.loop import Training

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
        self._control = TrainingControl(self._controls, self._mailbox)
        self._held: dict[int, Training] = {}
        """By number: the run that is trained, and its twin."""

    @property
    def pids(self) -> tuple[int, ...]:
        """The process that trains."""
        return (os.getpid(),)

    def poll(self) -> Delivery:
        return self._mailbox.poll()

    def send(self, control: Control) -> str:
        self._controls.put(control)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="gradtui-trainer", daemon=True)
            self._thread.start()
        return ""

    def close(self) -> None:
        """Ask the thread to end after the step under way; does not wait for it."""
        self._controls.put(None)

    def join(self, timeout: float) -> bool:
        """Wait for the thread to end; True when it has."""
        if self._thread is not None:
            self._thread.join(timeout)
        return self._thread is None or not self._thread.is_alive()

    def _work(self) -> None:
        while not self._control.closed:
            start = self._control.next_start()
            if start is not None:
                self._train(start)
        for training in self._held.values():
            training.close()

    def _train(self, start: Start) -> None:
        """Train a run, with its twin beside it, until it is over or something else is wanted."""
        twin = start.beside
        self._let_go_but({start.run} if twin is None else {start.run, twin.run})
        main = self._take_up(start)
        beside = self._take_up(twin) if main is not None and twin is not None else None
        if main is None:
            return
        while not main.over and self._control.go_on(main.number, main.step_number):
            self._do(main, main.step)
            if beside is not None and not beside.over and beside.step_number < main.step_number:
                self._do(beside, beside.step)
        if not self._control.superseded():
            self._do(main, main.end)
        if beside is not None:
            self._do(beside, lambda: beside.pass_on(wait=True))

    def _let_go_but(self, wanted: set[int]) -> None:
        for number in self._held.keys() - wanted:
            training = self._held.pop(number)
            self._do(training, training.end)

    def _take_up(self, start: Start) -> "Training | None":
        """The run of that number, from where it is, or built; None where that failed or is no longer
        wanted."""
        control, mailbox = self._control, self._mailbox
        held = self._held.get(start.run)
        if held is not None:
            if not held.over:
                mailbox.tell(Resumed(start.run))
            return held
        try:
            mailbox.tell(Building(start.run, "importing torch"))
            with nullcontext() if "torch" in sys.modules else without_collections():
                import torch

                with suppress(ImportError):
                    import torch._dynamo  # which the first optimizer would import

                from gradtui.lab.loop import Training
                from gradtui.lab.run import Run
                from gradtui.lab.scenario.overlay import treated

            # These nets are small: a second thread costs more in hand-over than it brings, and
            # the screen needs a core too.
            torch.set_num_threads(1)
            scenario = self._catalogue[start.scenario]
            setup = treated(scenario, start.remedies)
            mailbox.tell(Building(start.run, f"building {setup.model.kind} of {setup.model.depth}"))
            if control.superseded():
                return None
            steps = scenario.steps * self._stretch
            run = Run(scenario, setup, run=start.run, seed=start.seed, device=self._device)
            run.info = replace(run.info, steps=steps)
            mailbox.tell(Started(start.run, run.layout, run.info))
            held = self._held[start.run] = Training(run, mailbox, steps)
        except BaseException as error:
            self._tell(error, start.run, 0)
        return held

    def _do(self, training: "Training", act: Callable[[], object]) -> None:
        """Whatever it raises is told, never lost, and ends the training."""
        try:
            act()
        except BaseException as error:
            training.close()
            self._tell(error, training.number, training.step_number)

    def _tell(self, error: BaseException, run: int, step: int) -> None:
        message = str(error) if isinstance(error, GradtuiError) else _explain(error)
        self._mailbox.tell(Failed(run, step, message, traceback.format_exc()))


def _explain(error: BaseException) -> str:
    try:
        from gradtui.lab.failure import explain
    except ImportError:
        return f"torch could not be imported: {error}"
    return explain(error)
