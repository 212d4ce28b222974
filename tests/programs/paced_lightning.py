"""Lightning at a pace."""

import lightning.pytorch as L
import torch
from paced import STEPS, Pace
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Sorter(L.LightningModule):
    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Dropout(0.1), nn.Linear(16, 3))

    def training_step(self, batch, index):
        x, y = batch
        return nn.functional.cross_entropy(self.net(x), y)

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=1e-2)
        return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 5, 0.9)]


class Steps(L.Callback):
    def __init__(self, pace: Pace) -> None:
        self.pace = pace

    def on_train_batch_end(self, trainer, module, outputs, batch, index) -> None:
        self.pace.step(outputs["loss"].detach())


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(7)
    x = torch.randn(160, 8)
    model, pace = Sorter(), Pace()
    trainer = L.Trainer(
        accelerator="cpu",
        devices=1,
        max_steps=STEPS,
        gradient_clip_val=1.0,
        callbacks=[Steps(pace)],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    data = TensorDataset(x, x[:, :3].argmax(1))
    trainer.fit(model, DataLoader(data, batch_size=8, shuffle=True))
    pace.end(model)


if __name__ == "__main__":
    main()
