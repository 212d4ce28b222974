"""A representative part of the bench: cases of most kinds of remedies that change
something; the other kinds are long."""

import pytest
import torch

from tests.repairs.catalogue import CASES
from tests.repairs.judge import ONLY_LOOKS, UNNAMED, Repair, repair
from tests.repairs.table import conditions, first_ranked, rate, summary, table

PART = (
    "sigmoid 8 layers",
    "softmax over one value",
    "half, tiny weights",
)
KIN = (
    "relu tiny weights",
    "relu born dead",
    "targets 1e4 wide",
    "relu lr 5",
    "recurrent relu, growing",
    "relu lr 1e-8",
    "clip rescues momentum",
    "residual without norms",
    "tanh 30 layers, torch's init",
    "relu Adam lr 1",
    "half, lr 1",
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [*PART, *(pytest.param(name, marks=pytest.mark.long) for name in KIN)]
)
def test_the_remedy_named_first_repairs(name: str) -> None:
    (case,) = [case for case in CASES if case.name == name]
    (done,) = repair(case, 0)
    assert done.repaired, done


def one(case: str, word: str, rank: int = 1) -> Repair:
    return Repair(case, 0, "plateau", "a remedy", rank, word, "loss 2 → 1")


def test_a_repair_that_gains_nothing_counts_as_failed() -> None:
    repairs = [one("a", "cured"), one("b", "no gain"), one("c", "worse"), one("d", "partly cured")]
    assert rate(repairs) == 0.5
    assert "found sick: 2 of 4 runs (50.0 %)" in summary(repairs)
    assert "failed: b 0 (no gain), c 0 (worse)" in summary(repairs)


def test_a_remedy_that_only_looks_counts_as_failed() -> None:
    repairs = [one("a", "cured"), one("b", ONLY_LOOKS), one("b", "cured", 2)]
    assert rate(repairs) == 0.5
    assert "failed: b 0 (only looks)" in summary(repairs)
    assert "a later remedy repaired 1" in summary(repairs)
    assert "only look: 1 of 1 runs" in summary(repairs)


def test_a_later_remedy_does_not_make_up_for_the_first() -> None:
    repairs = [one("a", "no gain"), one("a", "cured", 2)]
    assert [(r.case, r.rank) for r in first_ranked(repairs)] == [("a", 1)]
    assert rate(repairs) == 0.0
    assert len(table(repairs).splitlines()) == 2


def test_runs_that_were_not_found_sick_are_told_apart() -> None:
    repairs = [one("a", "cured"), one("b", UNNAMED, 0)]
    assert rate(repairs) == 1.0
    assert "those not found sick too: 1 of 2 runs (50.0 %)" in summary(repairs)
    assert "not found sick: b 0" in summary(repairs)


def test_conditions_are_told() -> None:
    told = conditions(CASES, 3)
    assert f"{len(CASES)} sick programs, 3 seeds each" in told
    assert torch.__version__ in told


def test_names_are_unique() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
