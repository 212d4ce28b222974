"""trainer_state.json, as the Trainer of transformers keeps it in its checkpoints."""

import json
import math
import re
from pathlib import Path
from typing import Any

from gradtui.core.errors import GradtuiError
from gradtui.core.paths import is_folder
from gradtui.core.text import printable
from gradtui.runstore.files.reading import COSTS, opened, read_at
from gradtui.runstore.logs.limits import MOST_POINTS, whole_file
from gradtui.runstore.logs.series import Collector, Log

NAME = "trainer_state.json"
CHECKPOINT = re.compile(r"checkpoint-(\d{1,15})")
MOST = 128 << 20
"""Bytes of such a file: a million entries."""
MOST_MEMORY = 2 << 30
"""Bytes of memory that what is in it may take."""
SUMMARY = "train_runtime"
"""In the entry at the end, whose `train_loss` is the mean of the whole run."""
NO_SERIES = ("step", "epoch")
HISTORY = re.compile(rb'"log_history"\s*:')


def place(path: Path) -> Path | None:
    """The file: itself, in a checkpoint, or in the latest checkpoint of an output folder."""
    if not is_folder(path):
        return path
    if (path / NAME).is_file():
        return path / NAME
    try:
        found = [
            (int(match[1]), entry / NAME)
            for entry in path.iterdir()
            if (match := CHECKPOINT.fullmatch(entry.name)) and (entry / NAME).is_file()
        ]
    except OSError:
        return None
    return max(found)[1] if found else None


def holds(path: Path) -> bool:
    file = place(path)
    if file is None:
        return False
    try:
        with opened(file) as fd:
            head = read_at(fd, 1 << 16, 0)
    except OSError:
        return False
    named = file.name == NAME
    return head.lstrip().startswith(b"{") and (named or HISTORY.search(head) is not None)


def read(path: Path) -> Log:
    """Raises GradtuiError where it is damaged, or too large; OSError where it cannot be read."""
    file = place(path)
    assert file is not None
    data = whole_file(file, MOST)
    if sum(data.count(mark) * cost for mark, cost in COSTS.items()) > MOST_MEMORY:
        raise GradtuiError(f"{printable(str(file))} has more in it than any training.")
    try:
        state = json.loads(data)
        history = state["log_history"]
        if not isinstance(history, list):
            raise TypeError("log_history is no list")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        wrong = printable(f"{type(error).__name__} {error}")[:100]
        raise GradtuiError(f"{printable(str(file))} is no {NAME}: {wrong}") from None
    collector = Collector(MOST_POINTS)
    for entry in history:
        if isinstance(entry, dict) and SUMMARY not in entry:
            _take(entry, collector)
    return Log(
        collector.series(),
        _limits(state),
        planned=_count(state.get("max_steps")),
        files=(str(file.relative_to(path)) if file != path else file.name,),
        filtered=True,
    )


def _take(entry: dict[str, Any], collector: Collector) -> None:
    step = _number(entry.get("step"))
    for name, value in entry.items():
        number = _number(value)
        if name not in NO_SERIES and number is not None:
            collector.scalar(name, math.nan if step is None else step, number)


def _number(value: Any) -> float | None:
    """Also of the words that strict JSON has for what is not finite."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        words = {"nan": math.nan, "inf": math.inf, "infinity": math.inf}
        sign = -1.0 if value.startswith("-") else 1.0
        found = words.get(value.lower().lstrip("+-"))
        return None if found is None else sign * found
    try:
        return float(value) if isinstance(value, (int, float)) else None
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _count(value: Any) -> int:
    return value if isinstance(value, int) and 0 < value < 1 << 53 else 0


def _limits(state: dict[str, Any]) -> tuple[str, ...]:
    every = _count(state.get("logging_steps"))
    mean = f"a loss is the mean of the {every:,} steps before it; " if every > 1 else ""
    return (
        f"{mean}under gradient accumulation loss and norm may be means or sums over the micro-batches, "
        "which hangs on the model and is not told",
    )
