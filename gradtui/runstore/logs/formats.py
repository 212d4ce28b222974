"""The formats of logs that are read. A new one is a file of its own and a line here."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from gradtui.runstore.logs.series import Log


class Reader(NamedTuple):
    """`holds` tells by what is in a file or folder whether it is such a log; `read` reads it."""

    holds: Callable[[Path], bool]
    read: Callable[[Path], Log]


@dataclass(frozen=True, slots=True)
class LogFormat:
    """One format. `load` imports its file only when a path may be of it."""

    name: str
    """As people call it."""
    load: Callable[[], Reader]


def _event_files() -> Reader:
    from gradtui.runstore.logs import event_files

    return Reader(event_files.holds, event_files.read)


def _trainer_state() -> Reader:
    from gradtui.runstore.logs import trainer_state

    return Reader(trainer_state.holds, trainer_state.read)


def _metrics_csv() -> Reader:
    from gradtui.runstore.logs import metrics_csv

    return Reader(metrics_csv.holds, metrics_csv.read)


def _wandb_run() -> Reader:
    from gradtui.runstore.logs import wandb_run

    return Reader(wandb_run.holds, wandb_run.read)


def _mlflow_store() -> Reader:
    from gradtui.runstore.logs import mlflow_store

    return Reader(mlflow_store.holds, mlflow_store.read)


FORMATS: tuple[LogFormat, ...] = (
    LogFormat("trainer_state.json", _trainer_state),
    LogFormat("Lightning metrics.csv", _metrics_csv),
    LogFormat("W&B offline run", _wandb_run),
    LogFormat("MLflow run", _mlflow_store),
    LogFormat("TensorBoard event files", _event_files),
)
"""In the order in which a path is tried: a Trainer's output folder has event files below it as well."""


def format_of(path: Path) -> LogFormat | None:
    """The first format that a file or folder is of."""
    return next((one for one in FORMATS if one.load().holds(path)), None)
