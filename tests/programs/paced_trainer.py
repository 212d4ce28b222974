"""The Trainer of transformers at a pace."""

import os
import tempfile

os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}

import torch
from paced import STEPS, Pace
from torch import nn
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments, set_seed


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Dropout(0.1), nn.Linear(16, 3))
        self.loss = 0.0

    def forward(self, x, labels):
        out = self.layers(x)
        loss = nn.functional.cross_entropy(out, labels)
        self.loss = float(loss.detach())
        return {"loss": loss, "logits": out}


class Steps(TrainerCallback):
    def __init__(self, pace: Pace) -> None:
        self.pace = pace

    def on_step_end(self, args, state, control, model=None, **others) -> None:
        self.pace.step(model.loss)


def main(folder: str) -> None:
    torch.set_num_threads(1)
    set_seed(7)
    inputs = torch.randn(64, 8)
    data = [{"x": x, "labels": int(x[:3].argmax())} for x in inputs]
    options = TrainingArguments(
        output_dir=folder,
        use_cpu=True,
        per_device_train_batch_size=8,
        learning_rate=1e-2,
        max_steps=STEPS,
        logging_strategy="no",
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )
    model, pace = Net(), Pace()
    trainer = Trainer(model, options, train_dataset=data, callbacks=[Steps(pace)])
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    pace.end(model)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(folder)
