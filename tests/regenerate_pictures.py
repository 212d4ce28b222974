"""Draws the README's pictures from the app itself: `python -m tests.regenerate_pictures`.

docs/screenshot.svg   the lab on its first scenario
docs/treated.svg      the same with its first remedy on, the sick run beside it

Speeds and the monitor's share are those of the machine that draws; the rest follows from the seed.
"""

import asyncio
from pathlib import Path

from gradtui.app.app import GradtuiApp
from gradtui.app.picture import SIZE, arrived
from gradtui.lab.scenario.catalogue import read_catalogue
from gradtui.lab.trainer import Lab

DOCS = Path(__file__).parents[1] / "docs"
NAME = "deep_sigmoid"


async def draw() -> None:
    """Train the scenario to its end, keep the screen; press 1, train again, keep the screen."""
    story = read_catalogue().scenarios[NAME]
    app = GradtuiApp(
        Lab({NAME: story}, "cpu", stretch=1), [story], scenario=NAME, bell=False, braille=True
    )
    async with app.run_test(size=SIZE) as pilot:
        for keys, target in (((), "screenshot.svg"), (("1",), "treated.svg")):
            await pilot.press(*keys)
            await pilot.pause(0.5)
            while not arrived(app, None):
                await pilot.pause(0.05)
            await pilot.pause(1.5)
            app.session.changed = True
            app.tick()
            await pilot.pause()
            (DOCS / target).write_text(app.export_screenshot(simplify=True), encoding="utf-8")
    app.source.close()


if __name__ == "__main__":
    asyncio.run(draw())
