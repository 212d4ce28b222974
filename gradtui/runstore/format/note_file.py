"""A line about a run in somebody's own words, kept in its directory."""

from pathlib import Path

from gradtui.core.text import printable
from gradtui.runstore.files.disk import replace_file
from gradtui.runstore.files.reading import read_small

NOTE = "note.txt"
MOST = 4096
"""Bytes of the file that are read."""
LONGEST = 300
"""Characters of a note."""


def one_line(text: str) -> str:
    """`text` as a note: on one line, nothing in it that a terminal obeys, no longer than LONGEST."""
    return printable(" ".join(text.split()))[:LONGEST].rstrip()


def read_note(directory: Path) -> str:
    """The note on a run; empty where there is none, or what is there is no small file of text."""
    try:
        return one_line(read_small(directory / NOTE, MOST).decode("utf-8", "replace"))
    except (OSError, ValueError):
        return ""


def write_note(directory: Path, text: str) -> str:
    """Keep a note in the place of the one before, none where it is empty; what was kept. A link of that
    name is replaced, not followed. Raises OSError."""
    note = one_line(text)
    if note:
        replace_file(directory / NOTE, f"{note}\n".encode("utf-8", "replace"))
    else:
        (directory / NOTE).unlink(missing_ok=True)
    return note
