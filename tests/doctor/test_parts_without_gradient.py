"""Routers that have no gradient, gradients that have come to an end, and regressions at the mean."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gradtui.core.event import RunInfo
from gradtui.core.history import History
from gradtui.core.layout import Layout, RowInfo, TensorInfo
from gradtui.core.snapshot import Grad, Snapshot, Weight
from gradtui.core.symptom import HEALTHY, UNDECIDED
from gradtui.core.wiring import PARALLEL_MODULES
from gradtui.doctor.diagnose import diagnose
from gradtui.doctor.finding import Diagnosis
from gradtui.doctor.reading import Reading
from gradtui.doctor.rules.no_more_than_mean import no_more_than_mean
from tests.doctor.prescribed import ADVICE
from tests.factories import mlp_layout, run_info, snapshot
from tests.verdicts.watched import record

REGRESSION = run_info(task="regression", classes=0)


def mixture(
    outputs: int = 4, count: int = 4, *, trained: bool = True, place: str = "moe."
) -> Layout:
    """A router with so many outputs beside a list of so many experts, and a layer behind them."""
    names = [f"{place}router", *(f"{place}experts.{i}" for i in range(count)), "head"]
    rows = tuple(RowInfo(name, "Linear", "", 8, 8) for name in names)
    shapes = [(outputs, 8), *([(8, 8)] * count), (3, 8)]
    tensors = tuple(
        TensorInfo(f"{name}.weight", shape, at, requires_grad=trained or "router" not in name)
        for at, (name, shape) in enumerate(zip(names, shapes, strict=True))
    )
    return Layout(tensors, rows)


def told(
    layout: Layout,
    steps: int,
    *,
    change: Callable[[Snapshot], Snapshot] = lambda made: made,
    loss: Callable[[int], float] = lambda step: 1.0,
    norm: Callable[[int], float] = lambda step: 0.3,
    info: RunInfo = REGRESSION,
) -> Diagnosis:
    history = History(layout, info)
    for step in range(steps):
        norms = np.full(len(layout.rows), norm(step))
        history.append(
            change(snapshot(layout, step, norms, loss=loss(step), accuracy=float("nan")))
        )
    return diagnose(history.facts())


def without(*places: int) -> Callable[[Snapshot], Snapshot]:
    """These tensors have no gradient, and stay as they are."""

    def change(made: Snapshot) -> Snapshot:
        grads, weights = made.grads.copy(), None if made.weights is None else made.weights.copy()
        grads[list(places)] = np.nan
        if weights is not None:
            weights[list(places), Weight.UPDATE] = 0.0
        return replace(made, grads=grads, weights=weights)

    return change


def falling(step: int) -> float:
    return 1.0 * 0.99**step + 0.3


@pytest.mark.parametrize("place", ["moe.", "", "blocks.2.moe."])
def test_a_router_without_a_gradient_beside_its_experts_is_named(place: str) -> None:
    info = replace(REGRESSION, wiring=((PARALLEL_MODULES, f"other, {place}experts"),))
    found = told(mixture(place=place), 60, change=without(0), loss=falling, info=info)
    finding = found.findings[0]
    assert (found.verdict, finding.layers) == ("miswired", (f"{place}router",))
    assert "has 4 outputs" in finding.evidence
    assert finding.remedies == ADVICE["router_cut_off"]


def stacked(kind: str = "Mixture", outputs: int = 4) -> Layout:
    """A router beside the weights of four experts in one tensor."""
    rows = (RowInfo("moe", kind, "", 8, 8), RowInfo("moe.router", "Linear", "", 8, outputs))
    shapes = {"moe.weights": (4, 8, 8), "moe.router.weight": (outputs, 8)}
    tensors = tuple(
        TensorInfo(name, shape, at, requires_grad=True)
        for at, (name, shape) in enumerate(shapes.items())
    )
    return Layout(tensors, rows)


def test_a_router_beside_experts_in_one_tensor() -> None:
    half: Callable[[int], float] = lambda step: 0.3 * 0.99**step + 0.7  # noqa: E731
    found = told(stacked(), 400, change=without(1), loss=half)
    finding = found.findings[0]
    assert (found.verdict, finding.layers) == ("miswired", ("moe.router",))
    assert told(
        stacked(), 400, change=without(1), loss=falling
    ).healthy  # a hash, and no loss for it
    assert "weights of 4 experts beside it" in finding.evidence
    assert finding.remedies == ADVICE["router_cut_off"]
    for layout, change in (
        (stacked(), without(0, 1)),
        (stacked(), lambda made: made),
        (stacked(outputs=5), without(1)),
        (stacked(kind="Conv1d"), without(1)),
    ):
        assert told(layout, 400, change=change, loss=half).healthy


def test_a_part_without_a_gradient_where_nothing_else_tells_why_nothing_is_learned() -> None:
    layout = mixture(count=2, outputs=3)
    grows: Callable[[int], float] = lambda step: 1.0 + 0.3 * step  # noqa: E731
    found = told(layout, 400, change=without(1), loss=grows, norm=lambda step: 0.3)
    (finding,) = found.findings
    assert (found.verdict, finding.layers) == ("miswired", ("moe.experts.0",))
    assert "no gradient at any of" in finding.evidence
    assert finding.remedies == ADVICE["never_reached"]
    assert told(layout, 400, change=without(1), loss=falling).healthy
    others = told(layout, 400, change=without(1), loss=grows, norm=lambda step: 1e5 * 1.01**step)
    assert "miswired" not in [one.symptom for one in others.findings]


def test_what_is_no_router_or_is_not_to_learn_is_not() -> None:
    beside = replace(REGRESSION, wiring=((PARALLEL_MODULES, "moe.experts"),))

    def verdict(
        layout: Layout, change: Callable[[Snapshot], Snapshot], info: RunInfo = beside
    ) -> str:
        return told(layout, 60, change=change, loss=falling, info=info).verdict

    def moved(made: Snapshot) -> Snapshot:
        """By something else than a step."""
        made = without(0)(made)
        if made.weights is not None:
            made.weights[0, Weight.NORM] = 8 + made.step
        return made

    assert verdict(mixture(), without(0)) == "miswired"
    assert verdict(mixture(), lambda made: made) == HEALTHY
    assert verdict(mixture(outputs=5), without(0)) == HEALTHY
    assert verdict(mixture(trained=False), without(0)) == HEALTHY
    assert verdict(mixture(), without(0, 1)) == HEALTHY  # an expert has none either
    assert verdict(mixture(), moved) == HEALTHY
    assert verdict(mixture(), without(0), REGRESSION) == HEALTHY  # layers one behind the other


@pytest.mark.parametrize(("level", "verdict"), [(1.0, UNDECIDED), (0.001, HEALTHY)])
@pytest.mark.parametrize("measured", [True, False])
def test_gradients_that_have_come_to_an_end(level: float, verdict: str, measured: bool) -> None:
    """A hinge that has been reached leaves none either; whether the last step was measured is the same."""

    def change(made: Snapshot) -> Snapshot:
        last = not measured and made.step == 119
        return replace(made, grads=np.full_like(made.grads, np.nan)) if last else made

    found = told(
        mlp_layout(4, activation="tanh"),
        120,
        loss=lambda step: max(2 * 0.9**step, level),
        norm=lambda step: 0.3 if step < 60 else 0.0,
        change=change,
    )
    assert found.verdict == verdict
    if verdict == UNDECIDED:
        assert "every gradient is exactly 0 at 20 of the last 20 measured steps" in found.why


def zeros(rows: int, weights: float = 0.0) -> Callable[[Snapshot], Snapshot]:
    """The weights of the first rows have that norm, and a gradient of exactly zero."""

    def change(made: Snapshot) -> Snapshot:
        assert made.weights is not None
        made.grads[:rows, [Grad.NORM, Grad.ABS_MAX]] = 0.0
        made.weights[:rows, Weight.NORM] = weights
        made.weights[:rows, Weight.UPDATE] = 0.0
        return made

    return change


def test_tables_of_zeros_that_are_multiplied() -> None:
    names = ["user", "item", "head"]
    layout = Layout(
        tuple(
            TensorInfo(f"{name}.weight", (8, 8), at, requires_grad=True)
            for at, name in enumerate(names)
        ),
        tuple(RowInfo(name, "Embedding", "", 8, 8) for name in names),
    )
    found = told(layout, 300, change=zeros(2)).findings[0]
    assert found.symptom == "vanishing_gradient"
    assert found.layers == ("user", "item")
    assert "initialised to zeros" in found.cause
    assert found.remedies == ADVICE["zero_weights"]
    for other in (zeros(1), zeros(2, weights=1.0)):
        causes = [finding.cause for finding in told(layout, 300, change=other).findings]
        assert not any("multiplied by one another" in cause for cause in causes)


def test_two_tables_of_zeros_and_nothing_else_are_no_dead_units() -> None:
    class Factors(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.users, self.items = nn.Embedding(20, 4), nn.Embedding(20, 4)
            self.mean = nn.Parameter(torch.zeros(1))
            nn.init.zeros_(self.users.weight)
            nn.init.zeros_(self.items.weight)

        def forward(self, user: Tensor, item: Tensor) -> Tensor:
            return self.mean + (self.users(user) * self.items(item)).sum(1)

    def program(seed: int) -> None:
        model, taste = Factors(), torch.randn(20, 20)
        optimizer = torch.optim.Adam(model.parameters(), 0.05)
        for _ in range(150):
            user, item = torch.randint(0, 20, (2, 64))
            optimizer.zero_grad()
            F.mse_loss(model(user, item), 3 + taste[user, item]).backward()
            optimizer.step()

    found = diagnose(record(program, 0).facts()).findings[0]
    assert found.symptom == "vanishing_gradient"
    assert "exactly zero" in found.cause


def test_units_of_tanh_do_not_die() -> None:
    for activation, verdict in (("tanh", UNDECIDED), ("relu", "saturated")):
        found = told(
            mlp_layout(4, activation=activation), 120, norm=lambda step: 0.3 if step < 60 else 0.0
        )
        assert found.verdict == verdict


def test_of_a_policy_without_a_gradient_it_is_not_known() -> None:
    found = told(
        mlp_layout(4, activation="tanh"),
        200,
        loss=lambda step: (-1) ** step * 0.1 if step < 100 else 0.0,
        norm=lambda step: 0.3 if step < 100 else 0.0,
        info=replace(REGRESSION, task=""),
    )
    assert found.verdict == UNDECIDED
    assert "sign of a policy's loss" in found.why


def at_the_mean(level: float, steps: int = 900, noise: float = 0.02, slope: float = 0.0) -> str:
    made = np.random.default_rng(0)
    found = told(
        mlp_layout(4),
        steps,
        loss=lambda step: level - slope * step / steps + noise * float(made.standard_normal()),
        info=replace(REGRESSION, mean_loss=1.0),
    )
    return found.verdict


def test_a_regression_that_stands_at_the_mean_does_not_learn() -> None:
    assert at_the_mean(1.0) == "not_learning"
    assert at_the_mean(1.0, steps=700) == UNDECIDED
    assert at_the_mean(0.9) != "plateau"
    assert at_the_mean(1.0, slope=0.2) != "plateau"
    assert at_the_mean(1.0, noise=0.5) != "plateau"


def test_it_is_not_asked_of_what_has_no_mean() -> None:
    history = History(mlp_layout(4), REGRESSION)
    for step in range(5):
        history.append(snapshot(mlp_layout(4), step, np.full(4, 0.3)))
    assert no_more_than_mean(Reading(history.facts())) is None
