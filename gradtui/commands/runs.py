"""Recorded runs, on a screen or as a list, the newest first.

examples:
  gradtui runs
  gradtui runs --plain
  gradtui runs --json
  gradtui runs --runs /scratch/me/runs

On a terminal it is a screen: sort, filter, open a run and come back, compare two, note a line
about one, delete. Its help (?) names the keys. Elsewhere, and with --plain, it is a list.

Each line of the list has how the run is or ended (running, ended, exited with 3, killed by
SIGKILL, failed, lost: gone without a word), the steps that it took, and the verdict: "healthy
until 412" where it ended badly or its record breaks off or has gaps. Steps that the disk did not
take are counted before the command, and a note stands there in quotes.
"""

import argparse
import json
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from gradtui.commands.output import paint, say
from gradtui.commands.settings import Settings
from gradtui.commands.targets import WELL
from gradtui.commands.values import count
from gradtui.core.text import printable

if TYPE_CHECKING:
    from gradtui.runstore.reader.runs import RunSummary

SETTINGS = ("theme", "ascii", "charts", "color", "runs")
SCHEMA = 1
LONGEST = 500
"""Characters of a command line that are shown."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--plain", action="store_true", help="the list, on a terminal too")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--most", type=count, metavar="N", help="no more than the newest N")


def run(args: argparse.Namespace, settings: Settings) -> int:
    from gradtui.commands.runs_screen import can_draw, show_runs
    from gradtui.runstore.files.run_folders import runs_home

    home = runs_home(settings.runs)
    if can_draw() and not (args.json or args.plain):
        return show_runs(home, settings, args.most)
    return _print_list(home, args, settings)


def _print_list(home: Path, args: argparse.Namespace, settings: Settings) -> int:
    from gradtui.runstore.ranks.process_status import ENDED, RUNNING
    from gradtui.runstore.reader.runs import list_runs

    found = list_runs(home, verdict_on, most=args.most)
    if args.json:
        for summary in found:
            say(json.dumps({"schema": SCHEMA, **asdict(summary)}))
        return 0
    if not found:
        say(f"no runs in {printable(str(home))}")
        return 0
    color = paint(settings.color)
    wide = max(len(printable(summary.name)) for summary in found)
    verdicts = [_verdict(summary) for summary in found]
    said = max(20, *map(len, verdicts))
    for summary, verdict in zip(found, verdicts, strict=True):
        words = color("faint", summary.trouble or _command(summary.command))
        if summary.note:
            words = f'"{printable(summary.note)}"  {words}'
        if summary.lost:
            words = f"{color('bad', printable('; '.join(summary.lost)))}  {words}"
        look = "good" if (summary.verdict or "") in WELL else "bad" if summary.verdict else "faint"
        how = f"{summary.ending:<17}"
        how = (
            how
            if summary.state in (RUNNING, ENDED) and not summary.exit_code
            else color("bad", how)
        )
        say(
            f"{printable(summary.name):<{wide}}  {how}  {summary.steps:>9,} steps  "
            f"{color(look, f'{verdict:<{said}}')}  {words}"
        )
    return 0


def _verdict(summary: "RunSummary") -> str:
    verdict = (summary.verdict or "-").replace("_", " ")
    until = f" until {summary.last_step:,}" if summary.verdict and summary.short else ""
    return verdict + until


def _command(command: tuple[str, ...]) -> str:
    words = printable(shlex.join(command))
    return words if len(words) <= LONGEST else words[: LONGEST - 3] + "..."


def verdict_on(directory: Path) -> str:
    """What the doctor says of a recorded run as it stands."""
    from gradtui.doctor.diagnose import diagnose
    from gradtui.runstore.reader.load import load_facts

    return diagnose(load_facts(directory)).verdict
