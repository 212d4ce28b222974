"""A small part of the bench as a test, another quarter as a long one, and what the bench itself rests on.
The whole of it is `python -m tests.verdicts`."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import torch

from gradtui.core.symptom import OPEN
from gradtui.doctor.diagnose import diagnose
from gradtui.lab.headless import run_headless
from gradtui.lab.scenario.catalogue import read_catalogue
from tests.verdicts.case import HEALTHY, Case
from tests.verdicts.catalogue import CASES, one
from tests.verdicts.judge import Said, judge, judge_within
from tests.verdicts.loops import sgd
from tests.verdicts.table import complaints, counts, summary, table

FAMILIAR = [i for i, case in enumerate(CASES) if not case.stranger]
"""Those by a stranger to the rules are no part of the quick shares: the doctor may fail them."""
PART, QUARTER = FAMILIAR[::32], FAMILIAR[2::4]


def test_the_bench_is_as_wide_as_it_says() -> None:
    fine = sum(len(case.seeds) for case in CASES if case.healthy)
    ill = sum(len(case.seeds) for case in CASES if not case.healthy)
    assert fine >= 60
    assert ill >= 80
    assert sum(case.held_out for case in CASES) == 20
    assert len({case.name for case in CASES}) == len(CASES)
    strange = [case for case in CASES if case.stranger]
    assert sum(case.healthy for case in strange) >= 50
    assert sum(not case.healthy for case in strange) >= 50


@pytest.mark.slow
@pytest.mark.parametrize("number", PART, ids=[CASES[i].name for i in PART])
def test_a_part_of_the_cases(number: int) -> None:
    assert complaints([one((number, 0))]) == []


@pytest.mark.long
@pytest.mark.parametrize("number", QUARTER, ids=[CASES[i].name for i in QUARTER])
def test_a_quarter_of_the_cases(number: int) -> None:
    assert complaints([one((number, 0))]) == []


BUDGETED = [
    "relu 8, lr 5",
    "tanh 5, biases of 12",
    "lr 1e-7",
    "the slope of a square root at zero",
    "policy gradient, rewards with noise",
    "batches of one, Adam, regression",
]


@pytest.mark.slow
@pytest.mark.parametrize("name", BUDGETED)
def test_a_budget_makes_no_other_verdict(name: str) -> None:
    """At one percent, with no free start: what is not known may be said, and nothing else."""
    case = next(case for case in CASES if case.name == name)
    said = judge_within(case, 0, 0.01)
    assert said.verdict in (*case.accepted, *OPEN), said.evidence


@pytest.mark.long
@pytest.mark.parametrize("share", [0.03, 1.0])
@pytest.mark.parametrize("name", BUDGETED)
def test_nor_does_a_larger_one(name: str, share: float) -> None:
    case = next(case for case in CASES if case.name == name)
    said = judge_within(case, 0, share)
    assert said.verdict in (*case.accepted, *OPEN), said.evidence


@contextmanager
def held_down(others: int = 3) -> Iterator[None]:
    """One processor for this thread and so many processes that do nothing but keep it busy."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    busy = [
        subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"]) for _ in range(others)
    ]
    try:
        yield
    finally:
        for one in busy:
            one.kill()
            one.wait()
        os.sched_setaffinity(0, before)


HELD_DOWN = [
    pytest.param(name, marks=pytest.mark.slow if at in (1, 2) else pytest.mark.long)
    for at, name in enumerate(BUDGETED)
]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="asks for Linux")
@pytest.mark.parametrize("name", HELD_DOWN)
def test_nor_does_a_processor_that_others_hold(name: str) -> None:
    """A quarter of one is left, and the usual budget."""
    case = next(case for case in CASES if case.name == name)
    with held_down():
        said = judge_within(case, 0, 0.03)
    assert said.verdict in (*case.accepted, *OPEN), said.evidence


@pytest.mark.slow
def test_a_lab_run_with_a_late_spike_keeps_to_its_verdict() -> None:
    story = read_catalogue().scenarios["deep_sigmoid"]
    facts = run_headless(story, (0,), device="cpu", seed=2072931051, steps=700).history.facts()
    told = [diagnose(facts.until(n)).verdict for n in range(100, len(facts) + 1, 3)]
    assert list(dict.fromkeys(told)) == ["healthy", "converged"]
    assert told == sorted(told, key=["healthy", "converged"].index)


