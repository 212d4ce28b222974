"""What the NVIDIA driver says of GPUs, through its own library (the extra `gpu`).

It is asked from the viewer's process alone. Without the library, or without a driver, nothing is known.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gradtui.core.machine_load import NAN, GpuLoad

VISIBLE = "CUDA_VISIBLE_DEVICES"


class Nvml:
    """Asks the driver. Not safe for several threads at once."""

    def __init__(self) -> None:
        self._nvml: Any = None
        self._failed = False

    def look(self, pids: Sequence[int], device: str) -> tuple[GpuLoad, ...]:
        """The GPUs on which any of the processes runs; where the driver does not say, as from within a
        container, the one that `device` ("cuda:1") and the first process's environment name. Never raises."""
        if self._failed or not device.startswith("cuda"):
            return ()
        try:
            return self._loads(pids, device)
        except Exception:
            self._failed = True
            return ()

    def _loads(self, pids: Sequence[int], device: str) -> tuple[GpuLoad, ...]:
        if self._nvml is None:
            import pynvml

            pynvml.nvmlInit()
            self._nvml = pynvml
        nvml = self._nvml
        handles = [nvml.nvmlDeviceGetHandleByIndex(i) for i in range(nvml.nvmlDeviceGetCount())]
        wanted = set(pids)
        mine = [i for i, one in enumerate(handles) if wanted & self._users(one)]
        if not mine:
            mine = self._named(handles, device, pids)
        return tuple(self._load(i, handles[i]) for i in mine)

    def _users(self, handle: Any) -> set[int]:
        """Processes that compute on it."""
        nvml = self._nvml
        return {one.pid for one in _asked(nvml.nvmlDeviceGetComputeRunningProcesses, handle) or ()}

    def _named(self, handles: list[Any], device: str, pids: Sequence[int]) -> list[int]:
        """By number or by name, where that is certain: CUDA and the driver may count in orders of their
        own unless all are alike."""
        nvml = self._nvml
        number = int(device.partition(":")[2] or 0)
        visible = _environment(pids[0]).get(VISIBLE) if pids else None
        if visible is not None:
            word = (visible.split(",") + [""] * number)[number].strip()
            if word.startswith("GPU-"):
                names = [str(_asked(nvml.nvmlDeviceGetUUID, one)) for one in handles]
                return [i for i, name in enumerate(names) if name.startswith(word)][:1]
            number = int(word) if word.isdigit() else -1
        kinds = {str(_asked(nvml.nvmlDeviceGetName, one)) for one in handles}
        return [number] if 0 <= number < len(handles) and len(kinds) == 1 else []

    def _load(self, index: int, handle: Any) -> GpuLoad:
        nvml = self._nvml
        memory = _asked(nvml.nvmlDeviceGetMemoryInfo, handle)
        busy = _asked(nvml.nvmlDeviceGetUtilizationRates, handle)
        celsius = _asked(nvml.nvmlDeviceGetTemperature, handle, nvml.NVML_TEMPERATURE_GPU)
        milliwatts = _asked(nvml.nvmlDeviceGetPowerUsage, handle)
        return GpuLoad(
            index,
            used=float(memory.used) if memory is not None else NAN,
            total=float(memory.total) if memory is not None else NAN,
            busy=busy.gpu / 100 if busy is not None else NAN,
            celsius=float(celsius) if celsius is not None else NAN,
            watts=milliwatts / 1000 if milliwatts is not None else NAN,
        )


def _asked(ask: Callable[..., Any], *given: Any) -> Any:
    """None where a GPU does not know: not each has every sensor."""
    import pynvml

    try:
        return ask(*given)
    except pynvml.NVMLError_NotSupported:
        return None


def _environment(pid: int) -> dict[str, str]:
    """What a process was started with; this one's own where that cannot be read."""
    try:
        words = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return dict(os.environ)
    return dict(word.split("=", 1) for word in words if "=" in word)
