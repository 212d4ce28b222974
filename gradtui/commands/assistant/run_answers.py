"""Answers on whole runs: which there are, what is wrong with one, two side by side."""

from dataclasses import asdict
from math import inf, log
from pathlib import Path
from typing import Any

from gradtui.commands.assistant.bounds import gap
from gradtui.commands.command_verdict import judged_run
from gradtui.commands.compare import as_json, compared_by_name
from gradtui.commands.recorded import named_run
from gradtui.commands.report import strict
from gradtui.commands.runs import verdict_on
from gradtui.runstore.files.reading import any_numbers
from gradtui.runstore.files.run_folders import matching, run_paths
from gradtui.runstore.reader.runs import summary

SCHEMA = 1


def list_runs(home: Path, most: int = 20, name: str = "") -> dict[str, Any]:
    """The newest `most` runs of those that have `name` in their names, each judged."""
    found = matching(name, run_paths(home))
    shown = [strict(asdict(summary(path, verdict_on))) for path in found[:most]]
    left = [gap(("runs",), len(found) - len(shown))] if len(found) > len(shown) else []
    return {
        "schema": SCHEMA,
        "folder": str(home),
        "found": len(found),
        "runs": [{"schema": SCHEMA, **one} for one in shown],
        "left_out": left,
    }


def judge_run(home: Path, run: str = "", steps: int | None = None) -> dict[str, Any]:
    """The verdict on a run, or on its first `steps` steps."""
    with named_run(run, home) as named:
        return judged_run(named, run or named.path.name, steps).as_json()


def compare_runs(
    home: Path, one: str, other: str, step: int | None = None, most: int = 60
) -> dict[str, Any]:
    """Two runs at a step, with the `most` layers that are farthest apart."""
    with any_numbers():
        whole = as_json(compared_by_name(one, other, home, step))
    layers = whole["layers"]
    farthest = sorted(range(len(layers)), key=lambda i: -_distance(layers[i]["ratio"]))[:most]
    left = [gap(("layers",), len(layers) - most)] if len(layers) > most else []
    return whole | {"layers": [layers[i] for i in sorted(farthest)], "left_out": left}


def _distance(ratio: float | str) -> float:
    """How far two norms are apart; what is not finite is farthest."""
    if not isinstance(ratio, (int, float)) or ratio <= 0:
        return inf
    return abs(log(ratio))
