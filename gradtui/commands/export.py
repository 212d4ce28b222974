"""Write a picture or a page of a scenario, a run or a log, or the numbers of one of these two.

examples:
  gradtui export deep_sigmoid -o deep_sigmoid.svg        train it, draw the screen
  gradtui export deep_sigmoid+1 --steps 100 --size 120x40 > treated.svg
  gradtui export train@last -o train.svg                 the newest run with "train" in its name
  gradtui export train@last --format html -o train.html  a page: findings, charts, layers
  gradtui export deep_sigmoid --format html -o lab.html  train it, and the same of it
  gradtui export train@last --format jsonl | head -1     its numbers, a line a step
  gradtui export --format csv -o run.csv                 the newest run

A picture or a page is of a scenario where there is one of that name, else of a run, which is named
as for gradtui replay, or of a log of another tool, named by its path. The page is one file that
needs no network: any browser shows it, and it can be kept with a CI job. jsonl and csv need nothing
more; parquet needs pyarrow, tensorboard the package of that name and a folder for -o.
"""

import argparse
import re
import sys
from dataclasses import replace
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from gradtui.commands.completers import scenarios_and_recorded
from gradtui.commands.output_file import output_path, refuse_unwritable, write
from gradtui.commands.recorded import given, is_one, named_run
from gradtui.commands.settings import Settings
from gradtui.commands.shell import offering
from gradtui.commands.targets import Target, named_targets
from gradtui.commands.themes import checked_theme
from gradtui.commands.training_extra import require_torch
from gradtui.commands.values import count
from gradtui.core.errors import ScenarioError, UsageError
from gradtui.lab.scenario.catalogue import read_catalogue
from gradtui.runstore.export.formats import FORMATS, PathFormat, format_named

SETTINGS = ("device", "seed", "theme", "ascii", "charts", "scenarios", "runs")
PICTURES = ("svg", "html")
CHOICES = (*PICTURES, *(one.name for one in FORMATS))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    which = parser.add_argument(
        "target", nargs="?", metavar="SCENARIO|RUN|LOG", help="default: the newest run"
    )
    offering(which, scenarios_and_recorded)
    parser.add_argument(
        "--format", choices=CHOICES, default="svg", metavar="FORMAT", help=", ".join(CHOICES)
    )
    parser.add_argument(
        "-o", "--output", type=output_path, metavar="FILE", help="default, and -: standard output"
    )
    parser.add_argument("--steps", type=count, metavar="N", help="instead of the scenario's own")
    parser.add_argument(
        "--size", type=size, default=(140, 45), metavar="WxH", help="columns x lines (140x45)"
    )


def size(word: str) -> tuple[int, int]:
    """Columns and lines from "140x45"."""
    match = re.fullmatch(r"(\d{1,3})x(\d{1,3})", word, re.ASCII)
    columns, lines = (int(match[1]), int(match[2])) if match else (0, 0)
    if not (40 <= columns <= 500 and 12 <= lines <= 200):
        raise argparse.ArgumentTypeError(f"must be 40x12 to 500x200, not '{word}'")
    return columns, lines


def run(args: argparse.Namespace, settings: Settings) -> int:
    args.target = given(args.target)
    if args.format not in PICTURES:
        _write_numbers(args, settings)
        return 0
    refuse_unwritable(args.output, "a page" if args.format == "html" else "a picture")
    target = _scenario(args.target, settings)
    if args.format == "html":
        made = _run_page(args, settings) if target is None else _lab_page(target, args, settings)
        write(made, args.output)
        return 0
    wishes: dict[str, Any] = {
        "size": args.size,
        "theme": checked_theme(settings.theme),
        "ascii_only": bool(settings.ascii),
        # What shows a picture is no console: the terminal at hand says nothing of it.
        "braille": settings.charts != "blocks" and not settings.ascii,
    }
    if target is None:
        made = _run_picture(args, settings, wishes)
    else:
        made = _scenario_picture(target, args.steps, settings, wishes)
    write(made, args.output)
    return 0


