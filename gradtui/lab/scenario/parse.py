"""A TOML file in, a Scenario out; whatever is wrong with it in one sentence."""

import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

from gradtui.core.text import did_you_mean, shown
from gradtui.lab.scenario.key_combinations import check_setup
from gradtui.lab.scenario.overlay import TABLES, overlaid
from gradtui.lab.scenario.schema import Scenario, ScenarioRemedy, Setup
from gradtui.lab.scenario.values import Place, checked_table, documented

LARGEST = 256 * 1024
"""Bytes; a scenario takes about one thousand."""

NAME = re.compile(r"[a-z0-9_-]+")


def load_scenario(path: Path) -> Scenario:
    """The scenario in a file; its name is the file's."""
    place = Place(str(path))
    if not NAME.fullmatch(path.stem):
        raise place.refused(
            "a scenario file's name takes the letters a-z, digits, _ and -: rename it."
        )
    return parse_scenario(read_file(path, place), path.stem, str(path))


def parse_scenario(source: str, name: str, path: str = "") -> Scenario:
    """The scenario that `source` describes. `path` is what errors call it."""
    place = Place(path or f"{name}.toml")
    if not source.strip():
        raise place.refused('is empty; start it with title = "..." and expect = "...".')
    document = parse_toml(source, place)
    top = {key: value for key, value in document.items() if key not in (*TABLES, "remedy")}
    for key, value in top.items():
        _refuse_unknown(key, value, place)
    values = checked_table(Scenario, top, place)
    _require(Scenario, values, place)
    setup = overlaid(Setup(), {k: v for k, v in document.items() if k in TABLES}, place)
    check_setup(setup, place)
    remedies = _remedies(document.get("remedy", []), setup, place)
    return Scenario(name=name, path=path, setup=setup, remedies=remedies, **values)


def _refuse_unknown(key: str, value: object, place: Place) -> None:
    """Say where an unknown top-level key or table was meant to go."""
    known = [item.name for item in documented(Scenario)]
    if key in known:
        return
    if isinstance(value, dict):
        tables = [*TABLES, "remedy"]
        hint = did_you_mean(key, tables) or f"; the tables are {', '.join(tables)}."
        raise place.refused(f"has no table {shown(key)}{hint}")
    for table, cls in TABLES.items():
        if key in (item.name for item in documented(cls)):
            raise place.refused(f"has no key {shown(key)} at the top: it belongs into [{table}].")
    hint = did_you_mean(key, known) or f"; its keys are {', '.join(known)}."
    raise place.refused(f"has no key {shown(key)}{hint}")


def _remedies(entries: object, setup: Setup, place: Place) -> tuple[ScenarioRemedy, ...]:
    if not isinstance(entries, list):
        raise place.refused("write remedies as [[remedy]], with two brackets.")
    return tuple(
        _remedy(entry, setup, place.inside(f"remedy {number}:"))
        for number, entry in enumerate(entries, start=1)
    )


def _remedy(entry: object, setup: Setup, place: Place) -> ScenarioRemedy:
    """One remedy, tried on the setup that it is for."""
    if not isinstance(entry, dict):
        raise place.refused("write remedies as [[remedy]], with two brackets.")
    change = entry.get("set", {})
    if not isinstance(change, dict):
        raise place.refused(f"set must be a table, not {shown(change)}.")
    for key in entry:
        if key in TABLES:
            raise place.refused(f"has no key '{key}': write [remedy.set.{key}].")
    values = checked_table(ScenarioRemedy, {k: v for k, v in entry.items() if k != "set"}, place)
    _require(ScenarioRemedy, values, place)
    after = overlaid(setup, change, place)
    if after == setup:
        raise place.refused("changes nothing: set a key to another value than the scenario's.")
    check_setup(after, place)
    return ScenarioRemedy(set=change, **values)


def _require(cls: type, values: dict[str, Any], place: Place) -> None:
    for item in documented(cls):
        if item.metadata.get("required") and values.get(item.name, "") == "":
            allowed = item.metadata.get("allowed")
            choices = f" (one of {', '.join(allowed)})" if allowed else ""
            raise place.refused(f"needs the key {item.name}: {item.metadata['doc']}{choices}.")


def read_file(path: Path, place: Place) -> str:
    """The text of a small regular file, whatever else its name may turn out to be."""
    try:
        # Not blocking: opening a named pipe would wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise place.refused("is not a regular file.")
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                content = file.read(LARGEST + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise place.refused(f"cannot be read ({error.strerror or error}).") from None
    except ValueError:
        raise place.refused("cannot be read (its name is not one).") from None
    if len(content) > LARGEST:
        raise place.refused(f"is larger than {LARGEST // 1024} KiB.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise place.refused(f"is not UTF-8 (line {line}): save it as UTF-8.") from None


def parse_toml(source: str, place: Place) -> dict[str, Any]:
    """TOML as a dictionary, every way in which it can be wrong as one sentence."""
    try:
        return tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise place.refused(f"is not valid TOML: {error}.") from None
    except RecursionError:
        raise place.refused("is not usable: lists or tables are nested too deeply.") from None
    except ValueError as error:  # a date that does not exist, an integer of 5000 digits
        reason = str(error).partition(";")[0]
        raise place.refused(f"holds a value that cannot be read: {reason}.") from None
