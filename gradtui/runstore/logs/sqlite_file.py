"""A SQLite database that others write to, and that strangers may have made: opened to be read alone.

A reader's lock keeps writers waiting, and MLflow gives up after five seconds: nothing here may hold one for
longer than a short query. Where SQLite would have to write to the files before it can read them, a copy is
read.
"""

import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from gradtui.core.errors import GradtuiError
from gradtui.core.paths import is_there
from gradtui.core.text import printable
from gradtui.runstore.files.reading import CHUNK, opened, read_at
from gradtui.runstore.logs.limits import checked_size

MAGIC = b"SQLite format 3\0"
MODES = slice(18, 20)
"""Bytes of the header that are 2 where the database keeps a write-ahead log."""
LOG, JOURNAL, INDEX = "-wal", "-journal", "-shm"
PATIENCE = 5.0
"""Seconds of waiting for a writer."""
LONGEST = 60.0
"""Seconds that all queries of a connection get: a view or an index of a stranger may go on for ever."""
OFTEN = 100_000
"""Instructions of SQLite's machine between two looks at the clock."""
LARGEST_VALUE = 1 << 20
"""Bytes of a value."""
GUARDS = ("trusted_schema = off", "query_only = on", "mmap_size = 0", "cell_size_check = on")


def is_database(path: Path) -> bool:
    """By its first bytes."""
    try:
        with opened(path) as fd:
            return read_at(fd, len(MAGIC), 0) == MAGIC
    except OSError:
        return False


@contextmanager
def database(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection, as long as the block lasts. Errors of SQLite within become GradtuiErrors of one sentence;
    raises OSError where the file is no regular one."""
    with opened(path) as fd:
        logged = 2 in read_at(fd, 20, 0)[MODES]
    try:
        if logged and not is_there(_beside(path, INDEX)):
            # Nobody writes, and a first reader would make the log's files.
            with _copied(path, LOG) as copy, _connection(copy) as connection:
                yield connection
            return
        if not logged and _interrupted(path):
            with _copied(path, JOURNAL) as copy, _connection(copy, "rw") as connection:
                yield connection
            return
        with _connection(path) as connection:
            yield connection
    except sqlite3.Error as error:
        raise GradtuiError(f"{printable(str(path))} {_said(error)}") from None


def is_table(connection: sqlite3.Connection, name: str, columns: set[str]) -> bool:
    """Whether it is a plain table that has these columns: no view, nothing virtual."""
    row = connection.execute(
        "select sql from sqlite_master where type = 'table' and name = ?", (name,)
    ).fetchone()
    if row is None or not str(row[0]).lstrip().upper().startswith("CREATE TABLE"):
        return False
    found = connection.execute("select name from pragma_table_info(?)", (name,))
    return columns <= {row[0] for row in found}


@contextmanager
def _connection(path: Path, mode: str = "ro") -> Iterator[sqlite3.Connection]:
    where = f"{path.absolute().as_uri()}?mode={mode}"
    with closing(
        sqlite3.connect(where, uri=True, timeout=PATIENCE, isolation_level=None)
    ) as connection:
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_VALUE)
        until = time.monotonic() + LONGEST
        connection.set_progress_handler(lambda: time.monotonic() > until, OFTEN)
        for guard in GUARDS:
            connection.execute(f"pragma {guard}")
        yield connection


def _interrupted(path: Path) -> bool:
    """Whether a writer was killed within a transaction, which whoever reads next has to take back."""
    try:
        with opened(_beside(path, JOURNAL)) as fd:
            if not any(read_at(fd, 8, 0)):  # none, or one that is over
                return False
    except OSError:
        return False
    try:
        with _connection(path) as connection:
            connection.execute("select count(*) from sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        return error.sqlite_errorcode != sqlite3.SQLITE_BUSY
    return False


@contextmanager
def _copied(path: Path, journal: str) -> Iterator[Path]:
    """A copy in a folder of its own, with what lies beside it under that ending."""
    with tempfile.TemporaryDirectory(prefix="gradtui-") as folder:
        copy = Path(folder) / "copy.db"
        _copy(path, copy)
        if is_there(_beside(path, journal)):
            _copy(_beside(path, journal), _beside(copy, journal))
        yield copy


def _copy(path: Path, to: Path) -> None:
    with opened(path) as fd, to.open("xb") as out:
        size, at = checked_size(fd, path), 0
        while at < size and (part := read_at(fd, min(CHUNK, size - at), at)):
            out.write(part)
            at += len(part)
        os.fchmod(out.fileno(), 0o600)


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _said(error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", 0)
    if code == sqlite3.SQLITE_BUSY:
        return "is being written to without a pause: try again later."
    if code == sqlite3.SQLITE_INTERRUPT:
        return f"takes longer than {LONGEST:.0f} s to be read."
    return f"cannot be read: {printable(str(error))[:100]}"
