"""A remedy trains the run's twin; the untreated one goes on beside it."""

from gradtui.core.control import Start
from gradtui.core.event import Failed
from gradtui.runstore.writer.ports import Delivery
from tests.app.play import Play

SICK = Start(1, "vanishing_sigmoid", (), 3)


def treated(steps: int = 20) -> Play:
    """A run of so many steps, and its first remedy just switched on."""
    play = Play(seed=3)
    play.tick(steps + 1)
    play.session.toggle_remedy(0, play.now)
    return play


def steps(play: Play) -> tuple[int, int]:
    """Of the untreated run, of the treated one."""
    view = play.view()
    assert view.reference is not None
    return len(view.reference.facts), view.live_step + 1


def test_the_untreated_run_is_kept_and_goes_on() -> None:
    play = treated(20)
    view = play.view()
    assert view.remedies == (0,)
    assert view.facts is None
    assert view.reference is not None
    assert len(view.reference.facts) == 20
    play.tick(12)
    assert play.source.starts[-1] == Start(2, "vanishing_sigmoid", (0,), 3, SICK)
    assert steps(play) == (21, 11)  # it waits to be caught up with
    play.tick(30)
    assert steps(play) == (41, 41)


def test_another_remedy_with_it_has_the_same_twin() -> None:
    play = treated(20)
    play.tick(5)
    play.session.toggle_remedy(1, play.now)
    play.tick(5)
    assert play.source.starts[-1] == Start(3, "vanishing_sigmoid", (0, 1), 3, SICK)
    assert steps(play)[0] == 21
    play.session.toggle_remedy(0, play.now)
    assert play.view().remedies == (1,)


def test_without_remedies_the_untreated_run_goes_on_where_it_is() -> None:
    play = treated(20)
    play.tick(40)
    before = steps(play)[0]
    play.session.toggle_remedy(0, play.now)
    view = play.view()
    assert view.reference is None
    assert view.live_step == before - 1
    play.tick(10)
    assert play.source.starts[-1] == SICK
    assert play.view().live_step > before
    assert play.view().state == "running"


def test_a_paused_run_goes_on_beside_its_twin() -> None:
    play = Play(seed=3)
    play.tick(10)
    play.session.pause_or_resume()
    play.tick(2)
    play.session.toggle_remedy(0, play.now)
    play.tick(30)
    play.session.toggle_remedy(0, play.now)
    play.tick(3)
    assert play.view().state == "running"


def test_before_the_first_step_both_begin_together() -> None:
    play = Play(seed=3)
    play.session.toggle_remedy(0, play.now)
    play.tick(10)
    assert [start.run for start in play.source.starts] == [2]
    assert steps(play) == (9, 9)


def test_launched_with_a_remedy_the_twin_is_trained_as_well() -> None:
    play = Play(seed=3, remedies=(1,))
    play.tick(10)
    (start,) = play.source.starts
    assert start.remedies == (1,)
    assert start.beside is not None
    assert (start.beside.remedies, start.beside.seed) == ((), 3)
    assert steps(play) == (9, 9)


def test_compare_hides_the_reference_and_shows_it_again() -> None:
    play = treated(5)
    play.session.toggle_compare()
    assert play.view().reference is None
    play.session.toggle_compare()
    assert play.view().reference is not None


def test_a_new_seed_is_a_new_pair() -> None:
    play = Play(new_seed=lambda: 42)
    play.tick(5)
    play.session.toggle_remedy(0, play.now)
    play.session.reseed(play.now)
    play.tick(10)
    twin = Start(3, "vanishing_sigmoid", (), 42)
    assert play.source.starts[-1] == Start(4, "vanishing_sigmoid", (0,), 42, twin)
    assert steps(play) == (9, 9)


def test_a_restart_keeps_the_untreated_run() -> None:
    play = treated(20)
    play.tick(30)
    before = steps(play)[0]
    play.session.restart(play.now)
    play.tick(4)
    assert steps(play) == (before + 1, 3)


def test_another_scenario_lets_both_go() -> None:
    play = treated(20)
    play.tick(5)
    play.session.choose("healthy_relu", play.now)
    play.tick(5)
    assert play.view().reference is None
    assert play.source.starts[-1].beside is None


def test_the_twin_rings_no_bell_and_its_failure_is_told_once() -> None:
    play = treated(20)
    play.tick(5)
    play.session.notices()
    play.session.receive(Delivery((Failed(1, 20, "out of memory", ""),)), play.now)
    (notice,) = play.session.notices()
    assert notice.text == "The untreated run failed: out of memory"
    assert play.view().failure is None
    play.session.restart(play.now)  # and another is made
    assert play.session.current.start.beside != SICK


def test_a_sick_twin_that_becomes_nan_is_no_news() -> None:
    play = Play("exploding_init")
    play.session.toggle_remedy(0, play.now)
    play.tick(60)
    view = play.view()
    assert view.reference is not None
    assert view.reference.facts.first_nonfinite is not None
    assert not [notice for notice in play.session.notices() if notice.bell]


def test_remedies_of_the_untreated_run_are_shown_where_the_treated_one_needs_none() -> None:
    play = treated(60)
    sick = play.session.prescribed(play.now)
    play.tick(200)
    view = play.view()
    assert view.reference is not None
    assert not view.diagnosis.findings
    what = play.session.prescribed(play.now)
    assert what.twin
    assert what.all
    assert what.diagnosis.verdict == "vanishing_gradient"
    assert what.about(view.diagnosis, view.reference.diagnosis)
    assert not what.about(view.diagnosis)  # the comparison is switched off
    assert not what.about(view.reference.diagnosis, view.reference.diagnosis)  # sick itself now
    assert not sick.about(view.diagnosis, view.reference.diagnosis)
    play.session.toggle_compare()
    assert not play.session.prescribed(play.now).all
