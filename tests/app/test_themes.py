import pytest

from gradtui.app.render.line import MEANINGS
from gradtui.app.themes import DEFAULT, THEMES, VARIABLES


def luminance(colour: str) -> float:
    """Relative luminance after WCAG 2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_default_is_there_and_all_speak_of_the_same_things() -> None:
    assert DEFAULT in {theme.name for theme in THEMES}
    assert all(set(theme.variables) == set(VARIABLES) for theme in THEMES)
    special = {"title", "accent"}
    assert set(MEANINGS) - special <= set(VARIABLES)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
@pytest.mark.parametrize(
    "meaning",
    ["healthy", "warn", "critical", "vanish", "explode", "nonfinite", "dead", "quiet", "reference"],
)
def test_text_can_be_read(theme: object, meaning: str) -> None:
    variables = getattr(theme, "variables")  # noqa: B009
    for ground in (getattr(theme, "background"), variables["cursor"]):  # noqa: B009
        wanted = 4.5 if ground != variables["cursor"] and meaning != "quiet" else 3.0
        assert contrast(variables[meaning], ground) >= wanted
