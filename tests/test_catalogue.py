"""Every shipped scenario and each of its remedies reaches exactly what its file expects."""

from collections.abc import Iterable

import pytest

from gradtui.core.symptom import CONVERGED, HEALTHY, UNDECIDED, VERDICTS
from gradtui.doctor.diagnose import diagnose
from gradtui.lab.headless import run_headless
from gradtui.lab.scenario.catalogue import read_catalogue
from gradtui.lab.scenario.schema import (
    ACTIVATIONS,
    DATASETS,
    INITS,
    MODELS,
    NORMS,
    OPTIMIZERS,
    PRECISIONS,
    Setup,
)

CATALOGUE = read_catalogue()
SCENARIOS = CATALOGUE.scenarios
HEALTHY_ONES = [name for name, story in SCENARIOS.items() if name.startswith("healthy_")]


def meets(verdict: str, expected: str) -> bool:
    return verdict == expected or {verdict, expected} <= {HEALTHY, CONVERGED}


def test_no_file_is_broken() -> None:
    assert not CATALOGUE.broken
    assert len(SCENARIOS) >= 40


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_tells_its_story(name: str) -> None:
    story = SCENARIOS[name]
    assert len(story.story.split()) >= 20
    assert story.group
    assert story.expect in VERDICTS
    titles = [remedy.title for remedy in story.remedies]
    assert len(titles) == len(set(titles))
    if story.expect not in (HEALTHY, CONVERGED, UNDECIDED):
        assert story.remedies
        assert any(meets(remedy.expect, HEALTHY) for remedy in story.remedies)


def test_everything_the_lab_can_do_is_used_somewhere() -> None:
    from gradtui.lab.scenario.overlay import treated

    setups: list[Setup] = []
    for story in SCENARIOS.values():
        setups.append(story.setup)
        setups += [treated(story, (i,)) for i in range(len(story.remedies))]
    assert {s.model.activation for s in setups} >= set(ACTIVATIONS) - {"identity"}
    assert {s.model.kind for s in setups} == set(MODELS)
    assert {s.model.norm for s in setups} == set(NORMS)
    assert {s.optimizer.kind for s in setups} == set(OPTIMIZERS)
    assert {s.data.name for s in setups} == set(DATASETS)
    assert {s.precision.kind for s in setups} >= set(PRECISIONS) - {"float64", "amp_bfloat16"}
    assert {s.model.init for s in setups} >= set(INITS) - {"xavier_normal", "orthogonal"}
    assert any(s.clip.norm for s in setups)
    assert any(s.clip.value for s in setups)
    assert any(s.optimizer.warmup for s in setups)
    assert any(s.optimizer.momentum for s in setups)
    assert any(s.optimizer.weight_decay for s in setups)
    assert any(s.model.truncate for s in setups)
    assert any(s.model.residual for s in setups)


@pytest.mark.slow
@pytest.mark.parametrize("name", HEALTHY_ONES)
def test_a_healthy_reference_never_alarms_at_any_step(name: str) -> None:
    facts = run_headless(SCENARIOS[name], device="cpu").history.facts()
    # A screen looks less often yet; tests/doctor looks at each step of such runs.
    for n in (n for n in range(1, len(facts) + 1) if n <= 50 or (len(facts) - n) % 4 == 0):
        diagnosis = diagnose(facts.until(n))
        assert diagnosis.healthy, f"step {int(facts.steps[n - 1])}: {diagnosis.findings}"
    assert meets(diagnose(facts).verdict, SCENARIOS[name].expect)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SCENARIOS if name not in HEALTHY_ONES])
def test_the_run_reaches_what_it_must(name: str) -> None:
    assert not wrong_verdicts(name, [None])


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        name if i % 4 == 0 else pytest.param(name, marks=pytest.mark.long)
        for i, name in enumerate(SCENARIOS)
    ],
)
def test_its_remedies_reach_what_they_must(name: str) -> None:
    """The first one, and the first that heals."""
    assert not wrong_verdicts(name, first_remedies(name))


@pytest.mark.long
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_other_remedy_reaches_what_it_must(name: str) -> None:
    count = len(SCENARIOS[name].remedies)
    assert not wrong_verdicts(name, [i for i in range(count) if i not in first_remedies(name)])


def first_remedies(name: str) -> list[int]:
    remedies = SCENARIOS[name].remedies
    heal = [i for i, remedy in enumerate(remedies) if meets(remedy.expect, HEALTHY)]
    return sorted({*range(len(remedies))[:1], *heal[:1]})


def wrong_verdicts(name: str, indices: Iterable[int | None]) -> list[tuple[object, ...]]:
    """What a scenario with one of its remedies, or none, comes to in place of what it must."""
    story = SCENARIOS[name]
    wrong: list[tuple[object, ...]] = []
    for index in indices:
        remedies = () if index is None else (index,)
        expected = story.expect if index is None else story.remedies[index].expect
        diagnosis = diagnose(run_headless(story, remedies, device="cpu").history.facts())
        if not meets(diagnosis.verdict, expected):
            wrong.append((name, index, expected, diagnosis.verdict, diagnosis.findings[:1]))
    return wrong