def _scenario(name: str, settings: Settings) -> Target | None:
    """The scenario of that name; None where a run is meant."""
    from gradtui.runstore.files.run_folders import runs_home

    if not name:
        return None
    try:
        return named_targets([name], read_catalogue(settings.scenario_folder), remedies=False)[0]
    except ScenarioError:
        if is_one(name, runs_home(settings.runs)):
            return None
        raise


def _scenario_picture(
    target: Target, steps: int | None, settings: Settings, wishes: dict[str, Any]
) -> str:
    from gradtui.app.picture import picture_now
    from gradtui.lab.trainer import Lab

    require_torch()
    scenario = target.scenario if steps is None else replace(target.scenario, steps=steps)
    return picture_now(
        Lab({scenario.name: scenario}, settings.device, stretch=1),
        [scenario],
        scenario.name,
        remedies=() if target.remedy is None else (target.remedy,),
        seed=settings.seed,
        **wishes,
    )


def _run_picture(args: argparse.Namespace, settings: Settings, wishes: dict[str, Any]) -> str:
    from gradtui.app.picture import picture_now
    from gradtui.commands.run_screen import as_scenario
    from gradtui.runstore.files.run_folders import runs_home
    from gradtui.runstore.reader.replay import Replay

    with named_run(args.target, runs_home(settings.runs)) as run:
        directory = run.directory
        story = as_scenario(directory)
        replay = Replay(directory, speed=1e6)
        return picture_now(replay, [story], story.name, directory=directory, **wishes)


def _run_page(args: argparse.Namespace, settings: Settings) -> str:
    from gradtui.runstore.files.run_folders import runs_home

    with named_run(args.target, runs_home(settings.runs)) as run:
        return run_page(run.directory)


def run_page(directory: Path) -> str:
    """The HTML page of a recorded run."""
    from gradtui.commands.command_verdict import judged
    from gradtui.commands.page.document import page
    from gradtui.commands.page.gather import contents_of_run
    from gradtui.runstore.ranks.process_status import read_ranks

    command = list(read_ranks(directory)[0].header.command) or [directory.name]
    return page(contents_of_run(directory, judged(directory, command)))


def _lab_page(target: Target, args: argparse.Namespace, settings: Settings) -> str:
    require_torch()
    from gradtui.commands.page.document import page
    from gradtui.commands.page.gather import contents_of_scenario
    from gradtui.commands.report import examined
    from gradtui.doctor.diagnose import diagnose
    from gradtui.lab.headless import run_headless

    remedies = () if target.remedy is None else (target.remedy,)
    outcome = run_headless(
        target.scenario, remedies, device=settings.device, seed=settings.seed, steps=args.steps
    )
    facts = outcome.history.facts()
    report = examined(target, facts, diagnose(facts), outcome.ended)
    return page(contents_of_scenario(target.scenario, target.title or "", facts, report))


def _write_numbers(args: argparse.Namespace, settings: Settings) -> None:
    """A run in a format for other programs."""
    from gradtui.runstore.files.run_folders import runs_home

    with named_run(args.target, runs_home(settings.runs)) as run:
        _write_run(run.directory, args)


def _write_run(directory: Path, args: argparse.Namespace) -> None:
    from gradtui.runstore.export.output import refused, written

    form = format_named(args.format)
    if isinstance(form, PathFormat):
        if args.output is None:
            raise UsageError(
                f"{form.name} cannot go to standard output: name a {form.target} with -o."
            )
        try:
            form.load()(directory, args.output)
        except OSError as error:
            raise refused(args.output, error) from None
        return
    to_text = form.load()
    if args.output is None:
        to_text(directory, sys.stdout)
        return
    refuse_unwritable(args.output)
    with written(args.output) as file:
        text = TextIOWrapper(file, "utf-8", "backslashreplace", newline="\n")
        to_text(directory, text)
        text.flush()
        text.detach()
