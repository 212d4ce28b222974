"""MLflow's store of folders: mlruns/EXPERIMENT/RUN/metrics/NAME, a line a point."""

import math
import re
from collections.abc import Iterator
from pathlib import Path

from gradtui.core.errors import GradtuiError
from gradtui.core.paths import is_folder
from gradtui.core.text import printable
from gradtui.runstore.files.reading import opened, read_at
from gradtui.runstore.logs.limits import MOST_POINTS, whole_file
from gradtui.runstore.logs.mlflow_run import Points, StoredRun, log_of
from gradtui.runstore.logs.names import LAYER, by_number, meanings
from gradtui.runstore.logs.places import files_below
from gradtui.runstore.logs.series import SCALAR, Log

STORE, META, METRICS = "mlruns", "meta.yaml", "metrics"
NAME_TAG = Path("tags") / "mlflow.runName"
MOST_ENTRIES = 50_000
"""Folders of one folder that are looked into."""
DEEPEST = 12
"""Levels of a metric's name: a "/" in it makes a folder."""
HEAD = 1 << 16
"""Bytes of a meta.yaml or a tag that are looked at."""
LINE = re.compile(r"^(\w+):[ \t]*(.*?)[ \t]*$", re.MULTILINE)
"""Of meta.yaml, a flat mapping, one key; words that are folded over lines are cut there."""
STATES = {"1": "RUNNING", "2": "SCHEDULED", "3": "FINISHED", "4": "FAILED", "5": "KILLED"}
RUN, EXPERIMENT = "run", "experiment"
BY_NAME = (
    "layers of one millisecond stand in the order of their names, which need not be that of depth"
)
NAMED = 3
"""Files with lines that are not whole that are named."""
FIELDS = (2, 3, 5)
"""Of a line: time in milliseconds and value; a step; the name and the digest of a data set."""


def runs(path: Path) -> Iterator[StoredRun]:
    """The folder itself where it is a run; else the runs that have metrics, of an experiment, of a store, or
    of the store in that folder. Nothing else is walked through."""
    kind, meta = _meta(path)
    if kind == RUN:
        yield _run(path, meta)
        return
    for entry in _folders(path):
        inner, _ = _meta(entry)
        if (inner == RUN and _has_metrics(entry)) or (
            not kind and (inner == EXPERIMENT or entry.name == STORE)
        ):
            yield from runs(entry)


def read(run: StoredRun) -> Log:
    """Raises GradtuiError where a file is too large, OSError where one cannot be read."""
    metrics: dict[tuple[str, str], Points] = {}
    odd: list[str] = []
    count = 0
    folder = run.path / METRICS
    files = files_below(folder, lambda _: True, DEEPEST)
    found = {file.relative_to(folder).as_posix(): file for file in files}
    for name in sorted(found, key=by_number):
        text = whole_file(found[name]).decode("utf-8", "replace")
        lines = text.split("\n")
        if lines.pop():  # what the writer has not ended may be the beginning of another number
            odd.append(name)
        for line in lines:
            if count >= MOST_POINTS:
                break
            count += _take(line, name, metrics, odd)
    limits = []
    if odd:
        named = ", ".join(printable(name) for name in list(dict.fromkeys(odd))[:NAMED])
        rest = f"a line of {named} is" if len(odd) == 1 else f"{len(odd):,} lines of {named} are"
        limits.append(f"{rest} not whole: left out")
    layers = [m for m in meanings((name, SCALAR) for name in found).values() if m.what == LAYER]
    if layers:
        limits.append(BY_NAME)
    return log_of(run, metrics, limits, cut=count >= MOST_POINTS)


def _take(line: str, name: str, metrics: dict[tuple[str, str], Points], odd: list[str]) -> bool:
    """Take in a line of the file of that name; False where it is no point, which `odd` is told."""
    fields = line.split(" ")
    try:
        if len(fields) not in FIELDS:
            raise ValueError(line)
        time, value = float(fields[0]) / 1000, float(fields[1])
        step = float(fields[2]) if len(fields) > 2 else math.nan
    except ValueError:
        odd.append(name)
        return False
    source = fields[3] if len(fields) > 3 else ""
    metrics.setdefault((name, source), Points()).add(time, step, value)
    return True


def _folders(path: Path) -> Iterator[Path]:
    """Those in a folder, but for links and hidden ones: `.trash` has deleted experiments."""
    try:
        entries = sorted(path.iterdir())
    except OSError:
        return
    if len(entries) > MOST_ENTRIES:
        raise GradtuiError(
            f"{printable(str(path))} holds more than {MOST_ENTRIES:,} folders: name one of its runs."
        )
    for entry in entries:
        if not entry.name.startswith(".") and not entry.is_symlink() and is_folder(entry):
            yield entry


def _meta(path: Path) -> tuple[str, dict[str, str]]:
    """(RUN, EXPERIMENT or "", what its meta.yaml has)."""
    found = dict(LINE.findall(_head(path / META)))
    if "run_id" in found or "run_uuid" in found:
        return RUN, found
    return (EXPERIMENT if "experiment_id" in found else ""), found


def _has_metrics(path: Path) -> bool:
    try:
        return any((path / METRICS).iterdir())
    except OSError:
        return False


def _head(path: Path) -> str:
    try:
        with opened(path) as fd:
            return read_at(fd, HEAD, 0).decode("utf-8", "replace")
    except OSError:
        return ""


def _run(path: Path, meta: dict[str, str]) -> StoredRun:
    begun = meta.get("start_time", "")
    return StoredRun(
        _plain(meta.get("run_id") or meta["run_uuid"]),
        path,
        _head(path / NAME_TAG).strip(),
        _plain(_meta(path.parent)[1].get("name", "")),
        int(begun) if re.fullmatch("[0-9]{1,18}", begun) else 0,
        STATES.get(meta.get("status", ""), ""),
        meta.get("lifecycle_stage") == "deleted",
    )


def _plain(word: str) -> str:
    """Of words of YAML, which stand in quotes where they could mean something else."""
    quote = word[:1]
    if len(word) > 1 and quote in ("'", '"') and word.endswith(quote):
        return word[1:-1].replace("''", "'") if quote == "'" else word[1:-1]
    return word
