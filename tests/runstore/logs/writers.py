"""Programs that train a small net, log with a library, and print what they had: by `python writers.py FORMAT
FOLDER`. A line a step, JSON behind a mark: its number, then by name each loss and norm as `repr` has it."""

import json
import math
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

STEPS = 300
ODD = {250: math.nan, 251: math.inf, 252: -math.inf}
"""Losses that are logged in the place of those of the net."""
MARK = "had "
"""Before each line, as libraries print too."""
Log = Callable[[int, float, float, dict[str, float]], None]
"""Step, loss, norm of all gradients, norm by name of the parameter."""


def net() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 2))


def norms_of(model: nn.Module) -> dict[str, float]:
    return {
        name: float(p.grad.norm()) for name, p in model.named_parameters() if p.grad is not None
    }


def tell(step: int, loss: float, norm: float, layers: dict[str, float]) -> None:
    words = {"loss": repr(loss), "norm": repr(norm)}
    line = [step, words, {name: repr(value) for name, value in layers.items()}]
    print(MARK + json.dumps(line))


def batches() -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    draw = torch.Generator().manual_seed(1)
    for _ in range(STEPS):
        x = torch.randn(16, 4, generator=draw)
        yield x, (x[:, 0] > 0).long()


def train(model: nn.Module, log: Log) -> None:
    """A loop of one's own, which prints what it logs."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    for step, (x, y) in enumerate(batches()):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        layers = norms_of(model)
        told = step, ODD.get(step, loss.item()), math.hypot(*layers.values()), layers
        optimizer.step()
        log(*told)
        tell(*told)


def tensorboard(folder: Path) -> None:
    from torch.utils.tensorboard import SummaryWriter

    writer: Any = SummaryWriter(str(folder))  # type: ignore[no-untyped-call]
    model = net()

    def log(step: int, loss: float, norm: float, layers: dict[str, float]) -> None:
        writer.add_scalar("train/loss", loss, step)
        writer.add_scalar("grad_norm", norm, step)
        for name, p in model.named_parameters():
            writer.add_histogram(f"gradients/{name}", p.grad, step)

    train(model, log)
    writer.close()


def wandb(folder: Path) -> None:
    import wandb as library

    settings = library.Settings(silent=True, console="off")
    run = library.init(project="p", mode="offline", dir=str(folder), settings=settings)
    model = net()
    run.watch(model, log="gradients", log_freq=1)

    def log(step: int, loss: float, norm: float, layers: dict[str, float]) -> None:
        run.log({"train/loss": loss, "grad_norm": norm, "train/global_step": step})

    train(model, log)
    run.finish()


def mlflow(folder: Path, *, database: bool = False) -> None:
    os.environ.update(MLFLOW_ALLOW_FILE_STORE="true", MLFLOW_DISABLE_TELEMETRY="true")
    from mlflow import MlflowClient

    place = f"sqlite:///{folder / 'mlflow.db'}" if database else f"file:{folder / 'mlruns'}"
    client = MlflowClient(place)
    run = client.create_run(client.create_experiment("e")).info.run_id

    def log(step: int, loss: float, norm: float, layers: dict[str, float]) -> None:
        client.log_metric(run, "train/loss", loss, step=step)
        client.log_metric(run, "grad_norm", norm, step=step)
        for name, value in layers.items():
            client.log_metric(run, f"gradients/norm/{name}", value, step=step)

    train(net(), log)
    client.set_terminated(run)


def sqlite(folder: Path) -> None:
    mlflow(folder, database=True)


def lightning(folder: Path) -> None:
    import lightning.pytorch as library
    from lightning.pytorch.loggers import CSVLogger
    from lightning.pytorch.utilities import grad_norm
    from torch.utils.data import DataLoader

    class Module(library.LightningModule):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.net, self.loss = net(), math.nan

        def training_step(self, batch: Any, index: int) -> torch.Tensor:
            x, y = batch
            loss = nn.functional.cross_entropy(self.net(x), y)
            self.loss = ODD.get(index, loss.item())
            self.log("train_loss", self.loss)
            return loss

        def on_before_optimizer_step(self, optimizer: Any) -> None:
            layers = grad_norm(self.net, 2)
            self.log_dict(layers)
            plain = {k.partition("/")[2]: float(v) for k, v in layers.items() if "/" in k}
            tell(self.global_step, self.loss, float(layers["grad_2.0_norm_total"]), plain)

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.05)

    trainer = library.Trainer(
        logger=CSVLogger(str(folder), name=""),
        max_epochs=1,
        log_every_n_steps=1,
        accelerator="cpu",
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
    )
    trainer.fit(Module(), DataLoader(list(batches()), batch_size=None))


def trainer(folder: Path) -> None:
    from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net, self.last = net(), math.nan

        def forward(self, x: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
            out = self.net(x)
            loss = nn.functional.cross_entropy(out, labels)
            self.last = loss.item()
            return {"loss": loss, "logits": out}

    class Truth(TrainerCallback):  # type: ignore[misc]
        """Before clipping, which changes nothing: the limit is far off."""

        def on_pre_optimizer_step(
            self, args: Any, state: Any, control: Any, model: Any = None, **others: Any
        ) -> None:
            layers = norms_of(model.net)
            tell(state.global_step + 1, model.last, math.hypot(*layers.values()), {})

    options = TrainingArguments(
        output_dir=str(folder),
        use_cpu=True,
        max_steps=STEPS,
        max_grad_norm=1e6,
        per_device_train_batch_size=8,
        logging_steps=1,
        save_steps=STEPS,
        learning_rate=1e-2,
        report_to=[],
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )
    data = [{"x": x[0], "labels": int(y[0])} for x, y in batches()]
    training = Trainer(Net(), options, train_dataset=data, callbacks=[Truth()])
    training.remove_callback(PrinterCallback)
    training.train()


WRITERS = {
    "tensorboard": tensorboard,
    "wandb": wandb,
    "trainer": trainer,
    "lightning": lightning,
    "mlflow": mlflow,
    "sqlite": sqlite,
}

if __name__ == "__main__":
    torch.set_num_threads(1)
    WRITERS[sys.argv[1]](Path(sys.argv[2]))
