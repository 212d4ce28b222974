"""The weights themselves followed through: exact sums, and single nets met within 0.3 decades."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from gradtui.core.facts import Facts
from gradtui.core.layout import FloatArray
from gradtui.lab.headless import run_headless
from gradtui.theory import Entry, Given, NoTheoryError, Theory, quenched, theory_of
from gradtui.theory.fitted_line import LEFT
from gradtui.theory.nonlinearity import KNOWN
from gradtui.theory.propagation import backwards, forwards
from tests.doctor.measured import CLASSES, measure
from tests.runs import scenario
from tests.theory_accuracy import RANDOM, lab, random_inputs, worst

SEEDS = 5
NEAR = 0.3


def stack(
    depth: int = 4, width: int = 8, outputs: int = 3, activation: str = "tanh"
) -> list[Given]:
    draw = np.random.default_rng(1)
    sizes = [width] * (depth - 1) + [outputs]
    return [
        Given(
            draw.normal(size=(size, width)) / np.sqrt(width),
            0.1 * draw.normal(size=size),
            KNOWN[activation if at < depth - 1 else "identity"],
        )
        for at, size in enumerate(sizes)
    ]


@pytest.mark.parametrize("side", [0, 5])
def test_gradients_are_those_of_autograd(side: int) -> None:
    torch.manual_seed(0)
    kinds: list[nn.Module]
    if side:
        kinds = [nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 3, 5, padding=2, bias=False)]
        kinds.append(nn.Linear(3 * side * side, 4))
    else:
        kinds = [nn.Linear(6, 5), nn.Linear(5, 7, bias=False), nn.Linear(7, 4)]
    layers = [layer.double() for layer in kinds]
    value = torch.randn((9, 2, side, side) if side else (9, 6), dtype=torch.float64)
    inputs = value.numpy()
    for at, layer in enumerate(layers):
        value = torch.tanh(layer(value if at < 2 else value.flatten(1)))
    error = torch.randn(value.shape, dtype=torch.float64)
    value.backward(error)  # type: ignore[no-untyped-call]
    given, norms = [], []
    for layer in layers:
        own = [p for p in layer.parameters() if p.grad is not None]
        arrays = [p.detach().numpy() for p in own]
        given.append(Given(arrays[0], arrays[1] if len(own) > 1 else None, KNOWN["tanh"]))
        norms.append(sum(float(p.grad.square().sum()) for p in own if p.grad is not None))
    given[-1] = replace(given[-1], phi=KNOWN["identity"])
    passed = forwards(given, inputs)
    slope = KNOWN["tanh"].slope(passed.before[-1])
    assert np.exp(backwards(given, passed, error.numpy() * slope)) == pytest.approx(norms, rel=1e-9)


def test_a_gradient_far_below_the_smallest_number_is_followed() -> None:
    """Each weight's gradient lacks its own weight only: all are as small."""
    layers = [replace(layer, bias=None) for layer in stack(9)]
    small = [replace(layer, weight=1e-35 * layer.weight) for layer in layers]
    assert np.abs(quenched(small, Entry(np.ones(3), 64, 3))).max() < 2
    steep = [replace(layer, weight=1e-100 * layer.weight) for layer in layers[-4:]]
    levels = [replace(layer, bias=np.ones(8)) for layer in steep[:-1]]
    assert -310 < quenched([*levels, steep[-1]], Entry(np.ones(3), 64, 3))[0] < -290


def test_the_same_net_has_the_same_prediction_and_draws_nothing() -> None:
    np.random.seed(3)
    torch.manual_seed(3)
    before = np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()  # type: ignore[index]
    one, two = (quenched(stack(), Entry(np.array([0.1, -0.2, 0.0]), 16, 3)) for _ in range(2))
    after = np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()  # type: ignore[index]
    assert one.tolist() == two.tolist()
    assert one[-1] == 0
    assert before == after


def test_where_the_error_points_matters_and_its_size_only_where_it_is_known() -> None:
    layers, error = stack(), np.array([0.1, -0.2, 0.0])
    whole = quenched(layers, Entry(error, 16, 3, sized=False))
    assert quenched(layers, Entry(1e5 * error, 16, 3, sized=False)) == pytest.approx(whole)
    assert np.abs(quenched(layers, Entry(error[::-1], 16, 3, sized=False)) - whole).max() > 0.01
    assert np.abs(quenched(layers, Entry(10 * error, 16, 3)) - whole).max() > 0.01
    # Of a loss that is not cross-entropy only the direction counts.
    other = quenched(layers, Entry(error, 16))
    assert quenched(layers, Entry(1e-9 * error, 16)) == pytest.approx(other)


