"""Two runs at the same step."""

from dataclasses import replace

import numpy as np
import pytest

from gradtui.core.errors import UsageError
from gradtui.core.history import History
from gradtui.doctor.comparison import compared
from tests.factories import healthy, history, mlp_layout, run_info, snapshot, vanishing


def test_layers_are_held_side_by_side_at_the_last_common_step() -> None:
    sick, well = history(vanishing(8)).facts(), history(healthy(8)).facts()
    found = compared(sick.until(40), well)
    assert found.steps == (39, 39)
    assert [pair.name for pair in found.layers] == [row.name for row in sick.layout.rows]
    assert found.layers[0].one == sick.row_norms[39, 0]
    assert found.layers[0].ratio == pytest.approx(well.row_norms[39, 0] / sick.row_norms[39, 0])
    assert found.total_norm == (sick.total_norm[39], well.total_norm[39])
    assert found.only == ((), ())


def test_a_step_of_ones_own() -> None:
    one = history(healthy()).facts()
    assert compared(one, one, 7).steps == (7, 7)
    with pytest.raises(UsageError, match="both runs have steps 0 to 9, not 10"):
        compared(one, one.until(10), 10)
    with pytest.raises(UsageError, match="without steps"):
        compared(one, one.until(0))


def test_where_they_part() -> None:
    one = history(healthy()).facts()
    assert compared(one, one).parted is None
    loss = one.loss.copy()
    loss[12:] *= 1.001
    assert compared(one, replace(one, loss=loss)).parted == 12
    both = np.full(len(one), np.nan)
    assert compared(replace(one, loss=both), replace(one, loss=both)).parted is None


def test_layers_that_only_one_has_and_steps_that_were_thinned() -> None:
    small, large = mlp_layout(2), mlp_layout(3)
    one, other = History(small, run_info()), History(large, run_info())
    for step in range(0, 400, 4):
        one.append(snapshot(small, step, np.ones(2)))
    for step in range(1, 400, 3):
        other.append(snapshot(large, step, np.ones(3)))
    found = compared(one.facts(), other.facts())
    assert found.steps[0] == found.steps[1]  # the nearest that both have kept
    assert found.only[0] == ()
    assert found.only[1] == (large.rows[-1].name,)
