"""A change is judged by what was gained, not by what it is called."""

from dataclasses import replace

import numpy as np
import pytest

from gradtui.core.facts import Facts
from gradtui.core.history import History
from gradtui.core.snapshot import NonFinite
from gradtui.doctor.comparison import not_comparable
from gradtui.doctor.diagnose import diagnose
from gradtui.doctor.remedy_effect import CURED, NO_GAIN, PARTLY, WORSE, judge_treatment
from tests.factories import healthy, history, mlp_layout, run_info, snapshot, vanishing


def run(snapshots: object = None, **changes: object) -> Facts:
    facts = history(healthy() if snapshots is None else snapshots).facts()  # type: ignore[arg-type]
    return replace(facts, **changes)  # type: ignore[arg-type]


def flat(facts: Facts, accuracy: float, loss: float) -> Facts:
    n = len(facts)
    return replace(facts, accuracy=np.full(n, accuracy), loss=np.full(n, loss))


def down_to(facts: Facts, loss: float) -> Facts:
    """From guessing to `loss` within a few steps; there is no accuracy."""
    n = len(facts)
    losses = np.full(n, loss)
    losses[:5] = 2.3
    return replace(facts, accuracy=np.full(n, float("nan")), loss=losses)


@pytest.fixture
def sick() -> Facts:
    return history(vanishing()).facts()


def test_the_verdict_gone_and_a_gain_is_a_cure(sick: Facts) -> None:
    found = judge_treatment(sick, run())
    assert (found.word, found.after) == (CURED, "healthy")
    assert found.before == "vanishing_gradient"
    assert found.reason.startswith("accuracy 0.")


def test_a_gain_while_something_is_still_wrong_is_partial(sick: Facts) -> None:
    better = replace(sick, accuracy=sick.accuracy + 0.08)
    found = judge_treatment(sick, better)
    assert found.word == PARTLY
    assert "still vanishing gradient" in found.reason


def test_no_gain_is_no_cure_whatever_the_verdict() -> None:
    one = run()
    assert judge_treatment(one, one).word == NO_GAIN
    four_points = flat(one, 0.54, 1.0)
    assert judge_treatment(flat(one, 0.50, 1.0), four_points).word == NO_GAIN
    assert judge_treatment(flat(one, 0.50, 1.0), flat(one, 0.44, 1.0)).word == WORSE


def test_without_accuracy_the_loss_decides() -> None:
    one = run()
    for loss, word in ((0.5, CURED), (0.95, NO_GAIN), (1.2, WORSE)):
        treated = down_to(one, loss)
        assert judge_treatment(down_to(one, 1.0), treated).word == word, loss


def test_a_loss_that_was_blown_up_is_not_better_for_being_less_so() -> None:
    """It must come below what a net costs that has learned nothing."""
    one = run()
    ruined = down_to(one, 5e4)
    for loss, word in ((1e3, NO_GAIN), (2.3, NO_GAIN), (1.0, CURED)):
        assert judge_treatment(ruined, down_to(one, loss)).word == word, loss


def test_first_weights_that_cost_much_do_not_make_a_sick_loss_small() -> None:
    """A twentieth of a million is not as good as zero."""
    one = run()
    huge = replace(one, accuracy=np.full(len(one), np.nan), loss=np.geomspace(1e6, 7e3, len(one)))
    assert judge_treatment(huge, down_to(one, 0.02)).word == CURED


def test_after_nan_it_is_not_enough_to_be_finite() -> None:
    one = run()
    seen = NonFinite(3, "forward", "layer 2", "output")
    broken = replace(down_to(one, 9.0).until(5), first_nonfinite=seen)
    far = np.full(len(one), np.nan)
    stays_bad = replace(one, accuracy=far, loss=np.geomspace(1e5, 1e2, len(one)))
    assert judge_treatment(broken, stays_bad).word == NO_GAIN
    guessing = replace(one, accuracy=far, loss=np.full(len(one), 2.3))
    assert judge_treatment(broken, guessing).word == NO_GAIN
    assert judge_treatment(broken, down_to(one, 0.5)).word == CURED


