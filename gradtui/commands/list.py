"""List the scenarios, one line each.

examples:
  gradtui list
  gradtui list --json
  gradtui list --scenarios ./mine

A scenario is a TOML file. Your own go into $XDG_CONFIG_HOME/gradtui/scenarios (usually
~/.config/gradtui/scenarios) or a folder named with --scenarios; one of the same name replaces a
shipped one. A file that is wrong is reported once on standard error.
"""

import argparse
import json

from gradtui.commands.output import paint, say, warn
from gradtui.commands.settings import Settings
from gradtui.core.text import printable
from gradtui.lab.scenario.catalogue import Catalogue, read_catalogue
from gradtui.lab.scenario.schema import Scenario

SETTINGS = ("color", "scenarios")
SCHEMA = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a line")
    form.add_argument("--names", action="store_true", help="names only")


def run(args: argparse.Namespace, settings: Settings) -> int:
    catalogue = read_catalogue(settings.scenario_folder)
    warn_of_broken(catalogue)
    scenarios = list(catalogue.scenarios.values())
    if args.json:
        for scenario in scenarios:
            say(json.dumps(as_json(scenario)))
        return 0
    if args.names:
        for scenario in scenarios:
            say(scenario.name)
        return 0
    color = paint(settings.color)
    wide = max((len(s.name) for s in scenarios), default=0)
    expected = max((len(s.expect) for s in scenarios), default=0)
    for scenario in scenarios:
        count = len(scenario.remedies)
        cures = "no remedy" if not count else f"{count} remed{'y' if count == 1 else 'ies'}"
        say(
            f"{scenario.name:<{wide}}  {color('faint', f'{scenario.expect:<{expected}}')}  "
            f"{color('faint', f'{cures:<11}')}  {printable(scenario.title)}"
        )
    return 0


def warn_of_broken(catalogue: Catalogue) -> None:
    for error in catalogue.broken.values():
        warn(str(error))


def as_json(scenario: Scenario) -> dict[str, object]:
    """A scenario without its tables."""
    return {
        "schema": SCHEMA,
        "name": scenario.name,
        "title": scenario.title,
        "group": scenario.group,
        "order": scenario.order,
        "expected": scenario.expect,
        "steps": scenario.steps,
        "seed": scenario.seed,
        "path": scenario.path,
        "remedies": [
            {"number": number, "title": remedy.title, "expected": remedy.expect}
            for number, remedy in enumerate(scenario.remedies, start=1)
        ],
    }
