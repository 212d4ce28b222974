"""What holds for every verb: flags first, then GRADTUI_* variables, then config.toml."""

import argparse
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import Field, dataclass
from pathlib import Path
from typing import Any

from gradtui.commands.shell import offering
from gradtui.core.errors import UsageError
from gradtui.core.paths import config_home
from gradtui.lab.scenario.parse import parse_toml, read_file
from gradtui.lab.scenario.schema import choice, flag, number, text
from gradtui.lab.scenario.values import Kind, Place, checked, checked_table, documented, kinds

OFF = "off"
"""In place of a share of time: no bound."""
WORDS = {"1": True, "true": True, "yes": True, "on": True}
WORDS |= {"0": False, "false": False, "no": False, "off": False}


@dataclass(frozen=True, slots=True)
class Settings:
    device: str = choice("auto", ("cpu", "cuda", "auto"), "where to train")
    seed: int | None = number(None, 0, 2**32 - 1, "seed; unset = the scenario's own")
    fps: int = number(10, 1, 60, "screen refreshes a second")
    theme: str = text("", "dark, light, colour-blind or mono; empty = dark")
    ascii: bool | None = flag(
        None, "draw with ASCII characters only; unset: where the locale is not of UTF-8"
    )
    charts: str = choice(
        "auto",
        ("auto", "dots", "blocks"),
        "what curves are drawn with; auto: dots (braille), but on consoles without them",
    )
    color: bool = flag(True, "colours on a terminal (NO_COLOR turns them off as well)")
    bell: bool = flag(True, "ring the terminal's bell at the first non-finite value")
    overhead: float = number(
        3.0,
        0.01,
        100,
        "time for watching a command, in percent of its own; off: every step in full",
    )
    autopsy: bool = flag(True, "call models once more to find where a NaN was born")
    catch_nan: bool = flag(
        False, "norms of every step, waited for: a NaN is traced in the step that it is born in"
    )
    scenarios: str = text("", "folder with scenario files of your own")
    runs: str = text("", "folder of recorded runs; empty = $XDG_STATE_HOME/gradtui/runs")

    @property
    def scenario_folder(self) -> Path | None:
        return Path(self.scenarios).expanduser() if self.scenarios else None


def add_flags(parser: argparse.ArgumentParser, names: Iterable[str]) -> None:
    """Flags for the settings in `names`. Left out, they leave no trace in the namespace, so that
    they can stand before the verb as well as after it."""
    wanted = set(names)
    group = parser.add_argument_group("common options")
    for item in documented(Settings):
        if item.name not in wanted:
            continue
        flags, words = f"--{item.name.replace('_', '-')}", item.metadata["doc"]
        if kinds(Settings)[item.name].type is bool:
            group.add_argument(
                flags,
                action=argparse.BooleanOptionalAction,
                default=argparse.SUPPRESS,
                help=words,
            )
            continue
        allowed = item.metadata.get("allowed")
        action = group.add_argument(
            flags,
            metavar="|".join(allowed) if allowed else _metavar(item.name),
            default=argparse.SUPPRESS,
            help=words,
        )
        if allowed:
            offering(action, lambda allowed=allowed, **_: allowed)


def _metavar(name: str) -> str:
    return {"scenarios": "DIR", "runs": "DIR", "theme": "NAME", "overhead": "N|off"}.get(name, "N")


def read_settings(
    flags: Mapping[str, Any],
    environment: Mapping[str, str] = os.environ,
    config: Path | None = None,
) -> Settings:
    """Settings from all three places. `config` replaces the usual config.toml."""
    values = _from_config(config)
    values |= _from_environment(environment)
    for item in documented(Settings):
        if item.name in flags:
            values[item.name] = from_text(item, flags[item.name], f"--{item.name}")
    return Settings(**values)


def from_text(item: Field[Any], value: object, called: str) -> Any:
    """A flag or variable as its field takes it; `called` is its name in the error."""
    kind = kinds(Settings)[item.name]
    if item.name == "overhead" and isinstance(value, str) and value.lower() == OFF:
        return math.inf
    if isinstance(value, str):
        value = _read(value, kind)
    return checked(item, kind, value, Place("", error=UsageError), called)


def _read(word: str, kind: Kind) -> object:
    try:
        if kind.type is int:
            return int(word)
        if kind.type is float:
            return float(word.removesuffix("%"))
    except ValueError:
        return word
    return WORDS.get(word.lower(), word) if kind.type is bool else word


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    values = {}
    if environment.get("NO_COLOR"):
        values["color"] = False
    for item in documented(Settings):
        variable = f"GRADTUI_{item.name.upper()}"
        if environment.get(variable):
            values[item.name] = from_text(item, environment[variable], variable)
    return values


def _from_config(config: Path | None) -> dict[str, Any]:
    if config is None:
        home = config_home()
        config = home / "config.toml" if home is not None else None
    if config is None or not config.exists():
        return {}
    place = Place(str(config), error=UsageError)
    table = parse_toml(read_file(config, place), place)
    off = table.get("overhead") == OFF
    if off:
        del table["overhead"]
    return checked_table(Settings, table, place) | ({"overhead": math.inf} if off else {})
