"""What a watched program has died of."""

import sys
import traceback
from types import TracebackType

from gradtui.monitor import Failure

MESSAGE, TRACE = 2_000, 50_000
"""Characters that are kept of what an exception says, and of the end of its traceback."""


def failure() -> Failure | None:
    """What the program has died of, asked at its end.

    The interpreter leaves an exception that nobody has caught where debuggers look for it, before
    any `sys.excepthook` is called: none of ours is needed, and the program's own is left alone.
    """
    error = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
    if error is None or not issubclass(type(error), Exception):
        return None
    if sys.flags.interactive or hasattr(sys, "ps1"):
        return None  # errors at a prompt end nothing
    trace = getattr(sys, "last_traceback", None)
    return Failure(*described(error, trace), trace)


def described(error: Exception, trace: TracebackType | None) -> tuple[str, str]:
    """An exception in a line, and its traceback. Whatever it does when it is asked, nothing is
    raised: its methods are the program's."""
    name = type(error).__name__
    try:
        words = str(error)
    except BaseException:
        words = "<exception str() failed>"
    message = f"{name}: {words[:MESSAGE]}"
    try:
        text = "".join(traceback.format_exception(type(error), error, trace))
    except BaseException:
        text = "".join(traceback.format_tb(trace)) + message + "\n"
    return message, text[-TRACE:]
