"""Where a program has made a NaN that no graph holds, by its source and by what its variables hold."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gradtui.core.autopsy import Span
from gradtui.instrument.frame_variables import variables
from gradtui.instrument.watcher import Watcher
from gradtui.nan_trace.data_origin import MadeBy, made_by
from gradtui.nan_trace.value_ranges import look_at
from tests.instrument.kept import Kept

Y = torch.tensor([[1.0], [2.0], [-3.0], [4.0]])
X = torch.tensor([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0], [6.0, 5.0]])
"""Of which the second column does not vary."""


def told(tmp_path: Path, source: str, **given: Any) -> MadeBy | None:
    """Of what a program says when it hands the numbers that are not finite to `look`."""
    file = tmp_path / "prog.py"
    file.write_text(source)
    module = ModuleType("prog")
    vars(module).update(torch=torch, np=np, Y=Y, X=X, **given)
    found: list[MadeBy | None] = []

    def look(bad: Any) -> None:
        frame: FrameType | None = sys._getframe(1)
        assert frame is not None
        span = look_at([("", torch.as_tensor(bad, dtype=torch.float32))]).span
        found.append(made_by(span, [frame], variables))

    vars(module)["look"] = look
    exec(compile(source, str(file), "exec"), vars(module))
    (one,) = found
    return one


@pytest.mark.parametrize(
    ("source", "operation", "line", "odd", "size", "what"),
    [
        ("def f(y):\n    look(torch.log(y))\nf(Y)", "log", 2, 1, 4, "below 0"),
        ("look(Y.log())", "log", 1, 1, 4, "below 0"),
        ("look(Y.reshape(2, 2).sqrt())", "sqrt", 1, 1, 4, "below 0"),
        ("look(Y.to(torch.int64).double() ** 0.5)", "", 0, 0, 0, ""),
        ("look(Y ** 0.5)", "pow", 1, 1, 4, "below 0"),
        ("look(torch.pow(Y, -0.5))", "pow", 1, 1, 4, "below 0"),
        ("counts = torch.tensor([3, 0, 2])\nlook(1 / counts)", "div", 2, 1, 3, "at 0"),
        ("mean, std = X.mean(0), X.std(0)\nlook((X - mean) / std)", "div", 2, 1, 2, "at 0"),
        ("look((X - X.mean(0)) / X.std(0))", "div", 1, 1, 2, "at 0"),
        ("look((X - X.mean(0)) / X.std(dim=0, keepdim=True))", "div", 1, 1, 2, "at 0"),
        ("std = {'x': X.std(0)}\nlook((X - X.mean(0)) / std['x'])", "div", 2, 1, 2, "at 0"),
        ("x = X - X.mean(0)\ns = X.std(0)\nx /= s\nlook(x)", "div", 3, 1, 2, "at 0"),
        (
            "y = Y.numpy()\nwith np.errstate(all='ignore'):\n    look(np.log(y))",
            "log",
            3,
            1,
            4,
            "below 0",
        ),
        ("look(torch.acos(X[:, 1] / 4))", "", 0, 0, 0, ""),
        ("z = X[:, 1] / 4\nlook(torch.acos(z))", "acos", 2, 4, 4, "outside [-1, 1]"),
    ],
)
def test_operations_on_variables_that_have_no_result(
    tmp_path: Path, source: str, operation: str, line: int, odd: int, size: int, what: str
) -> None:
    found = told(tmp_path, source)
    if not operation:  # what it is given is no variable
        assert found is None
        return
    assert found is not None
    assert (found.operation, found.source) == (operation, f"prog.py:{line}")
    assert (found.argument.odd, found.argument.size, found.argument.what) == (odd, size, what)


def test_a_function_that_is_handed_on_is_looked_into(tmp_path: Path) -> None:
    source = (
        "def train(y):\n"
        "    def closure():\n"
        "        return torch.log(y)\n"
        "    step(closure)\n"
        "    look(closure())\n"
        "train(Y)\n"
    )
    found = told(tmp_path, source, step=lambda closure: None)
    assert found is not None
    assert found.source == "prog.py:3"


@pytest.mark.parametrize(
    "source",
    [
        "y = torch.tensor([1.0, float('nan')])\nlook(torch.log(y))",  # it was there before
        "look(torch.where(Y > 0, torch.log(Y), Y) / X[:, :1].log())",  # as many as were not used
        "y = torch.log(Y)\nlook(torch.cat([y, y[:1]]))",  # others
        "look(Y.log() if len(X) else Y.sqrt())",  # one of two operations
        "def f(Y):\n    return torch.log(Y)\nlook(torch.zeros(4) / (X[:, 0] - X[:, 0]))\nf(X)",
    ],
)
def test_what_does_not_fit_is_not_told(tmp_path: Path, source: str) -> None:
    assert told(tmp_path, source) is None


def test_one_of_two_lines(tmp_path: Path) -> None:
    found = told(tmp_path, "a = torch.log(Y)\nb = torch.log(Y)\nlook(b)")
    assert found is not None
    assert found.source == "prog.py:1 or 2"


def test_a_name_of_a_function_that_is_called_is_its_own(tmp_path: Path) -> None:
    """Its `Y` is not the module's."""
    source = "def f(Y):\n    return torch.log(Y.abs())\nf(Y)\nlook(torch.tensor([1.0, 2.0, 3.0, torch.nan]))"
    assert told(tmp_path, source) is None


