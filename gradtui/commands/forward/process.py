"""The process that sends: it follows a run's directory until the run is over, or it is told to end.

It is told what to do by one line of JSON on standard input, where addresses with passwords stand in no list
of processes. Then comes "end", or "end failed", once the command is over, or "stop" where that may go on.
Where the input closes without that, whoever has started it is gone and the run may go on: so does it. What
came of it is a line of JSON on standard output; all that libraries print goes to standard error.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TextIO

from gradtui.commands.forward.address import Address
from gradtui.commands.forward.channels.channel import Channel
from gradtui.commands.forward.channels.kinds import KINDS
from gradtui.commands.forward.followed_run import FollowedRun, about
from gradtui.commands.forward.outlet import Outlet
from gradtui.core.errors import GradtuiError

LOOK = 1.0
"""Seconds between two looks at a run."""
LIMIT = 10.0
"""Seconds that everything gets at the end."""
CATCHING_UP = 4.0
"""Seconds of them in which the last of the record is read."""
NICENESS = 10
"""Training comes first."""
END, FAILED, STOP = "end", "end failed", "stop"


class Orders:
    """What the command says, heard in a thread."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.ended, self.alone = threading.Event(), threading.Event()
        self.failed = self.stopped = False
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in self._stream:
            word = line.strip()
            if word in (END, FAILED, STOP):
                self.failed, self.stopped = word == FAILED, word == STOP
                self.ended.set()
                return
        self.alone.set()


def forward(directory: Path, addresses: Sequence[Address], orders: Orders) -> list[str]:
    """Send a run on until it is over; what came of it, in sentences. Raises GradtuiError where there is no
    run."""
    run = FollowedRun(directory)
    outlets = [
        Outlet(one, partial(_opened, one, directory), KINDS[one.kind].most) for one in addresses
    ]
    for outlet in outlets:
        outlet.start()
    while not orders.ended.is_set() and not (orders.alone.is_set() and run.over):
        batch = run.look()
        for outlet in outlets:
            outlet.put(batch)
        orders.ended.wait(LOOK)
    until = time.monotonic() + LIMIT
    _finish(run, outlets, orders, until)
    said = [line for outlet in outlets for line in outlet.sentences()]
    return [*said, *(f"--to: {limit}" for limit in run.limits)]


def _opened(address: Address, directory: Path) -> Channel:
    """Once there is something to send: how many ranks there are is known by then."""
    return KINDS[address.kind].load()(address, about(directory))


def _finish(run: FollowedRun, outlets: Sequence[Outlet], orders: Orders, until: float) -> None:
    """All of the rest, as far as there is time."""
    catching_up = time.monotonic() + (0.0 if orders.stopped else CATCHING_UP)
    while True:
        batch = run.look()
        for outlet in outlets:
            outlet.put(batch)
        if run.over or time.monotonic() > catching_up:
            break
        time.sleep(LOOK / 10)
    batch = run.look(last=True)
    for outlet in outlets:
        outlet.put(batch)
        outlet.close(failed=orders.failed)
    for outlet in outlets:
        outlet.wait(max(until - time.monotonic(), 0.0))


def main() -> None:
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    with suppress(OSError):
        os.nice(NICENESS)
    asked = json.loads(sys.stdin.readline())
    addresses = [Address(**one) for one in asked["to"]]
    try:
        said = forward(Path(asked["directory"]), addresses, Orders(sys.stdin))
    except GradtuiError as error:
        said = [f"--to: {error}"]
    for line in said:
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - the log, for runs that nobody awaits
    with suppress(OSError):
        answer.write(json.dumps(said) + "\n")
        answer.flush()
    os._exit(0)  # a library's own threads may wait for what is not there


if __name__ == "__main__":
    main()
