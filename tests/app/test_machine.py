"""How busy the machine is: Linux's files, the driver's answers, the words, and the header."""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from math import isnan, nan
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from gradtui.app.linux_memory import memory, resident
from gradtui.app.machine_sampler import MachineSampler
from gradtui.app.nvml import Nvml
from gradtui.app.render.header import header_lines
from gradtui.app.render.line import plain, width
from gradtui.app.render.machine import FULL, machine_pieces, size
from gradtui.app.view import Measured, Outside
from gradtui.core.machine_load import GpuLoad, MachineLoad
from tests import factories

GIB = 2.0**30
PAGE = os.sysconf("SC_PAGE_SIZE")
MEMINFO = "MemTotal:       16777216 kB\nMemFree:  1048576 kB\nMemAvailable:   12582912 kB\n"


def linux(home: Path, group: str = "0::/a/b\n") -> tuple[Path, Path]:
    proc, cgroup = home / "proc", home / "cgroup"
    (proc / "7").mkdir(parents=True)
    (proc / "meminfo").write_text(MEMINFO)
    (proc / "7" / "statm").write_text("9000 300 20 1 0 100 0\n")
    (proc / "7" / "cgroup").write_text(group)
    return proc, cgroup


def limit(folder: Path, most: str, now: int, cached: int = 0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "memory.max").write_text(most + "\n")
    (folder / "memory.current").write_text(f"{now}\n")
    (folder / "memory.stat").write_text(f"anon 5\ninactive_file {cached}\n")


def test_memory_of_the_machine_and_of_processes(tmp_path: Path) -> None:
    proc, cgroup = linux(tmp_path)
    assert memory(7, proc, cgroup) == (4 * GIB, 16 * GIB)
    assert resident((7, 8), proc) == 300 * PAGE
    assert isnan(resident((8,), proc))
    assert isnan(resident((), proc))


def test_the_control_group_that_is_nearest_to_its_limit(tmp_path: Path) -> None:
    proc, cgroup = linux(tmp_path)
    limit(cgroup / "a" / "b", "max", 1 << 30)
    assert memory(7, proc, cgroup) == (4 * GIB, 16 * GIB)
    limit(cgroup / "a", str(8 << 30), 7 << 30, cached=1 << 30)
    assert memory(7, proc, cgroup) == (6 * GIB, 8 * GIB)
    limit(cgroup / "a" / "b", str(4 << 30), 1 << 30)
    assert memory(7, proc, cgroup) == (6 * GIB, 8 * GIB)


@pytest.mark.parametrize("group", ["", "5:memory:/old\n", "0::/../../x\n", "0::/\n", "\xff\0"])
def test_odd_control_groups_are_passed_over(tmp_path: Path, group: str) -> None:
    proc, cgroup = linux(tmp_path, group)
    assert memory(7, proc, cgroup) == (4 * GIB, 16 * GIB)


def test_where_there_are_no_such_files_nothing_is_known(tmp_path: Path) -> None:
    assert all(isnan(value) for value in memory(7, tmp_path, tmp_path))


class Driver(ModuleType):
    """As much of pynvml as is asked."""

    NVML_TEMPERATURE_GPU = 0

    class NVMLError_NotSupported(Exception):  # noqa: N801, N818
        pass

    def __init__(self, gpus: list[dict[str, Any]], broken: bool = False) -> None:
        super().__init__("pynvml")
        self.gpus, self.broken, self.begun = gpus, broken, 0

    def nvmlInit(self) -> None:  # noqa: N802
        self.begun += 1
        if self.broken:
            raise RuntimeError("Driver Not Loaded")

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return len(self.gpus)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> dict[str, Any]:  # noqa: N802
        return self.gpus[index]

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def ask(gpu: dict[str, Any], *_: Any) -> Any:
            if name not in gpu:
                raise self.NVMLError_NotSupported
            return gpu[name]

        if not name.startswith("nvmlDeviceGet"):
            raise AttributeError(name)
        return ask


def gpu(index: int, pids: tuple[int, ...] = (), name: str = "H200", **more: Any) -> dict[str, Any]:
    return {
        "nvmlDeviceGetComputeRunningProcesses": [SimpleNamespace(pid=pid) for pid in pids],
        "nvmlDeviceGetUUID": f"GPU-{index}{index}{index}{index}-ab",
        "nvmlDeviceGetName": name,
        "nvmlDeviceGetMemoryInfo": SimpleNamespace(used=31 << 30, total=80 << 30),
        "nvmlDeviceGetUtilizationRates": SimpleNamespace(gpu=87, memory=3),
        "nvmlDeviceGetTemperature": 60 + index,
        "nvmlDeviceGetPowerUsage": 310_500,
    } | more


def asked(
    monkeypatch: pytest.MonkeyPatch, driver: Driver, device: str = "cuda:1", **environment: str
) -> list[int]:
    monkeypatch.setitem(sys.modules, "pynvml", driver)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("gradtui.app.nvml._environment", lambda _: dict(os.environ))
    return [one.index for one in Nvml().look((7, 8), device)]


def test_the_gpus_on_which_the_training_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    driver = Driver([gpu(0, (3,)), gpu(1, (7,)), gpu(2, (8, 9)), gpu(3)])
    assert asked(monkeypatch, driver) == [1, 2]
    (first, _) = Nvml().look((7, 8), "cuda:0")
    assert first == GpuLoad(1, 31 * GIB, 80 * GIB, 0.87, 61.0, 310.5)


