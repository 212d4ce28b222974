"""The scalars of every step stay bounded, even, and true to the newest."""

import numpy as np
import pytest

from gradtui.core.scalar_series import POINTS, FollowedScalars, ScalarSeries, joined, nothing


def scalars(begin: int, end: int, optimizers: int = 1) -> ScalarSeries:
    steps = np.arange(begin, end)
    loss = steps.astype(np.float64)
    return ScalarSeries(steps, loss, loss, loss, steps % optimizers, np.zeros(len(steps), np.bool_))


def test_a_short_run_is_there_whole_however_it_comes() -> None:
    following = FollowedScalars()
    assert following.view().taken == 0
    for begin in range(0, 900, 7):
        following.add(scalars(max(begin - 3, 0), min(begin + 7, 900)))
        assert following.view().taken == min(begin + 7, 900)
    assert following.view().steps.tolist() == list(range(900))
    assert following.view().loss.tolist() == list(range(900))


@pytest.mark.parametrize("optimizers", [1, 2])
@pytest.mark.parametrize("size", [100, 30_000])
def test_a_long_one_is_thinned_evenly(optimizers: int, size: int) -> None:
    following = FollowedScalars()
    for begin in range(0, 100_000, size):
        following.add(scalars(begin, min(begin + size, 100_000), optimizers))
    seen = following.view()
    assert POINTS / 4 < len(seen) <= POINTS + 1
    assert seen.taken == 100_000
    assert (seen.loss == seen.steps).all()
    gaps = np.diff(seen.steps[seen.optimizer == 0])
    assert len(set(gaps[:-1].tolist())) == 1
    assert np.bincount(seen.optimizer).min() > POINTS / 16


def test_cutting_and_joining() -> None:
    assert scalars(0, 10).until(4).steps.tolist() == [0, 1, 2, 3, 4]
    assert joined(scalars(0, 5), scalars(3, 8)).steps.tolist() == list(range(8))
    assert len(joined(nothing(), nothing())) == 0
