"""Runs as a person names them: recorded ones, and logs of other tools, which are made into one."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gradtui.core.errors import UsageError
from gradtui.core.paths import file_of, is_there
from gradtui.core.text import printable

MODE = 0o700
LONGEST = 40
"""Characters of a log's name."""


@dataclass(frozen=True, slots=True)
class NamedRun:
    """A run directory, and what people know it by."""

    directory: Path
    path: Path
    """Of a log the file or folder that was named; else the directory."""

    @property
    def logged(self) -> bool:
        return self.path != self.directory


def given(word: str | None) -> str:
    """What was named, "" where nothing was. Raises UsageError where a name is empty, as of a variable that a
    script has not set: nobody has meant the newest run by it."""
    if word is not None and not word.strip():
        raise UsageError("an empty name: give a run, a part of its name, or a path.")
    return word or ""


@contextmanager
def named_run(word: str, home: Path) -> Iterator[NamedRun]:
    """The run that a word names, the newest for "". That of a log is there as long as the block lasts.

    Raises UsageError where there is none, or a package is missing, GradtuiError where a log is damaged.
    """
    from gradtui.runstore.files.run_folders import find_run, is_run
    from gradtui.runstore.logs.conversion import convert
    from gradtui.runstore.logs.formats import FORMATS, format_of

    path = Path(word)
    there = bool(word) and _is_path(path) and not is_run(path)
    # What a person names may be a link, as a cache of downloads has them; what lies in it may not.
    real = path.resolve() if there and path.is_symlink() else path
    form = format_of(real) if there else None
    if form is None and (not there or is_name(word, home)):
        directory = find_run(word, home)
        yield NamedRun(directory, directory)
        return
    if form is None:
        known = ", ".join(one.name for one in FORMATS)
        raise UsageError(
            f"there is no recorded run at {printable(word)}, and no log that is known ({known})."
        )
    with tempfile.TemporaryDirectory(prefix="gradtui-") as made:
        directory = Path(made) / safe_name(path)
        directory.mkdir(MODE)
        convert(real, form, directory, path)
        yield NamedRun(directory, path)


def safe_name(path: Path) -> str:
    """What its pictures are called by."""
    return re.sub(r"[^A-Za-z0-9._]+", "-", path.absolute().name).strip("-.")[:LONGEST] or "log"


def is_name(word: str, home: Path) -> bool:
    """Whether it names recorded runs, in whole or in part."""
    from gradtui.runstore.files.run_folders import matching, run_paths

    return bool(matching(word, run_paths(home)))


def is_one(word: str, home: Path) -> bool:
    """Whether a word can mean a run or a log rather than a scenario."""
    return _is_path(Path(word)) or is_name(word, home)


def _is_path(path: Path) -> bool:
    """Of what is there, or of something in a file: a run of a database."""
    return is_there(path) or file_of(path) is not None
