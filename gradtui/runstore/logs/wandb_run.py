"""Offline runs of W&B: a .wandb file, printed as JSON by W&B's own `wandb leet inspect`.

W&B has no reader in Python any more. The file itself is opened by its program alone, in a process of its own
that is told to talk to nobody.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gradtui.core.errors import GradtuiError
from gradtui.core.paths import is_folder
from gradtui.core.text import printable
from gradtui.runstore.files.extra import needed
from gradtui.runstore.files.reading import opened, read_at
from gradtui.runstore.logs.limits import CUT, MOST_BYTES, MOST_POINTS, checked_size
from gradtui.runstore.logs.places import files_below, the_one
from gradtui.runstore.logs.series import Collector, Log

MAGIC = b":W&B"
PATIENCE = 120.0
"""Seconds that its program gets."""
LONGEST = 16 << 20
"""Bytes of a line."""
ENVIRONMENT = {"WANDB_MODE": "offline", "WANDB_ERROR_REPORTING": "false", "WANDB_SILENT": "true"}
OWN = ("_step", "_timestamp", "_runtime", "_wandb")
STEPS = ("trainer/global_step", "train/global_step", "global_step")
"""Steps of the training, where a framework logs them beside W&B's own count."""
WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
CALLS = "a step is one call of wandb.log, which need not be a step of the training"
BUCKETS = (
    "norms of layers are worked out from histograms of some 64 buckets, to a few percent; they are of single "
    "backward passes, and NaN has been left out of them"
)
KILLED = "the run has no end: what was logged in the last half minute before a kill is in no file"


def holds(path: Path) -> bool:
    return bool(_files(path))


def _files(path: Path) -> list[Path]:
    """The file itself, or those below: of a run's folder, or of a folder of runs."""
    if not is_folder(path):
        return [path] if _is_one(path) else []
    return [
        file for file in files_below(path, lambda name: name.endswith(".wandb")) if _is_one(file)
    ]


def _is_one(file: Path) -> bool:
    try:
        with opened(file) as fd:
            return read_at(fd, len(MAGIC), 0) == MAGIC
    except OSError:
        return False


def read(path: Path) -> Log:
    """Raises UsageError where a folder holds several runs or wandb is not installed, GradtuiError where its
    program fails, OSError where the file cannot be read."""
    found = _files(path)
    file = found[0] if len(found) == 1 else _only(path, found)
    needed("wandb", "wandb", "reading an offline run of W&B")
    with opened(file) as fd:
        checked_size(fd, file)
    collector = Collector(MOST_POINTS)
    ended = buckets = False
    steps: set[bool] = set()
    for record in _records(file):
        ended |= record.get("type") == "exit"
        item = record.get("history")
        item = item.get("item") if isinstance(item, dict) else None
        if isinstance(item, dict):
            steps.add(any(name in item for name in STEPS))
            buckets |= _take(item, collector)
    limits = [*([CALLS] if False in steps else []), *([BUCKETS] if buckets else [])]
    limits += [] if ended else [KILLED]
    if collector.full:
        limits.append(CUT)
    return Log(collector.series(), tuple(limits), files=(file.name,))


def _only(path: Path, found: list[Path]) -> Path:
    folder = the_one(path, [file.parent for file in found])
    return next(file for file in found if file.parent == folder)


def _records(file: Path) -> Iterator[dict[str, Any]]:
    """What its program prints, one record a line."""
    command = [sys.executable, "-m", "wandb", "leet", "inspect", "--json", str(file.absolute())]
    with tempfile.TemporaryFile() as out:
        try:
            done = subprocess.run(  # noqa: S603  # of the interpreter itself, no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.PIPE,
                env=os.environ | ENVIRONMENT,
                timeout=PATIENCE,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise GradtuiError(f"wandb could not read {printable(str(file))}: {error}") from None
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no reason"]
            raise GradtuiError(
                f"wandb could not read {printable(str(file))}: {printable(said[0])[:120]}"
            )
        if out.seek(0, os.SEEK_END) > 4 * MOST_BYTES:
            raise GradtuiError(f"{printable(str(file))} has more in it than is read of a log.")
        out.seek(0)
        for line in out:
            if b'"type":"history"' not in line[:64] and b'"type":"exit"' not in line[:64]:
                continue
            try:
                record = json.loads(line) if len(line) <= LONGEST else None
            except (ValueError, RecursionError):
                continue
            if isinstance(record, dict):
                yield record


def _take(item: Mapping[str, Any], collector: Collector) -> bool:
    """One call of `wandb.log`; whether there were histograms in it."""
    step = next((n for name in STEPS if (n := _number(item.get(name))) is not None), None)
    if step is None:
        step = _number(item.get("_step"))
    time = _number(item.get("_timestamp"))
    found = False
    place = (math.nan if step is None else step, math.nan if time is None else time)
    for name, value in item.items():
        if name.endswith("._type") and value == "histogram":
            base = name.removesuffix("._type")
            found |= _histogram(base, item, place, collector)
        elif name not in OWN and (number := _number(value)) is not None:
            collector.scalar(name, place[0], number, place[1])
    return found


def _histogram(
    name: str, item: Mapping[str, Any], place: tuple[float, float], collector: Collector
) -> bool:
    edges, counts = item.get(f"{name}.bins"), item.get(f"{name}.values")
    try:
        edge, count = np.array(edges, np.float64), np.array(counts, np.float64)
    except (TypeError, ValueError):
        return False
    if edge.ndim != 1 or count.ndim != 1 or len(edge) != len(count) + 1 or not count.sum() > 0:
        return False
    norm, largest = norm_of(edge, count)
    collector.histogram(name, place[0], norm, int(count.sum()), largest, place[1])
    return True


def norm_of(edge: np.ndarray[Any, Any], count: np.ndarray[Any, Any]) -> tuple[float, float]:
    """[n + 1] edges, [n] counts -> the L2 norm as of values that are even within each bucket, and the
    largest absolute value of a bucket that has any."""
    low, high = edge[:-1], edge[1:]
    scale = float(np.abs(edge).max()) or 1.0
    a, b = low / scale, high / scale
    squares = count * (a * a + a * b + b * b) / 3
    used = count > 0
    largest = float(np.maximum(np.abs(low), np.abs(high))[used].max())
    return scale * math.sqrt(float(squares.sum())), largest


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        return WORDS.get(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