def test_what_cannot_be_followed_says_why() -> None:
    layers, error = stack(), Entry(np.ones(3), 64, 3)
    huge = replace(layers[0], weight=np.full((8, 8), 1e200))
    wide = Given(np.zeros((4000, 4000)), None, KNOWN["tanh"])
    oblong = [
        Given(np.ones((4, 1, 1, 9)), None, KNOWN["tanh"]),
        Given(np.ones((3, 16)), None, huge.phi),
    ]
    lines = [replace(layer, phi=KNOWN["identity"]) for layer in [huge] * 3]
    cases: list[tuple[list[Given], Entry, str, int]] = [
        (layers, replace(error, error=np.zeros(3)), "no gradient", 1),
        (layers, replace(error, error=np.full(3, np.nan)), "no gradient", 1),
        ([replace(layers[0], weight=np.zeros((8, 8)), bias=None), *layers[1:]], error, "", 1),
        ([wide] * 3, error, "too large", 1),
        ([*lines, layers[-1]], error, "no size", 1),
        ([layers[-1], *layers], error, "follow", 1),
        (oblong, error, "not square", 2),
    ]
    for given, entry, why, side in cases:
        if why:
            with pytest.raises(NoTheoryError, match=why):
                quenched(given, entry, side)
        else:
            assert np.isfinite(quenched(given, entry, side)).all()


SINGLE = [pair for pair in RANDOM if pair[0] not in ("leaky_relu", "softplus", "identity")]


@pytest.mark.parametrize(("activation", "init"), SINGLE)
def test_every_single_net_of_width_64_and_20_layers(activation: str, init: str) -> None:
    assert worst(random_inputs(activation, init, 64, SEEDS)["own"])[1] < NEAR


@pytest.mark.parametrize(("activation", "init"), [("relu", "he"), ("tanh", "xavier")])
def test_every_single_net_of_convolutions(activation: str, init: str) -> None:
    assert worst(random_inputs(activation, init, 32, 3, depth=8, side=8)["own"])[1] < NEAR


@pytest.mark.parametrize(
    ("activation", "init"),
    [
        ("relu", "he_normal"),
        ("relu", "xavier_uniform"),
        ("relu", "default"),
        ("relu", "normal"),
        ("tanh", "xavier_uniform"),
        ("sigmoid", "xavier_uniform"),
        ("sigmoid", "default"),
        ("gelu", "default"),
        ("swish", "default"),
        ("selu", "lecun_normal"),
    ],
)
def test_every_single_net_of_the_lab(activation: str, init: str) -> None:
    found = lab(activation, init, 64, SEEDS)
    assert worst(found["own"])[1] < NEAR
    assert np.sqrt(np.mean(np.square(found["own"]))) < LEFT


def test_the_error_that_enters_is_worth_knowing() -> None:
    """The wrong error's direction is off by more than the right one: it is no luck."""
    right: list[float] = []
    wrong: list[float] = []
    for seed in range(SEEDS):
        run = measure("sigmoid", "default", 64, seed)
        norms = np.log10(run.row / run.row[-1])
        for store, error in ((right, run.error), (wrong, np.roll(run.error, 3))):
            off = quenched(run.layers, Entry(error, 64, CLASSES)) - norms
            store.append(float(np.abs(off).max()))
    assert np.mean(right) < np.mean(wrong) - 0.05


def first_steps(steps: int) -> Facts:
    made = scenario(model={"depth": 8, "init": "he_normal"})
    return run_headless(made, device="cpu", steps=steps).history.facts()


def norms_of(said: Theory) -> FloatArray:
    assert said.norms is not None
    return said.norms


def test_the_draw_stays_and_what_cannot_be_used_is_left() -> None:
    facts = first_steps(31)
    sizes = replace(facts, info=replace(facts.info, carried=()))
    start = norms_of(theory_of(facts.until(1))) / norms_of(theory_of(sizes.until(1)))
    later = norms_of(theory_of(facts)) / norms_of(theory_of(sizes))
    assert start == pytest.approx(later)
    assert np.abs(np.log10(start)).max() > 0.05
    then, now = theory_of(facts.until(1)).now, theory_of(facts).now
    assert then is not None
    assert now is not None
    assert then.spread.tolist() == [LEFT] * 9
    assert now.spread[0] > now.spread[-2]
    for odd in ((0.0,), (np.nan,) * 9, (1e9,) * 9, (-1e9,) * 9):
        said = theory_of(replace(facts, info=replace(facts.info, carried=odd)))
        assert norms_of(said) == pytest.approx(norms_of(theory_of(sizes)))
