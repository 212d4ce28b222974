"""Closures with something done before and after: nobody is on the stack meanwhile."""

import functools
import sys
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from gradtui.instrument.closures import evaluated, takes_nothing


class Acts:
    def __init__(self) -> None:
        self.seen: list[str] = []

    def around(self, closure: Callable[..., Any]) -> Any:
        return evaluated(
            closure,
            lambda: self.seen.append("before"),
            lambda: self.seen.append("after"),
            lambda: self.seen.append("raised"),
        )


@pytest.fixture
def acts() -> Acts:
    return Acts()


def names() -> list[str]:
    frame: FrameType | None = sys._getframe(1)
    found = []
    while frame is not None and not frame.f_code.co_name.startswith("test_"):
        found.append(frame.f_code.co_name)
        frame = frame.f_back
    return found


def step(closure: Callable[..., Any]) -> Any:
    return closure()


def test_no_frame_of_ours_is_on_the_stack(acts: Acts) -> None:
    def closure() -> list[str]:
        acts.seen.append("closure")
        return names()

    ours = acts.around(closure)
    assert step(ours) == step(ours) == ["closure", "step"]
    assert acts.seen == ["before", "closure", "after"] * 2


@pytest.mark.parametrize("kind", [ValueError, StopIteration, KeyboardInterrupt])
def test_what_a_closure_raises_arrives_as_it_is(acts: Acts, kind: type[BaseException]) -> None:
    def closure() -> None:
        raise kind("of the program")

    ours = acts.around(closure)
    with pytest.raises(kind, match="of the program") as caught:
        step(ours)
    trace = traceback.extract_tb(caught.value.__traceback__)
    assert [entry.name for entry in trace][1:] == ["step", "closure"]
    assert acts.seen == ["before", "raised"]
    with pytest.raises(kind):
        step(ours)
    assert acts.seen == ["before", "raised"] * 2


class Model:
    def loss(self, *scales: float) -> float:
        return sum(scales)

    def plain(self) -> str:
        return "plain"


def with_default(again: bool = False) -> bool:
    return again


def test_arguments_reach_a_closure_that_takes_some(acts: Acts) -> None:
    ours = acts.around(with_default)
    assert ours(again=True) is True
    assert ours(True) is True
    assert acts.around(Model().loss)(1.0, 2.0) == 3.0
    assert acts.seen == ["before", "after"] * 3
    with pytest.raises(ZeroDivisionError) as caught:
        acts.around(lambda x: 1 / x)(0)
    assert [entry.name for entry in caught.traceback][1:] == ["<lambda>"]
    assert acts.seen[6:] == ["before", "raised"]


def test_what_takes_nothing() -> None:
    model = Model()
    assert takes_nothing(names)
    assert takes_nothing(model.plain)
    assert takes_nothing(functools.partial(with_default, True))
    assert takes_nothing(functools.partial(Model.plain, model))
    for taking in (with_default, model.loss, Model.plain, print, Model, len):
        assert not takes_nothing(taking)
    assert not takes_nothing(functools.partial(with_default, again=True))
    assert not takes_nothing(functools.partial(lambda *a: None))


def test_what_is_done_before_or_after_may_be_interrupted() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    def nothing() -> None: ...

    for before, after in ((interrupted, nothing), (nothing, interrupted)):
        with pytest.raises(KeyboardInterrupt) as caught:
            step(evaluated(lambda: 1, before, after, nothing))
        names = [entry.name for entry in traceback.extract_tb(caught.value.__traceback__)]
        assert names[1] == "step"
        assert not {"_chain", "over"} & set(names)
