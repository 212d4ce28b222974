"""The share of time is held to, once a short run's allowance is spent."""

import pytest

from gradtui.training.watching import budget
from gradtui.training.watching.budget import Budget


def simulate(
    monkeypatch: pytest.MonkeyPatch, steps: int, step: float, norms: float, dear: float
) -> tuple[float, int, int]:
    """Share spent in the second half, and how often norms and weights were taken in it."""
    now = 1.0
    monkeypatch.setattr(budget.time, "perf_counter", lambda: now)
    plan, spent, taken, weighed = Budget(0.03), 0.0, 0, 0
    for i in range(steps):
        detail = plan.next()
        cost = (norms + dear * detail.weights) * detail.norms
        now += step + cost
        if detail.norms:
            plan.took(detail, cost, cost)
        if i >= steps // 2:
            spent, taken, weighed = spent + cost, taken + detail.norms, weighed + detail.weights
    return spent / (steps // 2 * step), taken, weighed


def test_cheap_norms_are_taken_at_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    share, taken, weighed = simulate(monkeypatch, 4000, 0.1, 0.0005, 0.002)
    assert share < 0.03
    assert taken == 2000
    assert weighed == 200


@pytest.mark.parametrize(("norms", "dear"), [(0.0003, 0.0005), (0.002, 0.004), (0.05, 0.1)])
def test_dear_ones_are_taken_more_rarely(
    monkeypatch: pytest.MonkeyPatch, norms: float, dear: float
) -> None:
    share, taken, weighed = simulate(monkeypatch, 40_000, 0.001, norms, dear)
    assert share < 0.035
    assert taken > 0
    assert weighed > 0
