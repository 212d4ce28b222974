"""The callback in Lightning's own trainer: every step, name, norm and loss; nothing differs."""

import importlib
import logging
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradtui.integrations import recording
from gradtui.integrations.lightning import PACKAGES, GradtuiCallback
from gradtui.runstore.reader.open_run import OpenRun
from tests.inject.watched import compare, finish, processes, program, recorded, start, told

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*LeafSpec.* is deprecated:FutureWarning",  # Lightning asks torch in its old words
    "ignore:.*does not have many workers",  # where there are many cores
    "ignore:GPU available but not used",
)
Runs = Callable[[], list[OpenRun]]


def fit(module: ModuleType, *callbacks: Any, fail: bool = False, **options: Any) -> Any:
    """Train a line for an epoch of ten steps; where it fails, in the fourth."""

    class Line(module.LightningModule):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.line = nn.Linear(3, 1)

        def training_step(self, batch: list[Tensor], index: int) -> Tensor:
            if fail and index == 3:
                raise ValueError("too bad")
            out: Tensor = self.line(batch[0]).square().mean()
            return out

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    checkpoint = options.pop("checkpoint", None)
    quiet = dict.fromkeys(
        ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False
    )
    steps = {"max_epochs": 1} | quiet | options
    trainer = module.Trainer(accelerator="cpu", callbacks=list(callbacks), **steps)
    data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(20, 3)), 2)
    trainer.fit(Line(), data, ckpt_path=checkpoint)
    return trainer


@pytest.fixture
def lightning() -> ModuleType:
    return importlib.import_module("lightning.pytorch")


@pytest.mark.parametrize(("words", "steps"), [([], 12), (["manual"], 36)])
def test_recorded_as_it_was(
    tmp_path: Path, load: Callable[[str], ModuleType], runs: Runs, words: list[str], steps: int
) -> None:
    load("lightning_loop").main(words)
    without = told(tmp_path)
    load("lightning_loop").main([*words, "callback"])
    assert told(tmp_path) == without  # losses, weights, random state
    (run,) = runs()
    assert (len(run.steps), run.state, run.info.title) == (steps, "ended", "loop")
    compare(recorded(run.path), without["lines"])


@pytest.mark.parametrize("name", PACKAGES)
def test_either_package(name: str, runs: Runs) -> None:
    module = importlib.import_module(name)
    callback = GradtuiCallback()
    fit(module, callback)
    assert isinstance(callback, module.Callback)
    (run,) = runs()
    assert (run.tensors, len(run.steps), run.state) == (
        ("line.weight", "line.bias"),
        10,
        "ended",
    )


def test_an_error_is_told_and_goes_on_its_way(lightning: ModuleType, runs: Runs) -> None:
    with pytest.raises(ValueError, match="too bad"):
        fit(lightning, GradtuiCallback(), fail=True)
    (run,) = runs()
    assert (len(run.steps), run.state) == (3, "crashed")
    assert "ValueError: too bad" in str([e for e in run.events if e["kind"] == "failed"])


def test_going_on_from_a_checkpoint_is_another_run(
    tmp_path: Path, lightning: ModuleType, runs: Runs
) -> None:
    callback = GradtuiCallback()
    saved = tmp_path / "half.ckpt"
    fit(lightning, callback).save_checkpoint(saved, weights_only=False)
    fit(lightning, callback, checkpoint=saved, max_epochs=3)
    assert [len(run.steps) for run in runs()] == [10, 20]


def test_the_directory_may_be_named(tmp_path: Path, lightning: ModuleType, runs: Runs) -> None:
    callback = GradtuiCallback(directory=tmp_path / "here")
    fit(lightning, callback)
    assert callback.directory == tmp_path / "here"
    assert (tmp_path / "here" / "run.json").is_file()
    assert runs() == []


def test_what_goes_wrong_on_our_side_stays_there(
    lightning: ModuleType,
    runs: Runs,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("our own")

    monkeypatch.setattr(recording, "watch", broken)
    with caplog.at_level(logging.WARNING, "gradtui"):
        assert fit(lightning, GradtuiCallback()).global_step == 10
    assert "our own" in caplog.text
    assert runs() == []


@pytest.mark.parametrize("autopsy", [True, False])
def test_modules_are_called_again_only_where_that_is_wanted(
    lightning: ModuleType, runs: Runs, autopsy: bool
) -> None:
    calls: list[int] = []

    def spoilt(module: nn.Module, given: object, out: Tensor) -> Tensor:
        calls.append(1)
        return out * float("nan") if len(calls) >= 5 else out

    class Spoiling(lightning.Callback):  # type: ignore[misc, name-defined]
        def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
            pl_module.line.register_forward_hook(spoilt)

    fit(lightning, Spoiling(), GradtuiCallback(autopsy=autopsy))
    (run,) = runs()
    assert "nonfinite" in {event["kind"] for event in run.events}
    assert (len(calls) > 10) is autopsy


def test_what_is_recorded_from_outside_is_not_recorded_twice(
    lightning: ModuleType, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as outside:
        outside.setitem(sys.modules, "gradtui.inject.start", ModuleType("start"))
        fit(lightning, GradtuiCallback())
    assert runs() == []
    attachment = ModuleType("attachment")
    vars(attachment)["is_recording"] = lambda: True
    with monkeypatch.context() as outside:
        outside.setitem(sys.modules, "gradtui.inject.attachment", attachment)
        fit(lightning, GradtuiCallback())
    assert runs() == []


def test_it_can_be_sent_to_another_process(lightning: ModuleType) -> None:
    again = pickle.loads(pickle.dumps(GradtuiCallback("name")))
    assert isinstance(again, lightning.Callback)
    assert isinstance(again, GradtuiCallback)


def test_without_lightning_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PACKAGES:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match="pip install lightning"):
        GradtuiCallback()


@pytest.mark.long
@pytest.mark.slow
def test_two_processes_make_one_run(tmp_path: Path, runs: Runs) -> None:
    finish(start(tmp_path, program("lightning_loop"), "ddp", "callback", watch=False))
    (run,) = runs()
    assert processes(run.path) == ["0", "1"]
    for rank in (0, 1):
        compare(recorded(run.path, str(rank)), told(tmp_path, rank)["lines"])
