"""Sending: what comes of it when the other side is there, slow, or gone."""

import re
from typing import Any

import pytest

from gradtui.commands.forward.channels.channel import RefusedError
from gradtui.commands.forward.outlet import FIRST, LONGEST, PAUSE, Outlet
from gradtui.commands.forward.records import Batch
from tests.commands.forward.made import FINDING, OTLP, FakeChannel, batch, gone, opening


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def made(channel: Any, most: int = 1000) -> tuple[Outlet, Clock]:
    clock = Clock()
    start = channel if callable(channel) else opening(channel)
    return Outlet(OTLP, start, most, clock=clock), clock


def passed(outlet: Outlet, clock: Clock, seconds: float) -> None:
    clock.now += seconds
    outlet.step()


def test_batches_go_every_few_seconds_and_the_rest_at_the_end() -> None:
    channel = FakeChannel()
    outlet, clock = made(channel)
    outlet.put(batch(5, FINDING))
    passed(outlet, clock, FIRST / 2)
    assert not channel.taken
    passed(outlet, clock, FIRST)
    outlet.put(batch(2))
    outlet.step()
    assert [one.points for one in channel.taken] == [31]
    outlet.close(failed=True)
    outlet.step()
    assert [one.points for one in channel.taken] == [31, 12]
    assert channel.closed == [True]
    assert outlet.sentences() == ["otlp: 43 points sent to http://me:***@collector:4318"]


def test_what_was_refused_is_sent_when_the_other_side_is_there_again() -> None:
    channel = FakeChannel(gone(), gone())
    outlet, clock = made(channel)
    outlet.put(batch(5))
    passed(outlet, clock, PAUSE)
    passed(outlet, clock, PAUSE)
    assert len(channel.answers) == 1, "it is not asked at every turn"
    passed(outlet, clock, LONGEST)
    passed(outlet, clock, LONGEST)
    assert [one.points for one in channel.taken] == [30]
    outlet.close(failed=False)
    outlet.step()
    assert outlet.sentences() == [
        "otlp: 30 points sent to http://me:***@collector:4318, after connection refused"
    ]


def test_what_is_thinned_meanwhile_and_what_is_left_is_counted_once() -> None:
    channel = FakeChannel(*[gone()] * 100)
    outlet, clock = made(channel, most=60)
    for _ in range(20):
        outlet.put(batch(50))
        passed(outlet, clock, LONGEST)
    outlet.close(failed=False)
    outlet.step()
    assert outlet.sentences() == [
        "otlp: 6,000 of 6,000 points not taken: connection refused (http://me:***@collector:4318)"
    ]
    assert channel.closed == [False]


def test_what_is_no_use_trying_again_is_dropped() -> None:
    channel = FakeChannel(RefusedError("it answered 400 Bad Request", again=False), 3)
    outlet, clock = made(channel)
    for _ in range(2):
        outlet.put(batch(5))
        passed(outlet, clock, LONGEST)
    outlet.close(failed=False)
    outlet.step()
    assert [one.points for one in channel.taken[:1]] == [30]
    assert outlet.sentences() == [
        "otlp: 33 of 60 points not taken: it answered 400 Bad Request (http://me:***@collector:4318)"
    ]


def test_steps_that_come_too_fast_are_counted_as_that() -> None:
    outlet, _ = made(FakeChannel(), most=60)
    outlet.start()
    outlet.put(batch(50))
    outlet.close(failed=False)
    assert outlet.wait(10)
    (said,) = outlet.sentences()
    assert re.fullmatch(
        r"otlp: \d+ of 300 points sent to http://me:\*\*\*@collector:4318, "
        "thinned evenly as they came so fast",
        said,
    )


def test_any_error_of_a_library_costs_its_batch_and_shows_no_secret() -> None:
    odd = ZeroDivisionError("\x1b[2J http://me:secret@h\nTraceback")
    outlet, clock = made(FakeChannel(odd))
    outlet.put(batch(5))
    passed(outlet, clock, PAUSE)
    outlet.close(failed=False)
    outlet.step()
    assert outlet.sentences() == [
        "otlp: 30 of 30 points not taken: \\x1b[2J http://me:***@h (http://me:***@collector:4318)"
    ]


@pytest.mark.parametrize(("again", "calls"), [(True, 3), (False, 1)])
def test_a_channel_that_cannot_be_opened(again: bool, calls: int) -> None:
    tried: list[int] = []

    def refusing() -> Any:
        tried.append(1)
        raise RefusedError("no way", again=again)

    outlet, clock = made(refusing)
    for _ in range(3):
        outlet.put(batch(5))
        passed(outlet, clock, LONGEST)
    assert len(tried) == calls
    assert outlet.sentences()[0].startswith("otlp: 90 of 90 points not taken: no way")


def test_where_nothing_came_and_where_time_was_short() -> None:
    outlet, _ = made(FakeChannel())
    assert outlet.sentences() == ["otlp: there was nothing to send"]
    outlet.put(batch(5))
    assert outlet.sentences() == [
        "otlp: 30 of 30 points not taken: there was no more time (http://me:***@collector:4318)"
    ]


def test_of_a_batch_that_was_taken_in_part_the_rest_comes_again() -> None:
    whole = batch(5)
    rest = Batch(whole.steps[6:])
    part = RefusedError("it answered 503", again=True, left=rest, lost=1)
    channel = FakeChannel(part)
    outlet, clock = made(channel)
    outlet.put(whole)
    passed(outlet, clock, PAUSE)
    passed(outlet, clock, LONGEST)
    assert [list(one.steps) for one in channel.taken] == [rest.steps]
    outlet.close(failed=False)
    outlet.step()
    assert outlet.sentences() == [
        "otlp: 1 of 30 points not taken: it answered 503 (http://me:***@collector:4318)"
    ]


def test_points_of_which_nothing_came_are_not_called_thinned() -> None:
    outlet, _ = made(FakeChannel(2))
    outlet.start()
    outlet.put(batch(5))
    outlet.close(failed=False)
    assert outlet.wait(10)
    assert outlet.sentences() == ["otlp: 28 of 30 points sent to http://me:***@collector:4318"]