class Hostile:
    asked = False

    def __getattribute__(self, name: str) -> Any:
        Hostile.asked = True
        raise AssertionError(name)


def test_nobody_is_asked(tmp_path: Path) -> None:
    module = torch.nn.BatchNorm1d(2)
    module.register_buffer("std", X.std(0))
    held = Hostile()
    source = "def other():\n    return Y / held.std\nlook((X - X.mean(0)) / norm.std)"
    found = told(tmp_path, source, held=held, norm=module)
    assert found is not None
    assert found.operation == "div"
    assert not Hostile.asked


def test_without_numbers_to_compare_with_one_that_has_no_result_will_do(tmp_path: Path) -> None:
    file = tmp_path / "prog.py"
    file.write_text("def f(y):\n    return look(torch.log(y))\n")
    module = ModuleType("prog")
    found: list[MadeBy | None] = []

    def look(bad: Any) -> None:
        found.append(made_by(None, [sys._getframe(1)], variables))

    vars(module).update(torch=torch, look=look)
    exec(compile(file.read_text(), str(file), "exec"), vars(module))
    made: Callable[[torch.Tensor], None] = module.f
    made(Y)
    made(Y.abs())
    assert [one is not None for one in found] == [True, False]


def test_spans_are_what_they_are_counted_by() -> None:
    assert look_at([("", torch.tensor([1.0, torch.nan]))]).span == Span(1.0, 1.0, 1, 2)


@pytest.mark.parametrize("whose", ["targets", "inputs"])
def test_what_a_watched_program_makes_of_sound_data_is_not_called_the_batchs(whose: str) -> None:
    torch.manual_seed(0)
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append)
    net = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    def train(y: Tensor, x: Tensor) -> None:
        y = y.abs() if whose == "inputs" else y
        x = x if whose == "inputs" else x.flip(1)
        spread = x.std(0) if whose == "inputs" else torch.ones(2)
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(net((x - x.mean(0)) / spread), torch.log(y))
        loss.backward()
        optimizer.step()

    train(Y.abs(), torch.randn(4, 2))
    train(Y, X)
    watcher.close()
    assert sink.log == []
    (seen,) = [s.nonfinite for s in sink.snapshots if s.nonfinite is not None][:1]
    assert seen.autopsy is not None
    told = seen.autopsy
    assert (told.phase, told.operation) == ("forward", "log" if whose == "targets" else "div")
    assert told.argument is not None
    assert told.argument.what == ("below 0" if whose == "targets" else "at 0")
    assert told.source.startswith("tests/nan_trace/test_data_origin.py:")
