"""What would make a program wait for its device, or break it there, told without one: by tensors that only
say that they are on a device, and by doubles."""

from collections import deque
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from gradtui.autograd import loss_factors
from gradtui.autograd.layer_outputs import LayerOutput
from gradtui.core.event import Ended
from gradtui.instrument.activation_capture import statistics
from gradtui.instrument.budget import Ledger
from gradtui.instrument.cost_meter import CostMeter
from gradtui.instrument.exception_guard import ExceptionGuard
from gradtui.instrument.manual_updates import marks_of, still_there
from gradtui.instrument.nan_capture import NanCapture
from gradtui.instrument.object_registry import ObjectRegistry
from gradtui.instrument.step_records import RecordBatch, StepRecorder, bare_record
from gradtui.lab.activations import _in_lines
from gradtui.patching.cuda_capture import capturing
from gradtui.stats.host_copy import HostCopy
from gradtui.stats.tensors import moved
from tests.instrument.kept import Kept
from tests.stats.test_host_copy import FakeDevice

WAITS = ("_local_scalar_dense", "is_nonzero", "nonzero", "index_put", "lift_fresh", "equal")
"""Operations that read a number, or send one that the device has to have first."""


class Waits(TorchDispatchMode):
    """Keeps the names of operations that wait, and of copies between devices."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = str(func)
        out = func(*args, **(kwargs or {}))
        tensors = [one for one in (*args, out) if isinstance(one, Tensor)]
        apart = len({one.device.type for one in tensors}) > 1
        if any(word in name for word in WAITS) or (apart and "copy" in name):
            self.seen.append(name)
        return out


def test_a_look_at_layers_sends_nothing_and_waits_for_nothing() -> None:
    with Waits() as waits:
        outputs = [
            LayerOutput(
                torch.empty(16, 8, device="meta"), kind, torch.empty(64, 16, device="meta"), 0, 64
            )
            for kind in ("relu", "tanh", "identity")
        ]
        waits.seen.clear()
        lines = statistics(outputs)
        assert {line.device.type for line in lines.values()} == {"meta"}
    assert waits.seen == []


def test_to_the_host_a_copy_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def to(self: Tensor, device: torch.device, *, non_blocking: bool) -> Tensor:
        asked.append(non_blocking)
        return self

    monkeypatch.setattr(Tensor, "to", to)
    moved(torch.ones(1), torch.device("cpu"))
    moved(torch.ones(1), torch.device("cuda", 1))
    assert asked == [False, True]


def test_factors_of_a_loss_that_are_on_a_device_are_not_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = loss_factors.constant

    def remote(node: Any, name: str) -> Any:
        found = known(node, name)
        return torch.tensor(found) if found == pytest.approx(0.3) else found

    def read(self: Tensor) -> bool:
        pytest.fail("a number was read")

    monkeypatch.setattr(loss_factors, "constant", remote)
    weight = nn.Parameter(torch.ones(3))
    loss = 0.5 * weight.mean() + torch.tensor(0.3) * (weight * weight).mean()
    monkeypatch.setattr(Tensor, "__bool__", read)
    assert loss_factors.ending(loss).factors == ()


def test_an_error_of_the_device_is_not_told_by_us(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked of a device that is lost gets the error that the program has had already."""

    def lost() -> bool:
        raise RuntimeError("device-side assert triggered")

    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_current_stream_capturing", lost)
    assert capturing()


def recorder() -> tuple[StepRecorder, Kept, FakeDevice]:
    """Its numbers travel as the device says."""
    sink, meter, device = Kept(), CostMeter(), FakeDevice()
    made = StepRecorder(sink, meter, Ledger(0.03, meter), lambda *given: None)
    made._device, made._copy = torch.device("meta"), HostCopy(torch.device("cpu"), device)
    return made, sink, device


def test_an_event_comes_after_what_was_sent_before_it_and_nobody_waits() -> None:
    records, sink, device = recorder()
    assert records._copy is not None
    records._copy.submit(RecordBatch([], {}), {"loss": torch.ones(1)})
    records.tell(Ended(0, 1, "finished"))
    assert (sink.events, device.waits) == ([], 0)
    device.done = device.work
    records._hand_on(wait=False)
    assert [type(event) for event in sink.events] == [Ended]
    assert device.waits == 0


def test_calls_are_let_go_of_once_their_numbers_are_there() -> None:
    guard = ExceptionGuard(lambda line: None, CostMeter())
    capture = NanCapture(guard, ObjectRegistry(guard), ())
    capture._past = deque([(3, [], 0), (7, [], 0), (9, [], 0)])
    capture.settled(7)
    assert [step for step, *_ in capture._past] == [9]


def test_a_rate_that_is_a_tensor_on_the_host_does_not_travel() -> None:
    weight = nn.Parameter(torch.ones(2))
    optimizer = torch.optim.Adam([weight], lr=torch.tensor(0.25))
    record = bare_record(0, 0.0)
    record.add_lr(optimizer)
    assert (record.lr, record.parts) == (0.25, {})


def test_gradients_that_are_still_there_are_known_without_a_look() -> None:
    leaf = nn.Parameter(torch.empty(2, device="meta"))
    leaf.grad = torch.empty(2, device="meta")
    marks = marks_of([leaf])
    assert still_there(leaf, marks)
    leaf.grad.zero_()
    assert not still_there(leaf, marks)
    marks = marks_of([leaf])
    leaf.grad = torch.empty(2, device="meta")
    assert not still_there(leaf, marks)
    leaf.grad = None
    assert not still_there(leaf, marks)
    assert marks_of([leaf, nn.Parameter(torch.ones(2))]) == {}


def test_the_lab_gathers_what_layers_put_out_without_a_wait() -> None:
    device = torch.device("meta")
    with Waits() as waits:
        groups = [
            ([0, 2], torch.empty(2, 3, device=device)),
            ([1], torch.empty(1, 3, device=device)),
        ]
        table = _in_lines(4, groups, 3, device)
    assert table.shape == (4, 3)
    assert waits.seen == []
