"""A whole run without a screen."""

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from gradtui.core.errors import TrainingError
from gradtui.core.event import Ended, Event, Failed
from gradtui.core.history import History
from gradtui.core.snapshot import Snapshot
from gradtui.scenario.overlay import treated
from gradtui.scenario.schema import Scenario
from gradtui.training.failure import explain
from gradtui.training.loop import train
from gradtui.training.run import Run


@dataclass(frozen=True, slots=True)
class Outcome:
    history: History
    ended: Ended | Failed
    seconds: float
    """Wall time of the training alone, without building model and data."""


class _Collector:
    """A sink that keeps everything."""

    def __init__(self, history: History, on_step: Callable[[History], None] | None) -> None:
        self.history = history
        self.ended: Ended | Failed | None = None
        self._on_step = on_step

    def put(self, snapshot: Snapshot) -> None:
        self.history.append(snapshot)
        if self._on_step is not None:
            self._on_step(self.history)

    def tell(self, event: Event) -> None:
        if isinstance(event, Ended):
            self.ended = event


def run_headless(
    scenario: Scenario,
    remedies: tuple[int, ...] = (),
    *,
    device: str = "auto",
    seed: int | None = None,
    steps: int | None = None,
    on_step: Callable[[History], None] | None = None,
) -> Outcome:
    """Train `scenario` with `remedies` (indices) applied, to its own end or for `steps` steps.

    A run that cannot be built raises TrainingError; one that raises later comes back as Failed,
    with the history up to there.
    """
    setup = treated(scenario, remedies)
    try:
        run = Run(scenario, setup, seed=seed, device=device)
    except TrainingError:
        raise
    except Exception as error:
        raise TrainingError(f"{scenario.name} could not be built: {explain(error)}") from error
    collector = _Collector(History(run.layout, run.info), on_step)
    began = time.perf_counter()
    try:
        train(run, collector, scenario.steps if steps is None else steps, lambda: True)
    except Exception as error:
        ended: Ended | Failed = Failed(0, run.step_number, explain(error), traceback.format_exc())
    else:
        assert collector.ended is not None
        ended = collector.ended
    return Outcome(collector.history, ended, time.perf_counter() - began)
