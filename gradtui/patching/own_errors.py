"""Errors of our own code inside somebody else's program: none reaches it.

What a handler of the program's raises while our code runs is none of ours, and goes through: a timeout
that hangs on an alarm would else be lost.
"""

from collections.abc import Callable
from types import TracebackType
from typing import TypeGuard

from gradtui.patching.tracebacks import of_a_signal


def is_ours(error: BaseException | None) -> TypeGuard[Exception]:
    """Of an error that has left our code."""
    return isinstance(error, Exception) and not of_a_signal(error)


class SuppressOwn:
    """Like `contextlib.suppress(Exception)`, for errors that are ours; `told` is given each.

    A class and no generator: it is entered at every call of a model. It holds nothing, so that one
    block can be inside another one of the same.
    """

    __slots__ = ("_told",)

    def __init__(self, told: Callable[[Exception], object] | None = None) -> None:
        self._told = told

    def __enter__(self) -> None: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if error is None or not is_ours(error):
            return False
        if self._told is not None:
            self._told(error)
        return True


suppress_own = SuppressOwn()
"""Where nobody asks what it was."""
