"""What programs log is recorded, and nothing of it changed: real TensorBoard, and gradtui.log."""

import gc
import inspect
import os
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from fractions import Fraction
from math import inf, isnan, nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import gradtui
from gradtui.core.metric import MOST_NAMES, Metric
from gradtui.instrument import metric_capture, metric_copies
from gradtui.instrument.metric_calls import CALLS
from gradtui.instrument.metric_values import Elsewhere, number
from gradtui.patching.enclosure import enclosed
from gradtui.runstore.format.metric_rows import MetricQueue
from gradtui.runstore.reader.open_run import open_run
from gradtui.stats.host_copy import HostCopy
from tests.instrument.kept import Kept

VALUES: list[tuple[Any, float | None]] = [
    *(
        (1.5, 1.5),
        (nan, nan),
        (-inf, -inf),
        (True, 1.0),
        (7, 7.0),
        (10**400, inf),
        (-(10**400), -inf),
    ),
    *((np.float32(0.5), 0.5), (np.int8(-3), -3.0), (np.bool_(True), 1.0), (np.float64(inf), inf)),
    *((np.array(2.0), 2.0), (np.array([[2]]), 2.0), (np.zeros(2), None), (np.array(["x"]), None)),
    *((torch.tensor(0.25), 0.25), (torch.tensor([[3]]), 3.0), (torch.tensor(True), 1.0)),
    *(
        (torch.tensor(nan, dtype=torch.bfloat16), nan),
        (torch.zeros(2), None),
        (torch.zeros(0), None),
    ),
    *((torch.tensor(1j), None), (nn.Parameter(torch.tensor([4.0])), 4.0), (np.complex64(1), None)),
    *(("1.5", None), (None, None), ([1.0], None), (Fraction(1, 2), None), ({"a": 1}, None)),
    (torch.ones(1).to_sparse(), None),
]


@pytest.mark.parametrize(("value", "is_"), VALUES, ids=lambda one: repr(one)[:30])
def test_what_is_a_number(value: Any, is_: float | None) -> None:
    found = number(value)
    assert found == is_ or (isinstance(is_, float) and isnan(is_) and found != found)


def test_a_program_s_own_methods_are_not_called() -> None:
    class Loud(float):
        def __float__(self) -> float:
            raise AssertionError

    class Own(torch.Tensor):
        @classmethod
        def __torch_function__(cls, *args: Any, **kwargs: Any) -> Any:
            raise AssertionError

    assert number(Loud(2.0)) == 2.0
    assert number(torch.Tensor._make_subclass(Own, torch.ones(1))) is None
    assert number(torch.ones(1, device="meta")) is not None  # of which nothing is read here
    assert isinstance(number(torch.ones(1, device="meta")), Elsewhere)


class Training:
    """A small one, recorded in a directory of its own."""

    def __init__(self, place: Path) -> None:
        torch.manual_seed(1)
        self.place = place / "run"
        self.net = nn.Linear(3, 1)
        self.watch = gradtui.watch(self.net, directory=self.place)
        self.optimizer = torch.optim.SGD(self.net.parameters(), 0.1)

    def step(self) -> torch.Tensor:
        loss: torch.Tensor = self.net(torch.ones(2, 3)).square().mean()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss

    def metrics(self) -> dict[str, Metric]:
        self.watch.close()
        assert not self.log()
        return open_run(self.place).metrics

    def log(self) -> str:
        path = self.place / "watch.log"
        return path.read_text() if path.exists() else ""


@pytest.fixture
def training(tmp_path: Path) -> Iterator[Training]:
    made = Training(tmp_path)
    yield made
    made.watch.close()


def values(metrics: dict[str, Metric]) -> dict[str, list[float]]:
    return {name: metric.value.tolist() for name, metric in metrics.items()}


