"""Tracebacks of a program's own errors, without the frames that we put between its own."""

from contextlib import suppress
from pathlib import Path
from types import TracebackType

OURS = str(Path(__file__).resolve().parents[1]) + "/"
_TRACE = vars(BaseException)["__traceback__"]
"""An exception may have an attribute of that name of its own."""


def without_ours(error: BaseException) -> None:
    """Take our frames out of the traceback of an error that is on its way. A bare `raise` after that
    adds none for the frame that it is in."""
    with suppress(Exception):
        kept: list[TracebackType] = []
        at = _TRACE.__get__(error)
        while at is not None:
            if not at.tb_frame.f_code.co_filename.startswith(OURS):
                kept.append(at)
            at = at.tb_next
        for one, following in zip(kept, [*kept[1:], None], strict=True):
            if one.tb_next is not following:
                one.tb_next = following
        _TRACE.__set__(error, kept[0] if kept else None)
