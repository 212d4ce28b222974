"""The formats that runs are exported in. A new one is a file of its own and a line here."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO


@dataclass(frozen=True)
class TextFormat:
    """Written to an open text file, or to standard output."""

    name: str
    load: Callable[[], Callable[[Path, TextIO], int]]
    """Gives what writes a run directory to a text file and returns how many steps it has written;
    only then is the module imported, as listing formats must cost nothing."""


@dataclass(frozen=True)
class PathFormat:
    """Written by a library of its own to a path that must be named."""

    name: str
    target: Literal["file", "folder"]
    load: Callable[[], Callable[[Path, Path], int]]
    """Gives what writes a run directory to a path; UsageError where its library is not installed."""


def _jsonl() -> Callable[[Path, TextIO], int]:
    from gradtui.runstore.export.jsonl import write_jsonl

    return write_jsonl


def _csv() -> Callable[[Path, TextIO], int]:
    from gradtui.runstore.export.csv_and_parquet import write_csv

    return write_csv


def _parquet() -> Callable[[Path, Path], int]:
    from gradtui.runstore.export.csv_and_parquet import write_parquet

    return write_parquet


def _tensorboard() -> Callable[[Path, Path], int]:
    from gradtui.runstore.export.tensorboard import write_tensorboard

    return write_tensorboard


FORMATS: tuple[TextFormat | PathFormat, ...] = (
    TextFormat("jsonl", _jsonl),
    TextFormat("csv", _csv),
    PathFormat("parquet", "file", _parquet),
    PathFormat("tensorboard", "folder", _tensorboard),
)


def format_named(name: str) -> TextFormat | PathFormat:
    """One of FORMATS; KeyError where there is none of that name."""
    return {one.name: one for one in FORMATS}[name]
