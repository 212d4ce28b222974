# not_learning plateau
# ExponentialLR(0.85) is stepped per batch and not per epoch; the learning rate is 1e-5 of its start after about 70 steps.
# mended by: sched.step() once an epoch
import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"


class Trainer:
    def __init__(self, model, epochs, lr=0.05, gamma=0.85):
        self.model, self.epochs = model, epochs
        self.opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, nesterov=True)
        self.sched = torch.optim.lr_scheduler.ExponentialLR(self.opt, gamma)
        self.losses = []

    def training_step(self, batch):
        x, y = batch
        return F.cross_entropy(self.model(x), y)

    def fit(self, loader):
        for epoch in range(self.epochs):
            self.model.train()
            for batch in loader:
                loss = self.training_step(batch)
                self.opt.zero_grad()
                loss.backward()
                self.opt.step()
                if not FIX:
                    self.sched.step()
                self.losses.append(loss.item())
            if FIX:
                self.sched.step()
            print(f"epoch {epoch} loss {np.mean(self.losses[-len(loader):]):.4f}")


def digits(n, seed):
    r = np.random.default_rng(seed)
    tpl = np.random.default_rng(44).normal(size=(10, 8, 8))
    y = r.integers(0, 10, n)
    x = np.stack([np.roll(tpl[k], r.integers(-1, 2, 2), (0, 1)) for k in y]) + 0.6 * r.normal(size=(n, 8, 8))
    return TensorDataset(torch.tensor(x[:, None], dtype=torch.float32), torch.from_numpy(y))


torch.manual_seed(0)
net = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1),
                    nn.ReLU(), nn.Flatten(), nn.Linear(512, 10))
t = Trainer(net, epochs=8)
t.fit(DataLoader(digits(3200, 0), 64, shuffle=True))
net.eval()
x, y = digits(1000, 1).tensors
with torch.no_grad():
    acc = (net(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={np.mean(t.losses[-40:]):.4f} metric={acc:.4f}")
