"""What `check` is asked to run."""

import pytest

from gradtui.commands.targets import all_targets, named_targets
from gradtui.core.errors import ScenarioError, UsageError
from gradtui.lab.scenario.catalogue import Catalogue
from gradtui.lab.scenario.schema import Scenario, ScenarioRemedy

PLAIN = Scenario(name="plain", title="t")
CURED = Scenario(
    name="cured",
    title="t",
    expect="plateau",
    remedies=(ScenarioRemedy(title="a"), ScenarioRemedy(title="b", expect="dead_relu")),
)
CATALOGUE = Catalogue({"cured": CURED, "plain": PLAIN})


def names(*words: str, remedies: bool = False) -> list[str]:
    return [target.name for target in named_targets(words, CATALOGUE, remedies=remedies)]


def test_names_and_numbers() -> None:
    assert names("plain", "cured") == ["plain", "cured"]
    assert names("cured+2") == ["cured+2"]
    assert names("cured", remedies=True) == ["cured", "cured+1", "cured+2"]
    assert names("cured", "cured", "cured+1", remedies=True) == ["cured", "cured+1", "cured+2"]
    assert [target.name for target in all_targets(CATALOGUE)] == [
        "cured",
        "cured+1",
        "cured+2",
        "plain",
    ]


def test_expectations() -> None:
    sick, _, second = all_targets(CATALOGUE)[:3]
    assert (sick.expected, sick.title) == ("plateau", None)
    assert (second.expected, second.title) == ("dead_relu", "b")
    assert second.meets("dead_relu")
    assert not second.meets("healthy")


@pytest.mark.parametrize("word", ["cured+3", "cured+0", "cured+", "cured+x", "cured+1+2"])
def test_remedies_that_are_not_there(word: str) -> None:
    with pytest.raises(ScenarioError, match="its remedies are 1 to 2"):
        names(word)
    with pytest.raises(ScenarioError, match="it has none"):
        names("plain+1")


def test_nothing_at_all() -> None:
    with pytest.raises(UsageError, match="--scenarios"):
        all_targets(Catalogue())
