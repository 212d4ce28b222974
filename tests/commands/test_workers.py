"""Work spread over processes."""

import os
import signal
import subprocess
import sys
import time

from gradtui.commands.workers import Crashed, spread
from tests.commands.tasks import double, double_unless_odd, wait


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_every_item_comes_back_once() -> None:
    assert sorted(spread(double, range(7), 2)) == [(x, 2 * x) for x in range(7)]
    assert list(spread(double, [], 2)) == []


def test_what_crashes_costs_itself_alone() -> None:
    results = dict(spread(double_unless_odd, [0, 1, 2, 3, 4, 5, 6], 2))
    assert {x: r for x, r in results.items() if not isinstance(r, Crashed)} == {
        x: 2 * x for x in (0, 2, 4, 6)
    }
    causes = {x: r.why for x, r in results.items() if isinstance(r, Crashed)}
    assert causes[1] == "unexpected ValueError: one is odd"
    assert "exit code 7" in causes[3]
    assert "SIGKILL" in causes[5]


def test_giving_up_early_ends_the_workers() -> None:
    results = spread(wait, [0.01, 60, 60], 2)
    _, pid = next(results)
    results.close()  # type: ignore[attr-defined]
    assert not isinstance(pid, Crashed)
    assert not alive(pid)


def test_sigterm_ends_parent_and_workers() -> None:
    source = """
from gradtui.commands.workers import spread
from tests.commands.tasks import wait
if __name__ == "__main__":
    for item, pid in spread(wait, [0.01, 0.01, 60, 60], 2):
        print(pid, flush=True)
"""
    with subprocess.Popen(
        [sys.executable, "-c", source], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        workers = {int(process.stdout.readline()) for _ in range(2)}
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 128 + signal.SIGTERM
    deadline = time.monotonic() + 10
    while any(alive(pid) for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(alive(pid) for pid in workers)
