"""A program that stops at a loss that is not finite, before its backward pass."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gradtui.core.event import Failed
from gradtui.instrument.lost_loss import frames_of, lost_loss
from gradtui.instrument.watcher import Watcher
from tests.instrument.kept import Kept

NET = nn.Linear(2, 1)
X = torch.ones(3, 2)
STEPS = 6


def lost() -> Tensor:
    return torch.log(NET(X) * 0 - 1).mean()


def never(loss: Tensor) -> bool:
    del loss
    return False


def frames(program: Callable[[], None]) -> list[FrameType]:
    """Of what it dies of."""
    try:
        program()
    except ValueError as error:
        return frames_of(error.__traceback__)
    raise AssertionError


def check(value: float) -> None:
    raise ValueError(value)


class Hostile:
    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(name)


def test_it_is_found_in_frames_that_have_ended() -> None:
    def train() -> None:
        other, hostile, fine = lost() * 2, Hostile(), NET(X).mean()
        total_loss = lost()
        check(total_loss.item())
        del other, hostile, fine

    found = frames(train)
    assert [frame.f_code.co_name for frame in found[:2]] == ["check", "train"]
    loss = lost_loss(found, never)
    assert loss is not None
    assert loss.grad_fn is not None
    assert loss.grad_fn.name() == "MeanBackward0"


@pytest.mark.parametrize(
    "made",
    [
        lambda: NET(X).mean(),  # finite
        lambda: lost().detach(),  # of no graph
        lambda: torch.log(NET(X) * 0 - 1),  # of several numbers
        lambda: lost().item(),
        lambda: [lost()],
    ],
)
def test_nothing_else_is_taken_for_one(made: Callable[[], Any]) -> None:
    def train() -> None:
        loss = made()
        check(0.0)
        del loss

    assert lost_loss(frames(train), never) is None


def test_torch_is_not_asked() -> None:
    def hook(*_: Any) -> None:
        raise ValueError

    handle = NET.register_forward_hook(hook)
    found = frames(lambda: NET(X))
    handle.remove()
    names = {frame.f_globals["__name__"] for frame in found}
    assert names == {__name__}
    assert frames_of(None) == []


def died(steps: int) -> Kept:
    """After so many steps."""
    torch.manual_seed(0)
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append)
    net = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    def train() -> None:
        for step in range(steps + 1):
            out = net(torch.randn(3, 2))
            loss = (torch.log(out * 0 - 1) if step == steps else out).square().mean()
            if not torch.isfinite(loss):
                check(loss.item())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    try:
        train()
    except ValueError as error:
        watcher.failed("ValueError: nan", "", frames_of(error.__traceback__))
    watcher.close()
    assert sink.log == []
    return sink


@pytest.mark.parametrize("steps", [0, 1, STEPS])
def test_the_step_that_would_have_come_is_recorded_and_traced(steps: int) -> None:
    sink = died(steps)
    assert [snapshot.step for snapshot in sink.snapshots] == list(range(steps + 1))
    last = sink.snapshots[-1]
    assert np.isnan(last.loss)
    assert last.raised
    assert last.stage == "unknown"
    assert np.isnan(last.grads).all()  # those that are there are of the step before
    assert last.nonfinite is not None
    assert (last.nonfinite.step, last.nonfinite.phase) == (steps, "forward")
    autopsy = last.nonfinite.autopsy
    assert autopsy is not None
    assert autopsy.operation == "log"
    assert autopsy.source.startswith("tests/instrument/test_lost_loss.py:")
    assert all(snapshot.nonfinite is None for snapshot in sink.snapshots[:-1])
    (failed,) = [event for event in sink.events if isinstance(event, Failed)]
    assert np.isnan(failed.loss)
    assert failed.step == steps


def test_frames_of_a_running_program_are_read_as_well() -> None:
    loss = lost()
    assert lost_loss([sys._getframe()], never) is loss
    assert lost_loss([sys._getframe()], lambda one: one is loss) is None


def test_a_number_that_is_called_otherwise_is_none() -> None:
    def train() -> None:
        log_prob = lost()
        check(0.0)
        del log_prob

    assert lost_loss(frames(train), never) is None


def test_a_scaled_loss_that_overflowed_is_the_scalers_business() -> None:
    """It throws the step away; what the program dies of later is something else."""
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append)
    net = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**127)

    def train() -> None:
        for _ in range(2):
            optimizer.zero_grad()
            loss = 1e3 * (net(torch.ones(3, 2)) - 9).square().mean()
            scaled_loss = scaler.scale(loss)
            scaled_loss.backward()
            scaler.step(optimizer)
            scaler.update()
        check(0.0)

    try:
        train()
    except ValueError as error:
        watcher.failed("ValueError: no", "", frames_of(error.__traceback__))
    watcher.close()
    assert sink.log == []
    assert all(snapshot.nonfinite is None for snapshot in sink.snapshots)
    assert [snapshot.skipped for snapshot in sink.snapshots] == [True, True]
