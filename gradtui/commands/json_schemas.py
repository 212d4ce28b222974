"""The JSON Schemas (2020-12) of all JSON that gradtui prints, keeps in a run, or answers an assistant."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from gradtui.core.errors import UsageError
from gradtui.core.text import did_you_mean, printable

PRINTED = ("check", "runs", "ps", "compare", "list", "export")
"""What the commands of these names print."""
KEPT = ("run.json", "events.jsonl", "metrics.json", "control.jsonl", "attach.json", "exit.json")
"""Files of a run directory."""
ANSWERED = ("list_runs", "list_layers", "layer_norms", "run_series", "run_coverage")
"""What tools of `gradtui mcp` answer, where it is not what a command prints."""
NAMES = (*PRINTED, *KEPT, *ANSWERED)
FOLDER = files("gradtui.commands") / "schemas"


def schema_text(name: str) -> str:
    """The schema of that name as it is shipped. Raises UsageError where there is none."""
    if name not in NAMES:
        hint = did_you_mean(name, NAMES) or f": choose from {', '.join(NAMES)}"
        raise UsageError(f"there is no schema {printable(name)!r}{hint}")
    return (FOLDER / f"{name}.schema.json").read_text(encoding="utf-8")


@cache
def schema(name: str) -> dict[str, Any]:
    """The same as an object, which is not to be changed."""
    whole: dict[str, Any] = json.loads(schema_text(name))
    return whole
