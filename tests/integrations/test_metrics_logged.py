"""What real frameworks and trackers log, recorded beside the gradients: each value once."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import gradtui
from gradtui.core.metric import Metric
from gradtui.core.metric_pairs import paired
from gradtui.runstore.reader.open_run import open_run

pytestmark = pytest.mark.filterwarnings(
    "ignore:builtin type .* has no __module__ attribute:DeprecationWarning",
    "ignore:.*does not have many workers",
    "ignore:.isinstance.treespec, LeafSpec.. is deprecated:FutureWarning",
)


class Recorded:
    def __init__(self, place: Path) -> None:
        self.place = place / "run"
        self.watch = gradtui.watch(directory=self.place)

    def metrics(self) -> dict[str, Metric]:
        self.watch.close()
        log = self.place / "watch.log"
        assert not log.exists(), log.read_text()
        return open_run(self.place).metrics


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorded]:
    monkeypatch.chdir(tmp_path)
    made = Recorded(tmp_path)
    yield made
    made.watch.close()


def optional(name: str) -> Any:
    """A tracker that the extra `test` has not."""
    pytest.importorskip(name)
    return importlib.import_module(name)


class Line(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Linear(3, 1)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> dict[str, Tensor]:
        return {"loss": self.line(x).square().mean()}


def test_the_trainer(recorded: Recorded, tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    arguments = transformers.TrainingArguments(
        output_dir=str(tmp_path / "out"),
        use_cpu=True,
        per_device_train_batch_size=2,
        max_steps=6,
        logging_steps=2,
        eval_strategy="steps",
        eval_steps=3,
        save_strategy="no",
        report_to=["tensorboard"],
        disable_tqdm=True,
    )
    rows = [{"x": torch.ones(3) * i, "labels": torch.ones(1)} for i in range(6)]
    trainer = transformers.Trainer(Line(), arguments, train_dataset=rows, eval_dataset=rows)
    trainer.train()
    found = recorded.metrics()
    told = {
        name: [(line["step"], line[name]) for line in trainer.state.log_history if name in line]
        for name in ("loss", "eval_loss", "learning_rate")
    }
    for name, lines in told.items():
        metric = found[name]
        assert list(zip(metric.given.tolist(), metric.value.tolist(), strict=True)) == lines
        assert metric.step.tolist() == [step - 1 for step, _ in lines]
    assert not {"train/loss", "eval/loss"} & set(found)  # the callback's names for the same
    assert ("loss", "eval_loss") in paired(found)


@pytest.mark.parametrize("logger", ["none", "tensorboard", "csv"])
def test_lightning(recorded: Recorded, tmp_path: Path, logger: str) -> None:
    lightning = pytest.importorskip("lightning.pytorch")

    class Module(lightning.LightningModule):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.net = Line()
            self.told: list[float] = []

        def training_step(self, batch: list[Tensor], index: int) -> Tensor:
            loss: Tensor = self.net(batch[0])["loss"]
            self.log("train_loss", loss)
            self.told.append(loss.item())
            return loss

        def validation_step(self, batch: list[Tensor], index: int) -> None:
            self.log("val_loss", self.net(batch[0])["loss"])

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), 0.01)

    loggers = {
        "none": lambda: False,
        "tensorboard": lambda: lightning.loggers.TensorBoardLogger(tmp_path / "board"),
        "csv": lambda: lightning.loggers.CSVLogger(tmp_path / "csv"),
    }
    trainer = lightning.Trainer(
        max_epochs=2,
        accelerator="cpu",
        logger=loggers[logger](),
        log_every_n_steps=1,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
        num_sanity_val_steps=0,
    )
    data = DataLoader(TensorDataset(torch.arange(12.0).reshape(4, 3) / 12), 2)
    module = Module()
    trainer.fit(module, data, data)
    found = recorded.metrics()
    np.testing.assert_allclose(found["train_loss"].value, module.told, rtol=1e-6)
    assert found["train_loss"].step.tolist() == [0, 1, 2, 3]
    assert found["val_loss"].step.tolist() == [1, 3]
    assert set(found) - {"epoch"} == {"train_loss", "val_loss"}


def test_accelerate(recorded: Recorded, tmp_path: Path) -> None:
    accelerate = pytest.importorskip("accelerate")
    accelerator = accelerate.Accelerator(
        cpu=True, log_with="tensorboard", project_dir=str(tmp_path / "acc")
    )
    accelerator.init_trackers("p")
    net = Line()
    net, optimizer = accelerator.prepare(net, torch.optim.SGD(net.parameters(), 0.1))
    for step in range(3):
        loss = net(torch.ones(2, 3))["loss"]
        accelerator.backward(loss)
        optimizer.step()
        optimizer.zero_grad()
        accelerator.log({"train_loss": loss, "eval": {"acc": 0.5}}, step=step * 2)
    accelerator.end_training()
    found = recorded.metrics()
    assert list(found) == ["train_loss", "eval/acc"]
    assert found["train_loss"].given.tolist() == [0.0, 2.0, 4.0]
    assert found["train_loss"].step.tolist() == [0, 1, 2]


def train(each: Any) -> None:
    net = Line()
    optimizer = torch.optim.SGD(net.parameters(), 0.1)
    for step in range(3):
        loss = net(torch.ones(2, 3))["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        each(step, loss)


def test_wandb_offline(recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_SILENT", "true")
    wandb = optional("wandb")
    run = wandb.init(mode="offline", dir=str(tmp_path), project="p")
    train(
        lambda step, loss: (
            wandb.log({"loss": loss, "val": {"acc": float("nan")}, "note": "x"}),
            run.log({"late": step}, step=100 + step),
        )
    )
    run.finish()
    found = recorded.metrics()
    assert list(found) == ["loss", "val.acc", "late"]
    assert found["loss"].step.tolist() == [0, 1, 2]
    assert np.isnan(found["val.acc"].value).all()
    assert found["late"].given.tolist() == [100.0, 101.0, 102.0]


def test_mlflow(recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow = optional("mlflow")
    mlflow.set_tracking_uri((tmp_path / "ml").as_uri())
    with mlflow.start_run():
        train(
            lambda step, loss: (
                mlflow.log_metric("loss", loss.item(), step=step * 3),
                mlflow.log_metrics({"val_acc": 0.5}),
            )
        )
    found = recorded.metrics()
    assert list(found) == ["loss", "val_acc"]
    assert found["loss"].given.tolist() == [0.0, 3.0, 6.0]
    assert np.isnan(found["val_acc"].given).all()


def test_tensorboardx(recorded: Recorded, tmp_path: Path) -> None:
    module = optional("tensorboardX")
    writer = module.SummaryWriter(str(tmp_path / "x"))
    train(
        lambda step, loss: (
            writer.add_scalar("loss", loss, step),
            writer.add_scalars("acc", {"train": 1.0, "val": 0.5}, global_step=step),
        )
    )
    writer.close()
    found = recorded.metrics()
    assert list(found) == ["loss", "acc/train", "acc/val"]
    assert found["acc/val"].given.tolist() == [0.0, 1.0, 2.0]
