"""The Trainer of transformers on a tiny GPT-2: accumulation, clipping, bfloat16, evaluation.

With "callback" recorded by the callback.
"""

import os
import sys
import tempfile

os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}

import torch
import truth
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)


class Noting(Trainer):
    """Keeps the losses of the micro-batches of a step."""

    losses: list[float]

    def training_step(self, *args, **kwargs):
        loss = super().training_step(*args, **kwargs)
        self.losses.append(float(loss))
        return loss


class Truth(TrainerCallback):
    """Tells what the optimizer is about to use."""

    def __init__(self) -> None:
        self.losses: list[float] = []

    def on_pre_optimizer_step(self, args, state, control, model=None, **others) -> None:
        # Each was divided by how many there are.
        truth.step(sum(self.losses), dict(model.named_parameters()))
        self.losses.clear()


def main(words: list[str], folder: str) -> None:
    set_seed(32)
    config = GPT2Config(vocab_size=48, n_positions=16, n_embd=16, n_layer=2, n_head=2)
    model = GPT2LMHeadModel(config)
    texts = [{"input_ids": ids, "labels": ids} for ids in torch.randint(0, 48, (48, 12))]
    options = TrainingArguments(
        output_dir=folder,
        use_cpu=True,
        bf16=True,
        per_device_train_batch_size=4,
        gradient_accumulation_steps=2,
        max_grad_norm=0.5,
        learning_rate=1e-2,
        num_train_epochs=2,
        eval_strategy="epoch",
        logging_strategy="no",
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
    )
    callbacks: list[TrainerCallback] = [Truth()]
    if "callback" in words:
        from gradtui.integrations.huggingface import GradtuiCallback

        callbacks.append(GradtuiCallback("trainer"))
    trainer = Noting(
        model, options, train_dataset=texts, eval_dataset=texts[:8], callbacks=callbacks
    )
    trainer.losses = callbacks[0].losses
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    truth.end(model, rank=trainer.args.process_index)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(sys.argv[1:], folder)
