"""Ranks add up to the run that they are parts of, however it was cut."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import gradtui
from gradtui.core.event import Ended, NonFiniteSeen, Started
from gradtui.core.layout import Layout, RowInfo, TensorInfo
from gradtui.core.snapshot import Grad, NonFinite, Snapshot
from gradtui.runstore.format.block import empty
from gradtui.runstore.format.layout_mapping import moved, onto, places, whole
from gradtui.runstore.format.records import STEP
from gradtui.runstore.ranks.merge import merged, replicated
from gradtui.runstore.ranks.process_status import status
from gradtui.runstore.reader.load import load, load_facts
from gradtui.runstore.reader.open_run import OpenRun
from gradtui.runstore.reader.run_reader import RunReader
from gradtui.runstore.writer.run_writer import RunWriter
from tests.factories import mlp_layout, run_info
from tests.runstore.recorded import LAYOUT, record, snap, wait_for

VALUES = st.floats(-1e30, 1e30) | st.sampled_from([0.0, float("nan"), float("inf"), 1e-300])


def facts_of(values: np.ndarray) -> list[float]:
    """The columns of Grad, worked out from the elements."""
    with np.errstate(all="ignore"):
        top = np.abs(values).max(initial=0.0)
        scale = top if np.isfinite(top) and top > 0 else 1.0
        norm = scale * np.sqrt(np.square(values / scale).sum())
        if np.isnan(values).any():
            norm = np.nan
    return [norm, top, (values == 0).sum(), (~np.isfinite(values)).sum(), values.sum()]


def sharded(rows: int) -> Layout:
    """A weight of which each rank has `rows` lines, and a bias that all have."""
    weight = TensorInfo("w", (rows, 4), 0, placement="shard")
    return Layout((weight, TensorInfo("b", (4,), 0, "bias")), (RowInfo("layer"),))


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_merged_shards_equal_the_whole(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    run = tmp_path_factory.mktemp("run") / "r"
    ranks = data.draw(st.integers(2, 4))
    elements = st.lists(VALUES, min_size=4, max_size=4)
    parts = [np.array(data.draw(st.lists(elements, min_size=1, max_size=3))) for _ in range(ranks)]
    bias = np.array(data.draw(st.lists(st.floats(-1e3, 1e3), min_size=4, max_size=4)))
    for rank, part in enumerate(parts):
        grads = np.array([facts_of(part), facts_of(bias)])
        one = Snapshot(run=1, step=0, loss=float(rank), grads=grads)
        record(run, [one], sharded(len(part)), rank=rank, world_size=ranks)
    loaded = load(run)
    whole = np.concatenate(parts)
    assert loaded.layout.tensors[0].shape == whole.shape
    got = loaded.block.grads[0]
    np.testing.assert_allclose(got[0, :4], facts_of(whole)[:4], rtol=1e-12)
    np.testing.assert_array_equal(got[1], facts_of(bias))
    assert loaded.block.scalars["loss"][0] == (ranks - 1) / 2
    total = load_facts(run).total_norm[0]
    np.testing.assert_allclose(OpenRun(run).total_norm[0], total, rtol=1e-9)


def test_replicas_count_once_and_none_hides_a_nan(tmp_path: Path) -> None:
    record(tmp_path / "r", [snap(i) for i in range(6)], rank=0, world_size=3)
    record(tmp_path / "r", [snap(i) for i in range(6)], rank=1, world_size=3)
    broken = [snap(i, float("nan") if i == 4 else 1.0) for i in range(6)]
    record(tmp_path / "r", broken, rank=2, world_size=3)
    facts = load_facts(tmp_path / "r")
    np.testing.assert_array_equal(facts.grads[:4], [s.grads for s in broken[:4]])
    assert np.isnan(facts.grads[4, :, Grad.NORM]).all()
    np.testing.assert_array_equal(facts.weights[0], broken[0].weights)
    np.testing.assert_array_equal(facts.activations[0, :, 1], 0.9)


def test_a_rank_without_a_gradient_takes_that_of_another(tmp_path: Path) -> None:
    missing = snap(0).grads.copy()
    missing[2] = np.nan
    record(tmp_path / "r", [replace(snap(0), grads=missing)], rank=0, world_size=2)
    record(tmp_path / "r", [snap(0)], rank=1, world_size=2)
    np.testing.assert_array_equal(load_facts(tmp_path / "r").grads[0], snap(0).grads)


def test_a_pipeline_of_different_layers_is_one_net(tmp_path: Path) -> None:
    for rank in range(2):
        tensors = tuple(replace(t, name=f"{rank}.{t.name}") for t in LAYOUT.tensors)
        rows = tuple(replace(r, name=f"{rank}.{r.name}") for r in LAYOUT.rows)
        record(tmp_path / "r", [snap(0)], Layout(tensors, rows), rank=rank, world_size=2)
    facts = load_facts(tmp_path / "r")
    assert len(facts.layout.tensors) == 12
    assert [t.row for t in facts.layout.tensors] == [i // 2 for i in range(12)]
    np.testing.assert_array_equal(facts.grads[0, 6:], snap(0).grads)


def test_steps_wait_for_all_ranks_and_then_no_longer(tmp_path: Path) -> None:
    now = [0.0]
    writers = [
        RunWriter(tmp_path / "r", LAYOUT, run_info(), rank=rank, world_size=3, flush=0.01)
        for rank in range(2)
    ]
    wait_for(lambda: len(list((tmp_path / "r").glob("run*.json"))) == 2)
    reader = RunReader(tmp_path / "r", patience=2.0, look=0.0, clock=lambda: now[0])

    def written(rank: int, step: int) -> None:
        writers[rank].put(snap(step, slow=False))
        wait_for(lambda: status(tmp_path / "r").ranks[rank].last_step == step)
        path = tmp_path / "r" / f"tensors-{rank}-0.bin"
        wait_for(lambda: path.exists() and path.stat().st_size >= (step + 1) * 256)

    def steps() -> list[int]:
        return [s.step for s in reader.poll().snapshots]

    for step in (0, 1, 2):
        written(0, step)
    written(1, 0)
    assert steps() == [0]
    written(1, 1)
    assert steps() == [1]
    now[0] += 1.0
    assert steps() == []
    now[0] += 1.5
    assert steps() == [2], "the other rank has had its time"
    written(1, 2)
    assert steps() == [], "what comes later is late"
    assert reader.ranks.missing == (2,)
    for writer in writers:
        writer.tell(Ended(1, 2, "finished"))
        writer.close()
    events = [event for _ in range(3) for event in reader.poll().events]
    assert events == [Ended(1, 2, "finished")]
    assert reader.ranks.state == "ended"


def test_ranks_that_come_later_bring_their_shards(tmp_path: Path) -> None:
    grads = np.array([[3.0, 3.0, 0, 0, 3.0], [1.0, 1.0, 0, 0, 1.0]])
    steps = [Snapshot(run=1, step=i, loss=1.0, grads=grads) for i in range(3)]
    record(tmp_path / "r", steps, sharded(2), rank=0, world_size=2)
    reader = RunReader(tmp_path / "r", look=0.0)
    assert reader.poll().snapshots[0].grads[0, 0] == 3.0
    grads = grads * 4 / 3
    steps = [replace(s, grads=grads) for s in steps]
    record(tmp_path / "r", steps, sharded(2), rank=1, world_size=2)
    delivery = reader.poll()
    delivery = delivery if delivery.snapshots else reader.poll()
    assert [s.grads[0, 0] for s in delivery.snapshots] == [5.0] * 3


def test_nan_on_one_rank_is_told_though_the_others_are_fine(tmp_path: Path) -> None:
    seen = NonFinite(2, "backward", "layers.1", "weight")
    for rank in range(2):
        taken = [
            replace(snap(i), nonfinite=seen if rank == 1 and i == 2 else None) for i in range(5)
        ]
        record(tmp_path / "r", taken, rank=rank, world_size=2)
    delivery = RunReader(tmp_path / "r").poll()
    assert isinstance(delivery.events[0], Started)
    assert isinstance(delivery.events[1], NonFiniteSeen)
    assert [s.nonfinite for s in delivery.snapshots if s.nonfinite] == [seen]
    assert load_facts(tmp_path / "r").first_nonfinite == seen


@given(st.floats(0, 1e150), st.floats(0, 1e150))
def test_what_is_left_of_a_total_without_its_shards(one: float, other: float) -> None:
    total = np.hypot(one, other)
    got = replicated(np.array([total]), np.array([other]))[0]
    assert np.hypot(got, other) == pytest.approx(total, rel=1e-7)


def test_ranks_that_thin_apart_keep_steps_in_common(tmp_path: Path) -> None:
    for rank, rows in enumerate((3, 7)):
        layout = mlp_layout(rows, prefix=f"stage{rank}")
        taken = [snap(i, layout=layout, slow=False) for i in range(6000)]
        record(tmp_path / "r", taken, layout, rank=rank, world_size=2, budget=1 << 16)
    loaded = load(tmp_path / "r")
    assert not np.isnan(loaded.block.grads).any()
    assert len(loaded.block) >= 16
    assert {0, 5999} <= set(loaded.block.steps.tolist())
    assert np.diff(loaded.block.steps).max() <= 1024


def test_two_ranks_followed_live_lose_and_repeat_nothing(tmp_path: Path) -> None:
    writers = [
        RunWriter(tmp_path / "r", LAYOUT, run_info(), rank=rank, world_size=2, flush=0.01)
        for rank in range(2)
    ]
    wait_for(lambda: len(list((tmp_path / "r").glob("run*.json"))) == 2)
    reader = RunReader(tmp_path / "r", look=0.1, patience=30.0)
    got: list[int] = []
    for step in range(400):
        for writer in writers:
            writer.put(snap(step, slow=False))
        got += [s.step for s in reader.poll().snapshots]
        time.sleep(0.001)
    for writer in writers:
        writer.close()
    end = time.monotonic() + 10
    while got[-1:] != [399] and time.monotonic() < end:
        got += [s.step for s in reader.poll().snapshots]
        time.sleep(0.02)
    assert got == list(range(400))


def test_norms_whose_ratio_is_no_number_are_merged_all_the_same() -> None:
    """As a damaged file has them."""
    scalars = np.zeros(1, STEP)
    scalars["total_norm"], scalars["clipped_norm"] = 1e-300, 1e300
    block = empty(Layout((), ()), 1)
    block.scalars = scalars
    assert merged([block, block], Layout((), ())).scalars["step"].tolist() == [0]


@pytest.mark.parametrize(
    ("shapes", "together"),
    [
        ([(3, 4), (2, 4)], (5, 4)),
        ([(3,), (2,)], (5,)),
        ([(3, 4), (5,)], (17,)),
        ([(3,), ()], (4,)),  # of a damaged run: no shard has no dimension
        ([(), (3,)], (4,)),
    ],
)
def test_shards_of_any_shape_are_one_tensor(
    shapes: list[tuple[int, ...]], together: tuple[int, ...]
) -> None:
    held = [
        Layout((TensorInfo("w", shape, 0, placement="shard"),), (RowInfo("layer"),))
        for shape in shapes
    ]
    assert [tensor.shape for tensor in whole(held).tensors] == [together]


@pytest.mark.parametrize("old", [("a", "b"), ("b",), ()], ids=["two", "one", "none"])
def test_values_move_to_where_their_names_are(old: tuple[str, ...]) -> None:
    values = np.arange(3.0 * len(old) * 2).reshape(3, len(old), 2)
    out = moved(values, places(old, ("b", "c")), np.nan)
    assert out.shape == (3, 2, 2)
    assert np.isnan(out[:, 1]).all()
    wanted = values[:, old.index("b")] if "b" in old else np.full((3, 2), np.nan)
    np.testing.assert_array_equal(out[:, 0], wanted)


def named(*names: str, shape: tuple[int, ...] = (2, 2)) -> Layout:
    """A layout of tensors that are each a row of its own, called by what comes before their last word."""
    rows = tuple(RowInfo(name.rpartition(".")[0]) for name in names)
    return Layout(tuple(TensorInfo(name, shape, i) for i, name in enumerate(names)), rows)


def renamed(layout: Layout, *was: str) -> Layout:
    """With what its first tensors were called before."""
    first = [replace(t, was=name) for t, name in zip(layout.tensors, was, strict=False)]
    return Layout((*first, *layout.tensors[len(first) :]), layout.rows)


def test_what_is_called_otherwise_is_still_the_same() -> None:
    alone = named("0.weight", "2.weight")
    both = renamed(named("a.0.weight", "a.2.weight", "b.w"), "0.weight", "2.weight")
    last = renamed(named("c.2.weight", "a.0.weight", "b.w"), "a.2.weight")
    tensors, rows = onto(alone, [both], both)
    assert tensors.tolist() == rows.tolist() == [0, 1, -1]
    for later in ([both, last], [both, both, last, last]):
        tensors, rows = onto(alone, later, last)
        assert tensors.tolist() == rows.tolist() == [1, 0, -1]
    tensors, rows = onto(both, [last], last)
    assert tensors.tolist() == rows.tolist() == [1, 0, 2]


def test_two_that_have_changed_their_names_are_not_taken_for_one_another() -> None:
    old = named("a.w", "b.w")
    swapped = renamed(named("b.w", "a.w"), "a.w", "b.w")
    for later in ([swapped], [swapped, swapped]):
        tensors, rows = onto(old, later, swapped)
        assert tensors.tolist() == rows.tolist() == [0, 1]


def test_history_goes_on_when_a_second_model_comes(tmp_path: Path) -> None:
    first = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(first.parameters(), lr=0.1)
    with gradtui.watch(directory=tmp_path / "run"):
        net = torch.nn.Sequential(first)
        for _ in range(3):
            optimizer.zero_grad()
            net(torch.ones(4, 2)).mean().backward()
            optimizer.step()
        student = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 1))
        second = torch.optim.SGD(student.parameters(), lr=0.1)
        for _ in range(3):
            second.zero_grad()
            student(torch.ones(4, 2)).mean().backward()
            second.step()
    facts = load_facts(tmp_path / "run")
    assert {t.name.partition(".")[0] for t in facts.layout.tensors} == {"net", "student"}
    present = np.isfinite(facts.grads[:, :, Grad.NORM])
    assert present.sum(axis=1).tolist() == [2, 2, 2, 4, 4, 4]
