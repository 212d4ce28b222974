"""A representative part of the bench: one case of each kind of remedy that changes something."""

import pytest

from tests.repairs.catalogue import CASES
from tests.repairs.judge import ONLY_LOOKS, UNNAMED, Repair, repair
from tests.repairs.table import first_ranked, rate, summary, table

PART = (
    "sigmoid 8 layers",
    "tanh 30 layers, torch's init",
    "relu tiny weights",
    "residual without norms",
    "recurrent relu, growing",
    "relu lr 5",
    "relu Adam lr 1",
    "relu lr 1e-8",
    "clip rescues momentum",
    "relu born dead",
    "targets 1e4 wide",
    "softmax over one value",
    "half, lr 1",
    "half, tiny weights",
)


@pytest.mark.slow
@pytest.mark.parametrize("name", PART)
def test_the_remedy_named_first_repairs(name: str) -> None:
    (case,) = [case for case in CASES if case.name == name]
    (done,) = repair(case, 0)
    assert done.repaired, done


def one(case: str, word: str, rank: int = 1) -> Repair:
    return Repair(case, 0, "plateau", "a remedy", rank, word, "loss 2 → 1")


def test_a_repair_that_gains_nothing_counts_as_failed() -> None:
    repairs = [one("a", "cured"), one("b", "no gain"), one("c", "worse"), one("d", "partly cured")]
    assert rate(repairs) == 0.5
    assert "2 of 4 runs (50.0 %)" in summary(repairs)


def test_a_later_remedy_does_not_make_up_for_the_first() -> None:
    repairs = [
        one("a", "no gain"),
        one("a", "cured", 2),
        one("b", ONLY_LOOKS),
        one("b", "cured", 2),
    ]
    assert [r.case for r in first_ranked(repairs)] == ["a"]
    assert rate([*repairs, one("c", UNNAMED, 0)]) == 0.0
    assert "a later one repaired 1" in summary(repairs)
    assert len(table(repairs).splitlines()) == 4


def test_names_are_unique() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
