"""Theory against what is known on paper."""

import math
from dataclasses import replace

import numpy as np
import pytest

from gradtui.core.layout import Layout
from gradtui.core.snapshot import Weight
from gradtui.theory import (
    NoTheoryError,
    Pairs,
    Prediction,
    Stack,
    Stage,
    first_loss,
    first_update,
    predict,
    read_stack,
    verdict_of_theory,
)
from gradtui.theory.nonlinearity import KNOWN, gauss, nonlinearity
from gradtui.theory.pairs import pair_moments
from gradtui.theory.positions import box
from tests import factories


def stack(activation: str, s2w: float, s2b: float = 0.0, depth: int = 20) -> Stack:
    phi, end = KNOWN[activation], KNOWN["identity"]
    stages = [Stage(s2w, s2b, 64, 64, phi) for _ in range(depth)]
    return Stack((*stages, Stage(s2w, s2b, 64, 10, end)), tuple(range(depth + 1)))


def test_the_rule_integrates_gaussians() -> None:
    nodes, weights = gauss()
    assert [weights @ nodes**n for n in (0, 2, 4, 6)] == pytest.approx([1, 1, 3, 15], rel=1e-12)
    x, w = np.polynomial.hermite_e.hermegauss(120)
    hermite = w @ np.tanh(0.7 * x) ** 2 / w.sum()
    assert KNOWN["tanh"].moments(np.array(0.49)).square == pytest.approx(hermite, rel=1e-10)


@pytest.mark.parametrize("name", sorted(KNOWN))
@pytest.mark.parametrize("q", [1e-9, 0.3, 1.0, 40.0])
def test_slopes_are_the_derivatives_and_moments_the_means(name: str, q: float) -> None:
    phi = KNOWN[name]
    x = np.array([-7.0, -1.3, -0.2, 0.4, 2.0, 9.0])
    numeric = (phi.value(x + 1e-5) - phi.value(x - 1e-5)) / 2e-5
    assert phi.slope(x) == pytest.approx(numeric, abs=1e-4)
    nodes, weights = gauss()
    at = math.sqrt(q) * nodes
    got = phi.moments(np.array(q))
    assert got.mean == pytest.approx(weights @ phi.value(at), rel=1e-9, abs=1e-12)
    assert got.square == pytest.approx(weights @ phi.value(at) ** 2, rel=1e-9)
    assert got.slope == pytest.approx(weights @ phi.slope(at) ** 2, rel=1e-9)
    assert got.fourth == pytest.approx(weights @ phi.slope(at) ** 4, rel=1e-9)


def test_a_saturated_unit_is_a_step() -> None:
    got = KNOWN["tanh"].moments(np.array(1e10))
    assert got.square == pytest.approx(1.0, abs=1e-4)
    # The integral of sech^4 is 4/3, at the density of N(0, 1) in 0, over sqrt(q).
    assert got.slope == pytest.approx(4 / 3 / math.sqrt(2 * math.pi) / 1e5, rel=1e-4)


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "tanh", "gelu", "elu"])
def test_pairs_of_the_same_example_are_that_example(name: str) -> None:
    phi, q = KNOWN[name], np.array([[0.8]])
    value, slope = pair_moments(phi, q, np.array([[[1.0]], [[0.0]]]))
    one = phi.moments(q)
    assert value.ravel() == pytest.approx([*one.square.ravel(), *one.mean.ravel() ** 2], rel=0.02)
    assert slope.ravel()[0] == pytest.approx(float(one.slope[0, 0]), rel=0.02)


def test_he_keeps_the_gradient_and_torchs_default_loses_five_sixths() -> None:
    assert predict(stack("relu", 2.0)).chi[:-1] == pytest.approx(1.0)
    said = predict(stack("relu", 1 / 3))
    assert said.chi[:-2] == pytest.approx(1 / 6)
    assert said.delta[0] == pytest.approx((1 / 6) ** 9.5 * math.sqrt(1 / 6), rel=1e-9)
    assert predict(stack("identity", 1.0)).row[:-1] == pytest.approx(1.0, rel=1e-9)


def test_sigmoid_with_a_third() -> None:
    said = predict(stack("sigmoid", 1 / 3, 1 / 3 / 256, depth=20))
    assert np.log10(said.delta[0] / said.delta[-2]) == pytest.approx(-16.16, abs=0.02)


def test_a_thousand_layers_do_not_underflow() -> None:
    said = predict(stack("sigmoid", 1 / 3, depth=1000))
    assert said.delta[0] == 0
    assert np.isfinite(said.chi[:-1]).all()


