"""The share of time is held to, everything counted, once a short run's allowance is spent."""

from dataclasses import astuple, dataclass, replace

import pytest

from gradtui.instrument.budget import AGAIN, GAP, LEAST, RECORDS, Budget, Ledger
from gradtui.instrument.cost_meter import HOOKS, CostMeter
from gradtui.instrument.thread_usage import ThreadUsage

SHARE = 0.03


@pytest.fixture(autouse=True)
def allowance() -> None:
    """The number itself is held to here."""


@dataclass
class Costs:
    """Seconds: of a step without us; for norms, for weights and for histograms beside them; for a
    step that is let through; for a record in the writer's thread; for norms of a step that is let
    through, 0 where they are not to be had."""

    step: float
    norms: float
    weights: float = 0.0
    histograms: float = 0.0
    passage: float = 0.0
    writing: float = 0.0
    between: float = 0.0
    threads: float = 0.0
    """What threads of ours take all the time, in parts of it."""


@dataclass
class Outcome:
    """Of the second half."""

    share: float
    said: float
    norms: int
    weights: int
    histograms: int
    between: int


class Simulation:
    """Optimizers that take turns, on a clock of its own. Others hold the processor for `others` seconds
    after each step."""

    def __init__(self, *optimizers: Costs, others: float = 0.0) -> None:
        self.now = 1.0
        self.others, self.disturbed, self.displacements = others, 0.0, 0
        self.written = 0.0
        self.meter = CostMeter(
            lambda: self.now - self.disturbed,
            each=0.0,
            after=0.0,
            there_after=0.0,
            wall=lambda: self.now,
            usage=lambda: ThreadUsage(1, self.now - self.disturbed, 0, self.displacements),
        )
        self.meter.elsewhere = lambda: self.written
        self.ledger = Ledger(SHARE, self.meter)
        self.budgets = [(costs, Budget(self.ledger)) for costs in optimizers]

    def run(self, rounds: int) -> Outcome:
        spent = own = said = 0.0
        taken = [0, 0, 0, 0]
        for i in range(rounds):
            late = i >= rounds // 2
            for costs, budget in self.budgets:
                cost, told, seen = self.step(costs, budget)
                if late:
                    spent, own, said = spent + cost, own + costs.step, said + told
                    taken = [a + b for a, b in zip(taken, seen, strict=True)]
        return Outcome(spent / own, said / own, *taken)

    def step(self, costs: Costs, budget: Budget) -> tuple[float, float, list[int]]:
        """What it cost, what was said of that, and what was taken."""
        writing = costs.threads * costs.step
        self.written += writing
        self.now += costs.step + writing + self.others
        self.disturbed += self.others
        self.displacements += self.others > 0
        self.meter.steps += 1
        self.meter.each = costs.passage / (1 + HOOKS)
        self.meter.calls += 1
        self.now += costs.passage
        between = self.between(costs, budget) if budget.left and budget.norms_due() else 0.0
        detail = budget.next()
        if not detail.norms:
            return costs.passage + between, 0.0, [0, 0, 0, int(between > 0)]
        cost = costs.norms + costs.weights * detail.weights + costs.histograms * detail.histograms
        self.meter.enter()
        self.now += cost
        self.meter.leave()
        self.written += costs.writing
        self.now += costs.writing
        told = self.meter.take()
        self.ledger.add(told, cost)
        budget.took(detail, cost)
        seen = [int(detail.norms), int(detail.weights), int(detail.histograms), 0]
        return cost + costs.passage + costs.writing, told, seen

    def between(self, costs: Costs, budget: Budget) -> float:
        """Norms of a step that is let through: what they cost."""
        if not costs.between:
            budget.norms_missed()
            return 0.0
        self.now += costs.between
        self.meter.took_norms(costs.between)
        budget.took_norms(costs.between)
        self.written += costs.writing
        self.now += costs.writing
        return costs.between + costs.writing


def test_cheap_norms_are_taken_at_every_step() -> None:
    seen = Simulation(Costs(step=0.1, norms=0.0005, weights=0.002, histograms=0.002)).run(4000)
    assert seen.share < SHARE
    assert (seen.norms, seen.weights, seen.histograms) == (2000, 200, 40)


