"""How each rank is, from runs of several ranks on disk."""

import math
from pathlib import Path

import numpy as np
import pytest

from gradtui.commands.forward import rank_values as module
from gradtui.commands.forward.followed_run import FollowedRun
from gradtui.commands.forward.rank_values import EVERY, RankValues, newest_norm
from gradtui.runstore.format.records import NONFINITE, STEP, UNMEASURED
from gradtui.runstore.ranks.process_status import read_ranks
from tests.runstore.recorded import record, snap

MOMENT = 1.79e9


def ranks(directory: Path, *steps: int, world: int = 0) -> Path:
    """A run of a rank for each number, which is how many steps it has taken; norms are apart by ranks."""
    for number, count in enumerate(steps):
        taken = [snap(step, 1.0 + number) for step in range(count)]
        record(directory, taken, rank=number, world_size=world or len(steps))
    return directory


def test_each_has_its_newest_step_and_norm(tmp_path: Path) -> None:
    files = read_ranks(ranks(tmp_path / "r", 8, 6))
    values = RankValues()
    first, second = values.look(files, 0.0)
    assert (first.step, *first.ranks) == (7, "0")
    assert (second.step, *second.ranks) == (5, "1")
    expected = [float(rank.steps.all()["total_norm"][-1]) for rank in files]
    assert [first.ranks["0"], second.ranks["1"]] == expected
    assert values.steps == {"0": 7, "1": 5}
    assert values.left_out == 0


def test_they_are_looked_at_now_and_then_and_a_norm_is_given_once(tmp_path: Path) -> None:
    files = read_ranks(ranks(tmp_path / "r", 4, 4, world=3))
    values = RankValues()
    assert len(values.look(files, 0.0)) == 2
    record(tmp_path / "r", [snap(step) for step in range(9)], rank=2, world_size=3)
    files = read_ranks(tmp_path / "r")
    assert values.look(files, EVERY - 0.1) == []
    assert [list(one.ranks) for one in values.look(files, EVERY)] == [["2"]]
    assert values.look(files, 0.0, last=True) == []
    assert values.steps == {"0": 3, "1": 3, "2": 8}
    values.look(files[:2], 3 * EVERY)
    assert values.steps == {"0": 3, "1": 3}, "a rank that is there no more has no step"


def test_one_rank_alone_says_nothing_of_itself(tmp_path: Path) -> None:
    values = RankValues()
    assert values.look(read_ranks(ranks(tmp_path / "r", 4)), 0.0) == []
    assert values.steps == {}


def test_of_many_ranks_the_lowest_are_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_RANKS", 2)
    values = RankValues()
    found = values.look(read_ranks(ranks(tmp_path / "r", 3, 3, 3, 3)), 0.0)
    assert [list(one.ranks) for one in found] == [["0"], ["1"]]
    assert (sorted(values.steps), values.left_out) == (["0", "1"], 2)


def test_the_norm_is_that_of_the_last_step_that_was_measured() -> None:
    records = np.zeros(4, STEP)
    records["step"] = range(4)
    records["time"] = MOMENT
    records["total_norm"] = (1.0, 2.0, math.nan, math.nan)
    records["flags"] = (0, 0, UNMEASURED, 0)
    found = newest_norm(records, "1")
    assert found is not None
    assert (found.step, found.ranks) == (1, {"1": 2.0})
    records["flags"][3] = NONFINITE
    broken = newest_norm(records, "1")
    assert broken is not None
    assert broken.step == 3
    assert math.isnan(broken.ranks["1"])
    assert newest_norm(records[2:3], "1") is None


def test_they_come_with_the_run(tmp_path: Path) -> None:
    run = FollowedRun(ranks(tmp_path / "r", 5, 5))
    batches = [run.look(), run.look(last=True)]
    norms = [one for b in batches for one in b.steps if one.ranks]
    assert [list(one.ranks) for one in norms] == [["0"], ["1"]]
    assert batches[-1].standing is not None
    assert batches[-1].standing.ranks == {"0": 4, "1": 4}
