"""Showing a run directory in the app: the same screen as the lab's, another source."""

import shlex
from pathlib import Path

from gradtui.commands.settings import Settings
from gradtui.commands.themes import checked_theme
from gradtui.core.text import printable
from gradtui.scenario.schema import Scenario, Setup
from gradtui.stream.ports import Source


def as_scenario(directory: Path) -> Scenario:
    """What the app shows in a scenario's place: the command line, and where its record lies."""
    from gradtui.stream.status import read_ranks

    header = read_ranks(directory)[0].header
    command = shlex.join(header.command)
    return Scenario(
        name=directory.name,
        title=printable(command or directory.name),
        story=f"Recorded in {printable(str(directory))}.",
        group="",
        order=0,
        expect="",
        setup=Setup(),
        steps=0,
        seed=0,
    )


def show_run(directory: Path, source: Source, settings: Settings, *, controllable: bool) -> int:
    """The app on `source`, which reads `directory`; the exit code."""
    theme = checked_theme(settings.theme)
    story = as_scenario(directory)

    from gradtui.tui.splash import splash

    with splash(story.title):
        from gradtui.tui.app import GradtuiApp
        from gradtui.tui.run import run_app

        return run_app(
            lambda output: GradtuiApp(
                source,
                [story],
                scenario=story.name,
                fps=settings.fps,
                theme=theme,
                ascii_only=settings.ascii,
                bell=settings.bell,
                controls_training=controllable,
                output=output,
            )
        )
