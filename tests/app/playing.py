"""A running app on a scripted source, and ways to wait for it and to read it."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from textual.app import App
from textual.pilot import Pilot

from gradtui.app.app import GradtuiApp
from tests.app.fake_source import CATALOGUE, FakeSource


@asynccontextmanager
async def playing(
    scenario: str = "vanishing_sigmoid",
    size: tuple[int, int] = (140, 45),
    source: FakeSource | None = None,
    **wishes: object,
) -> AsyncIterator[tuple[GradtuiApp, Pilot[None]]]:
    """The app, some steps into a run."""
    source = source or FakeSource()
    app = GradtuiApp(source, CATALOGUE, scenario=scenario, fps=20, **wishes)  # type: ignore[arg-type]
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: app.session.current.live_step >= 5 or app.session.current.over)
        yield app, pilot


async def until(pilot: Pilot[None], true: Callable[[], object], seconds: float = 10) -> None:
    """Let the app run until something holds."""
    patience = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < patience, "it never came true"
        await pilot.pause(0.02)
    await pilot.pause()


def lines(app: App[Any]) -> list[str]:
    """What is on the screen."""
    width, height = app.size
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip)[:width] for strip in strips[:height]]


def text(app: App[Any]) -> str:
    return "\n".join(lines(app))


def toasts(app: App[Any]) -> list[str]:
    """Messages of the notifications that are up."""
    return [notification.message for notification in app._notifications]
