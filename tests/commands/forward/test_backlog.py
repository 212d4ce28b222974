"""What waits to be sent is bounded, thinned evenly, and every point is accounted for."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.commands.forward.backlog import MOST_TOLD, Backlog
from gradtui.commands.forward.records import Batch, StepValues
from tests.commands.forward.made import FINDING, MOMENT, bare, batch, measured


def test_where_there_is_room_all_comes_out_as_it_went_in() -> None:
    log = Backlog(1000)
    put = batch(20, FINDING)
    log.put(put)
    taken = log.take()
    assert [one.step for one in taken.steps] == [step for i in range(20) for step in (i, i)]
    assert (taken.told, taken.standing) == ((FINDING,), put.standing)
    assert (log.given, log.lost, log.points) == (put.points, 0, 0)
    assert log.take().points == 0


def test_where_there_is_none_steps_are_spread_evenly_with_the_newest() -> None:
    log = Backlog(2 * 100)
    log.put(Batch([bare(i) for i in range(1000)]))
    steps = [one.step for one in log.take().steps]
    assert steps[:-1] == list(range(0, 1000, 16))
    assert steps[-1] == 999
    assert log.given == 2000 == log.lost + 2 * len(steps)
    log.put(Batch([bare(i) for i in range(1000, 1010)]))
    assert len(log.take().steps) == 10, "there is room again"


def test_steps_without_norms_go_first_where_they_are_more() -> None:
    log = Backlog(400)
    log.put(Batch([measured(i) for i in range(20)]))
    log.put(Batch([bare(i) for i in range(1000)]))
    taken = log.take().steps
    assert [one.step for one in taken if one.layers] == list(range(20))
    assert sum(one.points for one in taken) <= 400


def logged(step: int, name: str) -> StepValues:
    return StepValues(step, MOMENT + step, {}, logged={name: 1.0})


def test_a_metric_that_is_logged_seldom_does_not_go_with_one_that_is_logged_often() -> None:
    log = Backlog(300)
    seldom = [logged(step, "val/loss") for step in range(0, 1000, 50)]
    often = [logged(step, "train/loss") for step in range(1000)]
    ranks = [StepValues(step, MOMENT, {}, ranks={str(step % 2): 1.0}) for step in range(20)]
    log.put(Batch([*ranks, *sorted(seldom + often, key=lambda one: one.step)]))
    taken = log.take().steps
    assert [one for one in taken if "val/loss" in one.logged] == seldom
    assert [one for one in taken if one.ranks] == ranks
    assert 0 < sum("train/loss" in one.logged for one in taken) <= 260


def test_one_step_that_is_larger_than_all_the_room_stays() -> None:
    log = Backlog(3)
    log.put(Batch([measured(0, [str(i) for i in range(50)])]))
    assert len(log.take().steps) == 1


def test_what_was_not_sent_comes_before_what_is_new() -> None:
    log = Backlog(2 * 20)
    log.put(Batch([bare(i) for i in range(10)], [FINDING]))
    failed = log.take()
    log.put(Batch([bare(i) for i in range(10, 15)]))
    log.give_back(failed)
    again = log.take()
    assert [one.step for one in again.steps] == list(range(15))
    assert again.told == (FINDING,)
    assert (log.given, log.lost) == (31, 0)


def test_findings_are_not_piled_up_either() -> None:
    log = Backlog(10)
    for _ in range(3):
        log.put(Batch(told=[FINDING] * MOST_TOLD))
        log.give_back(log.take())
    assert log.points == MOST_TOLD
    assert log.lost == 2 * MOST_TOLD


@settings(max_examples=60, deadline=None)
@given(
    st.integers(8, 60),
    st.lists(st.tuples(st.integers(0, 40), st.booleans(), st.booleans()), max_size=8),
)
def test_every_point_is_sent_waits_or_was_lost(
    most: int, rounds: list[tuple[int, bool, bool]]
) -> None:
    log, sent, step = Backlog(most), 0, 0
    for count, full, works in rounds:
        make = measured if full else bare
        log.put(Batch([make(step + i) for i in range(count)]))
        step += count
        assert log.points <= most
        taken = log.take()
        if count:
            assert taken.steps[-1].step == step - 1
        if works:
            sent += taken.points
        else:
            log.give_back(taken)
        assert log.given == sent + log.lost + log.points
