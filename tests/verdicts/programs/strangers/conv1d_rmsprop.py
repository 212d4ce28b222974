# oscillating_loss exploding_gradient nonfinite plateau saturated
# RMSprop with learning rate 0.08, some eighty times too large.
# mended by: Use 1e-3.
import os
import numpy as np
import torch
import torch.nn as nn

np.random.seed(0)
torch.manual_seed(0)

t = np.linspace(0, 1, 48)


def make_signals(n):
    f = np.random.uniform(1, 5, n)
    a = np.random.uniform(0.5, 1.5, n)
    p = np.random.uniform(0, 2 * np.pi, n)
    x = a[:, None] * np.sin(2 * np.pi * f[:, None] * t + p[:, None]) + 0.05 * np.random.randn(n, 48)
    return torch.tensor(x[:, None], dtype=torch.float32), torch.tensor(np.stack([f - 3, a], 1), dtype=torch.float32)


X, Y = make_signals(1024)
model = nn.Sequential(
    nn.Conv1d(1, 12, 5, padding=2),
    nn.ReLU(),
    nn.MaxPool1d(2),
    nn.Conv1d(12, 16, 5, padding=2),
    nn.ReLU(),
    nn.Flatten(),
    nn.Linear(16 * 24, 32),
    nn.Tanh(),
    nn.Linear(32, 2),
)
lr = 1e-3 if os.environ.get("FIX") == "1" else 0.08
opt = torch.optim.RMSprop(model.parameters(), lr=lr)
mse = nn.MSELoss()

print("variance of the targets:", Y.var().item())
step = 0
while step < 240:
    order = torch.randperm(len(X))
    for chunk in order.split(64):
        pred = model(X[chunk])
        loss = mse(pred, Y[chunk])
        opt.zero_grad()
        loss.backward()
        opt.step()
        if step % 20 == 0:
            print(f"step={step} mse={loss.item():.4f}")
        step += 1
