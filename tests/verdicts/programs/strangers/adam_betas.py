# oscillating_loss exploding_gradient
# betas written in the wrong order, (0.999, 0.9): a momentum of 1000 steps over a second moment of 10; the loss swings and now and then jumps by many powers of ten
# mended by: betas=(0.9, 0.999)
# cause words: betas, beta1, beta2, momentum, order, swapped
import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(28)
rng = np.random.default_rng(28)
n = 2000
X = rng.normal(size=(n, 10))
y = np.sin(X[:, 0] * 1.5) + X[:, 1] * X[:, 2] * 0.5 + 0.7 * X[:, 3] + 0.05 * rng.normal(size=n)
y = (y - y.mean()) / y.std()
X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)[:, None]


def fit(model, train_dl, epochs, lr):
    loss_func = nn.MSELoss()
    opt = torch.optim.Adam(model.parameters(), lr=lr, betas=(0.9, 0.999) if FIX else (0.999, 0.9))
    for epoch in range(epochs):
        model.train()
        losses = []
        for xb, yb in train_dl:
            loss = loss_func(model(xb), yb)
            loss.backward()
            opt.step()
            opt.zero_grad()
            losses.append(loss.item())
        print(f"epoch {epoch} train {np.mean(losses):.4f}")
    return np.mean(losses)


model = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
dl = DataLoader(TensorDataset(X[:1600], y[:1600]), batch_size=64, shuffle=True)
last = fit(model, dl, 20, 1e-3)
with torch.no_grad():
    r2 = 1 - ((model(X[1600:]) - y[1600:]) ** 2).mean() / y[1600:].var()
print(f"FINAL loss={last:.4f} metric={r2.item():.4f}")