def test_gradtui_log(training: Training) -> None:
    gradtui.log(before=1)
    for epoch in range(2):
        loss = training.step()
        gradtui.log({"val/loss": loss, "deep": {"er": 2}}, step=epoch * 10, acc=np.float32(0.5))
    found = training.metrics()
    assert list(found) == ["before", "val/loss", "deep/er", "acc"]
    assert found["before"].step.tolist() == [-1]
    assert found["val/loss"].step.tolist() == [0, 1]
    assert found["val/loss"].given.tolist() == [0.0, 10.0]
    assert found["val/loss"].value[1] == loss.item()


def test_gradtui_log_does_nothing_where_nothing_is_recorded() -> None:
    code = (
        "import sys, gradtui; gradtui.log(a=1, step=object()); gradtui.log({2: 3}); gradtui.log()\n"
        "print(sorted({'torch', 'numpy', 'textual'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_tensorboard_is_seen_without_a_change(training: Training, tmp_path: Path) -> None:
    board = pytest.importorskip("torch.utils.tensorboard")
    before = inspect.getsource(board.SummaryWriter.add_scalar), board.SummaryWriter.add_scalar
    nn.Linear(1, 1)  # where it is looked for what was imported
    frames = []

    class Writer(board.SummaryWriter):  # type: ignore[misc, name-defined]
        def _get_file_writer(self) -> Any:
            frames.append([one.name for one in traceback.extract_stack(limit=3)])
            return super()._get_file_writer()

    train, val = Writer(tmp_path / "b" / "train"), Writer(tmp_path / "b" / "val")
    for step in range(3):
        loss = training.step()
        train.add_scalar("loss", loss, step * 7)
        val.add_scalar("loss", np.float64(nan), global_step=step * 7)
        val.add_scalars("acc", {"top1": 0.5, "top5": 1}, step)
        with pytest.raises(NotImplementedError) as caught:
            train.add_scalar("bad", object())
        assert not [f for f in traceback.extract_tb(caught.tb) if "/gradtui/" in f.filename]
    train.close()
    val.close()
    assert {frame[-2] for frame in frames} >= {"add_scalar", "add_scalars"}
    found = training.metrics()
    assert list(found) == ["train/loss", "val/loss", "val/acc/top1", "val/acc/top5"]
    assert found["train/loss"].given.tolist() == [0.0, 7.0, 14.0]
    assert found["train/loss"].step.tolist() == [0, 1, 2]
    assert np.isnan(found["val/loss"].value).all()
    assert before == (
        inspect.getsource(board.SummaryWriter.add_scalar),
        board.SummaryWriter.add_scalar,
    )
    assert not {"add_scalar", "add_scalars"} & set(enclosed())


def test_what_a_call_hands_on_is_known_already(training: Training, tmp_path: Path) -> None:
    """As the Trainer's and Lightning's loggers are called by them."""
    board = pytest.importorskip("torch.utils.tensorboard")
    writer = board.SummaryWriter(tmp_path / "b")
    capture = training.watch._watcher._metrics
    trainer = next(call for call in CALLS if call.way == "accelerate")
    training.step()
    assert capture.called(trainer, ((None, {"loss": 1.0, "eval_loss": 2.0}), {"step": 5}))
    writer.add_scalar("train/loss", 1.0)
    writer.add_scalar("eval/loss", 2.0)
    writer.add_scalar("own", 3.0)
    capture.returned()
    writer.add_scalar("eval/loss", 4.0)
    writer.close()
    expected = {"loss": [1.0], "eval_loss": [2.0], "own": [3.0], "eval/loss": [4.0]}
    assert values(training.metrics()) == expected


def test_reading_a_tensor_is_unseen_and_leaves_no_graph(training: Training) -> None:
    value = torch.ones(1, requires_grad=True)
    training.step()
    tensors = sum(issubclass(type(one), torch.Tensor) for one in gc.get_objects())
    with FlopCounterMode(display=False) as mode, torch.inference_mode():
        gradtui.log(x=value)
    assert mode.get_total_flops() == 0
    assert value.grad_fn is None
    assert value._version == 0
    assert sum(issubclass(type(one), torch.Tensor) for one in gc.get_objects()) == tensors
    assert values(training.metrics()) == {"x": [1.0]}


def test_threads_log_at_once(training: Training) -> None:
    training.step()

    def work(name: str) -> None:
        for i in range(300):
            gradtui.log({name: i})

    threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    found = values(training.metrics())
    assert found == {f"t{n}": [float(i) for i in range(300)] for n in range(4)}


def test_names_are_bounded(training: Training) -> None:
    training.step()
    for i in range(MOST_NAMES + 50):
        gradtui.log({f"n{i}": i})
    gradtui.log({"n0": 5, "": 1, "x" * 5000: 1})
    training.watch.close()
    found = open_run(training.place).metrics
    assert len(found) == MOST_NAMES
    assert found["n0"].value.tolist() == [0.0, 5.0]
    assert training.log().count("\n") == 1
    assert f"more than {MOST_NAMES} names" in training.log()


def test_an_error_of_ours_is_a_line_in_the_log(
    training: Training, monkeypatch: pytest.MonkeyPatch
) -> None:
    training.step()

    def fails(*given: Any) -> Any:
        raise RuntimeError("of ours")

    monkeypatch.setattr(metric_capture, "number", fails)
    gradtui.log(x=1)
    training.watch.close()
    assert "metrics: RuntimeError: of ours" in training.log()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_has_its_own(training: Training) -> None:
    training.step()
    gradtui.log(x=1)
    child = os.fork()
    if not child:
        try:
            gradtui.log(x=2)
            training.step()
            gradtui.log(x=3)
            training.watch.close()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    training.step()
    gradtui.log(x=4)
    training.watch.close()
    parts = {path.name: path for path in training.place.glob("metrics-*.bin")}
    assert len(parts) == 2
    dtype = metric_dtype()
    read = sorted(np.fromfile(path, dtype)["value"].tolist() for path in parts.values())
    assert read == [[1.0, 4.0], [2.0, 3.0]]


def metric_dtype() -> np.dtype[np.void]:
    from gradtui.runstore.format.metric_records import METRIC

    return METRIC


class FakeEvent:
    """Of a device that is done when the test says so."""

    done = False

    def record(self) -> None: ...

    def query(self) -> bool:
        return FakeEvent.done

    def synchronize(self) -> None:
        assert FakeEvent.done, "waited for the device"


class FakeTransport:
    def receive(self, numel: int) -> torch.Tensor:
        return torch.empty(numel, dtype=torch.float64)

    def event(self) -> FakeEvent:
        return FakeEvent()


def test_a_number_on_a_device_is_not_waited_for(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a stand-in for the device: the copy is that of the steps."""
    FakeEvent.done = False
    queue = MetricQueue()
    capture = metric_capture.MetricCapture(_guard(kept), queue)

    def known(value: Any) -> Any:
        return Elsewhere(value) if isinstance(value, torch.Tensor) else number(value)

    copies: HostCopy[Any] = HostCopy(torch.device("cpu"), FakeTransport())
    monkeypatch.setattr(metric_capture, "number", known)
    monkeypatch.setattr(metric_copies, "AWAY", ("cpu",))
    monkeypatch.setattr(metric_copies, "HostCopy", lambda device: copies)
    capture.log({"x": torch.tensor(0.5)}, {"y": 1.0}, 3)
    assert [row.name for row in queue.take()[0]] == ["y"]
    capture._copies.fetch()
    assert queue.take() == ([], 0)
    FakeEvent.done = True
    capture.step_begins(torch.optim.SGD([nn.Parameter(torch.ones(1))], 0.1), False)
    (row,), lost = queue.take()
    assert (row.name, row.value, row.given, lost) == ("x", 0.5, 3.0, 0)


def _guard(kept: Kept) -> Any:
    from gradtui.instrument.cost_meter import CostMeter
    from gradtui.instrument.exception_guard import ExceptionGuard

    return ExceptionGuard(kept.log.append, CostMeter())


def test_what_is_on_another_device_is_left_out_and_said_so(training: Training) -> None:
    training.step()
    gradtui.log(x=torch.ones((), device="meta"))
    training.watch.close()
    assert "'x' is left out: its value is on meta" in training.log()
    assert open_run(training.place).metrics == {}
