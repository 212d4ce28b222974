"""From a call of a tool to its answer: arguments are checked, and the answer is of limited size."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gradtui.commands.assistant.bounds import bounded
from gradtui.commands.assistant.tools import Tool
from gradtui.core.errors import UsageError
from gradtui.core.text import did_you_mean, shown

KINDS = {"string": str, "integer": int}
CALLED = {"string": "text", "integer": "a whole number"}


def answered(tool: Tool, given: Mapping[str, Any], home: Path) -> dict[str, Any]:
    """What the tool answers, as its schema says. Raises GradtuiError."""
    wanted = checked(tool, given)
    return bounded(tool.answer()(home, **wanted), tool.kept)


def checked(tool: Tool, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments as they may be handed on; null is as if left out. Raises UsageError."""
    for name in given:
        if name not in tool.takes:
            known = ", ".join(tool.takes)
            hint = did_you_mean(name, tool.takes) or f": it takes {known}."
            raise UsageError(f"{tool.name} takes no {shown(name)}{hint}")
    for name in tool.required:
        if given.get(name) in (None, ""):
            raise UsageError(f"{tool.name} needs {name!r}.")
    return {n: _checked(n, v, tool.takes[n]) for n, v in given.items() if v is not None}


def _checked(name: str, value: Any, wanted: Mapping[str, Any]) -> Any:
    kind = wanted["type"]
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # to JSON these are one
    if not isinstance(value, KINDS[kind]) or isinstance(value, bool):
        raise UsageError(f"{name} must be {CALLED[kind]}, not {shown(value)}.")
    if isinstance(value, str):
        if len(value) > wanted["maxLength"]:
            raise UsageError(f"{name} is too long: at most {wanted['maxLength']:,} characters.")
        return value
    low, high = wanted.get("minimum", -math.inf), wanted.get("maximum", math.inf)
    if not low <= value <= high:
        raise UsageError(f"{name} must be {low:,} to {high:,}, not {shown(value)}.")
    return value
