"""The last and the lowest loss of a run, over every step."""

import math
from pathlib import Path

import pytest

from gradtui.core.snapshot import NonFinite
from gradtui.runstore.reader import loss_range as module
from gradtui.runstore.reader.load import load
from gradtui.runstore.reader.loss_range import LossRange, loss_range
from tests.runstore.recorded import record, snap

NAN = math.nan


def of(directory: Path, losses: list[float], broken: int = -1) -> LossRange:
    steps = [
        snap(
            step,
            loss=loss,
            nonfinite=NonFinite(step, "forward", "layers.1", "") if step == broken else None,
        )
        for step, loss in enumerate(losses)
    ]
    record(directory, steps)
    return loss_range(load(directory))


@pytest.mark.parametrize(
    ("losses", "found"),
    [
        ([3.0, 1.0, 2.0], LossRange(2.0, 1.0, 1)),
        ([3.0, 1.0, NAN], LossRange(1.0, 1.0, 1)),
        ([2.0, math.inf], LossRange(math.inf, 2.0, 0)),
        ([NAN, NAN], LossRange()),
        ([1.0, 1.0], LossRange(1.0, 1.0, 0)),
    ],
)
def test_known_answers(losses: list[float], found: LossRange, tmp_path: Path) -> None:
    assert of(tmp_path, losses) == found


def test_a_loss_that_was_lost_is_told_as_such(tmp_path: Path) -> None:
    found = of(tmp_path, [3.0, 1.0, NAN, NAN], broken=2)
    assert found.final is not None
    assert math.isnan(found.final)
    assert (found.best, found.best_step) == (1.0, 1)


def test_it_goes_through_a_long_run_part_by_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 7)
    assert of(tmp_path, [abs(step - 31) + 1.0 for step in range(50)]) == LossRange(19.0, 1.0, 31)


def test_a_run_without_steps_has_none(tmp_path: Path) -> None:
    assert of(tmp_path, []) == LossRange()
