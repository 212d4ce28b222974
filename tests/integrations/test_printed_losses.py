"""The recorded loss is the one that frameworks print, under accumulation as without."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from tests.instrument.kept import Kept, recorded

os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
pytestmark = pytest.mark.slow


@pytest.fixture
def kept() -> Iterator[Kept]:
    yield from recorded()


def printed(folder: Path, model: Any, data: Any, pieces: int, **others: Any) -> list[float]:
    """What the Trainer logs of each step; the last window has fewer micro-batches."""
    from transformers import Trainer, TrainingArguments

    options = TrainingArguments(
        output_dir=str(folder),
        use_cpu=True,
        per_device_train_batch_size=4,
        gradient_accumulation_steps=pieces,
        num_train_epochs=2,
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        seed=1,
        **others,
    )
    trainer = Trainer(model, options, train_dataset=data)
    trainer.train()
    return [line["loss"] for line in trainer.state.log_history if "loss" in line]


@pytest.mark.parametrize("pieces", [1, 4])
@pytest.mark.parametrize("padded", [False, True])
def test_a_language_model_under_the_trainer(
    kept: Kept, tmp_path: Path, pieces: int, padded: bool
) -> None:
    """Its sums are divided by how many words the whole step has."""
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    words = torch.randint(0, 48, (40, 12))
    labels = words.clone()
    if padded:
        for row, length in zip(labels, torch.randint(2, 12, (40,)), strict=True):
            row[int(length) :] = -100
    data = [{"input_ids": a, "labels": b} for a, b in zip(words, labels, strict=True)]
    config = GPT2Config(vocab_size=48, n_positions=16, n_embd=16, n_layer=1, n_head=2)
    told = printed(tmp_path, GPT2LMHeadModel(config), data, pieces)
    assert len(told) == 2 * int(np.ceil(10 / pieces))
    np.testing.assert_allclose([s.loss for s in kept.snapshots], told, rtol=1e-5)


@pytest.mark.parametrize("pieces", [1, 4])
def test_a_model_whose_loss_the_trainer_divides(kept: Kept, tmp_path: Path, pieces: int) -> None:
    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Linear(6, 3)

        def forward(self, inputs: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
            out = self.net(inputs)
            return {"loss": F.cross_entropy(out, labels), "logits": out}

    torch.manual_seed(0)
    points, labels = torch.randn(40, 6), torch.randint(0, 3, (40,))
    data = [{"inputs": a, "labels": b} for a, b in zip(points, labels, strict=True)]
    told = printed(tmp_path, Classifier(), data, pieces)
    np.testing.assert_allclose([s.loss for s in kept.snapshots], told, rtol=1e-5)


def test_accelerate_divides_within_its_backward(kept: Kept) -> None:
    """Ten batches in windows of four: the last one of an epoch has two."""
    from accelerate import Accelerator

    torch.manual_seed(0)
    accelerator = Accelerator(gradient_accumulation_steps=4, cpu=True)
    points = TensorDataset(torch.randn(40, 6), torch.randint(0, 3, (40,)))
    net = nn.Linear(6, 3)
    optimizer: Any = torch.optim.SGD(net.parameters(), lr=0.1)
    model, optimizer, loader = accelerator.prepare(net, optimizer, DataLoader(points, batch_size=4))
    truth: list[float] = []
    losses: list[float] = []
    for _ in range(2):
        for x, y in loader:
            with accelerator.accumulate(model):
                loss = F.cross_entropy(model(x), y)
                losses.append(loss.item())
                accelerator.backward(loss)
                optimizer.step()
                optimizer.zero_grad()
                if accelerator.sync_gradients:
                    truth.append(float(np.mean(losses)))
                    losses.clear()
    assert len(truth) == 6
    np.testing.assert_allclose([s.loss for s in kept.snapshots], truth, rtol=1e-6)
