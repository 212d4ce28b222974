"""Play a recorded run again, from its first step.

examples:
  gradtui replay                    the newest run
  gradtui replay train --speed 10   ten times as fast as it was

Space pauses, . takes one step, + and - change the pace, [ and ] look back and forward.
"""

import argparse

from gradtui.commands.settings import Settings
from gradtui.core.errors import UsageError

SETTINGS = ("fps", "theme", "ascii", "color", "bell", "runs")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "run", nargs="?", default="", metavar="RUN", help="name, part of it, or path"
    )
    parser.add_argument(
        "--speed", type=float, default=1.0, metavar="X", help="times as fast as it was recorded"
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    from gradtui.commands.recorded import show_run
    from gradtui.stream.places import find_run, runs_home
    from gradtui.stream.replay import Replay
    from gradtui.tui.terminal import refuse_without_terminal

    refuse_without_terminal()
    if not 0 < args.speed <= 1e6:
        raise UsageError(f"--speed must be above 0 and at most 1e6, not {args.speed:g}.")
    directory = find_run(args.run, runs_home(settings.runs))
    return show_run(directory, Replay(directory, speed=args.speed), settings, controllable=True)
