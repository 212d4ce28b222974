"""The callback in the Trainer of transformers: every step, name, norm and loss; nothing differs."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradtui.runstore.reader.open_run import OpenRun
from tests.inject.watched import compare, finish, processes, program, recorded, start, told

pytestmark = pytest.mark.filterwarnings(
    "ignore:builtin type .* has no __module__ attribute:DeprecationWarning",  # tokenizers' types
)
Runs = Callable[[], list[OpenRun]]
MODULE = "gradtui.integrations.huggingface"


class Line(nn.Module):
    def __init__(self, fail: int = -1) -> None:
        super().__init__()
        self.line = nn.Linear(3, 1)
        self.left = fail

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        self.left -= 1
        if self.left == 0:
            raise ValueError("too bad")
        return {"loss": self.line(x).square().mean()}


def trainer(folder: Path, *callbacks: Any, fail: int = -1, **options: Any) -> Any:
    """Trains a line for ten steps of an epoch."""
    from transformers import Trainer, TrainingArguments

    chosen: dict[str, Any] = {
        "use_cpu": True,
        "per_device_train_batch_size": 2,
        "num_train_epochs": 1,
        "logging_strategy": "no",
        "save_strategy": "no",
        "report_to": [],
        "disable_tqdm": True,
    }
    arguments = TrainingArguments(str(folder / "out"), **chosen | options)
    data = [{"x": torch.ones(3)}] * 20
    return Trainer(Line(fail), arguments, train_dataset=data, callbacks=list(callbacks))


def test_recorded_as_it_was(tmp_path: Path, load: Callable[[str], ModuleType], runs: Runs) -> None:
    load("hf_trainer").main([], str(tmp_path / "out"))
    without = told(tmp_path)
    load("hf_trainer").main(["callback"], str(tmp_path / "out"))
    assert told(tmp_path) == without  # losses, weights, random state
    (run,) = runs()
    assert (len(run.steps), run.state, run.info.title) == (12, "ended", "trainer")
    compare(recorded(run.path), without["lines"])


def test_an_error_is_told_and_goes_on_its_way(tmp_path: Path, runs: Runs) -> None:
    from gradtui.integrations.huggingface import GradtuiCallback

    training = trainer(tmp_path, fail=4)
    training.add_callback(GradtuiCallback)  # a class will do
    with pytest.raises(ValueError, match="too bad"):
        training.train()
    (run,) = runs()
    assert (len(run.steps), run.state, run.tensors) == (3, "crashed", ("line.weight", "line.bias"))
    assert "ValueError: too bad" in str([e for e in run.events if e["kind"] == "failed"])


@pytest.mark.parametrize("autopsy", [True, False])
def test_modules_are_called_again_only_where_that_is_wanted(
    tmp_path: Path, runs: Runs, autopsy: bool
) -> None:
    from gradtui.integrations.huggingface import GradtuiCallback

    calls: list[int] = []

    def spoilt(module: nn.Module, given: object, out: Tensor) -> Tensor:
        calls.append(1)
        return out * float("nan") if len(calls) >= 5 else out

    made = trainer(tmp_path, GradtuiCallback(autopsy=autopsy))
    made.model.line.register_forward_hook(spoilt)
    made.train()
    (run,) = runs()
    assert "nonfinite" in {event["kind"] for event in run.events}
    assert (len(calls) > 10) is autopsy


def test_being_stopped_is_no_failure(tmp_path: Path, runs: Runs) -> None:
    from transformers import TrainerCallback

    from gradtui.integrations.huggingface import GradtuiCallback

    class Stopped(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, args: Any, state: Any, control: Any, **others: Any) -> None:
            if state.global_step == 5:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer(tmp_path, GradtuiCallback(), Stopped()).train()
    (run,) = runs()
    assert (len(run.steps), run.state) == (5, "ended")


def test_going_on_from_a_checkpoint_is_another_run(tmp_path: Path, runs: Runs) -> None:
    from gradtui.integrations.huggingface import GradtuiCallback

    callback = GradtuiCallback()
    trainer(tmp_path, callback, max_steps=6, save_strategy="steps", save_steps=6).train()
    trainer(tmp_path, callback).train(resume_from_checkpoint=True)
    assert [len(run.steps) for run in runs()] == [6, 4]


def test_a_directory_that_cannot_be_written(tmp_path: Path, runs: Runs) -> None:
    from gradtui.integrations.huggingface import GradtuiCallback

    (tmp_path / "file").write_text("")
    callback = GradtuiCallback(directory=tmp_path / "file" / "run")
    assert trainer(tmp_path, callback).train().global_step == 10
    assert runs() == []


def test_without_transformers_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ImportError, match="pip install 'transformers"):
        __import__(MODULE)


@pytest.mark.long  # its kin: Lightning's, and torchrun's in tests/inject
def test_two_processes_make_one_run(tmp_path: Path, runs: Runs) -> None:
    words = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    finish(start(tmp_path, *words, program("hf_trainer"), "callback", watch=False))
    (run,) = runs()
    assert processes(run.path) == ["0", "1"]
    for rank in (0, 1):
        compare(recorded(run.path, str(rank)), told(tmp_path, rank)["lines"])