@pytest.mark.parametrize("between", [0.0004, 0.0005, 0.0007, 0.0009, 0.0012, 0.0017])
def test_norms_between_take_what_the_share_leaves_whatever_they_cost(between: float) -> None:
    """Cadences are powers of two: alone they would leave up to half of it."""
    costs = Costs(step=0.01, norms=0.004, weights=0.004, histograms=0.01, between=between)
    seen = Simulation(costs).run(16_000)
    assert 0.85 * SHARE < seen.share < 1.05 * SHARE
    assert seen.said == pytest.approx(seen.share, rel=0.01)


@pytest.mark.parametrize("others", [0.01, 0.03])
def test_the_share_is_of_what_the_program_takes_without_others(others: float) -> None:
    """By the clock it takes two and four times as long; measuring does as well."""
    costs = Costs(step=0.01, norms=0.004, weights=0.004, histograms=0.01, between=0.0009)
    alone, beside = Simulation(costs), Simulation(costs, others=others)
    assert astuple(beside.run(8000)) == pytest.approx(astuple(alone.run(8000)))
    assert alone.ledger.stretch == pytest.approx(1)
    assert beside.ledger.stretch == pytest.approx(1 + others / 0.01, rel=0.1)


def test_the_dearest_are_thinned_first() -> None:
    costs = Costs(step=0.01, norms=0.0002, weights=0.002, histograms=0.01)
    seen = Simulation(costs).run(20_000)
    assert seen.share < 1.05 * SHARE
    assert seen.norms == 10_000
    assert 0 < 10 * seen.weights < seen.norms
    assert 0 < seen.histograms < seen.weights


HARD = [
    Costs(step=0.001, norms=0.0003, weights=0.0005, histograms=0.001),
    Costs(step=0.001, norms=0.002, weights=0.004, histograms=0.004),
    Costs(step=0.001, norms=0.05, weights=0.1, histograms=0.1),
    Costs(step=0.0002, norms=0.0001, weights=0.0001, histograms=0.0003, passage=2e-6),
    Costs(step=0.0005, norms=0.0001, weights=0.0001, passage=2e-6, writing=0.0002),
]


@pytest.mark.parametrize("costs", HARD, ids=str)
def test_norms_come_more_rarely_where_they_must(costs: Costs) -> None:
    simulation = Simulation(costs)
    simulation.run(10_000)
    seen = simulation.run(60_000)  # the dearest weights are taken once in 10,000 steps or so
    assert seen.share < 1.15 * SHARE
    assert seen.norms > 0
    assert seen.weights > 0
    every = simulation.budgets[0][1].every
    assert every & (every - 1) == 0  # a power of two


@pytest.mark.parametrize("costs", HARD, ids=str)
def test_all_that_is_spent_is_said(costs: Costs) -> None:
    simulation = Simulation(costs)
    simulation.run(10_000)
    seen = simulation.run(20_000)
    assert seen.said == pytest.approx(seen.share, rel=0.1)


BETWEEN = [
    Costs(step=0.01, norms=0.002, weights=0.002, histograms=0.002, between=0.0001),
    Costs(step=0.01, norms=0.003, weights=0.002, histograms=0.002, between=0.0007, writing=0.00005),
    Costs(step=0.001, norms=0.001, weights=0.001, between=0.0002, passage=5e-6),
]


@pytest.mark.parametrize("costs", BETWEEN, ids=str)
def test_cheap_norms_come_between_records(costs: Costs) -> None:
    """More steps have norms than if all that is spent were spent on records."""
    one, other = Simulation(costs), Simulation(replace(costs, between=0.0))
    found = []
    for simulation in (one, other):
        simulation.run(10_000)
        found.append(simulation.run(60_000))
    seen, without = found
    assert seen.share < 1.15 * SHARE
    assert seen.said == pytest.approx(seen.share, rel=0.1)
    assert seen.norms + seen.between >= 2 * without.norms
    assert seen.norms >= 60_000 * costs.step / 2 / (RECORDS * GAP) / 2  # records in full go on
    assert seen.weights > 0


def test_where_they_cost_next_to_nothing_every_step_has_them() -> None:
    simulation = Simulation(Costs(step=0.01, norms=0.002, between=0.0001))
    simulation.run(2000)
    seen = simulation.run(4000)
    assert seen.norms + seen.between == 2000


