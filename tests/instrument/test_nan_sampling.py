"""Steps between two records are looked at: a NaN is seen in the step in which it is born."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradtui.core.snapshot import NonFinite
from gradtui.instrument import budget, nan_sampling
from gradtui.instrument.budget import Ledger
from gradtui.instrument.watcher import Watcher
from tests.instrument.kept import Kept

EVERY = 64
"""Steps between two records in these tests."""
BIRTH = 150

Harm = Callable[[Tensor], Tensor]


@pytest.fixture(autouse=True)
def rare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records come every so many steps, and a look is always cheap enough, whatever the machine."""
    monkeypatch.setattr(budget, "ALLOWANCE", 0.0)
    monkeypatch.setattr(budget, "_every", lambda cost, room: EVERY)
    monkeypatch.setattr(budget.Budget, "_fitting", lambda self, *given: EVERY)
    monkeypatch.setattr(budget.Budget, "_plan_between", lambda self, *given: 0.0)
    monkeypatch.setattr(Ledger, "pace", property(lambda self: 1.0))


@pytest.fixture
def sink() -> Iterator[Kept]:
    kept = Kept()
    yield kept
    assert kept.log == []


class Net(nn.Module):
    """Something happens between its layers at step BIRTH."""

    def __init__(self, harm: Harm) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(4, 8), nn.Linear(8, 1)
        self.harm = harm
        self.step = 0

    def forward(self, x: Tensor) -> Tensor:
        x = torch.tanh(self.first(x))
        return self.last(self.harm(x) if self.step == BIRTH else x)


def trained(sink: Kept, harm: Harm, steps: int = BIRTH + 40, **options: Any) -> NonFinite | None:
    watcher = Watcher(sink, log=sink.log.append, **options)
    torch.manual_seed(0)
    net = Net(harm)
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    for net.step in range(steps):
        optimizer.zero_grad()
        net(torch.randn(16, 4)).square().mean().backward()
        optimizer.step()
    watcher.close()
    found = [s.nonfinite for s in sink.snapshots if s.nonfinite is not None]
    return found[0] if found else None


def log_of_zero(x: Tensor) -> Tensor:
    return torch.log(x * 0)


def root_of_zero(x: Tensor) -> Tensor:
    """Sound forwards; backwards the slope is infinite, times zero."""
    return torch.sqrt(x * 0)


@pytest.mark.parametrize(("harm", "phase"), [(log_of_zero, "forward"), (root_of_zero, "backward")])
def test_a_birth_between_two_records_is_seen_in_its_step(
    sink: Kept, harm: Harm, phase: str
) -> None:
    seen = trained(sink, harm)
    steps = [snapshot.step for snapshot in sink.snapshots]
    assert BIRTH - 1 not in steps  # nothing was recorded just before
    assert seen is not None
    assert (seen.step, seen.phase) == (BIRTH, phase)
    assert seen.autopsy is not None
    assert (seen.autopsy.phase, seen.autopsy.reproduced) == (phase, True)


def test_without_calls_the_step_is_right_all_the_same(
    sink: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nan_sampling, "GUESS", 1e12)
    seen = trained(sink, log_of_zero)
    assert seen is not None
    assert (seen.step, seen.phase) == (BIRTH, "forward")
    assert seen.autopsy is not None
    assert not seen.autopsy.reproduced


def test_where_a_look_is_too_dear_the_next_loss_tells(
    sink: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nan_sampling, "GUESS", 1e12)
    monkeypatch.setattr(nan_sampling, "IN_PASSING", 1e12)
    seen = trained(sink, root_of_zero, steps=BIRTH + EVERY)
    assert seen is not None
    assert (seen.step, seen.phase) == (BIRTH, "weights")
    assert seen.autopsy is not None
    assert (seen.autopsy.step, seen.autopsy.phase) == (BIRTH, "weights")
    assert seen.autopsy.tensor == "first.weight"


def test_a_birth_after_the_last_record_is_told_at_the_end(
    sink: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nan_sampling, "GUESS", 1e12)
    monkeypatch.setattr(nan_sampling, "IN_PASSING", 1e12)
    seen = trained(sink, root_of_zero, steps=BIRTH + 1)
    assert seen is not None
    assert (seen.step, seen.phase) == (BIRTH, "weights")
    assert sink.snapshots[-2].step < BIRTH


def test_a_loss_that_is_lost_is_looked_into_however_dear_a_look_is(
    sink: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nan_sampling, "GUESS", 1e12)
    monkeypatch.setattr(nan_sampling, "IN_PASSING", 1e12)
    seen = trained(sink, log_of_zero, steps=BIRTH + EVERY)
    assert seen is not None
    assert (seen.step, seen.phase) == (BIRTH, "forward")
    assert seen.autopsy is not None
    assert (seen.autopsy.operation, seen.autopsy.reproduced) == ("log", False)


def test_a_healthy_run_is_recorded_no_more_often(sink: Kept) -> None:
    assert trained(sink, lambda x: x, steps=400) is None
    steps = [snapshot.step for snapshot in sink.snapshots]
    gaps = {b - a for a, b in pairwise(steps[3:-1])}  # the last step is in full in any case
    assert gaps == {EVERY}


def test_false_suspicions_end(sink: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """Finite numbers whose sum is not: a few steps are looked at for nothing, and no more."""
    monkeypatch.setattr(nan_sampling, "_broken", lambda tensors: True)
    assert trained(sink, lambda x: x, steps=400) is None
    steps = [snapshot.step for snapshot in sink.snapshots]
    odd = [b for a, b in pairwise(steps[3:]) if b - a != EVERY]
    assert 0 < len(odd) <= 2 * nan_sampling.FALSE
