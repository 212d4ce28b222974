"""A run reads the same with and without the probe, and what the probe reads is true."""

import numpy as np
import pytest
import torch

from gradtui.core.snapshot import Act, Grad, Snapshot, Weight
from gradtui.lab.loop import train
from gradtui.lab.run import Run
from gradtui.patching.enclosure import enclosed
from tests.instrument.kept import Kept
from tests.runs import VARIETY, scenario


def taken(name: str, *, probed: bool = True, steps: int = 23, seed: int = 0) -> Run:
    story = scenario(seed=seed, **VARIETY[name])
    run = Run(story, story.setup, device="cpu", probed=probed)
    losses = []
    for _ in range(steps):
        run.step()
        losses.append(run.last_loss)
    run.last_loss = torch.stack(losses)
    return run


def same(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Equal to the bit, NaN included."""
    return torch.equal(
        a.detach().reshape(-1).view(torch.uint8), b.detach().reshape(-1).view(torch.uint8)
    )


@pytest.mark.parametrize("name", VARIETY)
def test_training_is_bit_identical_with_and_without_the_probe(name: str) -> None:
    watched, alone = taken(name), taken(name, probed=False)
    assert same(watched.last_loss, alone.last_loss)
    for mine, theirs in zip(
        watched.module.state_dict().values(), alone.module.state_dict().values(), strict=True
    ):
        assert same(mine, theirs)
    assert len(list(watched.ready(wait=True))) == 23


@pytest.mark.parametrize("name", ["mlp", "lstm", "amp"])
def test_same_seed_same_run_other_seed_other_run(name: str) -> None:
    first, second, other = taken(name), taken(name), taken(name, seed=1)
    assert same(first.last_loss, second.last_loss)
    assert not same(first.last_loss, other.last_loss)


@pytest.mark.parametrize("name", VARIETY)
def test_recorded_gradients_are_those_on_the_parameters(name: str) -> None:
    """Each statistic against the gradients themselves in float64, read just before clipping."""
    story = scenario(**VARIETY[name])
    run = Run(story, story.setup, device="cpu")
    assert run.probe is not None
    true: list[list[torch.Tensor]] = []
    measure = run.probe.gradients

    def spy(step: int, signal_scale: float = 1.0) -> None:
        by_name = {id(p): g for p, g in zip(run.arithmetic.copies, run.parameters, strict=True)}
        true.append(
            [
                by_name[id(tensor)].grad.detach().double().clone()  # type: ignore[union-attr]
                for row in run.network.rows
                for _, tensor, _, _ in row.parameters
            ]
        )
        measure(step, signal_scale)

    run.probe.gradients = spy  # type: ignore[method-assign]
    for _ in range(4):
        run.step()
    snapshots = list(run.ready(wait=True))
    owned = run.layout.parameters
    for grads, snapshot in zip(true, snapshots, strict=True):
        table = snapshot.grads[owned]
        for line, grad in zip(table, grads, strict=True):
            finite = bool(torch.isfinite(grad).all())
            assert line[Grad.NONFINITE] == (~torch.isfinite(grad)).sum()
            assert line[Grad.ZEROS] == (grad == 0).sum()
            if finite:
                assert line[Grad.NORM] == pytest.approx(float(grad.norm()), rel=1e-5)
                assert line[Grad.ABS_MAX] == float(grad.abs().max())
                assert line[Grad.SUM] == pytest.approx(float(grad.sum()), rel=1e-4, abs=1e-5)


def snapshots(name: str, steps: int = 6) -> tuple[Run, list[Snapshot]]:
    run = taken(name, steps=steps)
    return run, list(run.ready(wait=True))


def test_updates_and_weights_are_measured_around_the_step() -> None:
    story = scenario(**VARIETY["mlp"])
    run = Run(story, story.setup, device="cpu")
    before = [p.detach().clone() for p in run.parameters]
    run.step()
    (snapshot,) = run.ready(wait=True)
    assert snapshot.weights is not None
    for line, old, new in zip(snapshot.weights, before, run.parameters, strict=True):
        assert line[Weight.UPDATE] == pytest.approx(float((new.detach() - old).norm()), rel=1e-5)
        assert line[Weight.NORM] == pytest.approx(float(new.detach().norm()), rel=1e-5)


def test_dearer_statistics_come_at_a_cadence() -> None:
    _, seen = snapshots("mlp", 51)
    tens = [0, 1, 2, 10, 20, 30, 40, 50]
    assert [s.step for s in seen if s.weights is not None] == tens
    assert [s.step for s in seen if s.activations is not None] == tens
    assert [s.step for s in seen if s.histograms is not None] == [0, 1, 2, 50]


def test_histogram_zeros_and_nonfinite_add_up_to_the_elements() -> None:
    run, seen = snapshots("transformer", 1)
    histograms = seen[0].histograms
    assert histograms is not None
    rest = seen[0].grads[:, Grad.ZEROS] + seen[0].grads[:, Grad.NONFINITE]
    np.testing.assert_array_equal(histograms.sum(axis=1) + rest, run.layout.numel)


def test_activation_statistics_match_a_plain_forward_pass() -> None:
    story = scenario(model={"depth": 2, "activation": "sigmoid", "init_gain": 8.0})
    run = Run(story, story.setup, device="cpu")
    outputs: list[torch.Tensor] = []
    handles = [
        row.block.register_forward_hook(lambda m, a, out: outputs.append(out.detach().double()))
        for row in run.network.rows
        if row.block is not None
    ]
    run.step()
    for handle in handles:
        handle.remove()
    (snapshot,) = run.ready(wait=True)
    assert snapshot.activations is not None
    for line, out in zip(snapshot.activations, outputs, strict=True):
        assert line[Act.VARIANCE] == pytest.approx(float(out.var(correction=0)), rel=1e-6)
        assert line[Act.RMS] == pytest.approx(float(out.square().mean().sqrt()), rel=1e-6)
        assert line[Act.NONFINITE] == 0
        assert line[Act.SIGNAL] > 0
    flat = ((outputs[0] - 0.5).abs() > 0.475).double().mean()
    assert snapshot.activations[0, Act.SATURATED] == pytest.approx(float(flat))
    assert np.isnan(snapshot.activations[-1, Act.SATURATED])


def test_dead_units_are_those_that_no_example_wakes() -> None:
    story = scenario(model={"depth": 2, "bias": -1000.0})
    run = Run(story, story.setup, device="cpu")
    run.step()
    (snapshot,) = run.ready(wait=True)
    assert snapshot.activations is not None
    np.testing.assert_array_equal(snapshot.activations[:2, Act.DEAD], 1.0)


def test_structural_zeros_have_a_gradient_that_is_nothing_beside_their_weights() -> None:
    for name in ("batch-norm", "transformer"):
        run, seen = snapshots(name)
        idle = np.array([bool(t.structural_zero) for t in run.layout.tensors])
        assert idle.any()
        weights = run.layout.judged
        assert seen[-1].grads[idle, Grad.NORM].max() < 1e-5 * seen[-1].grads[weights, 0].min()


def test_rows_of_a_recurrent_net_are_its_time_steps() -> None:
    run, seen = snapshots("rnn")
    assert [row.name for row in run.layout.rows[:6]] == [f"t={t}" for t in range(6)]
    signal = seen[0].grads[:6, Grad.NORM]
    # Truncated every 3 steps: nothing flows back past t = 3.
    np.testing.assert_array_equal(signal[:3], 0)
    assert (signal[3:] > 0).all()


def test_a_scaler_that_skips_is_no_nonfinite_event() -> None:
    run, seen = snapshots("amp", 12)
    skipped = [s for s in seen if s.skipped]
    assert skipped
    assert all(s.nonfinite is None for s in seen)
    assert skipped[0].loss_scale == 2.0**24
    assert seen[-1].loss_scale < 2.0**24
    assert all(s.stage == "unscaled" for s in seen)
    assert run.arithmetic.scale == seen[-1].loss_scale or seen[-1].skipped


def test_a_nan_is_named_where_it_was_born() -> None:
    story = scenario(model={"depth": 4, "init": "normal", "init_std": 0.5}, optimizer={"lr": 10.0})
    run = Run(story, story.setup, device="cpu")
    while not (seen := [s for s in _step(run) if s.nonfinite]):
        assert run.step_number < 20
    first = seen[0].nonfinite
    assert first is not None
    assert first.phase in ("forward", "backward", "weights")
    assert first.module.startswith(("layer", "output"))
    assert first.step in (seen[0].step, seen[0].step - 1)


def _step(run: Run) -> list[Snapshot]:
    run.step()
    return list(run.ready())


def test_a_forward_overflow_in_half_names_the_first_layer_that_overflowed() -> None:
    story = scenario(
        model={"depth": 4, "init": "normal", "init_std": 60.0}, precision={"kind": "float16"}
    )
    run = Run(story, story.setup, device="cpu")
    (snapshot,) = _step(run)
    assert snapshot.nonfinite is not None
    assert snapshot.nonfinite.phase == "forward"
    hit = int(np.flatnonzero(snapshot.activations[:, Act.NONFINITE])[0])  # type: ignore[index]
    assert snapshot.nonfinite.module == run.layout.rows[hit].name


def test_looking_for_a_nan_restores_running_averages() -> None:
    torch.manual_seed(5)
    story = scenario(model={"depth": 3, "norm": "batch"})
    run = Run(story, story.setup, device="cpu")
    run.step()
    kept = {k: v.clone() for k, v in run.module.state_dict().items()}
    state = torch.get_rng_state()
    found = run._examine(1)
    assert found is not None
    assert found.module == ""
    assert run._examine(1) is None
    assert all(same(kept[k], v) for k, v in run.module.state_dict().items())
    assert torch.equal(state, torch.get_rng_state())


def test_clip_coefficient_is_what_shortened_the_gradient() -> None:
    story = scenario(model={"depth": 3}, clip={"norm": 0.05})
    run = Run(story, story.setup, device="cpu")
    run.step()
    (snapshot,) = run.ready(wait=True)
    clipped = torch.stack([p.grad.norm() for p in run.parameters]).norm()  # type: ignore[union-attr]
    raw = np.sqrt(np.square(snapshot.grads[:, Grad.NORM]).sum())
    assert raw * snapshot.clip_coefficient == pytest.approx(float(clipped), rel=1e-4)
    assert float(clipped) == pytest.approx(0.05, rel=1e-3)


def test_nothing_listens_to_the_network_when_its_training_is_over() -> None:
    story = scenario(model={"depth": 3})
    run = Run(story, story.setup, device="cpu")
    sink = Kept()
    train(run, sink, 5, lambda: True)
    assert [snapshot.step for snapshot in sink.snapshots] == list(range(5))
    assert not enclosed()
    assert run.nan_examination is not None
    assert run.nan_examination.examine(5, float("nan")) is None
