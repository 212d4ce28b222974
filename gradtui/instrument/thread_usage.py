"""How long the thread that trains has had a processor, and whether it was others that kept it from one."""

import sys
import threading
import time
from dataclasses import dataclass

if sys.platform == "linux":
    import resource


@dataclass(frozen=True, slots=True)
class ThreadUsage:
    """Of one thread, from its start on."""

    thread: int
    seconds: float
    """Of a processor."""
    waits: int
    """How often it gave its processor up: to wait for a device, data, a lock."""
    displacements: int
    """How often the system gave it to somebody else, though there was work to do."""


def usage_of_this_thread() -> ThreadUsage | None:
    """None where the system does not tell (it is Linux that counts by thread)."""
    if sys.platform != "linux":
        return None
    used = resource.getrusage(resource.RUSAGE_THREAD)
    return ThreadUsage(threading.get_ident(), time.thread_time(), used.ru_nvcsw, used.ru_nivcsw)


def undisturbed_seconds(
    passed: float, before: ThreadUsage | None, after: ThreadUsage | None
) -> float:
    """Of `passed` seconds by the clock those that would have passed without others on the processor.

    What a thread did not run it has waited, for what it asked for or for a processor. Which of the two
    took how long is not told without reading files that a program can see being read; how often each
    happened is. A wait is as long as a displacement then: on a quiet machine there are hardly any of
    the latter, in a computation on a busy one hardly any of the former. Where nothing is known of the
    thread (`before` is of another one), all of it counts as the program's own.
    """
    if before is None or after is None or before.thread != after.thread:
        return passed
    ran = min(max(after.seconds - before.seconds, 0.0), passed)
    waits, displacements = after.waits - before.waits, after.displacements - before.displacements
    if displacements <= 0:
        return passed
    return ran + (passed - ran) * waits / (waits + displacements)
