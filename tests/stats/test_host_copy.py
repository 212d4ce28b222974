"""Numbers reach the host in order, once, and without a wait."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from torch import Tensor

from gradtui.instrument.budget import Ledger
from gradtui.instrument.cost_meter import CostMeter
from gradtui.instrument.step_records import StepRecorder, bare_record
from gradtui.stats.host_copy import HostCopy
from tests.instrument.kept import Kept


class FakeEvent:
    def __init__(self, device: "FakeDevice") -> None:
        self.device = device
        self.after = 0

    def record(self) -> None:
        self.device.work += 1
        self.after = self.device.work

    def query(self) -> bool:
        return self.after <= self.device.done

    def synchronize(self) -> None:
        self.device.waits += 1
        self.device.done = max(self.device.done, self.after)


class FakeDevice:
    """A device whose queue advances when the test says so."""

    def __init__(self) -> None:
        self.work = self.done = self.waits = self.buffers = 0

    def receive(self, numel: int) -> Tensor:
        self.buffers += 1
        return torch.full((numel,), -1.0, dtype=torch.float64)

    def event(self) -> FakeEvent:
        return FakeEvent(self)


def parts(step: int) -> dict[str, Tensor]:
    return {
        "loss": torch.tensor(step / 2),
        "grads": torch.full((2, 3), float(step), dtype=torch.float64).t().contiguous().t(),
        "bins": torch.tensor([step, 2**31 - 1], dtype=torch.int32),
        "none": torch.empty(0, 4),
    }


def check(step: int, got: dict[str, object]) -> None:
    assert list(got) == ["loss", "grads", "bins", "none"]
    for name, tensor in parts(step).items():
        assert getattr(got[name], "shape") == tuple(tensor.shape)  # noqa: B009
        assert getattr(got[name], "tolist")() == tensor.tolist()  # noqa: B009


def test_on_a_cpu_steps_are_ready_at_once() -> None:
    copy: HostCopy[int] = HostCopy(torch.device("cpu"))
    loss = torch.tensor(1.0, requires_grad=True)
    copy.submit(7, {"loss": loss})
    with torch.no_grad():
        loss.fill_(2.0)
    assert len(copy) == 1
    assert [(t, p["loss"].item()) for t, p in copy.ready()] == [(7, 1.0)]
    assert list(copy.flush()) == []


def test_ready_never_waits_and_keeps_the_order() -> None:
    device = FakeDevice()
    copy: HostCopy[int] = HostCopy(torch.device("cpu"), device)
    for step in range(5):
        copy.submit(step, parts(step))
    assert list(copy.ready()) == []
    device.done = 2
    for step, (ticket, got) in enumerate(copy.ready()):
        assert ticket == step
        check(step, dict(got))
    assert len(copy) == 3
    assert device.waits == 0
    rest = list(copy.flush())
    assert [ticket for ticket, _ in rest] == [2, 3, 4]
    assert device.waits > 0
    for ticket, got in rest:
        check(ticket, dict(got))


def test_memory_is_reused_when_the_device_keeps_up_and_grows_when_not() -> None:
    device = FakeDevice()
    copy: HostCopy[int] = HostCopy(torch.device("cpu"), device)
    kept = []
    for step in range(20):
        copy.submit(step, parts(step))
        device.done = device.work
        kept += list(copy.ready())
    assert device.buffers == 1
    for step in range(20, 120):
        copy.submit(step, parts(step))
    assert device.buffers == 100
    assert device.waits == 0
    kept += list(copy.flush())
    assert [ticket for ticket, _ in kept] == list(range(120))
    for ticket, got in kept:
        check(ticket, dict(got))


def test_steps_of_different_sizes() -> None:
    device = FakeDevice()
    copy: HostCopy[int] = HostCopy(torch.device("cpu"), device)
    for step in range(6):
        copy.submit(step, {"x": torch.ones(1 + 100 * (step % 3))} if step != 4 else {})
        device.done = device.work
        ((ticket, got),) = copy.ready()
        assert ticket == step
        assert {k: v.shape for k, v in got.items()} == (
            {"x": (1 + 100 * (step % 3),)} if step != 4 else {}
        )


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_a_cuda_device() -> None:
    from gradtui.stats.histogram import histogram
    from gradtui.stats.measure import clone, measure_gradients, measure_weights
    from gradtui.stats.plan import Plan

    device = torch.device("cuda")
    made = torch.Generator().manual_seed(0)
    host = [torch.randn(s, generator=made) * 1e-30 for s in ((64, 64), (64,), (300, 300), (3, 5))]
    grads = [g.to(device) for g in host]
    plan, copy = Plan(grads), HostCopy[int](device)
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("error")
    try:
        for step in range(50):
            before = clone(plan, grads)
            copy.submit(
                step,
                {
                    "grads": measure_gradients(plan, [*grads[:3], None]),
                    "weights": measure_weights(plan, grads, before),
                    "bins": histogram(plan, grads),
                },
            )
            list(copy.ready())
    finally:
        torch.cuda.set_sync_debug_mode("default")
    copy.submit(50, {"grads": measure_gradients(plan, grads), "bins": histogram(plan, grads)})
    _, got = list(copy.flush())[-1]
    expected = measure_gradients(Plan(host), host)
    torch.testing.assert_close(torch.from_numpy(got["grads"]), expected, rtol=1e-5, atol=1e-32)
    assert got["bins"].tolist() == histogram(Plan(host), host).tolist()


def test_the_event_follows_the_stream_of_the_tensors_device(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not that of whatever device is the current one."""
    current: list[torch.device] = []
    asked: list[torch.device | None] = []

    @contextmanager
    def made_current(device: torch.device) -> Iterator[None]:
        current.append(device)
        yield
        current.pop()

    class Placed(FakeDevice):
        def event(self) -> FakeEvent:
            asked.append(current[-1] if current else None)
            return super().event()

    monkeypatch.setattr(torch.cuda, "device", made_current)
    copy: HostCopy[int] = HostCopy(torch.device("cuda", 1), Placed())
    copy.submit(0, {"loss": torch.tensor(1.0)})
    assert asked == [torch.device("cuda", 1)]
    assert not current


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_frees_nothing_that_is_the_parents_devices(tmp_path: Path) -> None:
    """An event, or pinned memory, that is freed in a child asks the device for what is not there."""
    freed = tmp_path / "freed"

    class Marked(FakeEvent):
        def __del__(self) -> None:
            with freed.open("a") as file:
                file.write(f"{os.getpid()}\n")

    class Device(FakeDevice):
        def event(self) -> FakeEvent:
            return Marked(self)

    device = Device()
    sink, meter = Kept(), CostMeter()
    recorder = StepRecorder(sink, meter, Ledger(0.03, meter), lambda *given: None)
    recorder._copy = HostCopy(torch.device("cpu"), device)
    recorder._copy.submit(bare_record(0, 0.0), {"loss": torch.tensor(1.0)})
    child = os.fork()
    if not child:
        recorder.begin_anew(Kept())
        os._exit(0)
    os.waitpid(child, 0)
    assert not freed.exists()
