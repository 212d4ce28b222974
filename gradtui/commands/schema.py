"""Print the JSON Schema of what gradtui prints, keeps or answers.

examples:
  gradtui schema                  all names, one line each
  gradtui schema check            of a line of gradtui check --json
  gradtui schema run.json         of a file in a run directory
  gradtui schema check > check.schema.json

Schemas are of JSON Schema 2020-12, each whole in itself, with every field described and its unit.
Later versions of gradtui add fields under the same version and change none that are there: a reader
must stand fields that it does not know, and so do the schemas. Numbers that are not finite are the
strings "nan", "inf" and "-inf".
"""

import argparse
from collections.abc import Iterable

from gradtui.commands.json_schemas import NAMES, schema, schema_text
from gradtui.commands.output import say
from gradtui.commands.settings import Settings
from gradtui.commands.shell import offering

SETTINGS: tuple[str, ...] = ()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    offering(
        parser.add_argument("name", nargs="?", metavar="NAME", help="default: list the names"),
        names,
    )


def names(**parsed: object) -> Iterable[str]:
    """What a shell offers."""
    del parsed
    return NAMES


def run(args: argparse.Namespace, settings: Settings) -> int:
    del settings
    if args.name is not None:
        say(schema_text(args.name).rstrip("\n"))
        return 0
    wide = max(map(len, NAMES))
    for name in NAMES:
        say(f"{name:<{wide}}  {schema(name)['title']}")
    return 0