def test_a_dead_stack_predicts_nothing() -> None:
    assert np.isnan(predict(stack("relu", 1e-30, depth=40)).weight).all()


def test_agreeing_examples_raise_deep_rows_more_than_the_first() -> None:
    alone, together = (
        predict(stack("relu", 2.0), pairs=p) for p in (Pairs(), Pairs((9.0,), (0.0,)))
    )
    assert together.row[0] < alone.row[0]
    assert together.delta == pytest.approx(alone.delta)


def test_boxes_add_up_neighbours() -> None:
    assert box(np.ones((3, 3)), 3).tolist() == [[4, 6, 4], [6, 9, 6], [4, 6, 4]]


def weights_of(layout: Layout, size: float = 8.0) -> np.ndarray:
    return np.full((len(layout.tensors), Weight.COLUMNS), size)


def test_a_layout_is_read() -> None:
    layout = factories.mlp_layout(5)
    got = read_stack(layout, weights_of(layout))
    assert [s.s2w for s in got.stages] == pytest.approx([1.0] * 5)
    assert [s.s2b for s in got.stages] == pytest.approx([1.0] * 5)
    assert got.side == 1


def test_what_theory_has_no_formula_for_is_left_alone() -> None:
    layout = factories.mlp_layout(3)
    rows, tensors = layout.rows, layout.tensors
    gain = replace(tensors[1], role="gain")
    for other, why in (
        (replace(layout, rows=(replace(rows[0], activation=""), *rows[1:])), "not known"),
        (replace(layout, rows=(replace(rows[0], activation="maxout"), *rows[1:])), "maxout"),
        (replace(layout, rows=(replace(rows[0], kind="Attention"), *rows[1:])), "Attention"),
        (replace(layout, rows=(*rows[:2], replace(rows[2], fan_in=32))), "follow"),
        (replace(layout, tensors=(tensors[0], gain, *tensors[2:])), "more than a weight"),
        (factories.time_layout(), "kind time"),
    ):
        with pytest.raises(NoTheoryError, match=why):
            read_stack(other, weights_of(other))
    with pytest.raises(NoTheoryError, match="no size"):
        read_stack(layout, weights_of(layout, math.nan))
    assert nonlinearity("swish") is KNOWN["silu"]
    assert nonlinearity("") is None


@pytest.mark.parametrize(("classes", "variance"), [(10, 0.01), (2, 0.05), (1000, 0.02)])
def test_the_first_loss_is_the_expansion_for_small_logits(classes: int, variance: float) -> None:
    expanded = math.log(classes) + (1 - 1 / classes) * variance / 2
    assert first_loss(classes, variance) == pytest.approx(expanded, abs=variance**2)
    assert math.isnan(first_loss(1, variance))


def test_the_first_loss_of_large_logits_is_their_largest() -> None:
    z = 10 * np.random.default_rng(0).normal(size=(200_000, 10))
    sampled = float(np.log(np.exp(z - 80).sum(axis=1)).mean()) + 80
    assert first_loss(10, 100.0) == pytest.approx(sampled, abs=0.05)


@pytest.mark.parametrize(
    ("optimizer", "expected"),
    [("sgd lr 0.1", 0.1 * 2 / 8), ("adamw lr 0.1", 0.1 / (8 / 64)), ("rmsprop", 1 / (8 / 64))],
)
def test_first_updates(optimizer: str, expected: float) -> None:
    assert first_update(optimizer, 0.1, 2.0, 8.0, 4096) == pytest.approx(expected, rel=1e-4)


def test_first_updates_that_no_formula_knows() -> None:
    assert math.isnan(first_update("lion", 0.1, 1.0, 1.0, 10))
    assert math.isnan(first_update("sgd", 0.1, 1.0, 0.0, 10))
    assert first_update("adam", 0.1, 0.0, 1.0, 10) == 0


def sentence(said: Prediction, first: float) -> str:
    return verdict_of_theory(said, np.linspace(first, 1.0, len(said.row)))


def test_who_is_at_fault() -> None:
    lost, sound = predict(stack("sigmoid", 1 / 3)), predict(stack("relu", 2.0))
    assert "By design: the initialisation loses 0.85 decades" in sentence(lost, lost.row[0])
    assert "training has mended it" in sentence(lost, 0.1)
    assert "sound (chi = 1 a layer); training made it so" in sentence(sound, 1e-6)
    assert "the gradients follow it" in sentence(sound, 0.8)
    assert "adds" in sentence(predict(stack("relu", 20.0)), 1e9)
    assert sentence(lost, math.nan) == ""
    assert verdict_of_theory(None, np.ones(3)) == ""
