"""The state behind the screen, without a screen."""

import numpy as np
import pytest

from gradtui.app.render.header import header_lines
from gradtui.app.run_state import RunState
from gradtui.app.session import DEBOUNCE, Session
from gradtui.core.control import Pause, RecordAll, Resume, SetPace, Start, StepOnce, Stop
from gradtui.core.errors import UsageError
from gradtui.core.event import Ended, Failed, Started
from gradtui.doctor.finding import Diagnosis
from gradtui.runstore.writer.ports import Delivery
from tests import factories
from tests.app.fake_source import CATALOGUE
from tests.app.play import Play


def test_starts_at_once_and_shows_what_comes() -> None:
    play = Play()
    assert play.view().state == "starting"
    play.tick(11)
    view = play.view()
    assert play.source.starts == [Start(1, "vanishing_sigmoid", (), None)]
    assert view.state == "running"
    assert view.live_step == 9
    assert len(view.facts) == 10
    assert view.histograms[0] == 5
    assert view.steps_per_s == pytest.approx(10)
    assert view.overhead == pytest.approx(0.01)
    assert view.order == tuple(range(20))


def test_a_number_that_is_old_says_so_once_a_second() -> None:
    play = Play()
    play.tick(11)
    play.source.per_poll = 0  # nothing more comes, and nobody says why
    play.view()
    said = []
    for _ in range(42):
        play.tick(1, 0.1)
        play.session.grow_old(play.now)
        if play.session.changed:
            said.append(int(play.view().age))
    assert said == [2, 3, 4]
    line = "".join(text for text, _ in header_lines(play.view(), 120)[1])
    assert "4 s ago" in line
    play.source.per_poll = 1
    play.tick()
    assert play.view().age < 1


def test_what_was_old_when_it_came_stays_so() -> None:
    recording = RunState(Start(1, "healthy_relu", (), None), CATALOGUE[0])
    layout = factories.mlp_layout(3)
    recording.hear(Started(1, layout, factories.run_info()))
    one = factories.snapshot(layout, 0, np.full(3, 0.1))
    assert recording.add([one], 50.0, lag=17.0)
    assert recording.age(51.0) == 18.0


def test_unknown_scenario_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'healthy_relu'"):
        Session(CATALOGUE, "helthy_relu")


def test_n_held_down_starts_only_the_last() -> None:
    play = Play()
    play.tick(5)
    for _ in range(200):
        play.session.neighbour(1, play.now)
        play.tick(1, 0.01)
    assert play.view().scenario.name == "vanishing_sigmoid"  # 200 is a multiple of 5
    assert len(play.source.starts) == 1
    play.tick(3)
    assert len(play.source.starts) == 2
    play.tick(3)
    assert play.view().state == "running"
    assert play.view().live_step >= 0


def test_neighbours_go_round_the_end() -> None:
    play = Play()
    play.session.neighbour(-1, play.now)
    assert play.view().scenario.name == CATALOGUE[-1].name


def test_what_belongs_to_an_earlier_run_is_ignored() -> None:
    play = Play()
    play.tick(5)
    play.session.choose("healthy_relu", play.now)
    made = factories.healthy(20)
    stale = factories.snapshot(made.layout, 99, made.norms(0), run=1)
    events = (Failed(1, 3, "old", ""), Ended(1, 3, "finished"))
    play.session.receive(Delivery(events, (stale,)), play.now)
    view = play.view()
    assert (view.state, view.live_step, view.failure) == ("starting", -1, None)
    assert not play.session.notices()


def test_controls_do_not_overtake_a_waiting_start() -> None:
    play = Play()
    play.tick(3)
    play.session.restart(play.now)
    play.session.pause_or_resume()
    assert play.session.outgoing(play.now) == []
    sent = play.session.outgoing(play.now + DEBOUNCE)
    assert [type(control) for control in sent] == [Start, Pause]


