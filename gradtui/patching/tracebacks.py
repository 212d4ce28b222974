"""Tracebacks of a program's own errors, without the frames that we put between its own."""

import signal
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType, MethodType, TracebackType
from typing import Any

OURS = str(Path(__file__).resolve().parents[1]) + "/"
_TRACE = vars(BaseException)["__traceback__"]
"""An exception may have an attribute of that name of its own."""
NESTED = 8
"""Functions within one another that are looked into for a handler."""


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
        for place, one in enumerate(kept, 1):
            following = kept[place] if place < len(kept) else None
            if one.tb_next is not following:
                one.tb_next = following
        _TRACE.__set__(error, kept[0] if kept else None)


def of_a_signal(error: BaseException) -> bool:
    """Whether a handler of the program's has raised it, for a signal that came while our code ran: as
    timeouts do. Then it is none of ours, and has to reach the program."""
    with suppress(Exception):
        at, codes = _TRACE.__get__(error), None
        while at is not None:
            if not at.tb_frame.f_code.co_filename.startswith(OURS):
                codes = _handlers() if codes is None else codes
                if at.tb_frame.f_code in codes:
                    return True
            at = at.tb_next
    return False


def _handlers() -> list[CodeType]:
    found = [signal.getsignal(number) for number in signal.valid_signals()]
    return [code for one in found if callable(one) for code in _codes(one)]


def _codes(handler: Any) -> Iterator[CodeType]:
    """Of a function, a method, a partial, an object that can be called, and what is wrapped by one."""
    for _ in range(NESTED):
        kind = type(handler)
        if kind is FunctionType:
            yield handler.__code__
            handler = vars(handler).get("__wrapped__")
        elif kind is MethodType:
            handler = handler.__func__
        elif kind is partial:
            handler = handler.func
        else:
            found = [vars(base).get("__call__") for base in kind.__mro__]
            handler = next((one for one in found if type(one) is FunctionType), None)
        if handler is None:
            return