def lost(seed: int) -> None:
    """A net that dies of its learning rate."""
    net = torch.nn.Linear(4, 1)
    optimizer = sgd(net, 10.0)
    for _ in range(200):
        optimizer.zero_grad()
        net(10 * torch.ones(8, 4)).square().mean().backward()
        optimizer.step()


def test_a_sick_run_that_is_called_healthy_alarms_the_bench() -> None:
    said = judge(Case("lost", lost), 0)
    assert not said.right
    assert said.verdict == "exploding_gradient"
    assert "1 of 1 healthy runs alarmed" in summary([said])
    assert complaints([said])[0].startswith("false alarm: lost")


def test_a_healthy_run_that_is_called_sick_is_unnamed() -> None:
    def fine(seed: int) -> None:
        net = torch.nn.Linear(4, 1)
        optimizer = sgd(net, 0.01)
        for _ in range(30):
            optimizer.zero_grad()
            net(torch.ones(8, 4)).square().mean().backward()
            optimizer.step()

    said = judge(Case("fine", fine, ("vanishing_gradient",)), 0)
    assert complaints([said])[0].startswith("unnamed: fine")
    assert "0 of 1 sick runs were named right" in summary([said])


def test_the_place_counts() -> None:
    said = judge(Case("lost", lost, ("exploding_gradient",), layers=("nowhere",)), 0)
    assert said.right
    assert not said.placed
    assert complaints([said])[0].startswith("misplaced: lost")


def test_a_verdict_that_wavers_is_a_failure() -> None:
    words = ["undecided", "plateau", "healthy", "plateau"]
    named = Said("a", 0, "plateau", "plateau", True, True, 9, "", tuple(enumerate(words)), False)
    assert named.steady
    assert complaints([named]) == []
    flaps = replace(named, changes=tuple(enumerate([*words, "healthy", "plateau"])))
    assert flaps.turns == 4
    assert complaints([flaps])[0].startswith("wavering: a")
    assert "0 without wavering" in summary([flaps])


def test_what_is_named_late_shows_in_the_table() -> None:
    said = judge(Case("lost", lost, ("exploding_gradient",)), 0)
    assert 0 <= said.delay < 20
    assert f"{said.delay}, at most {said.delay}" in table([said])


def test_the_table_counts_each_run_once() -> None:
    right = Said("a", 0, HEALTHY, HEALTHY, True, True, 9, "", (), False)
    wrong = replace(right, verdict="plateau", right=False)
    lines = table([right, right, wrong]).splitlines()
    assert lines[1].split() == ["healthy", "2", "1", "3"]


@pytest.mark.slow
def test_the_cause_counts_where_it_is_asked() -> None:
    case = Case("lost", lost, ("exploding_gradient",), cause=("no such words",))
    said = judge(case, 0)
    assert said.right
    assert said.caused is False
    assert complaints([said])[0].startswith("unexplained: lost")
    assert judge(Case("lost", lost, ("exploding_gradient",)), 0).caused is None
    words = said.cause.lower()[:12]
    assert judge(replace(case, cause=("no such words", words)), 0).caused


def test_each_run_is_counted_once() -> None:
    right = Said("a", 0, HEALTHY, HEALTHY, True, True, 9, "", ((9, HEALTHY),), False)
    passing = replace(right, verdict="plateau", right=False, changes=((3, "plateau"), (9, HEALTHY)))
    alarmed = replace(passing, changes=((3, HEALTHY), (9, "plateau")))
    open_end = replace(right, verdict="undecided", changes=((9, "undecided"),))
    named = replace(right, wanted="plateau", verdict="plateau", caused=True)
    nearly = replace(named, verdict="not_learning", caused=False)
    missed, late, other = (
        replace(named, verdict=word, right=False, caused=None)
        for word in (HEALTHY, "undecided", "nonfinite")
    )
    assert counts([right, passing, alarmed, open_end, named, nearly, missed, late, other]) == (
        "sick 5: named right 1, nearly 1, called healthy 1, undecided 1, misnamed 1; "
        "healthy 4: alarmed at the end 1, on the way only 1, undecided 1; "
        "the cause was right in 1 of 2 where it was asked"
    )
