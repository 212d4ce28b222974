"""The few lines that let the commonest step through record what the general way records, and leave to it
whatever is not as usual."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradtui.instrument import budget, watcher
from gradtui.instrument.quick_steps import QuickSteps
from gradtui.instrument.unmeasured_steps import UnmeasuredSteps
from gradtui.instrument.watcher import Watcher
from tests.instrument.kept import Kept

STEPS = 400
Program = Callable[[int], None]
"""Trains for so many steps."""


def net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))


def loss_of(model: nn.Module, step: int) -> Tensor:
    return (model(torch.full((4, 3), step / STEPS)) - 1).square().mean()


def plainly(steps: int) -> None:
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.99)
    for step in range(steps):
        optimizer.zero_grad()
        loss_of(model, step).backward()
        optimizer.step()
        schedule.step()


def in_turns(steps: int) -> None:
    """Two optimizers, one of which steps twice on one backward pass now and then."""
    models = [net(), net()]
    optimizers = [torch.optim.Adam(model.parameters(), lr=0.01) for model in models]
    for step in range(steps):
        at = step % 3 == 1
        optimizers[at].zero_grad()
        loss_of(models[at], step).backward()
        optimizers[at].step()
        if step % 7 == 0:
            optimizers[at].step()


def added_up(steps: int) -> None:
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for step in range(steps):
        optimizer.zero_grad()
        for micro in range(1 + step % 3):
            (loss_of(model, step + micro) / (1 + step % 3)).backward()
        optimizer.step()


def with_gaps(steps: int) -> None:
    """Backward passes that raise, are not used, or are taken from a loss that is not a number."""
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    class No(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return x.clone()

        @staticmethod
        def backward(ctx: Any, gradient: Tensor) -> Tensor:
            raise ValueError("no")

    for step in range(steps):
        optimizer.zero_grad()
        if step % 11 == 5:
            with pytest.raises(ValueError, match="no"):
                No.apply(loss_of(model, step)).backward()  # type: ignore[no-untyped-call]
        if step % 13 == 6:
            loss_of(model, step).backward()
            optimizer.zero_grad()
        if step % 97 == 96:
            (0 * loss_of(model, step) + float("nan")).backward()
            optimizer.zero_grad()
        loss_of(model, step).backward()
        optimizer.step()


def by_closure(steps: int) -> None:
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for step in range(steps):

        def closure(step: int = step) -> Tensor:
            optimizer.zero_grad()
            loss = loss_of(model, step)
            loss.backward()
            return loss

        if step % 5:
            closure()
            optimizer.step()
        else:
            optimizer.step(closure)  # type: ignore[arg-type]


def clipped(steps: int) -> None:
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=torch.tensor(0.1))
    for step in range(steps):
        optimizer.zero_grad()
        loss_of(model, step).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.01)
        optimizer.step()


PROGRAMS = [plainly, in_turns, added_up, with_gaps, by_closure, clipped]


@pytest.fixture(autouse=True)
def rare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of so many steps there is one record, and in the middle between them norms, and of some
    halfway to these, on any machine."""
    monkeypatch.setattr(budget, "ALLOWANCE", 0.0)
    monkeypatch.setattr(budget, "_every", lambda cost, room: 32)
    monkeypatch.setattr(budget.Budget, "_fitting", lambda self, *given: 32)

    def between(self: budget.Budget, *given: float) -> float:
        self.norms_every, self.halfway = 16, 0.5
        return 0.0

    monkeypatch.setattr(budget.Budget, "_plan_between", between)


def recorded(program: Program) -> dict[int, tuple[Any, ...]]:
    """What there is of each step but its time."""
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append, overhead=1e-3)
    try:
        program(STEPS)
    finally:
        watcher.close()
    assert sink.log == []
    found: dict[int, tuple[Any, ...]] = {}
    for step, row in sink.rows.items():
        norms = None if row[-1] is None else tuple(row[-1].norms.tolist())
        found[step] = (*row[2:-1], norms)
    for kept in sink.snapshots:
        found[kept.step] = (kept.loss, kept.lr, kept.optimizer, tuple(kept.grads[:, 0].tolist()))
    return found


class General(QuickSteps):
    """Leaves everything to the general way."""

    def hooks(self, before: Any, after: Any) -> tuple[Any, Any]:
        return before, after

    def backward(self, general: Any, listener: Any) -> Any:
        return general


def told(found: dict[int, tuple[Any, ...]]) -> str:
    return "\n".join(f"{step} {found[step]!r}" for step in sorted(found))


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_records_what_the_general_way_records(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    quickly = recorded(program)
    monkeypatch.setattr(watcher, "QuickSteps", General)
    assert told(quickly) == told(recorded(program))
    assert len(quickly) >= STEPS


def test_nearly_every_step_of_a_plain_program_is_let_through_by_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[int] = []
    step = UnmeasuredSteps.step

    def counted(self: UnmeasuredSteps, *given: Any) -> Any:
        calls.append(1)
        return step(self, *given)

    monkeypatch.setattr(UnmeasuredSteps, "step", counted)
    recorded(plainly)
    assert len(calls) <= STEPS // 16


def test_two_threads_that_train_are_left_to_the_general_way() -> None:
    """Each step is counted once, with the loss of its own thread."""
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append, overhead=1e-3)
    plainly(64)
    threads = [threading.Thread(target=plainly, args=(64,)) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    plainly(64)
    watcher.close()
    assert sink.log == []
    steps = {*sink.rows, *(kept.step for kept in sink.snapshots)}
    assert steps == {*range(256)}
