"""Logged numbers on their way from an accelerator: copied by the stream that computes them, and never waited
for."""

import threading
from collections.abc import Callable

import torch
from torch import Tensor

from gradtui.patching.torch_modes import Unseen
from gradtui.runstore.format.metric_rows import MetricQueue, MetricRow
from gradtui.stats.host_copy import HostCopy, keep_inherited

AWAY = ("cuda",)
"""Kinds of devices from which numbers are fetched."""
ON_THEIR_WAY = 1024
"""Numbers that may be on their way from a device."""


class MetricCopies:
    """Any thread may send and fetch; where another one is at it, nothing is done."""

    def __init__(self, queue: MetricQueue, say: Callable[[str, str], None]) -> None:
        """`say` is told in a line what was left out, with a word for its kind."""
        self._queue, self._say = queue, say
        self.begin_anew()

    def begin_anew(self) -> None:
        """In a forked child what is on its way is another process's."""
        keep_inherited(getattr(self, "_copies", None))
        self._copies: dict[torch.device, HostCopy[MetricRow]] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Devices that numbers have come from."""
        return len(self._copies)

    def send(self, row: MetricRow, tensor: Tensor) -> None:
        """Have it copied, to be queued as the value of `row`."""
        device = tensor.device
        if device.type not in AWAY:
            self._say(
                f"metrics: {row.name!r} is left out: its value is on {device.type}", "elsewhere"
            )
            return
        if not self._lock.acquire(blocking=False):
            self._say(
                "metrics: a value is left out: two threads log from a device at once", "at once"
            )
            return
        try:
            copy = self._copies.setdefault(device, HostCopy(device))
            self._arrived(copy)
            if len(copy) < ON_THEIR_WAY:
                with Unseen():
                    copy.submit(row, {"value": tensor})
            else:
                self._say("metrics: values are left out: the device is far behind", "behind")
        finally:
            self._lock.release()

    def fetch(self, *, wait: bool = False) -> None:
        """Queue what has arrived; with `wait` all of it."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            for copy in self._copies.values():
                self._arrived(copy, wait=wait)
        finally:
            self._lock.release()

    def _arrived(self, copy: HostCopy[MetricRow], *, wait: bool = False) -> None:
        for row, parts in copy.flush() if wait else copy.ready():
            self._queue.put(row._replace(value=float(parts["value"])))
