"""Logs as their own libraries write them, and what is made of them."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import nn

from gradtui.core.facts import Facts
from gradtui.doctor.diagnose import diagnose
from gradtui.doctor.finding import Diagnosis
from gradtui.runstore.logs.conversion import convert
from gradtui.runstore.logs.formats import format_of
from gradtui.runstore.logs.selection import Selection
from gradtui.runstore.logs.series import Log, Series
from gradtui.runstore.logs.table import Table, table_of
from gradtui.runstore.reader.load import load_facts


@contextmanager
def summary_writer(folder: Path, **options: Any) -> Iterator[Any]:
    """torch's, closed at the end."""
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(str(folder), **options)  # type: ignore[no-untyped-call]
    try:
        yield writer
    finally:
        writer.close()  # type: ignore[no-untyped-call]


def read(path: Path) -> Log:
    form = format_of(path)
    assert form is not None
    return form.load().read(path)


def tabled(path: Path) -> Table:
    return table_of(Selection(read(path)))


def series(log: Log, name: str) -> Series:
    (found,) = (one for one in log.series if one.name == name)
    return found


def judged(path: Path) -> tuple[Facts, Diagnosis]:
    """What a run directory made of a log holds, and what the doctor says of it."""
    form = format_of(path)
    assert form is not None
    with TemporaryDirectory() as place:
        convert(path, form, Path(place))
        facts = load_facts(place)
        return facts, diagnose(facts)


class Batches(torch.utils.data.Dataset[dict[str, Any]]):
    def __len__(self) -> int:
        return 64

    def __getitem__(self, index: int) -> dict[str, Any]:
        made = torch.Generator().manual_seed(index)
        x = torch.randn(4, generator=made)
        return {"x": x, "labels": int(x[0] > 0)}


class Net(nn.Module):
    """A classifier whose loss goes through `spoil` with the number of the call."""

    def __init__(self, spoil: Callable[[torch.Tensor, int], torch.Tensor]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2))
        self._spoil = spoil
        self._calls = 0

    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
        self._calls += 1
        out = self.layers(x)
        loss = nn.functional.cross_entropy(out, labels)
        return {"loss": self._spoil(loss, self._calls), "logits": out}


def trained(
    folder: Path, spoil: Callable[[torch.Tensor, int], torch.Tensor], **options: Any
) -> Path:
    """The output folder of a Trainer of transformers, with a checkpoint at the end."""
    from transformers import Trainer, TrainingArguments

    settings = {"max_steps": 60, "logging_steps": 2, "save_steps": 60, "learning_rate": 1e-2}
    arguments = TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=8,
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
        dataloader_pin_memory=False,
        **settings | options,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Trainer(model=Net(spoil), args=arguments, train_dataset=Batches()).train()
    return folder


def sound(loss: torch.Tensor, call: int) -> torch.Tensor:
    return loss
