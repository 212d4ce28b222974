"""Between records norms of steps that are let through are taken, as far as the budget reaches."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import gradtui
from gradtui.core.snapshot import Grad
from gradtui.instrument import budget
from gradtui.instrument.backward_passes import Loss, Pass
from gradtui.instrument.budget import Budget, Detail, Ledger
from gradtui.instrument.cost_meter import CostMeter
from gradtui.instrument.param_groups import ParamGroup
from gradtui.instrument.step_records import StepRecord, StepRecorder, bare_record
from gradtui.instrument.watcher import Watcher
from gradtui.runstore.format.records import step_records
from gradtui.runstore.format.scalar_rows import NormsAlone, snapshot_of
from tests.instrument.kept import Kept, norm, recorded
from tests.operations import Operations
from tests.runstore.recorded import LAYOUT

EVERY, NORMS, STEPS = 16, 2, 160


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every EVERY-th step in full, norms at every NORMS-th, whatever it takes."""

    def plan(self: Budget, room: float) -> None:
        self.every, self.norms_every = EVERY, 0 if self._rests() else NORMS
        self.left = self._planned = EVERY - 1 - self._count % EVERY

    def took(self: Budget, detail: Detail, cost: float) -> None:
        self._plan(0.0)

    monkeypatch.setattr(budget, "ALLOWANCE", 0.0)
    monkeypatch.setattr(Budget, "_plan", plan)
    monkeypatch.setattr(Budget, "took", took)


@pytest.fixture
def kept(planned: None) -> Iterator[Kept]:
    yield from recorded()


def net() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 1))


