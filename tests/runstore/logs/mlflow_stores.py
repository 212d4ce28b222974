"""Small stores of the form that MLflow's local ones have."""

import math
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

Point = tuple[str, float, int, float]
"""Name, value, time in milliseconds, step."""

SCHEMA = """
create table experiments (experiment_id INTEGER not null primary key, name VARCHAR(256) not null,
    lifecycle_stage VARCHAR(32));
create table runs (run_uuid VARCHAR(32) not null primary key, name VARCHAR(250), status VARCHAR(9),
    start_time BIGINT, lifecycle_stage VARCHAR(20), experiment_id INTEGER);
create table metrics (key VARCHAR(250) not null, value FLOAT not null, timestamp BIGINT not null,
    run_uuid VARCHAR(32) not null, step BIGINT default '0' not null, is_nan BOOLEAN default '0' not null,
    primary key (key, timestamp, step, run_uuid, value, is_nan));
create index index_metrics_run_uuid on metrics (run_uuid);
insert into experiments values (1, 'exp', 'active');
"""
"""MLflow 3.17's, of the columns that are read."""


def folder_run(
    store: Path, number: str, points: Iterable[Point], name: str = "", stage: str = "active"
) -> Path:
    experiment = store / "1"
    run = experiment / number
    (run / "tags").mkdir(parents=True)
    (experiment / "meta.yaml").write_text(
        "experiment_id: '1'\nlifecycle_stage: active\nname: exp\n"
    )
    (run / "meta.yaml").write_text(
        f"experiment_id: '1'\nlifecycle_stage: {stage}\nrun_id: {number}\nstart_time: 5\nstatus: 3\n"
    )
    (run / "tags" / "mlflow.runName").write_text(name)
    (run / "metrics").mkdir()
    for key, value, time, step in points:
        file = run / "metrics" / key
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a") as out:
            out.write(f"{time} {value} {step}\n")
    return run


def create(path: Path) -> sqlite3.Connection:
    made = sqlite3.connect(path, isolation_level=None)
    made.executescript(SCHEMA)
    return made


def database_run(
    made: sqlite3.Connection,
    number: str,
    points: Sequence[Point],
    name: str = "",
    stage: str = "active",
) -> None:
    made.execute(
        "insert into runs values (?, ?, 'FINISHED', 5, ?, 1)", (number, name or number, stage)
    )
    made.execute("begin")
    made.executemany(
        "insert into metrics values (?, ?, ?, ?, ?, ?)",
        [(key, _stored(v), time, number, step, math.isnan(v)) for key, v, time, step in points],
    )
    made.execute("commit")


def _stored(value: float) -> float:
    """As MLflow has it in a column that takes neither NaN nor infinities."""
    if math.isnan(value):
        return 0.0
    return max(min(value, 1.7976931348623157e308), -1.7976931348623157e308)
