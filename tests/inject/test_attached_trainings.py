"""One training by each launcher that is installed, started plainly, attached to, watched and let go of."""

import platform
import sys
from pathlib import Path

import pytest

from tests.inject.attached_trainings import (
    TRAININGS,
    Outcome,
    Training,
    attached,
    left_alone,
    row,
)

NAMES = {training.name: training for training in TRAININGS}


def try_it(training: Training, folder: Path) -> None:
    if sys.platform != "linux" or platform.machine() != "x86_64":
        pytest.skip("processes are attached to on Linux, x86-64")
    if training.missing:
        pytest.skip(training.missing)
    bare = left_alone(training, folder / "alone")
    outcome = attached(training, folder / "attached", bare)
    if "cannot be attached to" in outcome.why:
        pytest.skip(outcome.why)
    assert outcome.good, outcome
    assert outcome.attached == training.ranks


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_equal_to_the_bit(name: str, tmp_path: Path) -> None:
    try_it(NAMES[name], tmp_path)


def test_a_row_counts_what_went_well() -> None:
    good = Outcome("", 2, True, True, 0, 40, 0.25)
    wrong = Outcome("ended by code 1", 2)
    assert good.good
    assert not wrong.good
    assert not Outcome("", 1, True, True, traces=1).good
    line = row(NAMES["torchrun"], [good, good, wrong])
    assert line == "| torchrun | 2 | 2 of 3 | 2 of 3 | 0 | 80 | 250 ms |"
