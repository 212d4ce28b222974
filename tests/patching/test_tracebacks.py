"""Errors that a handler of the program's raises while our code runs."""

import functools
import os
import signal
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gradtui.instrument.cost_meter import CostMeter
from gradtui.instrument.exception_guard import ExceptionGuard
from gradtui.patching.tracebacks import OURS, of_a_signal, without_ours


class LateError(Exception):
    pass


def late(number: int, frame: Any) -> None:
    raise LateError("of the program")


class Handling:
    def method(self, number: int, frame: Any) -> None:
        late(number, frame)

    def __call__(self, number: int, frame: Any) -> None:
        raise LateError("of the program")


@functools.wraps(late)
def around(number: int, frame: Any) -> None:
    late(number, frame)


@pytest.fixture
def put() -> Iterator[Callable[[Any], None]]:
    before = signal.getsignal(signal.SIGUSR1)
    yield lambda handler: signal.signal(signal.SIGUSR1, handler)
    signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize(
    "handler", [late, Handling().method, Handling(), around, functools.partial(late)]
)
def test_it_reaches_the_program(handler: Any, put: Callable[[Any], None]) -> None:
    put(handler)
    said: list[str] = []
    quiet = ExceptionGuard(said.append, CostMeter())
    with pytest.raises(LateError), quiet("anything"):
        os.kill(os.getpid(), signal.SIGUSR1)
    assert said == []
    assert quiet.meter._depth == 0


def test_errors_of_ours_do_not(put: Callable[[Any], None]) -> None:
    put(late)
    said: list[str] = []
    with ExceptionGuard(said.append, CostMeter())("something"):
        raise LateError("of ours")
    assert said == ["something: LateError: of ours"]
    assert not of_a_signal(LateError())


def test_of_an_error_that_is_ours_throughout_nothing_is_left() -> None:
    source = "def inner():\n    raise KeyError(1)\n\n\ndef outer():\n    inner()\n"
    ours: dict[str, Any] = {}
    exec(compile(source, f"{OURS}made_up.py", "exec"), ours)
    with pytest.raises(KeyError) as caught:
        ours["outer"]()
    without_ours(caught.value)
    assert [f.filename for f in traceback.extract_tb(caught.value.__traceback__)] == [__file__]
    error = KeyError(1)
    try:
        exec(compile("raise error", f"{OURS}made_up.py", "exec"), {"error": error})
    except KeyError:
        error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
    without_ours(error)
    assert error.__traceback__ is None
