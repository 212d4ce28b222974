# miswired output_cannot_change plateau not_learning
# After the resume a new model is made but the optimizer still holds the old model's parameters, so the weights never change again.
# mended by: Build the optimizer from the new model's parameters, then load its state.
import io
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(31)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv1d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool1d(2), nn.Conv1d(16, 32, 5, padding=2), nn.ReLU(), nn.AdaptiveAvgPool1d(4))
        self.classifier = nn.Linear(128, 6)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


freqs = torch.tensor([1.0, 1.6, 2.3, 3.1, 4.0, 5.0])


def signals(n):
    y = torch.randint(6, (n,))
    t = torch.linspace(0, 6.28, 48)
    x = torch.sin(freqs[y, None] * t + torch.rand(n, 1) * 6.28) + 0.9 * torch.randn(n, 48)
    return x.unsqueeze(1), y


xv, yv = signals(1000)


class Trainer:
    def __init__(self):
        self.model = Net()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.03, momentum=0.9)
        self.step = 0

    def fit(self, until):
        while self.step < until:
            x, y = signals(64)
            loss = F.cross_entropy(self.model(x), y)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.step += 1
            if self.step % 30 == 0:
                with torch.no_grad():
                    acc = (self.model(xv).argmax(1) == yv).float().mean().item()
                print(f"step {self.step} loss {loss.item():.4f} val acc {acc:.3f}")

    def save(self, f):
        torch.save({"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "step": self.step}, f)

    def resume(self, f):
        ckpt = torch.load(f)
        self.model = Net()
        self.model.load_state_dict(ckpt["model"])
        if os.environ.get("FIX"):
            self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.03, momentum=0.9)
        self.optimizer.load_state_dict(ckpt["optimizer"])
        self.step = ckpt["step"]


trainer = Trainer()
trainer.fit(60)
buf = io.BytesIO()
trainer.save(buf)
print("interrupted, resuming from checkpoint")
buf.seek(0)
trainer.resume(buf)
trainer.fit(300)
