"""Rules count steps, not records: what was measured seldom is judged by every step's loss."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from gradtui.core.history import History
from gradtui.core.scalar_series import ScalarSeries
from gradtui.core.snapshot import Grad
from gradtui.core.symptom import UNDECIDED
from gradtui.doctor.diagnose import diagnose
from gradtui.doctor.notes import spikes
from gradtui.doctor.reading import Reading
from tests.factories import mlp_layout, run_info, snapshot

ROWS = 6
LAYOUT = mlp_layout(ROWS)
CHANCE = math.log(10)
AT_START, EVERY = 15, 32
NOISE = np.random.default_rng(0).normal(0, 0.02, 2000)

Losses = Callable[[int], float]


def recorded(steps: int, loss: Losses, *, seldom: bool, norm: Losses = lambda step: 1.0) -> History:
    """The first steps in full and then every EVERY-th, the last as well, or all of them; losses of
    all."""
    info = run_info(task="classification", classes=10, optimizer="sgd lr 0.1")
    history = History(LAYOUT, info)
    for step in range(steps):
        full = step < AT_START or step % EVERY == 0 or step == steps - 1
        if full or not seldom:
            norms = np.full(ROWS, norm(step))
            history.append(snapshot(LAYOUT, step, norms, loss=loss(step), accuracy=0.1))
    if seldom:
        at = np.arange(steps)
        values = np.array([loss(step) for step in range(steps)])
        times, lr = at.astype(np.float64), np.full(steps, 0.1)
        history.follow(ScalarSeries(at, times, values, lr, np.zeros(steps, np.int64), at < 0))
    return history


def test_where_gradients_are_hardly_known_nothing_is_called_healthy() -> None:
    def history(measured: int) -> History:
        made = recorded(9, CASES["learns"], seldom=False)
        at = np.arange(2000)
        for step in range(9, measured):
            made.append(snapshot(LAYOUT, step, np.ones(ROWS), loss=CASES["learns"](step)))
        values = np.array([CASES["learns"](step) for step in range(2000)])
        times, lr = at.astype(np.float64), np.full(2000, 0.1)
        made.follow(ScalarSeries(at, times, values, lr, np.zeros(2000, np.int64), at < 0))
        return made

    few = diagnose(history(9).facts())
    assert (few.verdict, few.decided) == (UNDECIDED, False)
    assert few.why == "gradients were measured at 9 of 2,000 steps"
    assert diagnose(history(12).facts()).decided


@pytest.mark.parametrize("lost", [math.nan, math.inf])
def test_one_loss_that_is_lost_where_nothing_was_measured_is_not_healthy(lost: float) -> None:
    """Weights may survive it: the slope of a log is finite where the log is not."""

    def loss(step: int) -> float:
        return lost if step == 1001 else CASES["learns"](step)

    found = diagnose(recorded(2000, loss, seldom=True).facts())
    assert found.verdict == UNDECIDED
    assert found.why.startswith("the loss of step 1,001 was NaN, infinite or not seen")
    assert "--catch-nan" in found.why
    assert diagnose(recorded(2000, CASES["learns"], seldom=True).facts()).decided


def test_where_no_zeros_were_counted_norms_tell_of_whole_tensors() -> None:
    history = History(LAYOUT, run_info(task="classification", classes=10))
    for step in range(300):
        norms = np.ones(ROWS) if step < 40 else np.array([0.0] * (ROWS - 1) + [1.0])
        made = snapshot(LAYOUT, step, norms, loss=CHANCE + NOISE[step], slow=step < 40)
        if step >= 40:
            made.grads[:, [Grad.ZEROS, Grad.SUM]] = np.nan
        history.append(made)
    assert Reading(history.facts()).zero_fraction.tolist() == [1.0] * (ROWS - 1) + [0.0]


CASES: dict[str, Losses] = {
    "guesses": lambda step: CHANCE + NOISE[step],
    "learns": lambda step: CHANCE * 0.995**step + abs(NOISE[step]),
    "jumps": lambda step: CHANCE * (2.2 if step % 2 else 0.9) + NOISE[step],
    "falls back": lambda step: CHANCE * (0.99**step if step < 260 else 1.2) + NOISE[step],
    "stands far off": lambda step: 20.0 + NOISE[step],
}


@pytest.mark.parametrize("name", CASES)
def test_a_run_measured_seldom_is_judged_as_one_measured_at_every_step(name: str) -> None:
    whole = diagnose(recorded(340, CASES[name], seldom=False).facts())
    found = recorded(340, CASES[name], seldom=True).facts()
    assert len(found) < 30
    few = diagnose(found)
    assert few.verdict == whole.verdict
    assert [f.symptom for f in few.findings] == [f.symptom for f in whole.findings]
    assert (name == "learns") == whole.healthy


def test_what_is_read_from_losses_is_the_same() -> None:
    for loss in CASES.values():
        one, other = (Reading(recorded(340, loss, seldom=s).facts()) for s in (False, True))
        for name in ("seen", "loss", "start_loss", "falling", "slowly_falling", "half_life"):
            assert getattr(one, name) == getattr(other, name), name


def test_growth_over_a_longer_way_is_no_odd_batch() -> None:
    def grown(step: int) -> float:
        return 0.1 * 1.02**step * (1 + 0.01 * (step % 3))

    assert grown(64) / grown(14) > 2.5
    facts = recorded(400, CASES["learns"], seldom=True, norm=lambda step: grown(2 * step)).facts()
    assert spikes(Reading(facts)) == ""


def test_a_batch_that_stands_out_among_records_far_apart_is_noted() -> None:
    def norm(step: int) -> float:
        return 0.3 * (1 + 0.1 * math.sin(step)) * (50 if step == 31 * EVERY else 1)

    facts = recorded(32 * EVERY, CASES["learns"], seldom=True, norm=norm).facts()
    assert spikes(Reading(facts)).startswith("one odd batch")