def test_a_remedy_that_is_not_there_is_a_notice() -> None:
    play = Play("healthy_relu")
    play.session.toggle_remedy(0, play.now)
    assert "no remedy" in play.session.notices()[0].text
    assert play.session.current.start.run == 1


def test_pause_resume_and_step() -> None:
    play = Play()
    play.tick(3)
    play.session.pause_or_resume()
    play.tick(2)
    assert play.view().state == "paused"
    at = play.view().live_step
    play.session.step_once()
    play.tick(3)
    assert (play.view().state, play.view().live_step) == ("paused", at + 1)
    play.session.pause_or_resume()
    play.tick(3)
    assert play.view().state == "running"
    assert play.view().live_step > at + 1


def test_pause_twice_before_the_answer_is_pause_and_resume() -> None:
    play = Play()
    play.tick(3)
    play.session.pause_or_resume()
    play.session.pause_or_resume()
    assert play.session.outgoing(play.now) == [Pause(), Resume()]


def test_the_pace_outlives_a_restart() -> None:
    play = Play()
    play.tick(3)
    play.session.change_pace(-1)
    play.session.restart(play.now)
    assert play.session.outgoing(play.now + 1)[1:] == [SetPace(500)]
    play.session.change_pace(5)
    assert play.session.outgoing(play.now + 1) == [SetPace(0)]


def test_scrubbing_looks_back_while_the_run_goes_on() -> None:
    play = Play()
    play.tick(31)
    play.session.scrub(-1)
    view = play.view()
    assert view.scrubbing
    assert int(view.facts.steps[-1]) == view.live_step - 1
    at = int(view.facts.steps[-1])
    play.tick(5)
    assert int(play.view().facts.steps[-1]) == at
    assert play.view().live_step == at + 6
    play.session.scrub(-20)
    assert int(play.view().facts.steps[-1]) == at - 20
    assert play.view().histograms[0] <= at - 20
    play.session.to_first()
    assert len(play.view().facts) == 1
    play.session.scrub(-5)
    assert len(play.view().facts) == 1
    play.session.to_live()
    assert not play.view().scrubbing
    play.session.scrub(-1)
    play.session.scrub(1)
    assert not play.view().scrubbing


def test_elsewhere_than_in_the_lab_space_holds_the_view() -> None:
    play = Play(mode="attach")
    play.tick(10)
    play.session.pause_or_resume()
    at = play.view().live_step
    play.tick(10)
    view = play.view()
    assert view.frozen
    assert int(view.facts.steps[-1]) == at
    assert view.live_step == at + 10
    play.session.pause_or_resume()
    assert not play.view().frozen
    assert play.session.outgoing(play.now) == []
    play.session.step_once()
    assert play.session.outgoing(play.now) == [StepOnce()]
    play.session.hold_training()
    play.session.hold_training()
    play.session.record_all()
    play.session.stop_training()
    asked = [Resume(), Pause(), RecordAll(True), Stop()]
    assert play.session.outgoing(play.now) == asked
    assert not play.session.notices()
    for one in asked:
        play.session.answered(one, "")
    assert len(play.session.notices()) == len(asked)
    for one in asked:
        play.session.answered(one, "The run is over.")
    assert {notice.text for notice in play.session.notices()} == {"The run is over."}
    assert not play.session.recording_all


def test_nan_is_noticed_once_even_when_its_snapshot_was_dropped() -> None:
    play = Play("exploding_init")
    play.source.per_poll = 50
    play.tick(2)
    (notice,) = play.session.notices()
    assert notice.bell
    assert "step 40" in notice.text
    assert "layers.3" in notice.text
    play.tick(5)
    assert not play.session.notices()
    assert play.view().facts.first_nonfinite.step == 40


