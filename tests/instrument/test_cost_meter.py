"""What merely being there takes is timed where it happens."""

import pytest
import torch
from torch import nn

from gradtui.instrument import budget, watcher
from gradtui.instrument.cost_meter import HOOKS, SAMPLED, SAMPLES, THERE_FULL, CostMeter
from tests.instrument.kept import Kept, recorded

EACH, COLD = 1e-6, 15e-6


class Passages:
    """A program of which every passage of ours takes COLD seconds for each call that is counted."""

    def __init__(self, there_after: float = 0.0, cold: float = COLD) -> None:
        self.now, self.cold = 1.0, cold
        self.meter = CostMeter(
            lambda: self.now, each=EACH, after=0.0, there_after=there_after, wall=lambda: self.now
        )

    def passage(self, calls: int, more: float = 0.0) -> None:
        sampled = self.meter.sampling
        self.now += calls * self.cold + more
        if sampled:
            self.meter.sampled(calls * self.cold + more)

    def step(self, *, norms: float = 0.0, calls: int = 3) -> None:
        """A backward pass, then the hooks before and after a step that is let through."""
        self.meter.calls += calls
        self.passage(calls)
        sampled = self.meter.sampling
        if norms:
            self.meter.took_norms(norms)
        self.meter.step_passes()
        self.meter.steps += 1
        if sampled:
            self.meter.sampled(HOOKS / 2 * self.cold + norms)
        self.passage(HOOKS // 2)


def test_it_is_what_calls_take_there() -> None:
    program = Passages()
    for _ in range(2 * SAMPLED):
        program.step()
    program.meter.take()
    assert program.meter.unit == pytest.approx(COLD)
    for _ in range(10):
        program.step()
    assert program.meter.take() == pytest.approx(10 * (3 + HOOKS) * COLD)


def test_what_the_caches_lose_by_it_is_charged_too() -> None:
    """Where they have lost all of it already, no more than so many seconds a step."""
    for cold, more in ((COLD / 2, COLD / 2 * (3 + HOOKS) / 2), (4 * COLD, THERE_FULL)):
        plain, program = Passages(cold=cold), Passages(there_after=0.5, cold=cold)
        for one in (plain, program):
            for _ in range(2 * SAMPLED):
                one.step()
        steps = 2 * SAMPLED
        assert program.meter.take() == pytest.approx(plain.meter.take() + steps * more)


def test_until_it_is_known_it_is_what_they_take_in_a_loop() -> None:
    program = Passages()
    told = 0.0
    for _ in range(SAMPLED):
        program.step()
        if program.meter.sampling:  # a record comes before the sample is complete
            told += program.meter.take()
    told += program.meter.take()
    assert told == pytest.approx(SAMPLED * (3 + HOOKS) * EACH)


def test_norms_of_such_a_step_are_not_part_of_it() -> None:
    program = Passages()
    for _ in range(2 * SAMPLED):
        program.step(norms=0.01)
    program.meter.take()
    assert program.meter.unit == pytest.approx(COLD)


def test_a_record_in_the_middle_of_it_ends_it() -> None:
    program = Passages()
    for _ in range(3 * SAMPLES * SAMPLED):
        if program.meter.sampling:
            program.meter.enter()
            program.now += 1.0
            program.meter.leave()
            program.meter.take()
        program.step()
    program.meter.take()
    assert program.meter.unit == EACH


def test_one_that_was_interrupted_does_not_count() -> None:
    program = Passages()
    for step in range(2 * SAMPLES * SAMPLED):
        program.step()
        if program.meter.sampling and step < SAMPLES * SAMPLED / 2:
            program.passage(0, more=1.0)
    program.meter.take()
    assert program.meter.unit == pytest.approx(COLD)


def test_programs_have_such_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    meter = CostMeter()
    monkeypatch.setattr(watcher, "CostMeter", lambda: meter)
    monkeypatch.setattr(budget, "ALLOWANCE", 0.0)
    seen: list[tuple[int, list[float]]] = []
    learn = CostMeter._learn

    def told(self: CostMeter) -> None:
        seen.append((len(self._sample), list(self._samples)))
        learn(self)

    monkeypatch.setattr(CostMeter, "_learn", told)
    kept: Kept
    for kept in recorded(0.002):  # more, and where steps take long half of them are records
        model = nn.Linear(3, 2)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(2000):
            optimizer.zero_grad()
            model(torch.randn(4, 3)).square().mean().backward()
            optimizer.step()
        assert len(kept.rows) > 1000
    assert max(count for count, _ in seen) == 4  # a backward pass and a step, before and after
    assert 0 < meter.unit < 1e-3
    assert meter.unit != meter.each