def train(
    model: nn.Module,
    steps: int = STEPS,
    before: Callable[[int], object] = lambda step: None,
) -> dict[int, list[float]]:
    """By step the norms that the program's own tensors have; `before` is called before each update."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    found = {}
    for step in range(steps):
        optimizer.zero_grad()
        model(torch.randn(8, 6)).square().mean().backward()
        before(step)
        found[step] = [
            math.nan if p.grad is None else norm(p.grad)
            for p in model.parameters()
            if p.requires_grad
        ]
        optimizer.step()
    return found


def evaluation(model: nn.Module, optimizer: torch.optim.Optimizer) -> Callable[[], Tensor]:
    """A closure for `optimizer`."""

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss: Tensor = model(torch.randn(8, 6)).square().mean()
        loss.backward()
        return loss

    return closure


NONE = math.nan


def between(kept: Kept) -> dict[int, NormsAlone]:
    return {step: row[-1] for step, row in kept.rows.items() if row[-1] is not None}


def test_they_are_those_of_the_program(kept: Kept) -> None:
    truth = train(net())
    found = between(kept)
    full = {snapshot.step for snapshot in kept.snapshots}
    assert full == set(range(0, STEPS, EVERY))
    assert set(found) == set(range(0, STEPS, NORMS)) - full
    assert set(kept.rows) == set(range(STEPS)) - full
    for step, norms in found.items():
        assert norms.norms.tolist() == pytest.approx(truth[step], rel=1e-6)
        assert norms.tensors == len(kept.layout.tensors)
        assert [kept.names[i] for i in norms.at] == ["0.weight", "0.bias", "2.weight", "2.bias"]


def test_a_parameter_without_a_gradient_has_no_norm(kept: Kept) -> None:
    model = net()

    def before(step: int) -> None:
        if step % 4 == 0:
            model[0].bias.grad = None

    truth = train(model, before=before)
    for step, norms in between(kept).items():
        assert norms.norms.tolist() == pytest.approx(truth[step], rel=1e-6, nan_ok=True)
        assert math.isnan(norms.norms[1]) == (step % 4 == 0)
        table = norms.table()
        np.testing.assert_array_equal(
            np.isnan(table[norms.at, Grad.NONFINITE]), np.isnan(norms.norms)
        )


def test_what_is_not_finite_is_recorded_in_full(kept: Kept) -> None:
    model, bad = net(), 6 * NORMS

    def before(step: int) -> None:
        if step == bad:
            model[2].weight.grad[0, 3] = math.inf

    train(model, steps=bad + 1, before=before)
    (seen,) = [snapshot for snapshot in kept.snapshots if snapshot.step == bad]
    assert seen.nonfinite is not None
    assert (seen.nonfinite.step, seen.nonfinite.tensor) == (bad, "2.weight")
    assert bad not in between(kept)


@pytest.mark.parametrize("limit", [1e-3, 1e9])
def test_of_what_was_clipped_they_are_known_before_and_after(kept: Kept, limit: float) -> None:
    model = net()
    whole: dict[int, list[float]] = {}

    def clip(step: int) -> None:
        whole[step] = [norm(p.grad) for p in model.parameters() if p.grad is not None]
        nn.utils.clip_grad_norm_(model.parameters(), limit)

    after = train(model, before=clip)
    found = between(kept)
    assert len(found) > STEPS // 3
    for step, norms in found.items():
        seen = snapshot_of(kept.rows[step], norms)
        assert seen.stage == "clipped"
        assert seen.grads[norms.at, Grad.NORM].tolist() == pytest.approx(after[step], rel=1e-5)
        assert seen.norms_before is not None
        assert seen.norms_before[norms.at].tolist() == pytest.approx(whole[step], rel=1e-4)
        factor = min(limit / (math.hypot(*whole[step]) + 1e-6), 1.0)
        assert seen.clip_coefficient == pytest.approx(factor, rel=1e-5)


@pytest.mark.parametrize(
    "how",
    ["by value", "by value from a step on", "in parts", "twice", "changed"],
)
def test_what_was_clipped_otherwise_is_left_to_records_in_full(kept: Kept, how: str) -> None:
    model = net()

    def clip(step: int) -> None:
        if how == "by value" or (how == "by value from a step on" and step >= EVERY):
            nn.utils.clip_grad_value_(model.parameters(), 1e-3)
        elif how == "in parts":
            nn.utils.clip_grad_norm_(model[0].parameters(), 1e-3)
        elif how == "twice":
            nn.utils.clip_grad_norm_(model.parameters(), 1e-2)
            nn.utils.clip_grad_norm_(model.parameters(), 1e-3)
        elif how == "changed":
            grads = [p.grad for p in model.parameters() if p.grad is not None]
            total = nn.utils.get_total_norm(grads)
            nn.utils.clip_grads_with_norm_(model.parameters(), 1e-3, total.requires_grad_() * 1.0)

    train(model, before=clip)
    assert not [step for step in between(kept) if step >= EVERY or how[-7:] != "step on"]


def test_what_is_added_to_after_clipping_counts_as_never_clipped(kept: Kept) -> None:
    """As in records in full."""
    model = net()

    def clip(step: int) -> None:
        nn.utils.clip_grad_norm_(model.parameters(), 1e-3)
        model(torch.randn(8, 6)).square().mean().backward()

    truth = train(model, before=clip)
    assert {snapshot.stage for snapshot in kept.snapshots[1:]} == {"raw"}
    for step, norms in between(kept).items():
        assert snapshot_of(kept.rows[step], norms).stage == "raw"
        assert norms.norms.tolist() == pytest.approx(truth[step], rel=1e-6)


def test_clipping_that_begins_late_is_seen_at_once(kept: Kept) -> None:
    model = net()
    whole: dict[int, float] = {}

    def clip(step: int) -> None:
        whole[step] = math.hypot(*(norm(p.grad) for p in model.parameters() if p.grad is not None))
        if step > 2 * EVERY:
            nn.utils.clip_grad_norm_(model.parameters(), 1e-3)[...].mul_(100)

    train(model, before=clip)
    found = {step: snapshot_of(kept.rows[step], norms) for step, norms in between(kept).items()}
    assert {2 * EVERY - NORMS, 2 * EVERY + NORMS} <= found.keys()
    for step, seen in found.items():
        assert seen.stage == ("clipped" if step > 2 * EVERY else "raw")
        norms = seen.grads[:, Grad.NORM] if seen.norms_before is None else seen.norms_before
        assert math.hypot(*norms) == pytest.approx(whole[step], rel=1e-4)


def test_what_comes_in_the_way_for_a_while_does_not_for_good(kept: Kept) -> None:
    """Steps with closures, then plain ones: after some records norms are asked for again."""
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

    closure = evaluation(model, optimizer)
    for step in range((budget.AGAIN + 4) * EVERY):
        if step < 2 * EVERY:
            optimizer.step(closure)  # type: ignore[arg-type]
        else:
            closure()
            optimizer.step()
    assert min(between(kept)) > budget.AGAIN * EVERY


def test_a_new_layout_costs_nobody_their_norms(kept: Kept) -> None:
    """Another optimizer comes: the first one is given a place in the new layout."""
    first, second = net(), net()
    optimizers = [torch.optim.SGD(model.parameters(), lr=0.01) for model in (first, second)]
    for step in range(STEPS):
        for model, optimizer in zip((first, second), optimizers, strict=True):
            if model is first or step > 3 * EVERY:
                optimizer.zero_grad()
                model(torch.randn(8, 6)).square().mean().backward()
                optimizer.step()
    late = [row for row in kept.rows.values() if row[-1] is not None and row[0] > STEPS]
    assert {row[4] for row in late} == {0, 1}


def test_a_clipping_of_an_earlier_step_is_not_taken_for_this_ones(kept: Kept) -> None:
    """Only every third step is clipped."""
    model = net()

    def clip(step: int) -> None:
        if step % 3 == 0:
            nn.utils.clip_grad_norm_(model.parameters(), 1e-3)

    train(model, before=clip)
    found = {step: snapshot_of(kept.rows[step], norms) for step, norms in between(kept).items()}
    assert {seen.stage for step, seen in found.items() if step % 3 == 0} == {"clipped"}
    assert {seen.stage for step, seen in found.items() if step % 3} == {"raw"}


def test_what_will_not_do_is_recorded_in_full_for_three_times(kept: Kept) -> None:
    model = nn.Embedding(10, 3, sparse=True)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for _ in range(STEPS):
        optimizer.zero_grad()
        model(torch.randint(10, (4,))).square().mean().backward()
        optimizer.step()
    assert not between(kept)
    assert len(kept.snapshots) == STEPS // EVERY + budget.USELESS


def test_steps_with_a_closure_are_left_to_records_in_full(kept: Kept) -> None:
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

    closure = evaluation(model, optimizer)
    for _ in range(STEPS):
        optimizer.step(closure)  # type: ignore[arg-type]
    assert not between(kept)


def test_accumulated_steps_have_them_too(kept: Kept) -> None:
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    truth = {}
    for step in range(STEPS):
        optimizer.zero_grad()
        for _ in range(3):
            model(torch.randn(8, 6)).square().mean().backward()
        truth[step] = [norm(p.grad) for p in model.parameters() if p.grad is not None]
        optimizer.step()
    found = between(kept)
    assert len(found) > STEPS // 3
    for step, norms in found.items():
        assert norms.norms.tolist() == pytest.approx(truth[step], rel=1e-6)
        assert kept.rows[step][5] == 3


def test_behind_a_scaler_they_are_unscaled(kept: Kept) -> None:
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    scaler = torch.amp.GradScaler("cpu", init_scale=256.0, growth_interval=40)
    truth = {}
    unused = nn.Parameter(torch.ones(3))
    optimizer.add_param_group({"params": [unused]})
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = model(torch.randn(8, 6)).square().mean()
        grads = torch.autograd.grad(loss, list(model.parameters()), retain_graph=True)
        truth[step] = list(map(norm, grads))
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
    found = between(kept)
    assert len(found) > STEPS // 3
    for step, norms in found.items():
        assert norms.norms.tolist() == pytest.approx([*truth[step], NONE], rel=1e-5, nan_ok=True)
        seen = snapshot_of(kept.rows[step], norms)
        assert (seen.stage, seen.loss_scale) == ("unscaled", 256.0 * 2 ** (step // 40))
    assert all(snapshot.nonfinite is None for snapshot in kept.snapshots)


def test_a_parameter_that_is_added_counts_from_the_next_step_on(kept: Kept) -> None:
    model, added = net(), nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for step in range(STEPS):
        if step == 3 * EVERY + 1:
            optimizer.add_param_group({"params": added.parameters()})
        optimizer.zero_grad()
        added(model(torch.randn(8, 6))).square().mean().backward()
        optimizer.step()
    for step, norms in between(kept).items():
        assert len(norms.norms) == (4 if step <= 3 * EVERY else 6)
    assert 3 * EVERY + NORMS in {snapshot.step for snapshot in kept.snapshots}


@pytest.mark.parametrize("clips", [False, True])
@pytest.mark.parametrize("cleared", [False, True])
def test_the_last_step_keeps_its_norms_whatever_becomes_of_gradients(
    kept: Kept, clips: bool, cleared: bool
) -> None:
    """It was let through, and its norms were taken; at the end its weights are looked at."""
    model = net()
    last = EVERY + 3 * NORMS
    whole = 0.0

    def before(step: int) -> None:
        nonlocal whole
        whole = math.hypot(*(norm(p.grad) for p in model.parameters() if p.grad is not None))
        if clips:
            nn.utils.clip_grad_norm_(model.parameters(), 1e-2)

    after = train(model, steps=last + 1, before=before)
    for parameter in model.parameters():
        assert parameter.grad is not None
        parameter.grad = None if cleared else parameter.grad.mul_(100)
    assert last in between(kept)
    kept.end()
    seen = kept.snapshots[-1]
    assert (seen.step, seen.stage) == (last, "clipped" if clips else "raw")
    assert seen.weights is not None
    assert seen.grads[:, Grad.NORM].tolist() == pytest.approx(after[last], rel=1e-5)
    (record,) = step_records([0.0], [seen], seen.grads[None], kept.layout, 0)
    assert float(record["total_norm"]) == pytest.approx(whole, rel=1e-4)


def test_training_is_the_same_to_the_bit(planned: None) -> None:
    weights = []
    for watched in (False, True):
        watcher = Watcher(Kept()) if watched else None
        model = net()
        train(model)
        weights.append([p.detach().clone() for p in model.parameters()])
        if watcher is not None:
            watcher.close()
    assert all(torch.equal(a, b) for a, b in zip(*weights, strict=True))


def test_a_program_sees_nothing_of_it(kept: Kept) -> None:
    """No mode of the program is asked, and no graph grows from a gradient that has one."""
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = model(torch.randn(8, 6)).square().mean()
        grads = torch.autograd.grad(loss, list(model.parameters()), create_graph=True)
        for parameter, grad in zip(model.parameters(), grads, strict=True):
            parameter.grad = grad
        if step == STEPS - EVERY + NORMS:
            with Operations() as asked:
                optimizer.step()
            assert not [name for name in asked.seen if "norm" in name]
        else:
            optimizer.step()
    assert len(between(kept)) > STEPS // 3


def test_clipping_asks_nothing_that_a_mode_of_the_program_would_see(kept: Kept) -> None:
    """Such a step is left to records in full."""
    model = net()
    seen: dict[int, list[str]] = {}

    def clip(step: int) -> None:
        with Operations() as asked:
            nn.utils.clip_grad_norm_(model.parameters(), 1e-3)
        seen[step] = asked.seen

    train(model, before=clip)
    assert len(kept.rows) > STEPS // 2
    for step in kept.rows:
        assert not [name for name in seen[step] if "_local_scalar_dense" in name]
    assert not between(kept)


def test_they_count_as_measured_on_disk(planned: None, tmp_path: Path) -> None:
    watch = gradtui.watch(directory=tmp_path / "run")
    model = net()
    truth = train(model)
    watch.close()
    run = gradtui.open_run(tmp_path / "run")
    expected = [s for s in range(STEPS) if s % NORMS == 0 or s == STEPS - 1]
    assert run.measured_steps.tolist() == expected
    assert run.steps.tolist() == list(range(STEPS))
    total = [math.hypot(*truth[step]) for step in expected]
    assert run.total_norm[run.measured_steps].tolist() == pytest.approx(total, rel=1e-6)
    assert np.isfinite(run.loss).all()


def record(norms: list[float], loss: float = 0.5, absent: int | None = None) -> StepRecord:
    """Of a step whose numbers are on their way from an accelerator; one tensor may have no gradient."""
    made = bare_record(7, 1000.0)
    made.layout, made.at = LAYOUT, np.arange(len(norms))
    there = [math.nan if at == absent else 0.0 for at in range(len(norms))]
    made.norms = NormsAlone(np.array(there), made.at, len(LAYOUT.tensors))
    made.parts["norms"] = torch.tensor(norms, dtype=torch.float64)
    value = torch.tensor(loss, dtype=torch.float64)
    made.add_loss(Loss((Pass(value, None, 1.0, False),)))
    assert "loss" in made.parts
    return made


def test_a_tensor_without_a_gradient_on_an_accelerator_is_not_one_that_is_lost() -> None:
    sink = Kept()
    meter = CostMeter()
    recorder = StepRecorder(sink, meter, Ledger(0.03, meter), lambda *given: None)
    recorder.add(record([3.0, math.nan], absent=1))
    assert not recorder.lost
    assert sink.rows[7][-1] is not None
    np.testing.assert_array_equal(sink.rows[7][-1].norms, [3, math.nan])
    recorder.add(record([math.inf, math.nan], absent=1))
    (snapshot,) = sink.snapshots
    np.testing.assert_array_equal(snapshot.grads[:2, Grad.NONFINITE], [1, math.nan])


@pytest.mark.parametrize(
    ("norms", "loss"), [([1.0, math.nan], 0.5), ([math.inf, 1.0], 0.5), ([1.0, 2.0], math.nan)]
)
def test_numbers_from_an_accelerator_arrive_with_the_scalars(
    norms: list[float], loss: float
) -> None:
    """What turns out not to be finite is told as in a record in full."""
    sink = Kept()
    meter = CostMeter()
    late: list[tuple[int, str]] = []

    def traced(step: int, phase: str, known: float, replayed: bool) -> None:
        late.append((step, phase))

    recorder = StepRecorder(sink, meter, Ledger(0.03, meter), traced)
    recorder.add(record([3.0, 4.0]))
    assert sink.rows[7][2] == 0.5
    assert sink.rows[7][-1] is not None
    assert sink.rows[7][-1].norms.tolist() == [3, 4]
    assert not recorder.lost
    recorder.add(record(norms, loss))
    (snapshot,) = sink.snapshots
    assert snapshot.nonfinite is not None
    assert snapshot.loss == pytest.approx(loss, nan_ok=True)
    assert snapshot.nonfinite.phase == ("backward" if loss == 0.5 else "forward")
    np.testing.assert_array_equal(snapshot.grads[:2, Grad.NORM], norms)
    assert snapshot.grads[:2, Grad.NONFINITE].tolist() == [
        float(not math.isfinite(n)) for n in norms
    ]
    assert late == [(7, snapshot.nonfinite.phase)]
    assert recorder.lost
    assert sink.followed[0].closed


class Named(nn.Parameter):
    """A tensor of the program's own kind, which sees what is asked of it."""

    asked: list[str] = []  # noqa: RUF012

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        Named.asked.append(str(func))
        return super().__torch_function__(func, types, args, kwargs or {})