def test_failure_is_shown_and_others_still_start() -> None:
    play = Play("cannot_build")
    play.tick(3)
    view = play.view()
    assert view.state == "failed"
    assert "gone" in view.failure.message
    assert play.session.notices()[0].failure is view.failure
    play.session.pause_or_resume()
    assert "over" in play.session.notices()[0].text
    play.session.choose("healthy_relu", play.now)
    play.tick(5)
    assert (play.view().state, play.view().failure) == ("running", None)


def test_the_end_is_told() -> None:
    play = Play("healthy_relu")
    play.source.choose = lambda _: factories.healthy(8, 12)
    play.tick(20)
    assert play.view().state == "finished"
    assert [n.text for n in play.session.notices()] == ["Finished after 12 steps."]
    play.session.changed = False
    play.tick(5)
    assert not play.session.changed


def test_filter_sort_and_selection_follow_the_row() -> None:
    play = Play()
    play.tick(5)
    play.view()
    play.session.select(12)
    play.session.filter_rows("LAYERS.1")
    view = play.view()
    assert view.order == (1, *range(10, 20))
    assert view.order[view.selected] == 12
    play.session.filter_rows("nothing like it")
    assert (play.view().order, play.view().selected) == ((), 0)
    play.session.move(1)
    play.session.filter_rows("")
    assert play.view().selected == 12
    assert play.session.cycle_sort() == "worst first"
    assert play.view().order[0] == 0
    assert play.session.cycle_sort() == "most changed"
    assert play.view().order == tuple(range(20))  # so far there is nothing to compare
    assert play.session.cycle_sort() == "name"
    assert play.view().order == tuple(range(20))


def test_the_layer_that_moves_most_comes_up_as_the_run_goes_on() -> None:
    play = Play()
    made = factories.healthy(6, 10_000)
    made.norms = lambda step: np.array([1.0, 1.0, 1.0, 1.0, 10.0 ** (step / 50), 1.0])
    play.source.choose = lambda _: made
    play.tick(5)
    play.view()
    play.session.cycle_sort()
    assert play.session.cycle_sort() == "most changed"
    assert play.view().order == tuple(range(6))
    play.tick(60)
    assert play.view().order[0] == 4


def test_restart_keeps_the_filter_and_another_scenario_clears_it() -> None:
    play = Play()
    play.tick(5)
    play.session.filter_rows("layers.1")
    play.session.restart(play.now)
    play.tick(5)
    assert len(play.view().order) == 11
    play.session.choose("healthy_relu", play.now)
    play.tick(5)
    assert len(play.view().order) == 8


def test_a_slow_diagnosis_is_asked_for_seldom() -> None:
    asked = []

    def ask(facts):  # type: ignore[no-untyped-def]
        asked.append(len(facts))
        return Diagnosis("healthy", 0, len(facts))  # type: ignore[arg-type]

    play = Play(ask=ask)
    for _ in range(50):
        play.tick(1, 0.02)
        play.view()
    assert 2 <= len(asked) <= 5
    play.session.pause_or_resume()
    play.tick(20)
    assert play.session.changed  # the last answer is about an earlier step
    play.view()
    assert asked[-1] == len(play.session.current.facts)
    assert not play.session.changed


def test_dropped_counts_this_run_only() -> None:
    play = Play()
    play.source.dropped = 7
    play.tick(3)
    play.source.dropped = 9
    play.tick(1)
    assert play.view().dropped == 2
    play.session.restart(play.now)
    play.tick(5)
    assert play.view().dropped == 0


def test_a_run_restarted_under_the_hand_takes_no_steps_twice() -> None:
    play = Play()
    play.tick(5)
    made = factories.healthy(20)
    run = play.session.current.start.run
    again = factories.snapshot(made.layout, 1, made.norms(0), run=run)
    before = play.view().live_step
    play.session.receive(Delivery((), (again,)), play.now)
    assert play.view().live_step == before
    play.session.receive(Delivery((Started(run, made.layout, made.info),), (again,)), play.now)
    assert play.view().live_step == 1
