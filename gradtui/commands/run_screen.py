"""Showing a run directory in the app: the same screen as the lab's, another source."""

import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from gradtui.commands.settings import Settings
from gradtui.commands.themes import checked_theme
from gradtui.core.text import printable
from gradtui.lab.scenario.schema import Scenario, Setup
from gradtui.runstore.writer.ports import Source

if TYPE_CHECKING:
    from gradtui.app.watched_run import WatchedRun


def command_of(directory: Path) -> str:
    """The command line whose training is recorded, in words; the directory's name without one."""
    from gradtui.runstore.ranks.process_status import read_ranks

    header = read_ranks(directory)[0].header
    return printable(shlex.join(header.command) or directory.name)


def as_scenario(directory: Path) -> Scenario:
    """What the app shows in a scenario's place: the command line, and where its record lies."""
    return Scenario(
        name=directory.name,
        title=command_of(directory),
        story=f"Recorded in {printable(str(directory))}.",
        group="",
        order=0,
        expect="",
        setup=Setup(),
        steps=0,
        seed=0,
    )


def show_run(
    source: Source,
    watched: "WatchedRun",
    settings: Settings,
    ending: Callable[[int], object] = bool,
) -> int:
    """The app on `source`, which reads what is watched; the exit code.

    `ending` is told of a signal that ends everything before the app is up.
    """
    theme = checked_theme(settings.theme)
    story = as_scenario(watched.directory)
    if not settings.color:
        os.environ["NO_COLOR"] = "1"  # Textual reads it when the app is made

    from gradtui.app.splash import splash

    with splash(story.title, ending):
        from gradtui.app.app import GradtuiApp
        from gradtui.app.run import run_app

        return run_app(
            lambda output: GradtuiApp(
                source,
                [story],
                scenario=story.name,
                fps=settings.fps,
                theme=theme,
                ascii_only=settings.ascii,
                bell=settings.bell,
                watched=watched,
                output=output,
            )
        )