def test_no_type_of_the_program_is_asked(kept: Kept) -> None:
    model = net()
    model[0].weight = Named(model[0].weight.detach())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    seen: list[str] = []
    optimizer.register_step_pre_hook(lambda *_: seen.extend(Named.asked))  # after ours
    for _ in range(2 * EVERY):
        optimizer.zero_grad()
        model(torch.randn(8, 6)).square().mean().backward()
        Named.asked.clear()
        optimizer.step()
    assert seen == []
    assert len(between(kept)) == EVERY - 2


def test_no_mode_of_the_program_sees_them(kept: Kept) -> None:
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for _ in range(2 * EVERY):
        optimizer.zero_grad()
        model(torch.randn(8, 6)).square().mean().backward()
        with Operations() as operations:
            optimizer.step()
        assert not any("norm" in one for one in operations.seen)
    assert len(between(kept)) == EVERY - 2


def test_an_error_of_ours_is_a_line_in_the_log_and_the_step_is_recorded_in_full(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: ParamGroup, grads: object) -> None:
        raise ValueError("not today")

    monkeypatch.setattr(ParamGroup, "norms_of", fails)
    model = net()
    train(model, steps=3 * EVERY)
    assert not between(kept)
    assert torch.is_grad_enabled()
    assert {snapshot.step for snapshot in kept.snapshots} > {0, NORMS}
    assert set(kept.log) == {"norms alone: ValueError: not today"}
    kept.log.clear()