def test_what_threads_take_all_the_time_is_not_held_against_norms() -> None:
    """However few of them there are they take the same."""
    costs = Costs(step=0.014, norms=0.0025, weights=0.005, between=0.0006)
    found = []
    for each in (costs, replace(costs, threads=SHARE / 10)):
        simulation = Simulation(each)
        simulation.run(10_000)
        found.append(simulation.run(20_000))
    without, seen = found
    assert seen.between >= 0.85 * without.between
    assert seen.share < 1.15 * SHARE


def test_where_they_are_not_to_be_had_they_are_seldom_asked_for() -> None:
    simulation = Simulation(Costs(step=0.01, norms=0.002))
    simulation.run(4000)
    budget, asked = simulation.budgets[0][1], []
    for _ in range(4000):
        asked.append(bool(budget.left) and budget.norms_due())
        simulation.run(1)
    assert 0 < sum(asked) < 4000 / 8 / AGAIN
    budget.begin_anew()  # somebody has changed the share
    simulation.run(100)
    assert budget.norms_every == 0


def test_records_that_are_very_dear_still_leave_room_for_norms() -> None:
    costs = Costs(step=0.0007, norms=0.02, between=0.00003)
    simulation = Simulation(costs)
    simulation.run(40_000)
    seen = simulation.run(40_000)
    assert seen.between > 10 * seen.norms > 0
    assert seen.share < 1.15 * SHARE


def test_where_they_cost_as_much_as_a_record_there_are_none() -> None:
    simulation = Simulation(Costs(step=0.01, norms=0.0012, between=0.0011))
    simulation.run(10_000)
    assert simulation.run(10_000).between == 0


def test_several_optimizers_share_one_budget() -> None:
    costs = Costs(step=0.001, norms=0.0001, weights=0.0001, histograms=0.0003)
    simulation = Simulation(*[costs] * 4)
    simulation.run(5000)
    seen = simulation.run(10_000)
    assert seen.share < 1.15 * SHARE
    assert seen.norms > 0


def test_being_there_is_charged_even_where_nothing_is_left_for_measuring() -> None:
    simulation = Simulation(Costs(step=0.0001, norms=0.0001, passage=5e-6))
    simulation.run(20_000)
    seen = simulation.run(40_000)
    assert (
        seen.share < 0.05 + LEAST * SHARE + 0.005
    )  # which is what being there takes, and little more
    assert seen.said == pytest.approx(seen.share, rel=0.1)
    assert seen.norms > 0


def test_a_pause_does_not_make_norms_dear() -> None:
    simulation = Simulation(Costs(step=0.01, norms=0.0001, weights=0.0001))
    simulation.run(10_000)
    simulation.now += 600
    assert simulation.run(1000).norms == 500


def test_steps_that_others_let_through_are_taken_off() -> None:
    simulation = Simulation(HARD[1])
    simulation.run(20_000)
    budget = simulation.budgets[0][1]
    while not budget.left:
        simulation.run(2)
    budget.left = 0  # as the hooks leave it
    assert budget.next().norms


def test_without_a_bound_every_step_is_in_full() -> None:
    simulation = Simulation(Costs(step=0.0001, norms=0.01, weights=0.01))
    simulation.ledger.share = float("inf")
    seen = simulation.run(1000)
    assert (seen.norms, seen.weights) == (500, 500)


def test_what_the_machine_does_beside_is_not_ours() -> None:
    """Our own work is held up by others' ten times as long as it takes: as much is recorded."""
    alone, busy = (Simulation(Costs(step=0.001, norms=0.0005)) for _ in range(2))
    held = 0.0

    def clock() -> float:
        return busy.now - held

    busy.meter.clock = clock
    counts = []
    for simulation in (alone, busy):
        norms = 0
        for _ in range(900):
            _, _, (taken, *_) = simulation.step(*simulation.budgets[0])
            if simulation is busy and taken:
                simulation.meter.enter()
                simulation.now += 0.005
                held += 0.005
                simulation.meter.leave()
            norms += taken
        counts.append(norms)
    assert counts == [900, 900]


def test_a_measurement_that_is_hurried_comes_soon() -> None:
    budget = Budget(Ledger(SHARE, CostMeter()))
    budget.left = 500
    budget.hurry(10)
    assert budget.left == 10
    budget.hurry(20)
    assert budget.left == 10
