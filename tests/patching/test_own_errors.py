"""Errors of ours stay; those that a handler of the program's raises go through."""

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from gradtui.patching.own_errors import SuppressOwn, suppress_own


class LateError(Exception):
    pass


def late(number: int, frame: Any) -> None:
    raise LateError("of the program")


@pytest.fixture
def timeout() -> Iterator[None]:
    before = signal.signal(signal.SIGUSR1, late)
    yield
    signal.signal(signal.SIGUSR1, before)


@pytest.mark.usefixtures("timeout")
def test_what_a_handler_raises_reaches_the_program() -> None:
    told: list[Exception] = []
    for block in (suppress_own, SuppressOwn(told.append)):
        with pytest.raises(LateError), block:
            os.kill(os.getpid(), signal.SIGUSR1)
    assert told == []


@pytest.mark.usefixtures("timeout")
def test_what_is_ours_does_not() -> None:
    told: list[Exception] = []
    with SuppressOwn(told.append), suppress_own, suppress_own:
        raise LateError("of ours")
    with SuppressOwn(told.append), suppress_own:
        pass
    assert told == []
    with SuppressOwn(told.append):
        raise LateError("of ours")
    assert [str(error) for error in told] == ["of ours"]


def test_what_ends_a_program_goes_through() -> None:
    for ends in (KeyboardInterrupt, SystemExit, GeneratorExit):
        with pytest.raises(ends), suppress_own:
            raise ends