def test_where_processes_are_hidden_the_one_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    driver = Driver([gpu(0), gpu(1), gpu(2)])
    assert asked(monkeypatch, driver) == [1]
    assert asked(monkeypatch, driver, "cuda") == [0]
    assert asked(monkeypatch, driver, "cuda:1", CUDA_VISIBLE_DEVICES="0,2") == [2]
    assert asked(monkeypatch, driver, "cuda:0", CUDA_VISIBLE_DEVICES="GPU-1111") == [1]
    assert asked(monkeypatch, driver, "cuda:0", CUDA_VISIBLE_DEVICES="MIG-x") == []
    assert asked(monkeypatch, driver, "cuda:5", CUDA_VISIBLE_DEVICES="0") == []
    mixed = Driver([gpu(0), gpu(1, name="T4")])
    assert asked(monkeypatch, mixed) == []  # CUDA may count the other way round


def test_sensors_that_are_missing_and_no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = gpu(0, (7,))
    del bare["nvmlDeviceGetPowerUsage"], bare["nvmlDeviceGetUtilizationRates"]
    assert asked(monkeypatch, Driver([bare])) == [0]
    (seen,) = Nvml().look((7,), "cuda")
    assert isnan(seen.watts)
    assert isnan(seen.busy)
    assert seen.celsius == 60
    none = Driver([], broken=True)
    monkeypatch.setitem(sys.modules, "pynvml", none)
    nvml = Nvml()
    assert nvml.look((7,), "cuda:0") == nvml.look((7,), "cuda:0") == ()
    assert none.begun == 1, "a driver that is not there is asked once"
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert Nvml().look((7,), "cuda:0") == ()
    assert Nvml().look((7,), "cpu") == ()


def words(load: MachineLoad | None, ascii_only: bool = False) -> list[str]:
    return [plain(tuple(pieces)) for pieces in machine_pieces(load, ascii_only)]


def test_words() -> None:
    one = GpuLoad(1, 31 * GIB, 80 * GIB, 0.87, 64, 310.4)
    load = MachineLoad(4.94, 8, 1.25 * GIB, 11 * GIB, 15.5 * GIB, (one,))
    assert words(load) == [
        "GPU 1 87% 31/80 GiB",
        "64 °C",
        "310 W",
        "memory 11/16 GiB",
        "process 1.2 GiB",
        "load 4.9/8",
    ]
    assert words(load, ascii_only=True)[1] == "64 C"
    two = replace(load, gpus=(one, replace(one, used=70 * GIB, busy=0.9, celsius=71)))
    assert words(two)[:3] == ["2 GPUs 87-90% 70/80 GiB", "71 °C", "621 W"]
    assert words(MachineLoad()) == words(None) == []
    assert words(MachineLoad(gpus=(GpuLoad(0),))) == ["GPU 0 ?"]
    assert size(640 * 2**20) == "640 MiB"


def test_memory_that_is_nearly_full_warns() -> None:
    for used, meaning in ((FULL - 0.01, ""), (FULL + 0.01, "warn")):
        ((_, (_, told)),) = machine_pieces(MachineLoad(used=used * GIB, total=GIB), False)
        assert told == meaning


def test_the_header_has_what_there_is_room_for() -> None:
    load = MachineLoad(4.9, 8, 1.2 * GIB, 11 * GIB, 16 * GIB)
    view = replace(factories.view(factories.healthy()), machine=load, state="running")
    for cells in range(40, 201, 7):
        first = header_lines(view, cells)[0]
        assert width(first) == cells
    wide = plain(header_lines(view, 200)[0])
    assert "memory 11/16 GiB   process 1.2 GiB   load 4.9/8   ▸ running" in wide
    assert "load" not in plain(header_lines(view, 90)[0])


def test_samples_and_tokens_a_second() -> None:
    view = factories.view(factories.healthy(), mode="run")
    assert view.info is not None
    view = replace(view, steps_per_s=10.0, state="running")
    made = replace(view, info=replace(view.info, samples=64))
    assert "640 samples/s" in plain(header_lines(made, 160)[0])
    many = replace(made, measured=Measured(backwards=4), outside=Outside(world=2))
    assert "5,120 samples/s" in plain(header_lines(many, 160)[0])
    tokens = replace(view, info=replace(view.info, samples=8, tokens=1024))
    assert "10,240 tokens/s" in plain(header_lines(tokens, 160)[0])
    for other in (
        view,
        replace(made, steps_per_s=nan),
        replace(made, mode="replay"),
        replace(made, state="finished"),
    ):
        assert "samples" not in plain(header_lines(other, 160)[0])


def test_a_look_at_this_machine() -> None:
    sampler = MachineSampler(lambda: (os.getpid(),), lambda: "cpu")
    sampler.look()
    seen = sampler.latest
    assert seen is not None
    assert seen.cores >= 1
    if sys.platform == "linux":
        assert 0 < seen.resident < seen.total
        assert 0 < seen.used < seen.total
    nobody = MachineSampler(lambda: (), lambda: "cpu")
    nobody.look()
    assert nobody.latest is None
