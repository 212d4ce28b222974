"""Pictures of the screen of a run that nobody watches."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from gradtui.app.app import GradtuiApp
from gradtui.app.playback import Player
from gradtui.app.watched_run import WatchedRun
from gradtui.core.errors import TrainingError
from gradtui.lab.scenario.schema import Scenario
from gradtui.runstore.writer.ports import Source

SIZE = (140, 45)


async def picture(
    source: Source,
    catalogue: Sequence[Scenario],
    scenario: str,
    *,
    until: int | None = None,
    size: tuple[int, int] = SIZE,
    remedies: Sequence[int] = (),
    seed: int | None = None,
    theme: str | None = None,
    ascii_only: bool = False,
    braille: bool = True,
    press: Sequence[str] = (),
    timeout: float = 300.0,
    directory: Path | None = None,
) -> str:
    """The screen as SVG once step `until` (None: the last one) is on it, `press`ed keys applied.

    Without a terminal. `directory` is that of a recorded run, whose output is drawn as well. Raises
    TrainingError where a run of the lab fails, or any takes too long.
    """
    watched = None
    if isinstance(source, Player):  # a recorded run: no scenario of the lab
        watched = WatchedRun("attach", directory or Path(), catalogue[0].title)
    app = GradtuiApp(
        source,
        catalogue,
        scenario=scenario,
        remedies=remedies,
        seed=seed,
        theme=theme,
        ascii_only=ascii_only,
        braille=braille,
        bell=False,
        watched=watched,
    )
    patience = monotonic() + timeout
    async with app.run_test(size=size) as pilot:
        while not arrived(app, until):
            if monotonic() > patience:
                raise TrainingError(f"no picture: {scenario} took more than {timeout:g} s")
            await pilot.pause(0.05)
        if until is not None:
            app.session.look_at(until)
        if press:
            await pilot.press(*press)
        await pilot.pause(0.5)
        app.session.changed = True
        app.tick()
        await pilot.pause()
        return app.export_screenshot(simplify=True)


def arrived(app: Any, until: int | None) -> bool:
    """Whether the run on screen has come as far as wanted."""
    run = app.session.current
    if run.failure is not None:
        if app.watched is not None:  # how a recorded run failed is what the picture is to show
            return True
        raise TrainingError(run.failure.message)
    return bool(run.over or (until is not None and run.live_step >= until))


def picture_now(source: Source, catalogue: Sequence[Scenario], scenario: str, **wishes: Any) -> str:
    """`picture` for callers without an event loop."""
    try:
        return asyncio.run(picture(source, catalogue, scenario, **wishes))
    finally:
        source.close()
