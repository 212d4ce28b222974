"""Tasks for worker processes, which have to be a module's functions."""

import os
import signal
import time


def double(x: int) -> int:
    return 2 * x


def double_unless_odd(x: int) -> int:
    """Raises on 1, dies on 3, is killed on 5."""
    if x == 1:
        raise ValueError("one is odd")
    if x == 3:
        os._exit(7)
    if x == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * x


def wait(seconds: float) -> int:
    """Sleeps; the process that did."""
    time.sleep(seconds)
    return os.getpid()
