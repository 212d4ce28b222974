"""Moments told by real stacks of torch, and the main thread that comes to them."""

import sys
import threading
import time
from types import FrameType

import pytest
import torch
from torch import nn

from gradtui.inject import safe_points
from gradtui.inject.safe_points import SafePoint, in_hooks, in_step, stack

BLOCKED = 0.2
"""Seconds after which the main thread waits for a lock, which no pending call ends."""


def here() -> list[FrameType]:
    return stack(sys._getframe(1))


class Seen(torch.optim.SGD):
    """What its own step sees of the stack."""

    stacks: list[tuple[bool, bool]]

    def step(self, closure: object = None) -> None:  # type: ignore[override]
        self.stacks.append((in_hooks(here()), in_step(here())))


def test_hooks_are_gone_through_before_and_after_a_step_and_not_in_it() -> None:
    optimizer = Seen([nn.Parameter(torch.ones(1))], lr=0.1)
    optimizer.stacks = []

    def hook(*_: object) -> None:
        optimizer.stacks.append((in_hooks(here()), in_step(here())))

    handles = optimizer.register_step_pre_hook(hook), optimizer.register_step_post_hook(hook)
    optimizer.step()
    for handle in handles:
        handle.remove()
    assert optimizer.stacks == [(True, True), (False, True), (True, True)]


def test_a_call_of_a_model_and_a_backward_pass_are_part_of_a_step() -> None:
    seen: list[tuple[bool, bool]] = []

    class Net(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            seen.append((in_hooks(here()), in_step(here())))
            return x * 2

    x = torch.ones(1, requires_grad=True)
    x.register_hook(lambda _: seen.append((in_hooks(here()), in_step(here()))))
    Net()(x).sum().backward()
    torch.autograd.grad(Net()(x).sum(), x)
    assert seen == [(False, True)] * 4
    assert not in_step(here())


def test_the_main_thread_calls_it_between_two_steps() -> None:
    called: list[tuple[str, bool]] = []
    net = nn.Linear(2, 2)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    def act() -> None:
        called.append((threading.current_thread().name, in_step(stack(sys._getframe()))))

    point = SafePoint(act)
    reached: list[bool] = []
    thread = threading.Thread(target=lambda: reached.append(point.reach(20.0)))
    thread.start()
    while thread.is_alive():
        net(torch.ones(1, 2)).sum().backward()
        optimizer.step()
        optimizer.zero_grad()
    assert reached == [True]
    assert called == [("MainThread", False)]
    assert point.error is None


def test_a_main_thread_that_never_comes_is_not_waited_for_and_comes_in_vain() -> None:
    called: list[int] = []
    point, reached = SafePoint(lambda: called.append(1)), []
    thread = threading.Thread(target=lambda: reached.append(point.reach(0.2)))
    ready = threading.Lock()
    ready.acquire()

    def hold() -> None:
        time.sleep(BLOCKED)
        thread.start()
        thread.join()
        ready.release()

    waiting = threading.Thread(target=hold)
    waiting.start()
    ready.acquire()
    waiting.join()
    for _ in range(100):
        time.sleep(0)
    assert reached == [False]
    assert called == []


def test_elsewhere_it_is_called_by_the_thread_that_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe_points, "CHOOSY", 0.1)
    names: list[str] = []
    point = SafePoint(lambda: names.append(threading.current_thread().name))
    done = threading.Lock()
    done.acquire()

    def ask() -> None:
        time.sleep(BLOCKED)
        point.reach(20.0, anywhere=True)
        done.release()

    threading.Thread(target=ask, name="asks").start()
    done.acquire()
    assert names == ["asks"]


def test_what_it_raises_is_kept_and_not_thrown() -> None:
    def act() -> None:
        raise ValueError("no")

    point = SafePoint(act)
    thread = threading.Thread(target=lambda: point.reach(20.0))
    thread.start()
    while thread.is_alive():
        time.sleep(0.001)
    assert str(point.error) == "no"
