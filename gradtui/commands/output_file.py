"""A picture or a page where somebody wants it: in a file, or on standard output."""

import sys
from pathlib import Path

from gradtui.core.errors import UsageError
from gradtui.core.paths import is_folder
from gradtui.core.text import printable


def output_path(text: str) -> Path | None:
    """Where it is to go; None, for "-", is standard output."""
    return None if text == "-" else Path(text)


def refuse_unwritable(output: Path | None, what: str = "a picture") -> None:
    """Say before training, not after it, that `what` is made has nowhere to go. Raises UsageError."""
    if output is None:
        if sys.stdout is not None and sys.stdout.isatty():
            raise UsageError(f"{what} is no text to read: name a file with -o FILE.")
        return
    name = printable(str(output))
    if is_folder(output):
        raise UsageError(f"{name} is a folder: name a file in it.")
    if not is_folder(output.parent):
        raise UsageError(f"there is no folder {printable(str(output.parent))}: make it first.")


def write(text: str, output: Path | None) -> None:
    """To a file in one go, so that a half-written picture never stands there, or to stdout. Raises
    GradtuiError where it cannot be written."""
    if output is None:
        sys.stdout.write(text)
        return
    from gradtui.runstore.export.output import written

    with written(output) as file:
        file.write(text.encode("utf-8", "backslashreplace"))
