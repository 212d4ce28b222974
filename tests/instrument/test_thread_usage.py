"""What others take of the processor is told from what a program waits for."""

import sys
import threading
import time
from dataclasses import replace

import pytest

from gradtui.instrument.thread_usage import ThreadUsage, undisturbed_seconds, usage_of_this_thread

START = ThreadUsage(thread=1, seconds=5.0, waits=10, displacements=20)


def after(seconds: float, waits: int, displacements: int) -> ThreadUsage:
    return ThreadUsage(
        1, START.seconds + seconds, START.waits + waits, START.displacements + displacements
    )


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (after(1.0, 0, 0), 3.0),  # a virtual machine that stood still
        (after(1.0, 50, 0), 3.0),  # a device, or data, was waited for
        (after(1.0, 0, 50), 1.0),  # it would have gone on
        (after(1.0, 10, 30), 1.5),
        (after(3.0, 5, 5), 3.0),
        (after(3.1, 5, 5), 3.0),  # the clocks are not read at once
        (replace(after(1.0, 0, 50), thread=2), 3.0),
        (None, 3.0),
    ],
)
def test_displacements_are_no_time_of_the_programs_own(
    usage: ThreadUsage | None, expected: float
) -> None:
    assert undisturbed_seconds(3.0, START, usage) == pytest.approx(expected)
    assert undisturbed_seconds(3.0, None, usage) == 3.0


@pytest.mark.skipif(sys.platform != "linux", reason="Linux counts by thread")
def test_it_is_of_this_thread() -> None:
    before = usage_of_this_thread()
    assert before is not None
    assert before.thread == threading.get_ident()
    for _ in range(5):
        time.sleep(0.001)
    until = time.thread_time() + 0.02
    while time.thread_time() < until:
        pass
    after = usage_of_this_thread()
    assert after is not None
    assert after.waits >= before.waits + 5
    assert after.seconds >= before.seconds + 0.02
    elsewhere: list[ThreadUsage | None] = []
    thread = threading.Thread(target=lambda: elsewhere.append(usage_of_this_thread()))
    thread.start()
    thread.join()
    assert elsewhere[0] is not None
    assert elsewhere[0].seconds < after.seconds
    assert elsewhere[0].thread != after.thread
