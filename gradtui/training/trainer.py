"""The lab: one daemon thread that trains whatever scenario it is told to, one at a time.

Importing this module does not import torch; the thread does, so that the first frame need not wait.
"""

import threading
import traceback
from collections.abc import Mapping
from dataclasses import replace
from queue import SimpleQueue

from gradtui.core.control import Control, Start
from gradtui.core.errors import GradtuiError
from gradtui.core.event import Building, Failed, Started
from gradtui.scenario.schema import Scenario
from gradtui.stream.mailbox import Mailbox
from gradtui.stream.ports import Delivery
from gradtui.training.gate import Gate

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
