"""Play a recorded run, or the log of another tool, again from its first step.

examples:
  gradtui replay                         the newest run
  gradtui replay train@last --speed 10   ten times as fast as it was
  gradtui replay train@last --at alarm   held where the doctor first alarmed
  gradtui replay 3f9a07 --at 1200        held at a step
  gradtui replay logs/exp1               TensorBoard event files; also trainer_state.json and
                                         Lightning's metrics.csv

A run goes by its name, by a part that only one name has ("3f9a07"), by part@last for the newest
whose name has it, or by its path. What more than one run may be is asked back, with their
names. A log goes by its path, and is played within 20 seconds unless --speed is given.

Space plays and holds, . takes one step, + and - change the speed, [ and ] go a step back and on,
{ and } a page, a goes to the first alarm, home to the beginning, end to the end.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gradtui.commands.completers import recorded
from gradtui.commands.recorded import given, named_run
from gradtui.commands.settings import Settings
from gradtui.commands.shell import offering
from gradtui.core.errors import UsageError

if TYPE_CHECKING:
    from gradtui.app.watched_run import BesideRun

SETTINGS = ("fps", "theme", "ascii", "charts", "color", "bell", "runs")
LOG_SECONDS = 20.0
"""Seconds that a log takes to be played."""
GLANCED = 2048
"""Steps of a run that are looked at to find its first alarm."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    which = parser.add_argument(
        "run", nargs="*", metavar="RUN", help="name, part of it, part@last, or path"
    )
    offering(which, recorded)
    parser.add_argument("--speed", type=float, metavar="X", help="times as fast as it was recorded")
    parser.add_argument(
        "--at", type=place, metavar="STEP|alarm", help="begin held at a step, or the first alarm"
    )


def place(word: str) -> int | Literal["alarm"]:
    """A step, or "alarm"."""
    if word == "alarm":
        return "alarm"
    if word.isascii() and word.isdecimal() and len(word) < 19:
        return int(word)
    raise argparse.ArgumentTypeError(f"must be a step or the word alarm, not {word!r}")


def run(args: argparse.Namespace, settings: Settings) -> int:
    from gradtui.app.terminal import refuse_without_terminal
    from gradtui.runstore.files.run_folders import runs_home

    if len(args.run) > 1:
        raise UsageError("one run is played at a time; 'gradtui attach RUN RUN' overlays several.")
    refuse_without_terminal("gradtui export RUN")
    if args.speed is not None and not 0 < args.speed <= 1e6:
        raise UsageError(f"--speed must be above 0 and at most 1e6, not {args.speed:g}.")
    with named_run(given(args.run[0] if args.run else None), runs_home(settings.runs)) as run:
        speed = args.speed
        if speed is None:
            speed = glance_speed(run.directory) if run.logged else 1.0
        return play(run.directory, settings, speed=speed, at=args.at)


def glance_speed(directory: Path) -> float:
    """So many times as fast as it was that all of a log is seen within LOG_SECONDS: it has a point every
    few seconds at best."""
    from gradtui.runstore.reader.replay import Replay

    return max(Replay(directory).duration / LOG_SECONDS, 1.0)


def play(
    directory: Path,
    settings: Settings,
    *,
    speed: float = 1.0,
    at: int | Literal["alarm"] | None = None,
    goes_on: bool = False,
    beside: "BesideRun | None" = None,
) -> int:
    """Play a run until the person leaves it; the exit code. `goes_on` as in `show_run`, `beside` as in
    `WatchedRun`."""
    from gradtui.app.watched_run import WatchedRun
    from gradtui.commands.run_screen import command_of, show_run
    from gradtui.runstore.reader.load import load_facts
    from gradtui.runstore.reader.replay import Replay

    source = Replay(directory, speed=speed)
    watched = WatchedRun(
        "replay",
        directory,
        command_of(directory),
        speed=speed,
        at=at,
        whole=lambda: replace(load_facts(directory, GLANCED), extremes=source.extremes),
        beside=beside,
    )
    return show_run(source, watched, settings, goes_on=goes_on)
