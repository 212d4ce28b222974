"""A program run under the watcher that `gradtui run` uses, its record kept in memory."""

import tempfile
import warnings
from contextlib import ExitStack
from math import inf
from pathlib import Path
from unittest import mock

import torch

import gradtui
from gradtui.core.event import Event, Started
from gradtui.core.facts import Facts
from gradtui.core.history import History
from gradtui.core.snapshot import Snapshot
from gradtui.instrument import budget
from gradtui.instrument.watcher import Watcher
from gradtui.runstore.format.scalar_rows import ScalarRows
from gradtui.runstore.reader.load import load_facts
from tests.verdicts.case import Program

UNBOUNDED = inf
"""Every step is measured: how much time there was for it on a busy machine is not what is judged."""


class Keeper:
    """A sink that collects what the doctor will be shown; a new layout begins a new record."""

    def __init__(self) -> None:
        self.history: History | None = None
        self.log: list[str] = []

    def put(self, snapshot: Snapshot) -> None:
        assert self.history is not None
        self.history.append(snapshot)

    def follow(self, steps: ScalarRows) -> None:
        raise AssertionError("every step is to be measured")

    def tell(self, event: Event) -> None:
        if not isinstance(event, Started):
            return
        if self.history is not None and self.history.layout == event.layout:
            self.history.info = event.info  # more is known of the same run
        else:
            self.history = History(event.layout, event.info)


def record(program: Program, seed: int) -> History:
    torch.manual_seed(seed)
    keeper = Keeper()
    watcher = Watcher(keeper, overhead=UNBOUNDED, log=keeper.log.append)
    try:
        with warnings.catch_warnings(), torch.autograd.set_detect_anomaly(False):
            warnings.simplefilter("ignore")  # a scaler without CUDA, a scheduler before a step
            program(seed)
    finally:
        watcher.close()
    assert keeper.log == [], keeper.log
    assert keeper.history is not None, "no step was seen"
    return keeper.history


def recorded(program: Program, seed: int, overhead: float) -> Facts:
    """What a reader finds in the run directory of a program that was watched within a budget, a share of
    its time, with no free start."""
    torch.manual_seed(seed)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        stack.enter_context(mock.patch.object(budget, "ALLOWANCE", 0.0))
        with warnings.catch_warnings(), torch.autograd.set_detect_anomaly(False):
            warnings.simplefilter("ignore")
            watch = gradtui.watch(directory=Path(folder) / "run", overhead=overhead)
            try:
                program(seed)
            finally:
                watch.close()
        log = Path(folder) / "run" / "watch.log"
        assert not log.exists(), log.read_text()
        return load_facts(Path(folder) / "run")
