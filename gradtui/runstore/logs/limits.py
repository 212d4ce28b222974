"""How much of a log is read: whoever wrote it, nobody's memory is filled by it."""

import os
from pathlib import Path

from gradtui.core.errors import GradtuiError
from gradtui.core.text import printable
from gradtui.runstore.files.reading import opened, read_at

MOST_POINTS = 4_000_000
"""Points of all series together."""
CUT = f"only the first {MOST_POINTS:,} points were read"
"""What is said of a log that has more."""
MOST_BYTES = 1 << 30
"""Bytes of one file."""


def checked_size(fd: int, path: Path, most: int = MOST_BYTES) -> int:
    """Bytes of an open file. Raises GradtuiError where there are more than `most`."""
    size = os.fstat(fd).st_size
    if size > most:
        raise GradtuiError(
            f"{printable(str(path))} has {size / (1 << 20):,.0f} MB: no more than "
            f"{most >> 20:,} MB of a log are read."
        )
    return size


def whole_file(path: Path, most: int = MOST_BYTES) -> bytes:
    """All of a regular file. Raises OSError, GradtuiError where it is larger than `most`."""
    with opened(path) as fd:
        return read_at(fd, checked_size(fd, path, most), 0)
