"""Train a scenario without a screen and write a picture of what the screen would show.

examples:
  gradtui export deep_sigmoid -o deep_sigmoid.svg
  gradtui export deep_sigmoid+1 --steps 100 --size 120x40 > treated.svg

SVG is the only format yet; jsonl, csv and parquet come with run directories.
"""

import argparse
import os
import re
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from gradtui.commands.settings import Settings
from gradtui.commands.targets import named_targets
from gradtui.commands.themes import checked_theme
from gradtui.commands.values import count
from gradtui.core.errors import GradtuiError, UsageError
from gradtui.core.text import printable
from gradtui.scenario.catalogue import read_catalogue

SETTINGS = ("device", "seed", "theme", "ascii", "scenarios")
FORMATS = ("svg",)
LATER = ("jsonl", "csv", "parquet", "tensorboard", "html")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scenario", metavar="SCENARIO", help="name, name+N or file")
    parser.add_argument("--format", type=picture_format, default="svg", metavar="svg", help="svg")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="default: standard output"
    )
    parser.add_argument("--steps", type=count, metavar="N", help="instead of the scenario's own")
    parser.add_argument(
        "--size", type=size, default=(140, 45), metavar="WxH", help="columns x lines (140x45)"
    )


def picture_format(word: str) -> str:
    if word in LATER:
        raise argparse.ArgumentTypeError(f"'{word}' comes with run directories: take 'svg'")
    if word not in FORMATS:
        raise argparse.ArgumentTypeError(f"there is no format '{word}': take 'svg'")
    return word


def size(word: str) -> tuple[int, int]:
    """Columns and lines from "140x45"."""
    match = re.fullmatch(r"(\d{1,3})x(\d{1,3})", word, re.ASCII)
    columns, lines = (int(match[1]), int(match[2])) if match else (0, 0)
    if not (40 <= columns <= 500 and 12 <= lines <= 200):
        raise argparse.ArgumentTypeError(f"must be 40x12 to 500x200, not '{word}'")
    return columns, lines


def run(args: argparse.Namespace, settings: Settings) -> int:
    catalogue = read_catalogue(settings.scenario_folder)
    target = named_targets([args.scenario], catalogue, remedies=False)[0]
    _refuse_unwritable(args.output)

    from gradtui.training.trainer import Lab
    from gradtui.tui.picture import picture_now

    scenario = target.scenario
    if args.steps is not None:
        scenario = replace(scenario, steps=args.steps)
    svg = picture_now(
        Lab({scenario.name: scenario}, settings.device, stretch=1),
        [scenario],
        scenario.name,
        remedies=() if target.remedy is None else (target.remedy,),
        size=args.size,
        seed=settings.seed,
        theme=checked_theme(settings.theme),
        ascii_only=settings.ascii,
    )
    write(svg, args.output)
    return 0


def _refuse_unwritable(output: Path | None) -> None:
    """Say before training, not after it, that the picture has nowhere to go."""
    if output is None:
        if sys.stdout is not None and sys.stdout.isatty():
            raise UsageError("a picture in SVG is no text to read: name a file with -o FILE.")
        return
    name = printable(str(output))
    if output.is_dir():
        raise UsageError(f"{name} is a folder: name a file in it.")
    if not output.parent.is_dir():
        raise UsageError(f"there is no folder {printable(str(output.parent))}: make it first.")


def write(text: str, output: Path | None) -> None:
    """To a file in one go, so that a half-written picture never stands there, or to stdout."""
    if output is None:
        sys.stdout.write(text)
        return
    partial = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(output)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise GradtuiError(
            f"{printable(str(output))} could not be written ({error.strerror or error})."
        ) from None
