"""Looks at the machine once a second, in a thread of its own: a driver may take its time."""

import os
import threading
from collections.abc import Callable, Sequence

from gradtui.app.linux_memory import memory, resident
from gradtui.app.nvml import Nvml
from gradtui.core.machine_load import NAN, MachineLoad

EVERY = 1.0
"""Seconds."""


class MachineSampler:
    """`latest` is what was seen last; None before the first look and where there is nobody to look at."""

    def __init__(self, pids: Callable[[], Sequence[int]], device: Callable[[], str]) -> None:
        """`pids`: the training's processes on this machine; `device`: where they compute. Both are asked
        from the sampler's thread."""
        self._pids, self._device = pids, device
        self._nvml = Nvml()
        self._ended = threading.Event()
        self.latest: MachineLoad | None = None

    def start(self) -> None:
        threading.Thread(target=self._run, name="gradtui-machine", daemon=True).start()

    def close(self) -> None:
        """Ends it, without waiting for it."""
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            self.look()
            self._ended.wait(EVERY)

    def look(self) -> None:
        pids = self._pids()
        if not pids:
            self.latest = None
            return
        used, total = memory(pids[0])
        self.latest = MachineLoad(
            load=_load(),
            cores=_cores(pids[0]),
            resident=resident(pids),
            used=used,
            total=total,
            gpus=self._nvml.look(pids, self._device()),
        )


def _load() -> float:
    try:
        return os.getloadavg()[0]
    except OSError:
        return NAN


def _cores(pid: int) -> int:
    """That a process may run on."""
    try:
        return len(os.sched_getaffinity(pid))
    except (AttributeError, OSError):
        return os.cpu_count() or 0
