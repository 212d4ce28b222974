"""What has to be told apart is so in sixteen colours."""

import pytest
from rich.color import Color, ColorSystem
from textual.theme import Theme

from gradtui.app.sixteen_colours import CHANGED, PALETTE, SIXTEEN, sixteen
from gradtui.app.themes import HEAT, MONO, RANGES, RUNS, THEMES
from tests.app.test_themes import contrast

CHANGED_THEMES = [theme for theme in SIXTEEN if theme.name in CHANGED]
APART = ("healthy", "vanish", "explode", "critical", "nonfinite", "warn")


def number(colour: str) -> int:
    """Which of the sixteen a terminal is sent."""
    found = Color.parse(colour).downgrade(ColorSystem.STANDARD).number
    assert found is not None
    return found


def test_the_palette_is_that_of_the_numbers() -> None:
    assert [number(colour) for colour in PALETTE] == list(range(16))


@pytest.mark.parametrize("theme", CHANGED_THEMES, ids=lambda theme: theme.name)
def test_what_stands_side_by_side_has_colours_of_its_own(theme: Theme) -> None:
    variables = {name: number(theme.variables[name]) for name in (*HEAT, *RUNS, *RANGES, *APART)}
    assert theme.background is not None
    ground = number(theme.background)
    for names in (HEAT, RUNS):
        found = [variables[name] for name in names]
        assert len(set(found)) == len(found)
        assert ground not in found
    for line, around in zip(RUNS, RANGES, strict=True):
        assert variables[around] not in (variables[line], ground)
    states = [variables[name] for name in APART[:5]]
    assert len(set(states)) == len(states)
    assert ground not in states


@pytest.mark.parametrize("theme", CHANGED_THEMES, ids=lambda theme: theme.name)
def test_words_can_be_read(theme: Theme) -> None:
    assert theme.foreground is not None
    assert theme.background is not None
    assert contrast(theme.foreground, theme.background) > 10
    assert contrast(theme.variables["quiet"], theme.background) > 4.5
    assert contrast(theme.variables["strong"], theme.variables["cursor"]) > 4.5
    assert contrast(theme.variables["alarm-text"], theme.variables["alarm"]) > 4.5


def test_all_speak_of_the_same_things_and_greys_stay() -> None:
    assert [theme.name for theme in SIXTEEN] == [theme.name for theme in THEMES]
    for few, usual in zip(SIXTEEN, THEMES, strict=True):
        assert set(few.variables) == set(usual.variables)
    assert sixteen(MONO) is MONO
