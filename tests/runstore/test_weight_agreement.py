"""Replicas whose weights are not those of the others, though their gradients are."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.core.layout import Layout
from gradtui.core.rank_facts import Apart, Drift
from gradtui.core.snapshot import Snapshot, Weight
from gradtui.doctor.diagnose import diagnose
from gradtui.doctor.remedies.code.prescriptions import prescribe
from gradtui.runstore.ranks.process_status import read_ranks
from gradtui.runstore.ranks.replica_agreement import TOLERANCE
from gradtui.runstore.ranks.weight_agreement import compared, drift, first_place
from gradtui.runstore.reader.load import load_facts
from gradtui.runstore.reader.run_reader import RunReader
from tests.factories import run_info
from tests.runstore.recorded import LAYOUT, record, snap

TOGETHER = run_info(synchronised=True)
STEPS = 100
"""Ranks behind the first keep every sixteenth step."""
APART = Apart((), 3, 0, 9, 10, 10, 1.0, 2.0)


def taken(step: int, factor: float = 1.0, tensor: int = 1, norm: float = 1.0) -> Snapshot:
    """A step whose weight norms are those of every replica, but for one."""
    one = snap(step, norm, slow=step % 4 == 0)
    if one.weights is None:
        return one
    weights = one.weights.copy()
    weights[:, Weight.NORM] = np.arange(1, len(weights) + 1) + step / 100
    weights[tensor, Weight.NORM] *= factor
    return replace(one, weights=weights)


def written(
    run: Path,
    ranks: int,
    factors: dict[int, float],
    since: int = 0,
    until: int = STEPS,
    info: object = TOGETHER,
    layout: Layout = LAYOUT,
) -> Drift | None:
    """A run of replicas of which some have other weights for a while."""
    for rank in range(ranks):
        factor = factors.get(rank, 1.0)
        steps = [taken(i, factor if since <= i < until else 1.0) for i in range(STEPS)]
        record(run, steps, layout, info=info, rank=rank, world_size=ranks)  # type: ignore[arg-type]
    return drift(read_ranks(run), None)


@given(st.integers(1, 500), st.data())
def test_the_first_place_is_found(count: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, count - 1))
    asked: list[int] = []

    def differs(place: int) -> bool:
        asked.append(place)
        return place >= first

    assert first_place(count, differs) == first
    assert len(asked) <= 8 + 9
    assert first_place(count, lambda _: False) is None


@given(
    st.integers(3, 16),
    st.sampled_from([1 + 2 * TOLERANCE, 0.5, 1e30, np.nan, np.inf]),
    st.integers(0, 4),
)
def test_one_of_many_differs(ranks: int, factor: float, tensor: int) -> None:
    norms = np.tile(np.arange(1.0, 6.0), (ranks, 1))
    assert not compared(norms).any()
    assert not compared(norms * (1 + TOLERANCE / 4 * np.cos(np.arange(ranks)))[:, None]).any()
    norms[1, tensor] *= factor
    share = compared(norms)
    assert np.argwhere(share).tolist() == [[1, tensor]]


def test_what_is_nan_everywhere_is_no_difference() -> None:
    assert not compared(np.full((3, 2), np.nan)).any()


def test_a_weight_that_was_corrupted_in_mid_run(tmp_path: Path) -> None:
    run = tmp_path / "r"
    found = written(run, 4, {2: 1.5}, since=17)
    assert found is not None
    assert (found.odd, found.ranks, found.first_step, found.last_step) == ((2,), 4, 32, 96)
    assert (found.tensor, found.tensors) == (LAYOUT.tensors[1].name, 1)
    assert found.low == pytest.approx(1.5 * 2.32)
    assert found.high == pytest.approx(2.32)
    assert found.proven
    facts = load_facts(run)
    diagnosis = diagnose(facts)
    (finding,) = [one for one in diagnosis.findings if one.symptom == "replica_drift"]
    assert finding.first_step == 32
    assert finding.layers == (LAYOUT.rows[LAYOUT.tensors[1].row].name,)
    assert finding.evidence.startswith(
        f"rank 2: weight norm of {found.tensor} 3.48 at step 32, and"
    )
    assert not [note for note in diagnosis.notes if "weight norm" in note]
    (lines,) = prescribe(finding, facts)
    assert "broadcast(tensor, src=0)" in lines.code
    assert facts.until(31).ranks is not None
    assert not [f for f in diagnose(facts.until(31)).findings if f.symptom == "replica_drift"]
    reader = RunReader(run)
    reader.poll()
    assert [note for note in reader.rank_notes if note.startswith("rank 2: weight norm of")]


def test_a_rank_that_alone_has_loaded_a_checkpoint(tmp_path: Path) -> None:
    run = tmp_path / "r"
    found = written(run, 3, {0: 0.5})
    assert found is not None
    assert (found.odd, found.first_step, found.proven) == ((0,), 0, True)
    facts = load_facts(run)
    finding = diagnose(facts).findings[0]
    assert "src=1" in prescribe(finding, facts)[0].code


@pytest.mark.parametrize(
    ("ranks", "factors", "until", "info"),
    [
        (2, {1: 1.5}, STEPS, TOGETHER),  # which of two nobody can say
        (4, {1: 1.5, 3: 1.5}, STEPS, TOGETHER),  # groups of equal size, as of parts of a net
        (3, {0: 1.0, 1: 1.1, 2: 1.2}, STEPS, TOGETHER),
        (4, {1: 1.5, 2: 1 + 1e-9}, STEPS, TOGETHER),  # the others do not agree to the bit
        (4, {1: 1.5}, 40, TOGETHER),  # it has passed
        (4, {1: 1.5}, STEPS, run_info()),  # nobody knows that they are replicas
    ],
)
def test_what_is_not_certain_is_a_note(
    ranks: int, factors: dict[int, float], until: int, info: object, tmp_path: Path
) -> None:
    run = tmp_path / "r"
    found = written(run, ranks, factors, until=until, info=info)
    assert found is not None
    assert not found.proven
    diagnosis = diagnose(load_facts(run))
    assert not [f for f in diagnosis.findings if f.symptom == "replica_drift"]
    assert found.words in diagnosis.notes


def test_under_other_gradients_nothing_is_said_of_weights(tmp_path: Path) -> None:
    """Averages now and then, and parts of a net that bear the same names."""
    run = tmp_path / "r"
    for rank in range(3):
        steps = [taken(i, 1.0 + rank, norm=1.0 + rank) for i in range(STEPS)]
        record(run, steps, info=run_info(), rank=rank, world_size=3)
    assert drift(read_ranks(run), APART) is None
    (note,) = diagnose(load_facts(run)).notes[:1]
    assert "nothing averages gradients" in note
    assert not [note for note in diagnose(load_facts(run)).notes if "weight norm" in note]


def test_replicas_that_agree_and_shards_are_not_spoken_of(tmp_path: Path) -> None:
    assert written(tmp_path / "same", 3, {}) is None
    shard = Layout(tuple(replace(t, placement="shard") for t in LAYOUT.tensors), LAYOUT.rows)
    assert written(tmp_path / "shards", 3, {1: 1.5}, layout=shard) is None
    one = [snap(i, slow=False) for i in range(5)]
    for rank in range(3):
        record(tmp_path / "none", one, info=TOGETHER, rank=rank, world_size=3)
    assert drift(read_ranks(tmp_path / "none"), None) is None
