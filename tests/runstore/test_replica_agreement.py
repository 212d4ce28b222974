"""Replicas whose gradients are not those of the others."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.core.layout import Layout
from gradtui.core.rank_facts import Apart
from gradtui.doctor.diagnose import diagnose
from gradtui.runstore.ranks.process_status import read_ranks
from gradtui.runstore.ranks.replica_agreement import TOLERANCE, agreement, apart
from gradtui.runstore.reader.load import load_facts
from gradtui.runstore.reader.run_reader import RunReader
from tests.factories import run_info
from tests.runstore.recorded import LAYOUT, record, snap

TOGETHER = run_info(synchronised=True)
STEPS = np.arange(10)


def norms(ranks: int) -> np.ndarray:
    return np.tile(np.linspace(1.0, 2.0, 10), (ranks, 1))


@given(
    st.integers(3, 64).flatmap(
        lambda n: st.tuples(st.just(n), st.integers(0, n - 1), st.integers(0, 9))
    ),
    st.sampled_from([1 + 2 * TOLERANCE, 0.5, 1e30, 0.0, np.nan, np.inf]),
)
def test_one_of_many_is_named(case: tuple[int, int, int], factor: float) -> None:
    ranks, odd, step = case
    found = norms(ranks)
    found[odd, step] *= factor
    seen = apart(found, STEPS, range(ranks))
    assert seen is not None
    assert (seen.odd, seen.first_step, seen.steps) == ((odd,), step, 1)
    assert np.array_equal([seen.low, seen.high], [found[odd, step], found[odd - 1, step]], True)


@given(st.integers(1, 64), st.floats(0, TOLERANCE / 4))
def test_rounding_is_no_difference(ranks: int, error: float) -> None:
    found = norms(ranks) * (1 + error * np.cos(np.arange(ranks))[:, None])
    assert apart(found, STEPS, range(ranks)) is None


def test_nan_on_all_is_agreement() -> None:
    found = norms(4)
    found[:, 3] = np.nan
    found[:, 4] = np.inf
    assert apart(found, STEPS, range(4)) is None


@pytest.mark.parametrize("ranks", [2, 8])
def test_where_all_differ_none_is_named(ranks: int) -> None:
    found = norms(ranks) * np.linspace(1, 2, ranks)[:, None]
    seen = apart(found, STEPS, range(ranks))
    assert seen is not None
    assert (seen.odd, seen.steps, seen.compared, seen.low, seen.high) == ((), 10, 10, 1.0, 2.0)
    assert f"nothing averages gradients over the {ranks} ranks" in seen.words


def test_of_two_that_differ_once_none_is_named() -> None:
    found = norms(2)
    found[1, 6] = 9.0
    seen = apart(found, STEPS, (0, 1))
    assert seen is not None
    assert (seen.odd, seen.first_step, seen.steps) == ((), 6, 1)


def test_words() -> None:
    once = Apart((3,), 64, 412, 412, 1, 400, 1.73, 1.31)
    assert once.words == (
        "rank 3: gradient norm 1.73 at step 412, and 1.31 on the 63 others, which agree (1 of the 400 steps "
        "compared): corrupted numbers on that machine, or gradients that were not averaged there"
    )
    many = Apart(tuple(range(9)), 64, 5, 700, 12, 400, np.inf, 1.0)
    assert many.words.startswith("ranks 0, 1, 2, 3, 4, 5 and 3 more: gradient norm inf at step 5,")
    assert "12 of the 400 steps compared; the last time at step 700" in many.words


def written(
    run: Path, ranks: int, odd: dict[tuple[int, int], float], info: object = TOGETHER
) -> None:
    for rank in range(ranks):
        taken = [snap(i, odd.get((rank, i), 1.0), slow=False) for i in range(20)]
        record(run, taken, info=info, rank=rank, world_size=ranks)  # type: ignore[arg-type]


def test_one_of_64_ranks(tmp_path: Path) -> None:
    """Its gradients are of no file that is read in full, and its scalars tell all the same."""
    run = tmp_path / "r"
    written(run, 64, {(37, 12): 5.0})
    facts = load_facts(run)
    assert facts.ranks is not None
    assert facts.ranks.apart is not None
    assert (facts.ranks.apart.odd, facts.ranks.apart.first_step) == ((37,), 12)
    assert diagnose(facts).notes[0].startswith("rank 37: gradient norm ")
    before = facts.until(12).ranks
    assert before is not None
    assert before.apart is None
    reader = RunReader(run)
    reader.poll()
    assert [note for note in reader.rank_notes if note.startswith("rank 37: gradient norm")]


def test_a_missing_all_reduce(tmp_path: Path) -> None:
    run = tmp_path / "r"
    written(run, 4, {(r, i): 1.0 + 0.1 * r for r in range(4) for i in range(20)}, run_info())
    assert "nothing averages gradients over the 4 ranks" in diagnose(load_facts(run)).notes[0]


def test_replicas_that_agree_are_not_spoken_of(tmp_path: Path) -> None:
    run = tmp_path / "r"
    written(run, 3, {})
    assert agreement(read_ranks(run)) is None
    assert not [note for note in diagnose(load_facts(run)).notes if "rank" in note]


def test_who_is_no_replica(tmp_path: Path) -> None:
    """Shards, parts of a net on other machines, and processes that nobody has started together."""
    for rank in range(3):
        taken = [snap(i, 1.0 + rank) for i in range(5)]
        shard = Layout(tuple(replace(t, placement="shard") for t in LAYOUT.tensors), LAYOUT.rows)
        record(tmp_path / "shards", taken, shard, rank=rank, world_size=3)
        part = Layout(
            tuple(replace(t, name=f"{rank}.{t.name}") for t in LAYOUT.tensors), LAYOUT.rows
        )
        record(tmp_path / "parts", taken, part, rank=rank, world_size=3)
        record(tmp_path / "search", taken, rank=rank, world_size=1)
    for name in ("shards", "parts", "search"):
        assert agreement(read_ranks(tmp_path / name)) is None


def test_steps_that_not_all_have_are_not_compared(tmp_path: Path) -> None:
    run = tmp_path / "r"
    record(run, [snap(i) for i in range(0, 20, 2)], info=TOGETHER, rank=0, world_size=2)
    record(run, [snap(i, 1.0 + i % 2) for i in range(15)], info=TOGETHER, rank=1, world_size=2)
    assert agreement(read_ranks(run)) is None
