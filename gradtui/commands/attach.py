"""Watch a run that is being recorded, live.

examples:
  gradtui attach                  the newest run
  gradtui attach train@last       the newest whose name has "train" in it
  gradtui attach /scratch/runs/20261121-063337-train-3f9a07

A run goes by its name, by a part that only one name has, by part@last, or by its path.

Runs are recorded by gradtui run, or by gradtui.watch(model) in a script. Several viewers may look
at one run; none of them can hold it up. A run on another machine's file system opens as well.
"""

import argparse
from pathlib import Path

from gradtui.commands.completers import recorded
from gradtui.commands.recorded import given
from gradtui.commands.settings import Settings
from gradtui.commands.shell import offering

SETTINGS = ("fps", "theme", "ascii", "charts", "color", "bell", "runs")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    which = parser.add_argument(
        "run", nargs="?", metavar="RUN", help="name, part of it, part@last, or path"
    )
    offering(which, recorded)


def run(args: argparse.Namespace, settings: Settings) -> int:
    from gradtui.app.terminal import refuse_without_terminal
    from gradtui.runstore.files.run_folders import find_run, runs_home

    refuse_without_terminal("gradtui export RUN")
    return watch(find_run(given(args.run), runs_home(settings.runs)), settings)


def watch(directory: Path, settings: Settings, *, goes_on: bool = False) -> int:
    """Show a run until the person leaves it; the exit code. `goes_on` as in `show_run`."""
    from gradtui.app.watched_run import WatchedRun
    from gradtui.commands.run_screen import command_of, show_run
    from gradtui.runstore.reader.run_reader import RunReader

    watched = WatchedRun("attach", directory, command_of(directory))
    return show_run(RunReader(directory), watched, settings, goes_on=goes_on)
