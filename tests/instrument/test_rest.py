"""While nothing is awaited a program runs what it would run without us, but that losses are noted,
and after it everything is back."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import nn

from gradtui.instrument import budget
from gradtui.instrument.watcher import Watcher
from tests.instrument.kept import Kept

BACKWARD = torch.autograd.backward
CALL = nn.Module.__call__
PLAIN = BACKWARD.__code__, CALL.__code__
"""What torch runs by itself."""


@pytest.fixture
def scarce(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "ALLOWANCE", 0.0)


@pytest.fixture
def watcher(scarce: None) -> Iterator[Watcher]:
    sink = Kept()
    watcher = Watcher(sink, overhead=1e-3, log=sink.log.append)
    yield watcher
    watcher.close()
    assert sink.log == []
    assert (BACKWARD.__code__, CALL.__code__) == PLAIN
    assert torch.autograd.backward is BACKWARD


class Training:
    """Says at each step whether we are there for all of it."""

    def __init__(self) -> None:
        self.net = nn.Linear(3, 2)
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=0.01)
        self.losses: list[float] = []

    def step(self) -> bool:
        """Whether calls of models are looked at."""
        seen = CALL.__code__ is not PLAIN[1]
        self.optimizer.zero_grad()
        loss = self.net(torch.randn(4, 3)).square().mean()
        loss.backward()
        self.optimizer.step()
        self.losses.append(loss.item())
        return seen

    def run(self, steps: int) -> list[bool]:
        return [self.step() for _ in range(steps)]


def snapshots(watcher: Watcher) -> list[Any]:
    sink = watcher._records.sink
    assert isinstance(sink, Kept)
    return sink.snapshots


def test_we_are_there_at_the_steps_that_are_recorded_and_at_no_other(watcher: Watcher) -> None:
    training = Training()
    seen = training.run(2000)
    steps = [snapshot.step for snapshot in snapshots(watcher)]
    assert 1 < len(steps) < 2000
    assert {step for step, looked in enumerate(seen) if looked} == set(steps)
    assert BACKWARD.__code__ is not PLAIN[0]  # losses are noted all the same


def to_rest(training: Training) -> None:
    """Until the step that comes is let through."""
    for _ in range(2000):
        training.step()
        if CALL.__code__ is PLAIN[1]:
            return
    pytest.fail("it never rests")


def soon(watcher: Watcher) -> None:
    """Have the next record be due in some steps."""
    for known in watcher._hooks.known.values():
        known.budget.left = min(known.budget.left, 5)


def test_closing_while_it_rests_leaves_nothing(watcher: Watcher) -> None:
    training = Training()
    to_rest(training)
    watcher.close()
    assert (BACKWARD.__code__, CALL.__code__) == PLAIN


def test_another_optimizer_ends_the_rest(watcher: Watcher) -> None:
    training = Training()
    to_rest(training)
    other = Training()
    assert other.step()
    assert snapshots(watcher)[-1].loss == pytest.approx(other.losses[-1])


def test_who_replaces_backward_meanwhile_is_left_and_losses_are_still_seen(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = Training()
    to_rest(training)
    calls = []

    def theirs(*args: Any, **kwargs: Any) -> None:
        calls.append(1)
        BACKWARD(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(torch.autograd, "backward", theirs)
        before = len(snapshots(watcher))
        for _ in range(3):
            soon(watcher)
            training.run(10)
        new = snapshots(watcher)[before:]
        assert len(new) >= 3
        assert len(calls) == 30
        assert [s.loss for s in new] == pytest.approx([training.losses[s.step] for s in new])
        watcher.close()
        assert vars(torch.autograd)["backward"] is theirs
    training.run(1)
    assert not watcher._losses.noted


def test_two_watchers_rest_independently(watcher: Watcher) -> None:
    sink = Kept()
    training = Training()
    to_rest(training)
    second = Watcher(sink, overhead=1e-3, log=sink.log.append)
    begins = len(training.losses)
    for _ in range(5):
        training.run(300)
        soon(second)
        training.run(300)
        soon(watcher)
    for kept, begun in ((snapshots(watcher), 0), (sink.snapshots, begins)):
        assert len(kept) > 3
        assert [s.loss for s in kept] == pytest.approx(
            [training.losses[begun + s.step] for s in kept]
        )
    second.close()
    assert sink.log == []