def test_a_loss_that_is_down_already_has_nothing_to_gain() -> None:
    one = run()
    down = np.full(len(one), float("nan"))
    loss = np.geomspace(2.0, 1e-3, len(one))
    done = replace(one, accuracy=down, loss=loss)
    assert judge_treatment(done, replace(done, loss=loss / 2)).word == NO_GAIN


def test_nan_before_and_learning_after_is_a_cure() -> None:
    one = run()
    seen = NonFinite(3, "forward", "layer 2", "output")
    broken = replace(one.until(5), loss=np.full(5, np.nan), accuracy=np.full(5, np.nan))
    broken = replace(broken, first_nonfinite=seen)
    found = judge_treatment(broken, one)
    assert (found.before, found.word) == ("nonfinite", CURED)
    assert judge_treatment(one, broken).word == WORSE
    assert judge_treatment(broken, broken).word == NO_GAIN


def test_another_loss_is_measured_from_its_own_start(sick: Facts) -> None:
    unknown = np.full(len(sick), float("nan"))
    one = replace(sick, accuracy=unknown)
    scaled = replace(run(), accuracy=unknown)
    scaled = replace(scaled, loss=scaled.loss * 1e6)
    assert judge_treatment(one, scaled).word == WORSE
    assert judge_treatment(one, scaled, same_loss=False).word == CURED


def test_what_it_costs() -> None:
    one = run()
    n = len(one)
    quick = replace(one, seconds=np.full(n, 0.011), overhead=np.full(n, 0.001))
    slow = replace(one, seconds=np.full(n, 0.021), overhead=np.full(n, 0.001))
    assert judge_treatment(quick, slow).cost == pytest.approx(2.0)
    nothing = replace(one, seconds=np.zeros(n))
    assert np.isnan(judge_treatment(nothing, slow).cost)


def test_runs_are_held_against_each_other_as_far_as_both_have_come(sick: Facts) -> None:
    """What the treated run reaches later is no merit of the remedy."""
    one = run()
    late = replace(one, accuracy=np.where(one.steps < 50, 0.1, 0.99))
    short = flat(one, 0.1, 2.3).until(50)
    assert judge_treatment(short, late).reason.startswith("accuracy 0.10 → 0.10")


def slowly(steps: int, every: int = 1, growing_from: int = 10**6) -> Facts:
    """A run whose loss goes down all the time, of which every so many steps are kept; its gradients
    explode from a step on."""
    layout = mlp_layout(4)
    made = History(layout, run_info(), capacity=1 << 14)
    for step in range(0, steps, every):
        loss = 2.3 * 0.998**step
        late = max(step - growing_from, 0)
        loss, size = loss * 1.02**late, 0.1 * 1.03**late
        made.append(snapshot(layout, step, np.full(4, size), loss=loss, accuracy=float("nan")))
    return made.facts()


@pytest.mark.parametrize("every", [1, 8, 50])
def test_the_same_run_for_longer_is_no_gain_and_no_loss(every: int) -> None:
    """Whatever its length, and however few of its steps were kept."""
    short, long = slowly(300), slowly(1500, every)
    assert judge_treatment(short, long).word == NO_GAIN
    assert judge_treatment(long, short).word == NO_GAIN


def test_both_verdicts_are_on_the_steps_that_both_have_taken() -> None:
    ruined = slowly(1500, growing_from=400)
    assert diagnose(ruined).verdict == "exploding_gradient"
    assert judge_treatment(ruined, slowly(300)).before == "healthy"
    assert judge_treatment(slowly(300), ruined).after == "healthy"


def test_what_cannot_be_held_side_by_side() -> None:
    one = run()
    assert not_comparable(one, one) == ""
    other = replace(one, info=replace(one.info, task="regression", classes=0))
    assert "different tasks" in not_comparable(one, other)
    ten = replace(one, info=replace(one.info, classes=one.info.classes + 7))
    assert "classes" in not_comparable(one, ten)
    rows = tuple(replace(row, name=f"other.{row.name}") for row in one.layout.rows)
    apart = replace(one, layout=replace(one.layout, rows=rows))
    assert "different nets" in not_comparable(one, apart)
    assert "only 3 steps in common" in not_comparable(one, one.until(3))
