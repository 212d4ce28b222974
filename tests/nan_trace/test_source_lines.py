"""The line of the program that made the operation at fault is told, and what the operation was given."""

import sys
from collections.abc import Callable
from types import FrameType, ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradtui.core.autopsy import Autopsy
from gradtui.instrument.frame_variables import variables
from gradtui.instrument.watcher import Watcher
from gradtui.nan_trace.call_recorder import CallRecorder
from gradtui.nan_trace.source_lines import NOBODY, lines_by_frames
from tests.instrument.kept import Kept
from tests.nan_trace.broken import WrongBackward

HERE = "tests/nan_trace/test_source_lines.py"


def line(function: Any, mark: str) -> int:
    """Of the line in a function's source that ends with a mark."""
    import inspect

    lines, first = inspect.getsourcelines(function)
    return first + next(i for i, text in enumerate(lines) if text.rstrip().endswith(f"# {mark}"))


class Part(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(8, 4)

    def forward(self, x: Tensor, what: int) -> Tensor:
        x = self.inner(x)
        if what == 1:
            x = torch.log(x * 0)  # forward
        if what == 2:
            x = (x - x).abs().sqrt()  # root
        if what == 3:
            x = WrongBackward.apply(x)
        if what == 4:
            x = x.abs().mul(1e6).exp()  # long
        return x


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.part = Part()

    def forward(self, x: Tensor, what: int) -> Tensor:
        return self.part(x, what)


def scaled(x: Tensor, by: float) -> Tensor:
    return x / by


def share(x: Tensor) -> Tensor:
    x = scaled(x, 2.0)
    rest = x.square().mean()
    return rest + (x / (x * 0).sum(1, keepdim=True)).mean()  # quotient


def twice(x: Tensor) -> Tensor:
    one = (x.abs() + 1).log().mean()
    return one + (x * 0).log().sum()  # of zero


class Odds:
    """Neither a module nor a function."""

    def score(self, x: Tensor) -> Tensor:
        top = (x * x).sum(1, keepdim=True) + 1
        rest = (x - x).square().sum(1) / (top - top).squeeze(1)  # by nothing
        return (x - 1) / (rest + 1).sqrt()[:, None] / 2


ODDS = Odds()


def odds(x: Tensor) -> Tensor:
    return ODDS.score(x).sum()


def trained(
    loss: Callable[[Tensor], Tensor], what: int = 0, *, steps: int = 3, bad: int = 2, **told: Any
) -> Autopsy:
    torch.manual_seed(1)
    kept = Kept()
    watcher = Watcher(kept, log=kept.log.append, **told)
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), 0.01)
    for step in range(steps):
        out = net(torch.randn(6, 8), what if step == bad else 0)
        value = loss(out) if step == bad else out.square().mean()
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    watcher.close()
    assert kept.log == []
    found = [s.nonfinite.autopsy for s in kept.snapshots if s.nonfinite and s.nonfinite.autopsy]
    return found[0]


@pytest.mark.parametrize(
    ("what", "mark", "got"),
    [
        (1, "forward", "log got 0, 24 of 24 at 0"),
        (2, "root", "sqrt got 0, 24 of 24 at 0"),
        (4, "long", "of 24 above 88.72"),
    ],
)
def test_in_a_module(what: int, mark: str, got: str) -> None:
    found = trained(torch.sum, what)
    assert (found.module, found.source) == ("part", f"{HERE}:{line(Part, mark)}")
    assert f"{found.source}, " in found.words
    assert found.words.endswith(got)


def test_in_a_function_with_a_backward_of_its_own() -> None:
    found = trained(torch.sum, 3)
    assert found.source.partition(":")[0] == HERE
    assert (
        found.operation == "WrongBackward"[: -len("Backward")] or found.operation == "WrongBackward"
    )


@pytest.mark.parametrize(("loss", "mark"), [(share, "quotient"), (twice, "of zero")])
def test_in_a_loss_function_its_source_tells(loss: Any, mark: str) -> None:
    found = trained(loss)
    assert (found.module, found.operation) == ("", "div" if loss is share else "log")
    assert str(line(loss, mark)) in found.source.replace(f"{HERE}:", "").split(" or ")
    assert found.argument is not None
    assert (found.argument.odd, found.argument.what) == (found.argument.size, "at 0")


def test_in_an_object_the_operands_tell_which_of_several() -> None:
    assert trained(odds).source == f"{HERE}:{line(Odds, 'by nothing')}"


def test_without_a_second_run_it_is_told_by_the_graph() -> None:
    found = trained(share, autopsy=False)
    assert (found.operation, found.reproduced, found.known) == ("div", False, True)
    assert found.source == f"{HERE}:{line(share, 'quotient')}"
    assert "--no-autopsy" in found.words


def test_without_calls_the_module_is_told_by_its_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CallRecorder, "calls", lambda self: [])
    found = trained(torch.sum, 4)
    assert (found.module, found.kind, found.operation) == ("part", "Part", "exp")
    assert found.source == f"{HERE}:{line(Part, 'long')}"
    assert "--catch-nan" in found.words


PROGRAM = """
def helper(x):
    return x.log() + (x * 2).mean()

def other(x):
    return x.exp()

def first(x):
    y = x.exp()
    for _ in range(2):
        y = y / (y.sum() + 1)
    return look(helper(y))
"""


def test_what_is_called_is_looked_through(tmp_path: Any) -> None:
    file = tmp_path / "prog.py"
    file.write_text(PROGRAM)
    module = ModuleType("prog")
    exec(compile(PROGRAM, str(file), "exec"), vars(module))
    told: list[str] = []

    def look(x: Any) -> Any:
        frame: FrameType | None = sys._getframe(1)
        assert frame is not None
        for word in ("log", "exp", "div", "tan"):
            told.append(lines_by_frames(word, NOBODY, [frame], variables))
        return x

    vars(module)["look"] = look
    module.first(torch.ones(2))
    assert told == ["prog.py:3", "prog.py:9", "prog.py:11", ""]
