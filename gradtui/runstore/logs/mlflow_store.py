"""MLflow's local stores, folders and SQLite alike, as logs."""

from collections.abc import Iterator
from pathlib import Path

from gradtui.core.errors import UsageError
from gradtui.core.paths import file_of, is_folder
from gradtui.core.text import printable
from gradtui.runstore.logs import mlflow_database, mlflow_folder
from gradtui.runstore.logs.mlflow_run import StoredRun, meant, question
from gradtui.runstore.logs.places import files_below
from gradtui.runstore.logs.series import Log

DEEPEST = 0
"""Folders below the one named in which a database may lie."""


def holds(path: Path) -> bool:
    """A folder that is a run, an experiment or a store, or has one in it; a database, or a run of one:
    FILE/RUN."""
    if not is_folder(path):
        file = file_of(path)
        return file is not None and mlflow_database.is_store(file)
    return (
        next(mlflow_folder.runs(path), None) is not None or next(_databases(path), None) is not None
    )


def read(path: Path) -> Log:
    """Raises UsageError where there is not one run that is meant, GradtuiError where a file is damaged or
    too large, OSError where one cannot be read."""
    if not is_folder(path):
        return _of_database(path)
    folders = list(mlflow_folder.runs(path))
    if [run.path for run in folders] == [path]:  # also where it is deleted: it was named
        return mlflow_folder.read(folders[0])
    found = meant(folders, "")
    stored = {
        run.path: (file, run)
        for file in _databases(path)
        for run in meant(mlflow_database.runs(file), "")
    }
    run = _the_one(path, [*found, *(run for _, run in stored.values())])
    if run.path in stored:
        return mlflow_database.read(*stored[run.path])
    return mlflow_folder.read(run)


def _of_database(path: Path) -> Log:
    """FILE, or a run of it: FILE/RUN."""
    file = file_of(path)
    assert file is not None
    word = path.relative_to(file).as_posix() if path != file else ""
    stored = mlflow_database.runs(file)
    found = meant(stored, word)
    if word and not found:
        raise UsageError(f"{printable(str(file))} has no run {printable(word)}.")
    return mlflow_database.read(file, _the_one(path, found))


def _the_one(path: Path, found: list[StoredRun]) -> StoredRun:
    if not found:
        raise UsageError(f"{printable(str(path))} has no run that has logged a metric.")
    if len(found) > 1:
        raise question(path, found)
    return found[0]


def _databases(path: Path) -> Iterator[Path]:
    files = files_below(path, lambda name: name.endswith(mlflow_database.ENDINGS), DEEPEST)
    return (file for file in files if mlflow_database.is_store(file))
