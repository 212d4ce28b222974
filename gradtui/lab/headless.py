"""Whole runs without a screen: one, or one under several treatments."""

import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gradtui.core.errors import TrainingError
from gradtui.core.event import Ended, Event, Failed
from gradtui.core.history import History
from gradtui.core.snapshot import Snapshot
from gradtui.lab.failure import explain
from gradtui.lab.loop import Training
from gradtui.lab.run import Run
from gradtui.lab.scenario.overlay import treated
from gradtui.lab.scenario.schema import Scenario
from gradtui.runstore.format.scalar_rows import ScalarRows


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

    def follow(self, steps: ScalarRows) -> None:
        """Nothing: every step is measured."""

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
    run = _Running(scenario, remedies, device, seed, steps, on_step)
    while not run.over:
        run.step()
    return run.outcome()


def train_together(
    scenario: Scenario,
    treatments: Sequence[tuple[int, ...]],
    *,
    device: str = "auto",
    seed: int | None = None,
    steps: int | None = None,
) -> list[Outcome | TrainingError]:
    """`scenario` under each of `treatments`, in their order: from one seed, on the same batches, and
    step by step in turn, so that what a step costs is measured for all at the same time.

    One that cannot be built is a TrainingError in its place.
    """
    runs: list[_Running | TrainingError] = []
    for remedies in treatments:
        try:
            runs.append(_Running(scenario, remedies, device, seed, steps))
        except TrainingError as error:
            runs.append(error)
    going = [run for run in runs if isinstance(run, _Running)]
    while going:
        for run in going:
            run.step()
        going = [run for run in going if not run.over]
    return [run.outcome() if isinstance(run, _Running) else run for run in runs]


class _Running:
    """A run that keeps everything, and what it raises."""

    def __init__(
        self,
        scenario: Scenario,
        remedies: tuple[int, ...],
        device: str,
        seed: int | None,
        steps: int | None,
        on_step: Callable[[History], None] | None = None,
    ) -> None:
        setup = treated(scenario, remedies)
        try:
            run = Run(scenario, setup, seed=seed, device=device)
        except TrainingError:
            raise
        except Exception as error:
            raise TrainingError(f"{scenario.name} could not be built: {explain(error)}") from error
        self._kept = _Collector(History(run.layout, run.info), on_step)
        self._training = Training(run, self._kept, scenario.steps if steps is None else steps)
        self._seconds = 0.0

    @property
    def over(self) -> bool:
        return self._kept.ended is not None

    def step(self) -> None:
        began = time.perf_counter()
        try:
            self._training.step()
        except Exception as error:
            self._training.close()
            self._kept.ended = Failed(
                0, self._training.step_number, explain(error), traceback.format_exc()
            )
        self._seconds += time.perf_counter() - began

    def outcome(self) -> Outcome:
        assert self._kept.ended is not None
        return Outcome(self._kept.history, self._kept.ended, self._seconds)
