"""Values from a file, held against the dataclass field that they are meant for.

The fields of the schema say what is allowed; everything here reads that, so a new key needs no
code. Whatever is wrong is refused in one sentence that names the file, the table, the key and what
would have been right.
"""

import math
from collections.abc import Mapping
from dataclasses import Field, dataclass, fields
from functools import cache
from types import NoneType
from typing import Any, get_args, get_type_hints

from gradtui.core.errors import ScenarioError, UsageError
from gradtui.core.text import did_you_mean, printable, shown

NONE = "none"
"""How a file or a flag un-sets a key that may be unset."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value was read: a file, and within it a table or a remedy."""

    file: str
    table: str = ""
    error: type[UsageError] = ScenarioError

    def inside(self, table: str) -> "Place":
        return Place(self.file, f"{self.table} {table}".strip(), self.error)

    def refused(self, sentence: str) -> UsageError:
        words = [self.table, sentence] if self.table else [sentence]
        if self.file:
            words.insert(0, f"{self.file}:")
        return self.error(printable(" ".join(words)))


@dataclass(frozen=True, slots=True)
class Kind:
    """What a field takes: str, int, float or bool, and whether it may be unset."""

    type: type
    optional: bool


@cache
def kinds(cls: type) -> dict[str, Kind]:
    """The kind of each field of a dataclass that documents itself (has metadata)."""
    hints = get_type_hints(cls)
    found = {}
    for item in documented(cls):
        options = get_args(hints[item.name]) or (hints[item.name],)
        plain = next(option for option in options if option is not NoneType)
        found[item.name] = Kind(plain, NoneType in options)
    return found


@cache
def documented(cls: type) -> tuple[Field[Any], ...]:
    """The fields that a file may set by a plain key."""
    return tuple(f for f in fields(cls) if "doc" in f.metadata and f.name != "set")


def bound(value: float) -> str:
    """A limit as people write it: 4096, 1e12."""
    if isinstance(value, int):
        return str(value)
    digits, e, exponent = f"{value:g}".partition("e")
    return f"{digits}e{int(exponent)}" if e else digits


def expected(item: Field[Any], kind: Kind) -> str:
    """What a field takes, in words that follow "must be"."""
    facts = item.metadata
    if "allowed" in facts:
        words = "one of " + ", ".join(facts["allowed"])
    elif "low" in facts:
        noun = "a whole number" if kind.type is int else "a number"
        words = f"{noun} from {bound(facts['low'])} to {bound(facts['high'])}"
    elif kind.type is bool:
        words = "true or false"
    else:
        words = "text in quotes"
    return f'{words} or "{NONE}"' if kind.optional else words


def checked(item: Field[Any], kind: Kind, value: object, place: Place, called: str = "") -> Any:
    """`value` as the field's own type, or an error that says what the field takes.

    `called` is what people know the field by, where that is not its name.
    """
    if kind.optional and (value is None or value == NONE):
        return None
    if not _fits(item, kind, value):
        hint = ""
        if isinstance(value, str) and "allowed" in item.metadata:
            hint = did_you_mean(value, item.metadata["allowed"])
        raise place.refused(
            f"{called or item.name} must be {expected(item, kind)}, not {shown(value)}{hint or '.'}"
        )
    return float(value) if kind.type is float else value  # type: ignore[arg-type]


def _fits(item: Field[Any], kind: Kind, value: object) -> bool:
    if kind.type in (int, float):
        # bool is an int to Python and to nobody else.
        if isinstance(value, bool) or not isinstance(value, (int, kind.type)):
            return False
        if isinstance(value, float) and not math.isfinite(value):
            return False
        return bool(item.metadata["low"] <= value <= item.metadata["high"])
    if not isinstance(value, kind.type):
        return False
    return "allowed" not in item.metadata or value in item.metadata["allowed"]


def checked_table(cls: type, table: object, place: Place) -> dict[str, Any]:
    """The keys of a table, checked one by one against the fields of `cls`."""
    if not isinstance(table, Mapping):
        raise place.refused(f"must be a table, not {shown(table)}.")
    known = {item.name: item for item in documented(cls)}
    for key in table:
        if key not in known:
            hint = did_you_mean(key, known) or f"; its keys are {', '.join(known)}."
            raise place.refused(f"has no key {shown(key)}{hint}")
    return {key: checked(known[key], kinds(cls)[key], value, place) for key, value in table.items()}
