"""Pictures of the lab."""

from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from gradtui.app.themes import DEFAULT, THEMES
from tests.snapshots.still import (
    LARGE,
    LARGEST,
    SMALL,
    SMALLEST,
    USUAL,
    Picture,
    StillApp,
    settled,
    sizes,
)


def take(
    picture: Picture,
    scenario: str,
    size: tuple[int, int],
    *keys: str,
    shows: str,
    steps: int = 120,
    **wishes: Any,
) -> None:
    """The picture after some steps and some keys, with words that must be in it."""
    app = StillApp(scenario, **wishes)

    async def act(pilot: Pilot[Any]) -> None:
        await app.play(pilot, steps)
        await pilot.press(*keys)
        await settled(pilot, shows)

    picture(app, size, act)


@sizes(LARGEST, LARGE, USUAL, SMALL, SMALLEST)
def test_sick(size: tuple[int, int], picture: Picture) -> None:
    take(picture, "deep_sigmoid", size, shows="layers 1-14 of 20")


@pytest.mark.parametrize("theme", [theme.name for theme in THEMES if theme.name != DEFAULT])
def test_themes(theme: str, picture: Picture) -> None:
    take(picture, "deep_sigmoid", USUAL, shows="VANISHING GRADIENT", theme=theme)


@sizes(SMALL)
def test_without_colours(
    size: tuple[int, int], picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    take(picture, "deep_sigmoid", size, shows="VANISHING GRADIENT")


@sizes(USUAL)
def test_ascii(size: tuple[int, int], picture: Picture) -> None:
    take(picture, "deep_sigmoid", size, shows="VANISHING GRADIENT", ascii_only=True)


@sizes(SMALL)
def test_in_blocks(size: tuple[int, int], picture: Picture) -> None:
    """A chart where the terminal has no dots."""
    take(picture, "deep_relu", size, "C", shows="whole run", braille=False)


@sizes(USUAL)
def test_healthy(size: tuple[int, int], picture: Picture) -> None:
    take(picture, "deep_relu", size, shows="HEALTHY")


@sizes(USUAL)
def test_treated(size: tuple[int, int], picture: Picture) -> None:
    """The sick run beside the one that a remedy has healed."""
    app = StillApp("deep_sigmoid")

    async def act(pilot: Pilot[Any]) -> None:
        await app.play(pilot, 60)
        await pilot.press("1")
        app.now += 1.0
        app.tick()
        await app.play(pilot, 120)
        await settled(pilot, "cured so far")

    picture(app, size, act)


@sizes(SMALL)
def test_not_a_number(size: tuple[int, int], picture: Picture) -> None:
    """The line that stays, and the toast."""
    take(picture, "too_fast", size, shows="NaN or infinity at step 40:", steps=60)


@sizes(USUAL)
def test_many_layers(size: tuple[int, int], picture: Picture) -> None:
    """More of them than there are lines."""
    take(picture, "very_deep", size, "G", "pageup", shows="layers.150")


@sizes(USUAL)
def test_layer(size: tuple[int, int], picture: Picture) -> None:
    """Everything about one: histogram, norm, weights, update ratio, activations."""
    take(picture, "deep_sigmoid", size, "j", "j", "enter", shows="gradient elements by size")


@sizes(SMALL)
def test_remedies(size: tuple[int, int], picture: Picture) -> None:
    take(picture, "deep_sigmoid", size, "x", shows="torch.nn.init.orthogonal_")


@sizes(SMALL)
def test_help(size: tuple[int, int], picture: Picture) -> None:
    take(picture, "deep_sigmoid", size, "question_mark", shows="command palette")


@sizes(SMALL)
def test_scenarios(size: tuple[int, int], picture: Picture) -> None:
    app = StillApp("deep_sigmoid")

    async def act(pilot: Pilot[Any]) -> None:
        await app.play(pilot)
        await pilot.press("s")
        await settled(pilot, "enter starts")
        app.screen.query_one(Input).cursor_blink = False
        await settled(pilot, "enter starts")

    picture(app, size, act)
