"""MLflow's store in a SQLite file, mlflow.db where nothing else is said.

MLflow's own reader would bring the tables up to its version first, which is writing.
"""

import math
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from gradtui.core.errors import GradtuiError
from gradtui.core.text import printable
from gradtui.runstore.logs.limits import MOST_POINTS
from gradtui.runstore.logs.mlflow_run import Points, StoredRun, log_of, suffix
from gradtui.runstore.logs.series import LONGEST, Log
from gradtui.runstore.logs.sqlite_file import database, is_database, is_table

ENDINGS = (".db", ".sqlite", ".sqlite3")
AT_ONCE = 4096
"""Rows of one query: some milliseconds, for which a writer waits."""
MOST_RUNS = 50_000
TABLES = {
    "metrics": {"key", "value", "timestamp", "run_uuid", "step", "is_nan"},
    "runs": {"run_uuid", "name", "status", "start_time", "lifecycle_stage", "experiment_id"},
    "experiments": {"experiment_id", "name", "lifecycle_stage"},
}
RUNS = """
select r.run_uuid, r.name, e.name, r.start_time, r.status,
    r.lifecycle_stage = 'deleted' or e.lifecycle_stage = 'deleted'
from runs r join experiments e on e.experiment_id = r.experiment_id
where exists (select 1 from metrics m where m.run_uuid = r.run_uuid)
limit ?
"""
POINTS = """
select rowid, substr(key, 1, ?), value, timestamp, step, is_nan
from metrics where run_uuid = ? and rowid > ? order by rowid limit ?
"""
EXTREME = "MLflow writes the largest number of float64 for an infinity, and such a number is taken for one"


def is_store(path: Path) -> bool:
    """Whether a file is a database with MLflow's tables."""
    if not is_database(path):
        return False
    try:
        with database(path) as connection:
            return all(is_table(connection, name, columns) for name, columns in TABLES.items())
    except (GradtuiError, OSError):
        return False


def runs(path: Path) -> list[StoredRun]:
    """Those that have metrics. Raises GradtuiError where there are too many, or it cannot be read."""
    with database(path) as connection:
        rows = connection.execute(RUNS, (MOST_RUNS + 1,)).fetchall()
    if len(rows) > MOST_RUNS:
        raise GradtuiError(f"{printable(str(path))} holds more than {MOST_RUNS:,} runs.")
    found = [
        StoredRun(
            str(number),
            path / str(number),
            str(name or ""),
            str(experiment or ""),
            begun if isinstance(begun, int) else 0,
            str(status or ""),
            bool(deleted),
        )
        for number, name, experiment, begun, status, deleted in rows
    ]
    return [replace(run, path=path / suffix(run, found)) for run in found]


def read(path: Path, run: StoredRun) -> Log:
    """Raises GradtuiError where the database cannot be read."""
    metrics: dict[tuple[str, str], Points] = {}
    odd = count = 0
    extreme = False
    with database(path) as connection:
        for name, *rest in _rows(connection, run.number):
            count += 1
            point = _point(rest)
            if point is None:
                odd += 1
                continue
            extreme |= math.isinf(point[2])
            metrics.setdefault((str(name), ""), Points()).add(*point)
    limits = [EXTREME] if extreme else []
    if odd:
        left_out = (
            "a point that is no number is"
            if odd == 1
            else f"{odd:,} points that are no numbers are"
        )
        limits.append(f"{left_out} left out")
    return log_of(run, metrics, limits, cut=count >= MOST_POINTS)


def _rows(connection: sqlite3.Connection, number: str) -> Iterator[list[Any]]:
    """[key, value, timestamp, step, is_nan] in the order in which they were written. Rows are never
    changed: what is added between two queries is only more of them."""
    last, left = -1, MOST_POINTS
    while left > 0:
        rows = connection.execute(POINTS, (LONGEST, number, last, min(AT_ONCE, left))).fetchall()
        if not rows:
            return
        last, left = rows[-1][0], left - len(rows)
        yield from (list(row[1:]) for row in rows)


def _point(row: list[Any]) -> tuple[float, float, float] | None:
    """(seconds since 1970, step, value). A column of SQLite may hold anything."""
    value, timestamp, step, is_nan = row
    if not all(isinstance(number, (int, float)) for number in (value, timestamp, step)):
        return None
    value = float(value)
    if is_nan:
        value = math.nan
    elif abs(value) >= sys.float_info.max:
        value = math.copysign(math.inf, value)
    return float(timestamp) / 1000, float(step), value
