"""Open the lab: watch a scenario train, live, and try its remedies.

examples:
  gradtui launch
  gradtui launch deep_sigmoid
  gradtui launch deep_sigmoid+1           with its first remedy on
  gradtui launch ./mine.toml --device cuda --seed 3
  gradtui launch --ascii --no-bell

Press ? in the lab for its keys. Without a terminal use 'gradtui check SCENARIO'.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from gradtui.commands.app_screen import show_app
from gradtui.commands.completers import scenarios
from gradtui.commands.list import warn_of_broken
from gradtui.commands.settings import Settings
from gradtui.commands.shell import offering
from gradtui.commands.targets import Target, all_targets, named_targets
from gradtui.commands.training_extra import require_torch
from gradtui.lab.scenario.catalogue import Catalogue, read_catalogue

if TYPE_CHECKING:  # numpy comes with it
    from gradtui.runstore.writer.ports import Source

SETTINGS = ("device", "seed", "fps", "theme", "ascii", "charts", "color", "bell", "scenarios")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    offering(
        parser.add_argument("scenario", nargs="?", metavar="SCENARIO", help="name, name+N or file"),
        scenarios,
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    from gradtui.app.terminal import refuse_without_terminal

    refuse_without_terminal()
    require_torch()
    catalogue = read_catalogue(settings.scenario_folder)
    first = opened_at(catalogue, args.scenario)
    warn_of_broken(catalogue)
    stories = catalogue.scenarios | {first.scenario.name: first.scenario}

    def lab() -> Source:
        from gradtui.lab.trainer import Lab

        return Lab(stories, settings.device)

    return show_app(
        lab,
        list(stories.values()),
        first.scenario,
        settings,
        remedies=() if first.remedy is None else (first.remedy,),
        seed=settings.seed,
    )


def opened_at(catalogue: Catalogue, name: str | None) -> Target:
    """What to show first: what is named, or the first of the list."""
    if name is not None:
        return named_targets([name], catalogue, remedies=False)[0]
    return all_targets(catalogue)[0]
