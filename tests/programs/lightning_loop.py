"""Lightning: accumulation, clipping and bfloat16, or with "manual" two optimizers that take turns.

With "ddp" two processes of Lightning's own, with "callback" recorded by the callback.
"""

import sys

import lightning.pytorch as L
import torch
import truth
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Sorter(L.LightningModule):
    """Three kinds of points. `module` is its own word for the net, no wrapper's."""

    def __init__(self) -> None:
        super().__init__()
        self.module = nn.Sequential(
            nn.Linear(6, 16), nn.LayerNorm(16), nn.GELU(), nn.Dropout(0.1), nn.Linear(16, 3)
        )
        self.temperature = nn.Parameter(torch.ones(()))
        self.losses: list[float] = []

    def training_step(self, batch, index):
        x, y = batch
        return nn.functional.cross_entropy(self.module(x) * self.temperature, y)

    def validation_step(self, batch, index):
        self.training_step(batch, index)

    def on_before_backward(self, loss) -> None:
        self.losses.append(float(loss.detach()))

    def configure_gradient_clipping(self, optimizer, gradient_clip_val, gradient_clip_algorithm):
        super().configure_gradient_clipping(optimizer, gradient_clip_val, gradient_clip_algorithm)
        # Lightning has divided each by how many there are.
        truth.step(sum(self.losses), dict(self.named_parameters()))
        self.losses.clear()

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=1e-2)


class Rivals(L.LightningModule):
    """One draws points, the other tells them from real ones."""

    def __init__(self) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.maker = nn.Linear(3, 6)
        self.judge = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 1))

    def training_step(self, batch, index):
        making, judging = self.optimizers()
        real = batch[0]
        made = self.maker(torch.randn(len(real), 3))
        self.take(judging, (self.judge(made.detach()) - self.judge(real)).mean(), self.judge)
        if index % 2:
            self.take(making, -self.judge(made).mean(), self.maker)

    def take(self, optimizer, loss, part: nn.Module) -> None:
        optimizer.zero_grad()
        self.manual_backward(loss)
        nn.utils.clip_grad_norm_(part.parameters(), 0.5)
        held = {id(p) for p in part.parameters()}
        truth.step(loss.detach(), {n: p for n, p in self.named_parameters() if id(p) in held})
        optimizer.step()

    def configure_optimizers(self):
        making = torch.optim.Adam(self.maker.parameters(), lr=1e-2)
        return [making, torch.optim.SGD(self.judge.parameters(), lr=1e-2)], []


def main(words: list[str]) -> None:
    torch.manual_seed(31)
    model = Rivals() if "manual" in words else Sorter()
    points = TensorDataset(torch.randn(96, 6), torch.randint(0, 3, (96,)))
    options = {} if "manual" in words else {"accumulate_grad_batches": 2, "gradient_clip_val": 0.5}
    if "ddp" in words:
        options |= {"strategy": "ddp"}
    if "callback" in words:
        from gradtui.integrations.lightning import GradtuiCallback

        options |= {"callbacks": [GradtuiCallback("loop")]}
    trainer = L.Trainer(
        accelerator="cpu",
        devices=2 if "ddp" in words else 1,
        precision="32-true" if "manual" in words else "bf16-mixed",
        max_epochs=2,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        **options,
    )
    held_back = None if "manual" in words else DataLoader(points, batch_size=32)
    trainer.fit(model, DataLoader(points, batch_size=8, shuffle=True), held_back)
    truth.end(model, rank=trainer.global_rank)


if __name__ == "__main__":
    main(sys.argv[1:])
