"""Showing a run directory in the app: the same screen as the lab's, another source."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from gradtui.commands.app_screen import show_app
from gradtui.commands.settings import Settings
from gradtui.core.text import printable
from gradtui.lab.scenario.schema import Scenario, Setup
from gradtui.runstore.writer.ports import Source

if TYPE_CHECKING:
    from gradtui.app.watched_run import BesideRun, WatchedRun


def command_of(directory: Path) -> str:
    """The command line whose training is recorded, in words; the directory's name without one."""
    from gradtui.runstore.ranks.process_status import read_ranks

    header = read_ranks(directory)[0].header
    return printable(shlex.join(header.command) or directory.name)


def as_scenario(directory: Path) -> Scenario:
    """What the app shows in a scenario's place: the command line, and where its record lies."""
    from gradtui.runstore.ranks.process_status import read_ranks

    generations = read_ranks(directory)[0].header.generations
    logged = generations[-1].info.logged if generations else None
    story = f"Recorded in {printable(str(directory))}."
    if logged is not None:
        story = f"Logged by another tool: {printable(logged.format)} in {printable(logged.path)}."
    return scenario_of(directory, command_of(directory), story)


def scenario_of(directory: Path, title: str, story: str = "") -> Scenario:
    """A recorded run in a scenario's place."""
    return Scenario(
        name=directory.name,
        title=title,
        story=story,
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
    *,
    goes_on: bool = False,
) -> int:
    """The app on `source`, which reads what is watched; the exit code.

    `ending` is told of a signal that ends everything before the app is up; `goes_on`: something else
    comes on the terminal after it.
    """
    story = as_scenario(watched.directory)
    return show_app(
        lambda: source, [story], story, settings, ending, goes_on=goes_on, watched=watched
    )


def watch(
    directory: Path,
    settings: Settings,
    *,
    goes_on: bool = False,
    let_go: Callable[[], object] | None = None,
    beside: "BesideRun | None" = None,
) -> int:
    """Show a run until the person leaves it; the exit code. `goes_on` as in `show_run`, `let_go` and `beside`
    as in `WatchedRun`."""
    from gradtui.app.watched_run import WatchedRun
    from gradtui.runstore.reader.run_reader import RunReader

    command = command_of(directory)
    watched = WatchedRun("attach", directory, command, let_go=let_go, beside=beside)
    return show_run(RunReader(directory), watched, settings, goes_on=goes_on)
