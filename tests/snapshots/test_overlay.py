"""Pictures of runs over one another."""

import math
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from gradtui.app.overlay_app import OverlayApp
from gradtui.app.themes import DEFAULT
from tests.app.overlaying import BEGAN, following, recorded
from tests.app.playing import text, until
from tests.snapshots.still import LARGE, SMALL, SMALLEST, USUAL, Picture, Small, sizes


def noisy(step: int, rate: float, floor: float) -> float:
    """It falls to a floor, and goes up and down by a fifth; at step 150 it is three times as high."""
    height = floor + 2.3 * math.exp(-rate * step)
    return height * (3.0 if step == 150 else 1.0 + 0.2 * math.sin(step * step))


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One that learns, one that does so faster in half as many steps, one that becomes NaN."""
    home = tmp_path_factory.mktemp("runs")
    return [
        recorded(home / "adam", 500, lambda step: noisy(step, 0.01, 0.2)),
        recorded(home / "sgd-momentum", 260, lambda step: noisy(step, 0.03, 0.5), began=BEGAN + 60),
        recorded(
            home / "too-fast", 400, lambda step: 3.0 if step < 300 else math.nan, logged="acc"
        ),
    ]


class StillOverlay(Small, OverlayApp):
    """Nothing comes of the runs any more, and the time does not pass."""

    def __init__(self, paths: list[Path], *, ascii_only: bool = False, **wishes: Any) -> None:
        followed = following(paths, ascii_only=ascii_only, braille=not ascii_only)
        super().__init__(followed, **{"theme": DEFAULT, "ascii_only": ascii_only} | wishes)
        self.clock = lambda: 1000.0


async def read(pilot: Pilot[Any], *keys: str) -> None:
    app = pilot.app
    assert isinstance(app, OverlayApp)
    await until(pilot, lambda: not any(run.live for run in app.runs.runs))
    await until(pilot, lambda: "non-finite" in text(app) or app.size.width < 60)
    await pilot.press(*keys)
    await pilot.pause()


@sizes(LARGE, USUAL, SMALL, SMALLEST)
def test_overlaid(size: tuple[int, int], paths: list[Path], picture: Picture) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await read(pilot)

    picture(StillOverlay(paths), size, act)


@sizes(SMALL)
def test_at_a_cursor(size: tuple[int, int], paths: list[Path], picture: Picture) -> None:
    """The second one chosen, by time, a part of them, with the values at the cursor."""

    async def act(pilot: Pilot[Any]) -> None:
        await read(pilot, "n", "u", "H", "H", "H", "up")

    picture(StillOverlay(paths), size, act)


@sizes(SMALL)
def test_in_ascii(size: tuple[int, int], paths: list[Path], picture: Picture) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await read(pilot, "n")

    picture(StillOverlay(paths, ascii_only=True), size, act)
