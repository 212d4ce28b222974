"""Steps as requests: none at the millisecond of another, none too large."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gradtui.commands.forward.channels.otlp_requests import (
    FURTHEST,
    Milliseconds,
    millisecond,
    parts,
)
from gradtui.commands.forward.records import StepValues
from tests.commands.forward.made import MOMENT, bare, measured


def at(time: float, step: int = 0) -> StepValues:
    return StepValues(step, time, {"loss": float(step)})


def spread(*times: float) -> list[StepValues]:
    return [at(MOMENT + time, i) for i, time in enumerate(times)]


def test_steps_that_are_apart_stay_as_they_are() -> None:
    steps = [*spread(0.0, 0.0011, 0.0021, 7.0), measured(7)]
    assert Milliseconds().apart(steps) == (steps, 0)


def test_steps_of_one_millisecond_take_the_next_ones_and_those_after_give_way() -> None:
    each = Milliseconds()
    made, lost = each.apart(spread(0.0, 0.0001, 0.0002, 0.0015, 0.02))
    first = millisecond(made[0])
    assert [millisecond(one) - first for one in made] == [0, 1, 2, 3, 20]
    assert ([one.step for one in made], lost) == ([0, 1, 2, 3, 4], 0)
    again, _ = each.apart(spread(0.02))
    assert millisecond(again[0]) - first == 21, "of the next batch as well"


def test_what_is_faster_than_one_a_millisecond_for_long_is_made_one() -> None:
    steps = spread(*(i * 2e-4 for i in range(2000)))
    made, lost = Milliseconds().apart(steps)
    stamps = [millisecond(one) for one in made]
    assert all(a < b for a, b in pairwise(stamps))
    assert lost == len(steps) - len(made) > 500
    by_step = {one.step: one for one in steps}
    moves = [millisecond(one) - millisecond(by_step[one.step]) for one in made]
    assert max(moves) <= FURTHEST
    assert made[-1].values["loss"] == 1999.0, "the later value stays"


def test_kinds_do_not_push_each_other_and_a_clock_that_is_set_back_pushes_none() -> None:
    two = [bare(5), measured(5)]
    assert Milliseconds().apart(two) == (two, 0)
    back = spread(100.0, 1.0)
    assert Milliseconds().apart(back) == (back, 0)


def test_one_that_comes_again_keeps_the_time_that_it_has_got() -> None:
    each = Milliseconds()
    before = dict(each.last)
    made, _ = each.apart(spread(0.0, 0.0, 0.0))
    each.last = before
    assert each.apart(made) == (made, 0)


@given(st.lists(st.integers(0, 12), max_size=30), st.integers(1, 9))
def test_parts_hold_all_in_order_and_no_more_than_they_may(sizes: list[int], most: int) -> None:
    steps = [
        StepValues(i, MOMENT, {}, {"grad_norm": {str(k): 0.0 for k in range(size)}})
        for i, size in enumerate(sizes)
    ]
    made = parts(steps, most)
    assert [one for part in made for one in part] == steps
    for part in made:
        assert part
        assert sum(one.points for one in part) <= most or len([p for p in part if p.points]) == 1


def test_nothing_has_no_parts() -> None:
    assert parts([], 5) == []
