"""What `check` judges: a scenario as it is, or under one of its remedies, a command, a run, a log."""

from collections.abc import Iterable
from dataclasses import dataclass

from gradtui.core.errors import ScenarioError, UsageError
from gradtui.core.symptom import CONVERGED, HEALTHY, OPEN
from gradtui.lab.scenario.catalogue import Catalogue
from gradtui.lab.scenario.schema import Scenario

WELL = (HEALTHY, CONVERGED, *OPEN)
"""Verdicts that are no alarm."""


@dataclass(frozen=True, slots=True)
class Target:
    """One run with an expectation. `remedy` is an index, None for the untreated run."""

    scenario: Scenario
    remedy: int | None = None

    @property
    def name(self) -> str:
        """ "deep_sigmoid", or "deep_sigmoid+1" for its first remedy."""
        return self.scenario.name + ("" if self.remedy is None else f"+{self.remedy + 1}")

    @property
    def title(self) -> str | None:
        """The remedy's title."""
        return None if self.remedy is None else self.scenario.remedies[self.remedy].title

    @property
    def expected(self) -> str:
        if self.remedy is None:
            return self.scenario.expect
        return self.scenario.remedies[self.remedy].expect

    def meets(self, verdict: str) -> bool:
        return meets(self.expected, verdict)


@dataclass(frozen=True, slots=True)
class CommandTarget:
    """A training command, of which it is expected that nothing is wrong with it."""

    name: str
    title: None = None
    expected: str = HEALTHY

    def meets(self, verdict: str) -> bool:
        return meets(self.expected, verdict)


@dataclass(frozen=True, slots=True)
class RunTarget:
    """A recorded run, or the log of another tool, as it was named; of which as much is expected."""

    name: str
    title: None = None
    expected: str = HEALTHY

    def meets(self, verdict: str) -> bool:
        return meets(self.expected, verdict)


def meets(expected: str, verdict: str) -> bool:
    """Whether a verdict is the expected one. A run that has converged is healthy as well, and one
    that is too short to tell is not known to be anything else."""
    return verdict == expected or (expected == HEALTHY and verdict in WELL)


def with_remedies(scenario: Scenario) -> list[Target]:
    """The sick run, then each remedy."""
    return [Target(scenario), *(Target(scenario, i) for i in range(len(scenario.remedies)))]


def named_targets(names: Iterable[str], catalogue: Catalogue, *, remedies: bool) -> list[Target]:
    """Targets as a person names them: NAME, NAME+2, a path; with all remedies where asked for."""
    targets: dict[str, Target] = {}
    for name in names:
        plain, plus, number = name.partition("+")
        scenario = catalogue.find(plain)
        if plus:
            found = [Target(scenario, _index(scenario, number))]
        else:
            found = with_remedies(scenario) if remedies else [Target(scenario)]
        targets |= {target.name: target for target in found}
    return list(targets.values())


def all_targets(catalogue: Catalogue) -> list[Target]:
    """Every scenario and every remedy."""
    if not catalogue.scenarios:
        raise UsageError("there are no scenarios: name a folder that holds some with --scenarios.")
    return [target for s in catalogue.scenarios.values() for target in with_remedies(s)]


def _index(scenario: Scenario, number: str) -> int:
    count = len(scenario.remedies)
    if not (number.isascii() and number.isdigit() and 1 <= int(number[:9]) <= count):
        raise ScenarioError(
            f"{scenario.name} has no remedy '{number}': "
            + (f"its remedies are 1 to {count}." if count else "it has none.")
        )
    return int(number[:9]) - 1
