"""Two of the programs, through the command line; all of them are `python -m tests.verdicts.programs`."""

import pytest

from tests.verdicts.programs.catalogue import NEAR_RULES, PROGRAMS, STRANGERS, Program, judged

SOME = ("softmax_of_one", "killed_by_one_step")


@pytest.mark.slow
@pytest.mark.parametrize("program", [p for p in PROGRAMS if p.name in SOME], ids=lambda p: p.name)
def test_the_command_line_says_what_is_wrong(program: Program) -> None:
    told = judged(program)
    assert told.right, told


def test_each_program_says_what_is_right() -> None:
    from gradtui.core.symptom import VERDICTS

    healthy = [p for p in PROGRAMS if p.accepted[0] == "healthy"]
    assert len(PROGRAMS) == 2 * len(healthy) == 40
    assert {word for p in PROGRAMS for word in p.accepted} <= set(VERDICTS)
    assert {p.accepted[0] for p in PROGRAMS} >= set(VERDICTS) - {
        "converged",
        "undecided",
        "oscillating_loss",
        "miswired",
        "not_learning",
        "replica_drift",  # of three processes at least
    }


def test_so_do_strangers() -> None:
    from gradtui.core.symptom import VERDICTS

    healthy = [p for p in STRANGERS if p.accepted[0] == "healthy"]
    assert (len(STRANGERS), len(healthy)) == (871, 310)
    assert {word for p in STRANGERS for word in p.accepted} <= set(VERDICTS)


def test_what_comes_near_to_rules_is_healthy() -> None:
    assert len(NEAR_RULES) == 90
    assert {p.accepted for p in NEAR_RULES} == {("healthy",)}
